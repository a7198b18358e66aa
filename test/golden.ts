/**
 * Golden requests: text files of real HTTP exchanges with their whole answers. A file is a story: its exchanges run in
 * order on one server that starts from the `fixture.json` of its folder (`golden/fhir`, `golden/sas`: the base of its
 * paths).
 * A folder with a `callers.json` asks who calls: the token of each is its name, and the first one writes the fixture.
 *
 *   ### title
 *   GET Slot?status=free
 *   Header: value
 *
 *   {"body": true}
 *   <<< 200
 *   {...}
 *
 * `{{next}}` and `{{monitor}}` are the last links of these names, `{{slot 2}}` the second slot of the last answer that
 * had slots,
 * `{{repeat 300 "x"}}` a long text, `{{numbers 300}}` is 1,2,3..., `{{byte ff}}` a byte that is not UTF-8.
 *
 * `UPDATE_GOLDEN=1 npm test -- golden` writes the answers anew; read the difference before you commit it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { request as rawRequest } from 'node:http';
import { expect } from 'vitest';
import { parseJson, stringifyJson } from '../src/fhir/json.ts';

/** The server on which a story runs. `base`: where its paths begin. */
export interface GoldenServer {
  base: string;
}

interface Exchange {
  title: string;
  request: string[];
  answer: string;
}

export function readGolden(file: string): Exchange[] {
  return readFileSync(file, 'utf8')
    .split(/^### /m)
    .slice(1)
    .map((part) => {
      const [title = '', ...lines] = part.split('\n');
      const at = lines.findIndex((line) => line.startsWith('<<<'));
      const request = at < 0 ? lines : lines.slice(0, at);
      return { title, request: trimEnd(request), answer: at < 0 ? '' : trimEnd(lines.slice(at)).join('\n') };
    });
}

/** Runs the story; compares, or writes the answers down. */
export async function checkGolden(file: string, test: GoldenServer): Promise<void> {
  const exchanges = readGolden(file);
  const names = new Map<string, string>();
  const written: string[] = [];
  for (const { title, request, answer } of exchanges) {
    const actual = await exchange(test, request, names);
    written.push(`### ${title}\n${request.join('\n')}\n${actual}\n`);
    if (process.env['UPDATE_GOLDEN'] !== '1') expect(actual, `${file}: ${title}`).toBe(answer);
  }
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, `${header(file)}${written.join('\n')}`);
}

