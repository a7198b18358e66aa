/**
 * The way out to an address that somebody else has given: no server-side request forgery. The name is resolved and each address checked where the
 * connection is made, so that what is checked is what is used; no redirect is followed; a deadline, and next to nothing of the answer is read.
 */
import { lookup } from 'node:dns';
import { lookup as resolve } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { FhirError } from '../fhir/issue.ts';

/** Loopback, private, link-local, shared, documentation, multicast, reserved; and the forms of IPv6 that hide an IPv4 address. */
const CLOSED = new BlockList();
for (const [network, bits] of [['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 3]] as const) CLOSED.addSubnet(network, bits, 'ipv4');
/** Of IPv6, only global unicast (2000::/3) leads anywhere public; within it, tunnels and documentation do not. */
const OPEN_6 = new BlockList();
OPEN_6.addSubnet('2000::', 3, 'ipv6');
for (const [network, bits] of [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]] as const) CLOSED.addSubnet(network, bits, 'ipv6');

/** Is this address of the public Internet? */
export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !CLOSED.check(address, 'ipv4');
  return family === 6 && OPEN_6.check(address, 'ipv6') && !CLOSED.check(address, 'ipv6');
}

/** Why an address may not be used; `undefined`: it may. Names are resolved; one that does not resolve now is tried when it is used. */
export async function whyClosed(endpoint: string, allowPrivate: boolean): Promise<string | undefined> {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    return 'it is not an address';
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'only https leads to an endpoint';
  if (url.username !== '' || url.password !== '') return 'no password in the address: use channel.header';
  if (allowPrivate) return undefined;
  if (url.protocol === 'http:') return 'only https leads to an endpoint';
  const host = hostOf(url);
  if (isIP(host) !== 0) return isPublic(host) ? undefined : 'it is a loopback, private or reserved address';
  if (/(^|\.)(localhost|local|internal)\.?$/i.test(host)) return 'it is a name of this machine or network';
  const found = await resolve(host, { all: true }).catch(() => []);
  return found.every((one) => isPublic(one.address)) ? undefined : 'its name leads to a loopback, private or reserved address';
}

/** Throws 422 when a Subscription may not lead there. */
export async function checkEndpoint(endpoint: string, allowPrivate: boolean): Promise<void> {
  const reason = await whyClosed(endpoint, allowPrivate);
  if (reason === undefined) return;
  throw new FhirError('business-rule', `Nothing is sent to this endpoint: ${reason}`, {
    expression: 'Subscription.channel.endpoint',
    text: "Adresse de livraison refusée : seules les adresses https publiques sont admises (CRENEAU_ALLOW_PRIVATE_ENDPOINTS lève cette règle).",
  });
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

export class Sender {
  private readonly allowPrivate: boolean;
  private readonly agent: Agent;

  constructor(allowPrivate: boolean) {
    this.allowPrivate = allowPrivate;
    const guarded: LookupFunction = (host, options, done) => {
      lookup(host, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return done(error, '', 0);
        const usable = allowPrivate ? addresses : addresses.filter((one) => isPublic(one.address));
        const [first] = usable;
        if (first === undefined) return done(new Error('the name leads to a loopback, private or reserved address'), '', 0);
        if (options.all === true) return (done as unknown as (error: null, list: typeof usable) => void)(null, usable);
        return done(null, first.address, first.family);
      });
    };
    this.agent = new Agent({ connections: 4, pipelining: 1, connect: { lookup: guarded, timeout: 10_000 } });
  }

  /** Why it was not acknowledged; `undefined`: it was (2xx). Never throws, and ends by its deadline. */
  async post(endpoint: string, body: string, headers: readonly [string, string][], timeoutMs: number): Promise<string | undefined> {
    // A literal address is connected to without being looked up.
    const host = URL.canParse(endpoint) ? hostOf(new URL(endpoint)) : '';
    if (!this.allowPrivate && isIP(host) !== 0 && !isPublic(host)) return 'it is a loopback, private or reserved address';
    try {
      const reply = await request(endpoint, {
        method: 'POST',
        body,
        headers: { ...Object.fromEntries(headers), 'content-type': 'application/fhir+json; charset=utf-8' },
        dispatcher: this.agent,
        signal: AbortSignal.timeout(timeoutMs),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      // What it says beyond the status is not ours to read; a long answer loses its connection.
      reply.body.on('error', () => {});
      await reply.body.dump({ limit: 16_384, signal: AbortSignal.timeout(timeoutMs) }).catch(() => {});
      if (reply.statusCode >= 200 && reply.statusCode < 300) return undefined;
      return reply.statusCode >= 300 && reply.statusCode < 400 ? `answered ${reply.statusCode}: redirects are not followed` : `answered ${reply.statusCode}`;
    } catch (error) {
      return (error as Error).name === 'TimeoutError' ? `no answer in ${timeoutMs / 1000} s` : (error as Error).message.slice(0, 200) || 'not reached';
    }
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}
