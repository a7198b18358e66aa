/**
 * Traces, as the rest of the code sees them: a request that is followed has a span, and the work within it makes
 * further ones. Without a request that is followed nothing is made, and nothing of OpenTelemetry is loaded (ADR 0034).
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** Never about a person: no address, no query, no body, no value of a statement. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** `server`: we answer a request; `client`: we ask another program and wait. */
export type SpanKind = 'server' | 'client';

export interface Span {
  set(attributes: SpanAttributes): void;
  /** `type`: the kind of the failure, as `error.type` has it: a status, a code, the name of a class. */
  fail(type: string): void;
  /** A second call does nothing. */
  end(): void;
  /** `traceparent` and `tracestate` for a request to another server. */
  headers(): Record<string, string>;
  /** `undefined` once the request has ended, or when it has as many spans as it may have. */
  child(name: string, kind: SpanKind, attributes: SpanAttributes): Span | undefined;
}

export interface Tracer {
  /** The span of a request, in the trace that its headers name, or in a new one. */
  start(name: string, headers: Readonly<Record<string, string | string[] | undefined>>): Span;
}

const current = new AsyncLocalStorage<Span>();

/** The span that work belongs to now. */
export function currentSpan(): Span | undefined {
  return current.getStore();
}

/** `work`, and everything that follows from it, belongs to `span`. */
export function withinSpan<T>(span: Span, work: () => T): T {
  return current.run(span, work);
}

/** Does `work` within a span of its own, if the request is followed. `failureOf`: see `Span.fail`. */
export async function inSpan<T>(
  name: string,
  attributes: () => SpanAttributes,
  work: (span: Span | undefined) => Promise<T>,
  failureOf: (error: unknown) => string,
): Promise<T> {
  const span = current.getStore()?.child(name, 'client', attributes());
  if (span === undefined) return work(undefined);
  try {
    return await work(span);
  } catch (error) {
    span.fail(failureOf(error));
    throw error;
  } finally {
    span.end();
  }
}
