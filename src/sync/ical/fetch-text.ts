/** A conditional GET of a text from an address that somebody else has given: guarded as `endpoint.ts` says, bounded in time and size, without redirects. */
import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { isPublic } from '../endpoint.ts';

export interface FetchOptions {
  etag: string | undefined;
  modified: string | undefined;
  allowPrivate: boolean;
  maxBytes: number;
  deadlineMs: number;
}

export type Fetched = { unchanged: boolean; text: string; etag: string | undefined; modified: string | undefined } | { failure: string };

/** Never throws. */
export async function fetchText(url: string, { etag, modified, allowPrivate, maxBytes, deadlineMs }: FetchOptions): Promise<Fetched> {
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
  if (!allowPrivate && isIP(host) !== 0 && !isPublic(host)) return { failure: 'it is a loopback, private or reserved address' };
  const agent = new Agent({ connect: { timeout: deadlineMs, lookup: guarded(allowPrivate) } });
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    const reply = await request(url, {
      headers: { accept: 'text/calendar, text/plain;q=0.5', ...(etag === undefined ? {} : { 'if-none-match': etag }), ...(modified === undefined ? {} : { 'if-modified-since': modified }) },
      dispatcher: agent,
      signal,
      headersTimeout: deadlineMs,
      bodyTimeout: deadlineMs,
    });
    const header = (name: string): string | undefined => (Array.isArray(reply.headers[name]) ? reply.headers[name][0] : reply.headers[name]);
    if (reply.statusCode === 304) return { unchanged: true, text: '', etag, modified };
    if (reply.statusCode !== 200) return { failure: reply.statusCode >= 300 && reply.statusCode < 400 ? `answered ${reply.statusCode}: redirects are not followed` : `answered ${reply.statusCode}` };
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of reply.body) {
      bytes += (chunk as Buffer).length;
      if (bytes > maxBytes) return { failure: `it has more than ${maxBytes} bytes` };
      chunks.push(chunk as Buffer);
    }
    return { unchanged: false, text: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)), etag: header('etag'), modified: header('last-modified') };
  } catch (error) {
    return { failure: signal.aborted ? `no whole answer in ${deadlineMs / 1000} s` : (error as Error).message.slice(0, 200) || 'not reached' };
  } finally {
    await agent.destroy().catch(() => {});
  }
}

/** What is checked is what is connected to. */
function guarded(allowPrivate: boolean): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '', 0);
      const usable = allowPrivate ? addresses : addresses.filter((one) => isPublic(one.address));
      const [first] = usable;
      if (first === undefined) return done(new Error('the name leads to a loopback, private or reserved address'), '', 0);
      if (options.all === true) return (done as unknown as (error: null, list: typeof usable) => void)(null, usable);
      return done(null, first.address, first.family);
    });
  };
}
