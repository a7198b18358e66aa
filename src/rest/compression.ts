/**
 * Compresses answers for callers who accept it (`Accept-Encoding`), where it pays. Measured (`docs/benchmarks.md`): the
 * fast levels save nine tenths of the bytes in a fraction of the time of the thorough ones, and short answers are not
 * worth the work. Answers are finished texts of a known length, so each is compressed in one go, off the event loop.
 * (@fastify/compress streams, and is configured route by route.)
 */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Characters or bytes from which compression pays. */
const MIN_LENGTH = 8_192;

const asBrotli = promisify(brotliCompress);
const asGzip = promisify<string | Buffer, object, Buffer>(gzip);

const ENCODERS: readonly { name: string; encode: (text: string | Buffer) => Promise<Buffer> }[] = [
  {
    name: 'br',
    encode: (text) =>
      asBrotli(text, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT },
      }),
  },
  { name: 'gzip', encode: (text) => asGzip(text, { level: 1 }) },
];

/** Does the caller accept gzip? */
export function acceptsGzip(accept: string | undefined): boolean {
  return accept !== undefined && weightIn(weightsOf(accept), 'gzip') > 0;
}

/** `undefined`: the answer is sent as it is. */
export async function compressed(
  text: string | Buffer,
  accept: string | undefined,
): Promise<{ encoding: string; body: Buffer } | undefined> {
  if (accept === undefined || text.length < MIN_LENGTH) return undefined;
  const weights = weightsOf(accept);
  const weightOf = (name: string): number => weightIn(weights, name);
  // Between two encodings of the same weight, ENCODERS lists the smaller result first.
  const [best] = ENCODERS.filter((encoder) => weightOf(encoder.name) > 0).sort(
    (a, b) => weightOf(b.name) - weightOf(a.name),
  );
  return best && { encoding: best.name, body: await best.encode(text) };
}

type Weights = ReadonlyMap<string, number>;

function weightsOf(accept: string): Weights {
  return new Map(accept.split(',').map((part) => readWeight(part)));
}

function weightIn(weights: Weights, name: string): number {
  return weights.get(name) ?? weights.get('*') ?? 0;
}

/** `gzip;q=0.5` -> gzip, 0.5. https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding */
function readWeight(item: string): [name: string, weight: number] {
  const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  return [name, q === undefined ? 1 : Number(q.slice(2)) || 0];
}
