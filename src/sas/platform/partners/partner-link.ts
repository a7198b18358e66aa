/**
 * The connection to one partner: keep-alive, the client certificate, a deadline, a size limit, a circuit breaker. The
 * only user of undici in the platform; measured, undici.request costs half the CPU of fetch. Spec: 6.0
 */
import { Agent, request } from 'undici';
import { Breaker } from './breaker.ts';
import type { Identity, Partner } from './partner.ts';

/** What can become of a request that gives nothing. */
export type Failing = 'timeout' | 'error' | 'breaker-open' | 'invalid';

/** Why a partner gave nothing; both texts name no person. */
export class PartnerFailure extends Error {
  readonly fate: Failing;
  readonly french: string;
  /** Counts against the partner. */
  readonly isFault: boolean;

  constructor(
    fate: Failing,
    english: string,
    french: string,
    { isFault = true, cause }: { isFault?: boolean; cause?: unknown } = {},
  ) {
    super(english, { cause });
    this.fate = fate;
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
  constructor(partner: Partner, identity: Identity, breaker = new Breaker()) {
    this.partner = partner;
    this.breaker = breaker;
    const { connections, deadlineMs } = partner;
    this.agent = new Agent({
      connections,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      // Coarse nets: the deadline of each request is a timer of its own.
      headersTimeout: deadlineMs + 1000,
      bodyTimeout: deadlineMs + 1000,
      connect: { ...identity, ...partner.identity, timeout: deadlineMs, rejectUnauthorized: true },
    });
  }

  /**
   * What `read` makes of the body of a 200 answer. Throws PartnerFailure, as `read` may; after `deadlineMs`, whatever
   * the partner does. `leaving`: nobody waits any more.
   */
  async get<T>(path: string, deadlineMs: number, read: (body: Buffer) => T, leaving?: AbortSignal): Promise<T> {
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
      const { status, body } = await this.exchange('GET', path, deadlineMs, undefined, leaving);
      if (status !== 200) throw refusal(status);
      const found = read(body);
      breaker.succeeded();
      return found;
    } catch (error) {
      const failure = error as PartnerFailure;
      if (failure.isFault) breaker.failed();
      // A refusal of the question is an answer; somebody who leaves says nothing of the partner.
      else if (failure.fate === 'error' && !leaving?.aborted) breaker.succeeded();
      else breaker.abandoned();
      throw failure;
    }
  }

  /** One exchange, whatever its status. Throws PartnerFailure. */
  async exchange(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    deadlineMs: number,
    body?: string,
    leaving?: AbortSignal,
  ): Promise<PartnerReply> {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    const timer = setTimeout(end, deadlineMs);
    leaving?.addEventListener('abort', end, { once: true });
    if (leaving?.aborted) end();
    try {
      const reply = await request(`${this.partner.url}/${path}`, {
        method,
        dispatcher: this.agent,
        signal: ending.signal,
        headers: {
          accept: 'application/json+fhir',
          ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
        },
        ...(body === undefined ? {} : { body }),
      });
      return {
        status: reply.statusCode,
        headers: reply.headers,
        body: await readBody(reply.body, Number(reply.headers['content-length'] ?? 0), this.partner.maxBytes),
      };
    } catch (error) {
      if (error instanceof PartnerFailure) throw error;
      if (leaving?.aborted)
        throw new PartnerFailure('error', 'nobody waits for the answer any more', "plus personne n'attend la réponse", {
          isFault: false,
          cause: error,
        });
      if (ending.signal.aborted)
        throw new PartnerFailure(
          'timeout',
          `no whole answer within ${this.partner.deadlineMs} ms`,
          `pas de réponse complète en ${this.partner.deadlineMs} ms`,
          { cause: error },
        );
      const code = (error as { code?: string }).code ?? (error as Error).name;
      throw new PartnerFailure('error', `cannot be reached (${code})`, `injoignable (${code})`, { cause: error });
    } finally {
      clearTimeout(timer);
      leaving?.removeEventListener('abort', end);
    }
  }

  /** Ends after the requests under way. */
  close(): Promise<void> {
    return this.agent.close();
  }
}

/** Reads while the answer comes, and stops at the limit, so that no partner fills the memory. */
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

/** A 4xx is about the question, and no fault of the partner's; but for "later" and what the server cannot do. */
function refusal(status: number): PartnerFailure {
  return new PartnerFailure('error', `answered ${status}`, `a répondu ${status}`, {
    isFault: status >= 500 || status === 429 || status === 408,
  });
}
