/** Read and version read. https://hl7.org/fhir/R4/http.html#read, #vread, #cread */
import { noVersion } from '../../fhir/refusals.ts';
import type { Backend } from '../backend.ts';
import { type Answer, type Exchange, versionHeaders } from '../exchange.ts';
import { fileAnswer } from './binary.ts';
import { subsetOf } from './search.ts';

export async function read(backend: Backend, exchange: Exchange, type: string, id: string): Promise<Answer> {
  const stored = await backend.read(exchange.context, type, id);
  const headers = stored.isComputed ? {} : versionHeaders(stored);
  if (!stored.isComputed && isUnchanged(exchange, stored.version, stored.updatedAt)) return { status: 304, headers };
  if (exchange.asFile) return fileAnswer(exchange, stored);
  return { status: 200, headers, text: stored.body, subset: subsetOf(exchange.query) };
}

export async function readVersion(
  backend: Backend,
  exchange: Exchange,
  type: string,
  id: string,
  version: string,
): Promise<Answer> {
  if (!/^\d{1,9}$/.test(version)) {
    throw noVersion(type, id, version);
  }
  const stored = await backend.readVersion(exchange.context, type, id, Number(version));
  return { status: 200, headers: versionHeaders(stored), text: stored.body, subset: subsetOf(exchange.query) };
}

/** `If-None-Match` decides; without it, `If-Modified-Since`. */
function isUnchanged(exchange: Exchange, version: number, updatedAt: number): boolean {
  const none = exchange.header('if-none-match');
  if (none !== undefined) {
    return none.trim() === '*' || none.split(',').some((part) => /"(\d+)"/.exec(part)?.[1] === String(version));
  }
  const since = Date.parse(exchange.header('if-modified-since') ?? '');
  return !Number.isNaN(since) && Math.floor(updatedAt / 1000) * 1000 <= since;
}