function header(file: string): string {
  return readFileSync(file, 'utf8').split(/^### /m)[0]!;
}

async function exchange(test: GoldenServer, lines: string[], names: Map<string, string>): Promise<string> {
  const blank = lines.indexOf('');
  const head = blank < 0 ? lines : lines.slice(0, blank);
  const body = blank < 0 ? undefined : expand(lines.slice(blank + 1).join('\n'));
  const [first = '', ...headerLines] = head;
  const [method = '', path = ''] = splitOnce(expandNames(first, names), ' ');
  const headers = Object.fromEntries(headerLines.map((line) => splitOnce(expand(line), ': ')));
  if (body !== undefined && headers['Content-Type'] === undefined) headers['Content-Type'] = 'application/fhir+json';
  if (body !== undefined && headers['Content-Type'] === '') delete headers['Content-Type'];
  const { status, text, location, etag } = await send(
    test,
    method,
    expand(path),
    headers,
    body === undefined ? undefined : expandNames(body, names),
  );
  remember(test, text, names);
  const shown = [`<<< ${status}`, ...(location ? [`Location: ${location}`] : []), ...(etag ? [`ETag: ${etag}`] : [])];
  if (text !== '') shown.push(pretty(text));
  return nameIds(
    shown.join('\n').replaceAll(test.base, '[base]').replaceAll(new URL(test.base).origin, '[origin]'),
    names,
  );
}

/** `node:http` sends the path byte for byte: raw pipes and backslashes reach the server as callers send them. */
function send(
  test: GoldenServer,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<{ status: number; text: string; location: string | undefined; etag: string | undefined }> {
  const url = new URL(test.base);
  const encoded = path.replace(/[\u0080-\uffff ]/g, encodeURIComponent);
  const full = encoded.startsWith('/') ? encoded : `${url.pathname}/${encoded}`;
  return new Promise((resolve, reject) => {
    const outgoing = rawRequest(
      {
        host: url.hostname,
        port: url.port,
        method,
        path: full,
        headers: { ...headers, ...(body === undefined ? {} : { 'Content-Length': bytes(body).length }) },
      },
      (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk) => chunks.push(chunk));
        reply.on('end', () =>
          resolve({
            status: reply.statusCode!,
            text: Buffer.concat(chunks).toString(),
            location: reply.headers.location,
            etag: reply.headers.etag,
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : bytes(body));
  });
}

/** UTF-8, but for the bytes that `{{byte ff}}` names. */
function bytes(body: string): Buffer {
  return Buffer.concat(
    body
      .split(/([\uf780-\uf7ff])/)
      .map((part) => (/^[\uf780-\uf7ff]$/.test(part) ? Buffer.from([part.charCodeAt(0) - 0xf700]) : Buffer.from(part))),
  );
}

/** The parts of an answer that later requests may name. */
function remember(test: GoldenServer, text: string, names: Map<string, string>): void {
  if (!text.startsWith('{')) return;
  const bundle = JSON.parse(text);
  for (const { relation, url } of (bundle.link ?? []) as { relation: string; url: string }[]) {
    if (relation === 'next' || relation === 'monitor') names.set(`{{${relation}}}`, url.slice(test.base.length + 1));
  }
  const slots = (bundle.entry ?? []).filter(
    (entry: { resource?: { resourceType: string } }) => entry.resource?.resourceType === 'Slot',
  );
  for (const [i, slot] of slots.entries()) names.set(`{{slot ${i + 1}}}`, slot.resource.id);
}

/** `{{repeat 300 "x"}}` and `{{numbers 300}}` in a request: long inputs without long files. */
function expand(text: string): string {
  return text
    .replace(/\{\{repeat (\d+) "((?:[^"\\]|\\.)*)"\}\}/g, (_match, count, piece) =>
      piece.replaceAll('\\"', '"').repeat(Number(count)),
    )
    .replace(/\{\{byte ([89a-f][0-9a-f])\}\}/g, (_match, byte) =>
      String.fromCharCode(0xf700 + Number.parseInt(byte, 16)),
    )
    .replace(/\{\{numbers (\d+)\}\}/g, (_match, count) =>
      Array.from({ length: Number(count) }, (_, i) => i + 1).join(),
    );
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Random ids get names in order of appearance: `<id-1>`; a later request may use the name. */
function nameIds(text: string, names: Map<string, string>): string {
  return text
    .replaceAll(/_cursor=[\w-]+(?:~[\w-]+)*/g, '_cursor=<cursor>')
    .replace(/_after=\d+(?=["&])/g, '_after=<seq>')
    .replace(/("url": "urn:creneau:fhir:seq", "valueString": )"\d+"/g, '$1"<seq>"')
    .replace(/"[^"]*\(cost=(?:[^"\\]|\\.)*"/g, '"<plan>"')
    .replace(UUID, (id) => {
      if (/^00000000-/.test(id)) return id;
      for (const [name, known] of names) if (known === id) return name;
      const name = `<id-${[...names.keys()].filter((key) => key.startsWith('<')).length + 1}>`;
      names.set(name, id);
      return name;
    });
}

function expandNames(text: string, names: Map<string, string>): string {
  return text.replace(/<id-\d+>|\{\{(next|monitor|slot \d+)\}\}/g, (name) => names.get(name) ?? name);
}

/** Short JSON stays on a line, so that answers can be read. */
function pretty(text: string): string {
  // Editors change line ends without a word: a carriage return is shown.
  if (!text.startsWith('{')) return text.trimEnd().replaceAll('\r', '␍');
  return stringifyJson(parseJson(text), true)
    .replaceAll('  ', ' ')
    .replace(
      /\{\n\s+("[^"{}[\]]*": [^{}[\]]{0,160}?)\n\s+\}/g,
      (_match, inner) => `{ ${inner.replace(/\n\s+/g, ' ')} }`,
    );
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

function trimEnd(lines: string[]): string[] {
  const end = lines.findLastIndex((line) => line.trim() !== '');
  return lines.slice(0, end + 1);
}
