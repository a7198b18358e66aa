/**
 * The connection to one partner: sockets that stay open, a client certificate, a deadline, a limit of size, a circuit
 * breaker. Only this file of the platform imports undici; measured: undici.request costs half the CPU of fetch. Spec:
 * 6.0
 */
import { Agent, request } from 'undici';
import { inSpan, type Span, type SpanAttributes } from '../../../runtime/telemetry/trace.ts';
import type { Breaker } from './breaker.ts';
import type { ClientIdentity, Partner } from './partner.ts';

/** How a request to a partner can fail. */
export type FailureCode = 'timeout' | 'error' | 'breaker-open' | 'invalid';

/** Why a partner gave no answer. Neither text names a person. */
export class PartnerFailure extends Error {
  readonly code: FailureCode;
  readonly french: string;
  /** The partner is to blame: the breaker counts it. */
  readonly isFault: boolean;

  constructor(
    code: FailureCode,
    english: string,
    french: string,
    { isFault = true, cause }: { isFault?: boolean; cause?: unknown } = {},
  ) {
    super(english, { cause });
    this.code = code;
    this.french = french;
    this.isFault = isFault;
  }
}

export interface PartnerReply {
  status: number;
  body: Buffer;
  headers: Record<string, string | string[] | undefined>;
}

/** Bytes of all answers under way in this process. */
const MAX_BYTES = 256_000_000;
let bytesUnderWay = 0;

export class PartnerLink {
  readonly partner: Partner;
  readonly breaker: Breaker;
  private readonly agent: Agent;

  /** `identity`: of the platform, for partners that have none of their own. */
  constructor(partner: Partner, identity: ClientIdentity, breaker: Breaker) {
    this.partner = partner;
    this.breaker = breaker;
    const { connections, deadlineMs } = partner;
    this.agent = new Agent({
      connections,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      // A safety net: each request has its own timer for the deadline.
      headersTimeout: deadlineMs + 1000,
      bodyTimeout: deadlineMs + 1000,
      connect: { ...identity, ...partner.identity, timeout: deadlineMs, rejectUnauthorized: true },
    });
  }

  /**
   * The body of a 200 answer as `read` returns it. Throws PartnerFailure, as `read` may, and after `deadlineMs` in any
   * case. `callerGone`: the caller no longer waits for the answer.
   */
  async get<T>(path: string, deadlineMs: number, read: (body: Buffer) => T, callerGone?: AbortSignal): Promise<T> {
    const { breaker } = this;
    if (!breaker.allows()) {
      const seconds = Math.ceil(breaker.restsFor / 1000);
      throw new PartnerFailure(
        'breaker-open',
        `left alone after repeated failures, for ${seconds} s more`,
        `suspendu après plusieurs échecs, nouvel essai dans ${seconds} s`,
        { isFault: false },
      );
    }
    try {
      const { status, body } = await this.exchange('GET', path, deadlineMs, undefined, callerGone);
      if (status !== 200) throw refusal(status);
      const result = read(body);
      breaker.succeeded();
      return result;
    } catch (error) {
      const failure = error as PartnerFailure;
      if (failure.isFault) breaker.failed();
      // A partner that refuses a request is working; a caller who leaves proves nothing about the partner.
      else if (failure.code === 'error' && !callerGone?.aborted) breaker.succeeded();
      else breaker.abandoned();
      throw failure;
    }
  }

  /** One exchange, whatever its status. Throws PartnerFailure. */
  exchange(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    deadlineMs: number,
    body?: string,
    callerGone?: AbortSignal,
  ): Promise<PartnerReply> {
    const asked = (span: Span | undefined) => this.send(method, path, deadlineMs, span, body, callerGone);
    return inSpan(`${method} ${this.partner.id}`, () => this.spanAttributes(method), asked, failureName);
  }

  /** The path holds the identifiers of practitioners, and stays out. */
  private spanAttributes(method: string): SpanAttributes {
    const { hostname, port, protocol } = new URL(this.partner.url);
    return {
      'http.request.method': method,
      'server.address': hostname,
      'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
      'creneau.partner': this.partner.id,
    };
  }

  private async send(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    deadlineMs: number,
    span: Span | undefined,
    body: string | undefined,
    callerGone: AbortSignal | undefined,
  ): Promise<PartnerReply> {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    const timer = setTimeout(end, deadlineMs);
    callerGone?.addEventListener('abort', end, { once: true });
    if (callerGone?.aborted) end();
    try {
      const reply = await request(`${this.partner.url}/${path}`, {
        method,
        dispatcher: this.agent,
        signal: ending.signal,
        headers: {
          accept: 'application/json+fhir',
          ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
          ...span?.headers(),
        },
        ...(body === undefined ? {} : { body }),
      });
      span?.set({ 'http.response.status_code': reply.statusCode });
      if (reply.statusCode >= 400) span?.fail(String(reply.statusCode));
      return {
        status: reply.statusCode,
        headers: reply.headers,
        body: await readBody(reply.body, Number(reply.headers['content-length'] ?? 0), this.partner.maxBytes),
      };
    } catch (error) {
      throw error instanceof PartnerFailure
        ? error
        : this.failureOf(error as Error, callerGone?.aborted === true, ending.signal.aborted);
    } finally {
      clearTimeout(timer);
      callerGone?.removeEventListener('abort', end);
    }
  }

  private failureOf(cause: Error & { code?: string }, isCallerGone: boolean, isLate: boolean): PartnerFailure {
    const { deadlineMs } = this.partner;
    if (isCallerGone)
      return new PartnerFailure('error', 'nobody waits for the answer any more', "plus personne n'attend la réponse", {
        isFault: false,
        cause,
      });
    if (isLate)
      return new PartnerFailure(
        'timeout',
        `no whole answer within ${deadlineMs} ms`,
        `pas de réponse complète en ${deadlineMs} ms`,
        { cause },
      );
    const code = cause.code ?? cause.name;
    return new PartnerFailure('error', `cannot be reached (${code})`, `injoignable (${code})`, { cause });
  }

  /** Resolves after the requests under way. */
  close(): Promise<void> {
    return this.agent.close();
  }
}

/** For traces: how it failed, without its text. */
function failureName(error: unknown): string {
  return error instanceof PartnerFailure ? error.code : (error as Error).name;
}

/** Reads an answer as it comes, up to the limit: no partner can fill the memory. */
async function readBody(
  body: AsyncIterable<Buffer> & { destroy(): unknown },
  announced: number,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    if (announced > maxBytes) throw tooLarge(maxBytes);
    for await (const chunk of body) {
      size += chunk.length;
      bytesUnderWay += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      if (bytesUnderWay > MAX_BYTES)
        throw new PartnerFailure(
          'error',
          'the platform has too many answers under way',
          'trop de réponses en cours sur la plateforme',
          { isFault: false },
        );
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, size);
  } catch (error) {
    body.destroy();
    throw error;
  } finally {
    bytesUnderWay -= size;
  }
}

function tooLarge(maxBytes: number): PartnerFailure {
  return new PartnerFailure(
    'invalid',
    `the answer is larger than ${maxBytes} bytes`,
    `réponse trop volumineuse (plus de ${maxBytes} octets)`,
  );
}

/** A 4xx refuses the request; the partner is to blame for 5xx, 429 and 408. */
function refusal(status: number): PartnerFailure {
  return new PartnerFailure('error', `answered ${status}`, `a répondu ${status}`, {
    isFault: status >= 500 || status === 429 || status === 408,
  });
}
