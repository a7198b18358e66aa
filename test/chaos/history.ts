/**
 * The history of a run: every call of every client with what it was told. Each write carries a marker of its own, by
 * which it is found again in the database.
 */
import { request as http } from 'undici';
import type { Json } from '../../src/fhir/resource.ts';
import { as, type Program } from './agendas.ts';

/**
 * `ok`: acknowledged. `refused`: certainly not done, which a 503 promises unless it says `timeout`. `unknown`: no
 * answer, or one that says that nobody knows.
 */
export type CallOutcome = 'ok' | 'refused' | 'unknown';

export interface Call {
  client: number;
  program: Program;
  kind: string;
  marker: string;
  /** `performance.now()` at the invocation and at its end. */
  from: number;
  to: number;
  outcome: CallOutcome;
  /** 0: no answer. */
  status: number;
  /** Issue code of a refusal. */
  code: string | undefined;
  /** The versions that were acknowledged: `Type/id` and number. */
  written: { reference: string; version: number }[];
  json: Json;
  /** The time at which the call closes an agenda. */
  closes?: Closure;
}

/** Epoch milliseconds. */
export interface Closure {
  schedule: string;
  start: number;
  end: number;
}

/** A caller gives up after so long, in ms. */
const PATIENCE_MS = 12_000;

export interface Request {
  kind: string;
  method: 'POST' | 'PUT' | 'PATCH';
  path: string;
  marker: string;
  body: Json;
  headers?: Record<string, string>;
  closes?: Closure;
}

export class CallHistory {
  readonly calls: Call[] = [];

  /** Sends a write and records what became of it. Never throws. */
  async send(client: number, program: Program, base: string, request: Request): Promise<Call> {
    const { kind, method, path, marker, body, headers, closes } = request;
    const call: Call = {
      ...(closes === undefined ? {} : { closes }),
      ...{
        client,
        program,
        kind,
        marker,
        from: performance.now(),
        to: Number.POSITIVE_INFINITY,
        outcome: 'unknown',
        status: 0,
      },
      ...{ code: undefined, written: [], json: undefined },
    };
    this.calls.push(call);
    try {
      const reply = await http(`${base}/${path}`, {
        ...{ method, body: JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE_MS) },
        headers: { 'content-type': 'application/fhir+json', ...as(program), ...headers },
      });
      call.status = reply.statusCode;
      const text = await reply.body.text();
      call.json = text.startsWith('{') ? JSON.parse(text) : undefined;
      call.code = call.json?.issue?.[0]?.code;
      call.outcome = outcomeOf(call.status, call.code);
      if (call.outcome === 'ok') call.written = writtenBy(call.json);
    } catch {
      // A connection that ended in the middle says nothing, whatever had arrived of the answer.
      call.outcome = 'unknown';
    }
    call.to = performance.now();
    return call;
  }
}

/** How many calls ended how. */
export function tallyOf(calls: readonly Call[]): Record<CallOutcome, number> {
  const counts = { ok: 0, refused: 0, unknown: 0 };
  for (const { outcome } of calls) counts[outcome]++;
  return counts;
}

/** The longest time without an acknowledged write, in ms. */
export function longestGapMs(calls: readonly Call[]): number {
  const ends = calls.filter(({ outcome }) => outcome === 'ok').map(({ to }) => to);
  const sorted = ends.sort((a, b) => a - b);
  return Math.max(0, ...sorted.slice(1).map((end, i) => end - sorted[i]!));
}

function outcomeOf(status: number, code: string | undefined): CallOutcome {
  if (status >= 200 && status < 300) return 'ok';
  if (status === 503 && code === 'transient') return 'refused';
  return status >= 400 && status < 500 ? 'refused' : 'unknown';
}

function writtenBy(json: Json): Call['written'] {
  const resources: Json[] = json?.resourceType === 'Bundle' ? json.entry.map((entry: Json) => entry.resource) : [json];
  return resources
    .filter((resource) => resource?.id !== undefined)
    .map((resource) => ({
      reference: `${resource.resourceType}/${resource.id}`,
      version: Number(resource.meta.versionId),
    }));
}
