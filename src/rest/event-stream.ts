/**
 * Server-sent events: an answer that leaves piece by piece, for callers who send `Accept: text/event-stream`.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { pipeline, Readable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';

export interface ServerEvent {
  /** The name under which listeners register; absent: `message`. */
  event?: string;
  /** The browser sends it back in `Last-Event-ID` when it reconnects. */
  id?: string;
  /** JSON or other text. */
  data: string;
}

/** Starts the events. The signal ends them when the caller disconnects or the server stops. */
export type EventSource = (signal: AbortSignal) => AsyncIterable<ServerEvent>;

const EVENT_STREAM = 'text/event-stream';

/** Proxies must neither hold events back nor change them. */
export const EVENT_HEADERS = {
  'Content-Type': `${EVENT_STREAM}; charset=utf-8`,
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};

/** Why a stream is aborted when the server stops: its reader is told to come back. */
export const STOPPING = 'the server stops';
const COME_BACK = 'retry: 1000\nevent: close\ndata: {}\n\n';

/** Interval of the comments that keep the connection open through proxies. */
const BEAT_MS = 15_000;

/** Does the caller prefer a stream? */
export function wantsEvents(accept: string | undefined): boolean {
  return accept !== undefined && accept.split(/[,;]/)[0]!.trim().toLowerCase() === EVENT_STREAM;
}

/**
 * The bytes of the answer. They wait for a slow reader, and stop the source when the reader disconnects. When the
 * source fails, they end with an event `error`: an OperationOutcome that `errorText` writes. The server aborts all
 * `streams` when it stops.
 */
export function eventStream(
  source: EventSource,
  streams: Set<AbortController>,
  errorText: (error: unknown) => string,
  beatMs = BEAT_MS,
): Readable {
  const ending = new AbortController();
  streams.add(ending);
  const texts = pieces(source(ending.signal), ending.signal, errorText, beatMs);
  // `Readable.from` would signal the end to the source only after the event that the source waits for.
  return new Readable({
    read() {
      texts.next().then(
        ({ value, done }) => this.push(done ? null : value),
        (error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      streams.delete(ending);
      ending.abort();
      done(error);
    },
  });
}

/**
 * The same bytes, compressed, for streams that carry much: an aggregated search is 28 times smaller. Each piece leaves
 * when it is written. The window is small, so that a stream costs 80 kB of memory.
 */
export function compressedStream(stream: Readable): Readable {
  const gzip = createGzip({ level: 4, windowBits: 14, memLevel: 5, flush: constants.Z_SYNC_FLUSH });
  // Either side may leave: the other one ends with it, and says nothing that its own reader has not heard.
  pipeline(stream, gzip, () => {});
  return gzip;
}

async function* pieces(
  events: AsyncIterable<ServerEvent>,
  signal: AbortSignal,
  errorText: (error: unknown) => string,
  beatMs: number,
): AsyncGenerator<string> {
  // Sent at once, so that the caller knows that it is connected.
  yield ': \n\n';
  const iterator = events[Symbol.asyncIterator]();
  const ended = new Promise<'ended'>((resolve) =>
    signal.addEventListener('abort', () => resolve('ended'), { once: true }),
  );
  try {
    for (let next = iterator.next(); ; ) {
      const turn = await orBeat(Promise.race([next, ended]), beatMs);
      if (turn === 'ended') {
        if (signal.reason === STOPPING) yield COME_BACK;
        return;
      }
      if (turn === 'beat') yield ': \n\n';
      else if (turn.done) return;
      else {
        yield eventText(turn.value);
        next = iterator.next();
      }
    }
  } catch (error) {
    if (!signal.aborted) yield eventText({ event: 'error', data: errorText(error) });
  } finally {
    // Not awaited: a source that waits for something ends by its signal.
    void iterator.return?.()?.catch(() => {});
  }
}

async function orBeat<T>(next: Promise<T>, beatMs: number): Promise<T | 'beat'> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([next, new Promise<'beat'>((resolve) => (timer = setTimeout(resolve, beatMs, 'beat')))]);
  } finally {
    clearTimeout(timer);
  }
}

function eventText({ event, id, data }: ServerEvent): string {
  const head = `${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}`;
  return `${head}${data
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('')}\n`;
}
