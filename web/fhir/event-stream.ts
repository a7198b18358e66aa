/**
 * Server-sent events read through `fetch`, which shows a refusal as what it is. `EventSource` would hide it and connect
 * again for ever.
 */
import { isAway, Refusal, reportConnection, Unreachable } from './client.ts';

export interface StreamEvent {
  event: string;
  data: string;
}

/** Ends with the stream. Throws `Refusal` for an OperationOutcome, `Unreachable` when the server is or goes away. */
export async function* events(path: string, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  const reader = (await open(path, signal))?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let text = '';
  for (;;) {
    let part: ReadableStreamReadResult<string>;
    try {
      part = await reader.read();
    } catch (cause) {
      if (signal.aborted) return;
      throw unreachable(cause);
    }
    if (part.done) return;
    text += part.value;
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop()!;
    for (const block of blocks) {
      const event = parse(block);
      if (event !== undefined) yield event;
    }
  }
}

/** `undefined`: the caller has left. */
async function open(path: string, signal: AbortSignal): Promise<ReadableStream<BufferSource> | undefined> {
  let response: Response;
  try {
    response = await fetch(path, { headers: { Accept: 'text/event-stream' }, cache: 'no-store', signal });
  } catch (cause) {
    if (signal.aborted) return undefined;
    throw unreachable(cause);
  }
  if (isAway(response)) throw unreachable(response.status);
  if (response.status === 401) reportConnection('expired');
  if (!response.ok || response.body === null)
    throw new Refusal(response.status, await response.json().catch(() => undefined));
  return response.body;
}

function unreachable(cause: unknown): Unreachable {
  reportConnection('unreachable');
  return new Unreachable('unreachable', { cause });
}

function parse(block: string): StreamEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith('event:')) event = line.slice(6).trim();
    else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}
