/**
 * Writes search and history Bundles by joining finished texts: nothing is parsed or serialised again.
 * https://hl7.org/fhir/R4/bundle.html#searchset, #history
 */
import { randomUUID } from 'node:crypto';
import type { HistoryResult, SearchEntry, SearchResult } from '../fhir/interaction.ts';
import { bytesOf, joinBytes } from '../fhir/byte-text.ts';
import { toOperationOutcome } from '../fhir/issue.ts';

export interface Links {
  self: string;
  next?: string | undefined;
  previous?: string | undefined;
  /** Address to ask later for the changes since. */
  monitor?: string | undefined;
}

/** A text, or bytes when one of the entries is. */
export function searchBundle(base: string, links: Links, result: SearchResult): string | Buffer {
  const isBytes = result.entries.some((entry) => 'bytes' in entry);
  const own = isBytes ? bytesOf : (text: string) => text;
  const entries = result.entries.map((entry) =>
    'bytes' in entry ? searchEntry(base, entry, entry.bytes) : own(searchEntry(base, entry, entry.body)),
  );
  const outcomes = [
    ...(result.issues?.length ? [JSON.stringify(toOperationOutcome(result.issues))] : []),
    ...(result.outcomes ?? []),
  ];
  for (const outcome of outcomes) entries.push(own(outcomeEntry(outcome)));
  const meta = result.profile ? `,"meta":{"profile":[${JSON.stringify(result.profile)}]}` : '';
  const total = result.total === undefined ? '' : `,"total":${result.total}`;
  const pieces = bundle(own(`${meta},"type":"searchset"${total},"link":${linkText(links)}`), entries);
  return isBytes ? joinBytes(pieces) : pieces.join('');
}

function searchEntry(base: string, { type, id, mode }: SearchEntry, body: string): string {
  return `{"fullUrl":"${base}/${type}/${id}","resource":${body},"search":{"mode":"${mode}"}}`;
}

/** R4 wants a `fullUrl` on each entry of a searchset; an outcome has no address. */
function outcomeEntry(body: string): string {
  return `{"fullUrl":"urn:uuid:${randomUUID()}","resource":${body},"search":{"mode":"outcome"}}`;
}

/** Extension of an entry: the number of the change. */
const SEQ = 'urn:creneau:fhir:seq';
/** Extension of an entry: the name of the caller who wrote the version. */
const AUTHOR = 'urn:creneau:fhir:author';

const STATUS_OF: Record<string, string> = { POST: '201', PUT: '200', PATCH: '200', DELETE: '204' };

export function historyBundleText(base: string, links: Links, result: HistoryResult): string {
  const entries = result.rows.map(({ type, id, version, updatedAt, body, method, author, position }) => {
    const url = method === 'POST' ? type : `${type}/${id}`;
    const resource = body === undefined ? '' : `"resource":${body},`;
    const status = method === 'PUT' && version === 1 ? '201' : STATUS_OF[method];
    const extensions = [
      ...(position === undefined ? [] : [{ url: SEQ, valueString: position }]),
      ...(author === undefined ? [] : [{ url: AUTHOR, valueString: author }]),
    ];
    const more = extensions.length === 0 ? '' : `"extension":${JSON.stringify(extensions)},`;
    return `{${more}"fullUrl":"${base}/${type}/${id}",${resource}"request":{"method":"${method}","url":"${url}"},"response":{"status":"${status}","etag":"W/\\"${version}\\"","lastModified":"${new Date(updatedAt).toISOString()}"}}`;
  });
  const total = result.total === undefined ? '' : `,"total":${result.total}`;
  return bundle(`,"type":"history"${total},"link":${linkText(links)}`, entries).join('');
}

function linkText({ self, next, previous, monitor }: Links): string {
  const list = [
    { relation: 'self', url: self },
    ...(next === undefined ? [] : [{ relation: 'next', url: next }]),
    ...(previous === undefined ? [] : [{ relation: 'previous', url: previous }]),
    ...(monitor === undefined ? [] : [{ relation: 'monitor', url: monitor }]),
  ];
  return JSON.stringify(list);
}

/** The pieces of a Bundle. Without entries there is no `entry`: FHIR forbids empty arrays. */
function bundle(head: string, entries: readonly string[]): string[] {
  const start = `{"resourceType":"Bundle"${head}`;
  if (entries.length === 0) return [`${start}}`];
  return [...entries.map((entry, i) => (i === 0 ? `${start},"entry":[${entry}` : `,${entry}`)), ']}'];
}
