/**
 * Requests to addresses that users supplied (subscription endpoints, calendars elsewhere), safe from server-side
 * request forgery. The host name is resolved and every address is checked while the connection is made, so that the
 * checked address is the one that is used. Redirects are not followed; time and size are limited.
 */
import { lookup } from 'node:dns';
import { lookup as resolve } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import { FhirError } from '../fhir/issue.ts';

/** Loopback, private, link-local, shared, documentation, multicast and reserved networks. */
const BLOCKED = new BlockList();
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
  BLOCKED.addSubnet(network, bits, 'ipv4');
/** Global unicast (2000::/3) is the only public part of IPv6, but for its tunnels and documentation networks. */
const GLOBAL_UNICAST = new BlockList();
GLOBAL_UNICAST.addSubnet('2000::', 3, 'ipv6');
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  BLOCKED.addSubnet(network, bits, 'ipv6');

/** Does this IP address belong to the public Internet? */
export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !BLOCKED.check(address, 'ipv4');
  return family === 6 && GLOBAL_UNICAST.check(address, 'ipv6') && !BLOCKED.check(address, 'ipv6');
}

/**
 * The reason why an address may not be used, or `undefined` if it may. A name that does not resolve now is accepted:
 * it is checked again when the connection is made.
 */
export async function blockedReason(endpoint: string, allowPrivate: boolean): Promise<string | undefined> {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    return 'it is not a URL';
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'only https is allowed';
  if (url.username !== '' || url.password !== '') return 'it contains a user name or a password';
  if (allowPrivate) return undefined;
  if (url.protocol === 'http:') return 'only https is allowed';
  const host = hostOf(url);
  if (isIP(host) !== 0) return isPublic(host) ? undefined : `it is ${NOT_PUBLIC}`;
  if (/(^|\.)(localhost|local|internal)\.?$/i.test(host)) return 'the name belongs to this machine or network';
  const addresses = await resolve(host, { all: true }).catch(() => []);
  return addresses.every(({ address }) => isPublic(address)) ? undefined : `the name resolves to ${NOT_PUBLIC}`;
}

/** Throws 422 when this address may not be contacted. `expression` is the element that supplied it. */
export async function requirePublicAddress(address: string, allowPrivate: boolean, expression: string): Promise<void> {
  const reason = await blockedReason(address, allowPrivate);
  if (reason === undefined) return;
  throw new FhirError('business-rule', `This address is refused: ${reason}`, {
    expression,
    text:
      'Adresse refusée : seules les adresses https publiques sont admises ' +
      '(CRENEAU_ALLOW_PRIVATE_ENDPOINTS lève cette règle).',
  });
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** The validators of the last answer, for a conditional request, and the largest body that is accepted. */
export interface FetchOptions {
  etag: string | undefined;
  modified: string | undefined;
  maxBytes: number;
}

export interface Fetched {
  unchanged: boolean;
  octets: Uint8Array;
  /** As the Content-Type declares it. */
  charset?: string;
  etag: string | undefined;
  modified: string | undefined;
}

const NOT_PUBLIC = 'a loopback, private or reserved address';

export class OutboundHttp {
  private readonly allowPrivate: boolean;
  private readonly agent: Agent;

  constructor(allowPrivate: boolean) {
    this.allowPrivate = allowPrivate;
    const guarded: LookupFunction = (host, options, done) => {
      lookup(host, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return done(error, '', 0);
        const usable = allowPrivate ? addresses : addresses.filter((address) => isPublic(address.address));
        const [first] = usable;
        if (first === undefined) return done(new Error(`the name resolves to ${NOT_PUBLIC}`), '', 0);
        if (options.all === true) return (done as unknown as (error: null, list: typeof usable) => void)(null, usable);
        return done(null, first.address, first.family);
      });
    };
    this.agent = new Agent({ connections: 64, pipelining: 1, connect: { lookup: guarded, timeout: 10_000 } });
  }

  /** The reason of the failure, or `undefined` after an answer of 2xx. Never throws, and ends within `timeoutMs`. */
  async post(
    endpoint: string,
    body: string,
    headers: readonly [string, string][],
    timeoutMs: number,
    type = 'application/fhir+json; charset=utf-8',
  ): Promise<string | undefined> {
    const allHeaders = { ...Object.fromEntries(headers), 'content-type': type };
    const answer = await this.ask(
      endpoint,
      { method: 'POST', body, headers: allHeaders },
      timeoutMs,
      async (reply, signal) => {
        // The body is ignored; the connection of a long one is closed.
        await reply.body.dump({ limit: 16_384, signal }).catch(() => {});
        return reply.statusCode >= 200 && reply.statusCode < 300 ? {} : { failure: refusalOf(reply) };
      },
    );
    return 'failure' in answer ? answer.failure : undefined;
  }

  /** The content at an address, unless it is unchanged. Never throws, and ends within `timeoutMs`. */
  get(
    url: string,
    { etag, modified, maxBytes }: FetchOptions,
    timeoutMs: number,
  ): Promise<Fetched | { failure: string }> {
    const headers = {
      accept: 'text/calendar, text/plain;q=0.5',
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
      ...(modified === undefined ? {} : { 'if-modified-since': modified }),
    };
    return this.ask<Fetched>(url, { method: 'GET', headers }, timeoutMs, async (reply) => {
      if (reply.statusCode === 304) return { unchanged: true, octets: new Uint8Array(), etag, modified };
      if (reply.statusCode !== 200) return { failure: refusalOf(reply) };
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of reply.body) {
        bytes += (chunk as Buffer).length;
        if (bytes > maxBytes) return { failure: `the answer is larger than ${maxBytes} bytes` };
        chunks.push(chunk as Buffer);
      }
      const header = (name: string): string | undefined => [reply.headers[name]].flat()[0];
      const charset = /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(header('content-type') ?? '')?.[1];
      return {
        unchanged: false,
        octets: Buffer.concat(chunks),
        ...(charset === undefined ? {} : { charset }),
        etag: header('etag'),
        modified: header('last-modified'),
      };
    });
  }

  private async ask<T extends object>(
    url: string,
    options: { method: 'GET' | 'POST'; body?: string; headers: Record<string, string> },
    timeoutMs: number,
    read: (reply: Dispatcher.ResponseData, signal: AbortSignal) => Promise<T | { failure: string }>,
  ): Promise<T | { failure: string }> {
    // A literal IP address never passes through the lookup above.
    const host = URL.canParse(url) ? hostOf(new URL(url)) : '';
    if (!this.allowPrivate && isIP(host) !== 0 && !isPublic(host)) return { failure: `it is ${NOT_PUBLIC}` };
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const reply = await request(url, {
        ...options,
        dispatcher: this.agent,
        signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      // The reader may stop before the end of the body.
      reply.body.on('error', () => {});
      const answer = await read(reply, signal);
      reply.body.destroy();
      return answer;
    } catch (error) {
      return {
        failure: signal.aborted
          ? `no answer in ${timeoutMs / 1000} s`
          : (error as Error).message.slice(0, 200) || 'connection failed',
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
