/** How a simulated editor answers in each of its moods. */
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import type { Bundle } from '../../fhir/foundation.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Mood } from '../../runtime/options/demo.ts';

const HEADERS = { 'Content-Type': 'application/fhir+json; charset=utf-8' };
const DRIP_MS = 50;
const FLOOD_BYTES = 100_000;

export async function answerIn(
  mood: Mood,
  response: ServerResponse,
  answer: () => Bundle,
  { slowMs, stopped }: { slowMs: number; stopped: AbortSignal },
): Promise<void> {
  switch (mood) {
    case 'dead':
      return;
    case '500':
      return send(response, 500, outcome('exception', 'Panne simulée.'));
    case 'slow':
      await pause(slowMs, stopped);
      return send(response, 200, answer());
    case 'rubbish': {
      const text = JSON.stringify(answer());
      return void response.writeHead(200, HEADERS).end(`<html>${text.slice(0, text.length / 2)}`);
    }
    case 'duplicate':
      return send(response, 200, twice(answer()));
    case 'drip':
      return drip(response, JSON.stringify(answer()), stopped);
    case 'huge':
      return flood(response, answer(), stopped);
    case 'good':
    // Its certificate is wrong, not its answer.
    case 'wrong-tls':
      return send(response, 200, answer());
  }
}

export function send(response: ServerResponse, status: number, resource: Resource): void {
  const text = JSON.stringify(resource);
  response.writeHead(status, { ...HEADERS, 'Content-Length': Buffer.byteLength(text) }).end(text);
}

export function outcome(code: string, text: string): Resource {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, details: { text } }] };
}

/** Every entry again, and every slot once more under another id. */
function twice(bundle: Bundle): Resource {
  const entries = bundle.entry ?? [];
  const copies = entries
    .filter((entry) => entry.resource?.resourceType === 'Slot')
    .map((entry) => ({
      ...entry,
      fullUrl: `${entry.fullUrl}-bis`,
      resource: { ...entry.resource!, id: `${entry.resource!.id}-bis` },
    }));
  return entries.length === 0 ? bundle : { ...bundle, entry: [...entries, ...entries, ...copies] };
}

/** One byte at a time. */
async function drip(response: ServerResponse, text: string, stopped: AbortSignal): Promise<void> {
  response.writeHead(200, HEADERS);
  for (let i = 0; i < text.length && !response.destroyed && !stopped.aborted; i++) {
    response.write(text[i]!);
    await pause(DRIP_MS, stopped);
  }
  response.end();
}

/** Repeats the first entries until the caller hangs up. */
async function flood(response: ServerResponse, bundle: Bundle, stopped: AbortSignal): Promise<void> {
  const entries = bundle.entry ?? [{ resource: { resourceType: 'Slot', id: 'x', status: 'free' } }];
  const piece = `${entries.map((entry) => JSON.stringify(entry)).join(',')},`.repeat(
    Math.ceil(FLOOD_BYTES / JSON.stringify(entries).length),
  );
  response.writeHead(200, HEADERS);
  const pieces = async function* (): AsyncGenerator<string> {
    yield '{"resourceType":"Bundle","type":"searchset","entry":[';
    while (!stopped.aborted) yield piece;
  };
  // A caller that hangs up makes the pipeline fail: that is the expected end.
  await pipeline(pieces, response).catch(() => {});
}

/** Ends early when the simulated editor stops. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal }).catch(() => {});
}
