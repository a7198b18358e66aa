/**
 * The one way out to an address that somebody else has given (an endpoint, a calendar elsewhere): no server-side
 * request forgery. The name is resolved
 * and each address checked where the connection is made, so that what is checked is what is used; no redirect is
 * followed; a deadline, a limit of size.
 */
import { lookup } from 'node:dns';
import { lookup as resolve } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import { FhirError } from '../fhir/issue.ts';

/**
 * Loopback, private, link-local, shared, documentation, multicast, reserved; and the forms of IPv6 that hide an IPv4
 * address.
 */
const CLOSED = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  CLOSED.addSubnet(network, bits, 'ipv4');
/** Of IPv6, only global unicast (2000::/3) leads anywhere public; within it, tunnels and documentation do not. */
const OPEN_6 = new BlockList();
OPEN_6.addSubnet('2000::', 3, 'ipv6');
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  CLOSED.addSubnet(network, bits, 'ipv6');

/** Is this address of the public Internet? */
export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !CLOSED.check(address, 'ipv4');
  return family === 6 && OPEN_6.check(address, 'ipv6') && !CLOSED.check(address, 'ipv6');
}

/**
 * Why an address may not be used; `undefined`: it may. Names are resolved; one that does not resolve now is tried when
 * it is used.
 */
export async function whyClosed(endpoint: string, allowPrivate: boolean): Promise<string | undefined> {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    return 'it is not an address';
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'only https leads out';
  if (url.username !== '' || url.password !== '') return 'no password in the address';
  if (allowPrivate) return undefined;
  if (url.protocol === 'http:') return 'only https leads out';
  const host = hostOf(url);
  if (isIP(host) !== 0) return isPublic(host) ? undefined : CLOSED_ADDRESS;
  if (/(^|\.)(localhost|local|internal)\.?$/i.test(host)) return 'it is a name of this machine or network';
  const found = await resolve(host, { all: true }).catch(() => []);
  return found.every((found) => isPublic(found.address))
    ? undefined
    : 'its name leads to a loopback, private or reserved address';
}

/** Throws 422 when nothing may be sent to this address, or read from it; `expression`: where it was given. */
export async function requireOpen(address: string, allowPrivate: boolean, expression: string): Promise<void> {
  const reason = await whyClosed(address, allowPrivate);
  if (reason === undefined) return;
  throw new FhirError('business-rule', `This address is not used: ${reason}`, {
    expression,
    text: 'Adresse refusée : seules les adresses https publiques sont admises (CRENEAU_ALLOW_PRIVATE_ENDPOINTS lève cette règle).',
  });
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** What was known of a text when it was last read, and how much of one is accepted. */
export interface Asking {
  etag: string | undefined;
  modified: string | undefined;
  maxBytes: number;
}

export type Fetched =
  | { unchanged: boolean; text: string; etag: string | undefined; modified: string | undefined }
  | { failure: string };

const CLOSED_ADDRESS = 'it is a loopback, private or reserved address';

export class WayOut {
  private readonly allowPrivate: boolean;
  private readonly agent: Agent;

  constructor(allowPrivate: boolean) {
    this.allowPrivate = allowPrivate;
    const guarded: LookupFunction = (host, options, done) => {
      lookup(host, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return done(error, '', 0);
        const usable = allowPrivate ? addresses : addresses.filter((address) => isPublic(address.address));
        const [first] = usable;
        if (first === undefined)
          return done(new Error('the name leads to a loopback, private or reserved address'), '', 0);
        if (options.all === true) return (done as unknown as (error: null, list: typeof usable) => void)(null, usable);
        return done(null, first.address, first.family);
      });
    };
    this.agent = new Agent({ connections: 4, pipelining: 1, connect: { lookup: guarded, timeout: 10_000 } });
  }

  /** Why it was not acknowledged; `undefined`: it was (2xx). Never throws, and ends by its deadline. */
  async post(
    endpoint: string,
    body: string,
    headers: readonly [string, string][],
    deadlineMs: number,
  ): Promise<string | undefined> {
    const told = { ...Object.fromEntries(headers), 'content-type': 'application/fhir+json; charset=utf-8' };
    const answer = await this.ask(
      endpoint,
      { method: 'POST', body, headers: told },
      deadlineMs,
      async (reply, signal) => {
        // What it says beyond the status is not ours to read; a long answer loses its connection.
        await reply.body.dump({ limit: 16_384, signal }).catch(() => {});
        return reply.statusCode >= 200 && reply.statusCode < 300 ? {} : { failure: refusalOf(reply) };
      },
    );
    return 'failure' in answer ? answer.failure : undefined;
  }

  /** A text, if it is another one than what is known. Never throws, and ends by its deadline. */
  get(url: string, { etag, modified, maxBytes }: Asking, deadlineMs: number): Promise<Fetched> {
    const headers = {
      accept: 'text/calendar, text/plain;q=0.5',
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
      ...(modified === undefined ? {} : { 'if-modified-since': modified }),
    };
    return this.ask<Fetched>(url, { method: 'GET', headers }, deadlineMs, async (reply) => {
      if (reply.statusCode === 304) return { unchanged: true, text: '', etag, modified };
      if (reply.statusCode !== 200) return { failure: refusalOf(reply) };
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of reply.body) {
        bytes += (chunk as Buffer).length;
        if (bytes > maxBytes) return { failure: `it has more than ${maxBytes} bytes` };
        chunks.push(chunk as Buffer);
      }
      const header = (name: string): string | undefined => [reply.headers[name]].flat()[0];
      return {
        unchanged: false,
        text: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)),
        etag: header('etag'),
        modified: header('last-modified'),
      };
    });
  }

  private async ask<T extends object>(
    url: string,
    options: { method: 'GET' | 'POST'; body?: string; headers: Record<string, string> },
    deadlineMs: number,
    read: (reply: Dispatcher.ResponseData, signal: AbortSignal) => Promise<T | { failure: string }>,
  ): Promise<T | { failure: string }> {
    // A literal address is connected to without being looked up.
    const host = URL.canParse(url) ? hostOf(new URL(url)) : '';
    if (!this.allowPrivate && isIP(host) !== 0 && !isPublic(host)) return { failure: CLOSED_ADDRESS };
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      const reply = await request(url, {
        ...options,
        dispatcher: this.agent,
        signal,
        headersTimeout: deadlineMs,
        bodyTimeout: deadlineMs,
      });
      // What is left of an answer when its reader has seen enough.
      reply.body.on('error', () => {});
      const answer = await read(reply, signal);
      reply.body.destroy();
      return answer;
    } catch (error) {
      return {
        failure: signal.aborted
          ? `no answer in ${deadlineMs / 1000} s`
          : (error as Error).message.slice(0, 200) || 'not reached',
      };
    }
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}

function refusalOf({ statusCode }: Dispatcher.ResponseData): string {
  return statusCode >= 300 && statusCode < 400
    ? `answered ${statusCode}: redirects are not followed`
    : `answered ${statusCode}`;
}
