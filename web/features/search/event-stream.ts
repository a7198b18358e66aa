/**
 * Server-sent events read through `fetch`, which shows a refusal as what it is; `EventSource` would hide it and come
 * back for ever.
 */
import { Refusal, tell, Unreachable } from '../../fhir/client.ts';

export interface StreamEvent {
  event: string;
  data: string;
}

/**
 * Ends with the stream. Throws `Refusal` for an OperationOutcome, `Unreachable` when the server is away or goes away.
 */
export async function* events(path: string, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  let response: Response;
  try {
    response = await fetch(path, { headers: { Accept: 'text/event-stream' }, cache: 'no-store', signal });
  } catch (cause) {
    if (signal.aborted) return;
    throw away(cause);
  }
  if (response.status >= 502 && response.status <= 504) throw away(response.status);
  if (response.status === 401) tell('expired');
  if (!response.ok || response.body === null)
    throw new Refusal(response.status, await response.json().catch(() => undefined));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    let part: ReadableStreamReadResult<string>;
    try {
      part = await reader.read();
    } catch (cause) {
      if (signal.aborted) return;
      throw away(cause);
    }
    if (part.done) return;
    text += part.value;
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop()!;
    for (const block of blocks) {
      const found = read(block);
      if (found !== undefined) yield found;
    }
  }
}

function away(cause: unknown): Unreachable {
  tell('unreachable');
  return new Unreachable('unreachable', { cause });
}

function read(block: string): StreamEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith('event:')) event = line.slice(6).trim();
    else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}
