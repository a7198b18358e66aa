/**
 * The interactions of https://hl7.org/fhir/R4/http.html as TypeScript: who asks, what is asked, what comes back.
 * The door (`rest`), the back ends and the store share these shapes.
 */
import { type ByteText, textOf } from './byte-text.ts';
import { deleted, type Issue, notFound } from './issue.ts';
import type { Reference, Resource } from './resource.ts';

export type PersonRole = 'practitioner' | 'secretary' | 'regulator' | 'operator';

/** What somebody who logged in may do, and with what. */
export interface Person {
  name: string;
  roles: readonly PersonRole[];
  /** `Practitioner/x`: this person manages the agendas of that practitioner. */
  practitioner?: string | undefined;
  /** `Schedule/x`: further agendas that this person manages. */
  agendas: readonly string[];
  /** `Location/x`: this person manages every agenda of these places. */
  places: readonly string[];
  /** Of a regulator: the account (`Practitioner/x`), and the reference that marks the appointments booked with it. */
  regulator?: { account: string; operator: Reference } | undefined;
}

/** One request, seen from the inside; the first argument of every back end function. */
export interface Context {
  /** Epoch milliseconds: one instant for the whole request. */
  now: number;
  requestId: string;
  /** Name of the caller: a certificate's or a token's; `anonymous` when authentication is off. */
  caller: string;
  roles: readonly string[];
  /** Who logged in; absent for programs, which have the whole of what their roles open. */
  person?: Person;
  /** True while data is loaded that was valid where it comes from: the past and closed hours are no fault then. */
  loading?: boolean;
  /** The request has an `Idempotency-Key`: it is done once, whoever is asked again. */
  idempotency?: { caller: string; key: string; attempt: number };
  /** `Prefer: handling=strict`. */
  strict: boolean;
  /** Base URL as the caller wrote it, without a slash at the end: fullUrl, Location and links start with it. */
  base: string;
  /** Sees every resource of a write as it is about to be stored; throws to refuse it. */
  validate?(resource: Resource): void;
}

/** A version of a stored or computed resource. */
export interface Stored {
  type: string;
  id: string;
  version: number;
  /** Epoch milliseconds. */
  updatedAt: number;
  /** Finished JSON text; `undefined` when deleted. */
  body: string | undefined;
}

/** A version that is not a deletion. */
export interface Existing extends Stored {
  body: string;
}

/** Throws `not-found` (404) or `deleted` (410). */
export function requireExisting(type: string, id: string, found: Stored | undefined): Existing {
  if (found === undefined) throw notFound(type, id);
  if (found.body === undefined) throw deleted(type, id);
  return { ...found, body: found.body };
}

/** A version in a history. */
export interface Version extends Stored {
  method: string;
  /** Its number in the feed of changes, while that is kept. */
  seq?: number | undefined;
}

interface EntryHead {
  type: string;
  id: string;
  mode: 'match' | 'include';
}

/** A resource of a searchset as finished JSON: its text, or its bytes when it is passed on without being read. */
export type SearchEntry = EntryHead & ({ body: string } | { bytes: ByteText });

/** The JSON text of an entry. */
export function entryText(entry: SearchEntry): string {
  return 'body' in entry ? entry.body : textOf(entry.bytes);
}

export interface SearchResult {
  total: number | undefined;
  entries: SearchEntry[];
  /** Cursor of the next page. */
  next?: string | undefined;
  /** Page size in force, for the links. */
  count?: number;
  /** Go into an outcome entry. */
  issues?: Issue[];
  /** JSON texts of OperationOutcomes, each an outcome entry of its own. */
  outcomes?: readonly string[];
  /** `meta.profile` of the Bundle. */
  profile?: string;
  /** The guides want exactly one link, `self`, echoing the raw query. */
  selfOnly?: boolean;
}

export interface HistoryRequest {
  type?: string;
  id?: string;
  /** Versions made at or after this instant, epoch milliseconds. */
  since?: number;
  /** Versions that were current at some time in this range. */
  at?: { start: number; end: number };
  /** Only what is about this agenda: the id of a Schedule. */
  schedule?: string;
  /** Changes after this number, the oldest first; `latest`: none, but the number to follow from. */
  after?: number | 'latest';
  count: number;
  cursor?: string;
}

export interface HistoryResult {
  /** Not counted for changes after a number. */
  total: number | undefined;
  rows: Version[];
  /** Of changes after a number: the number that the next page comes after. */
  cursor: string | undefined;
  /** Everything up to this number is in this answer and those before it. */
  seen?: number;
}

export type WriteMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface WriteResult {
  stored: Stored;
  /** A new resource: 201. */
  created: boolean;
  /** Nothing was written: a conditional create found its match, or the resource was the same already. */
  unchanged?: boolean;
  /** Hints for the caller, in a `Warning` header. */
  issues?: readonly Issue[];
}

/** What a conditional write depends on. */
export interface Condition {
  /** Version that the caller saw (`If-Match`). */
  ifMatch?: number;
  /** Search criteria instead of an id. */
  query?: string;
}

/** One write of a transaction. */
export interface EntryWrite {
  /** Place in the Bundle, for errors. */
  index: number;
  fullUrl: string | undefined;
  method: WriteMethod;
  type: string;
  id?: string;
  /** Criteria of the conditional form (of `If-None-Exist` for a POST). */
  query?: string;
  resource?: Resource;
  /** A patch. */
  apply?: (resource: Resource) => Resource;
  ifMatch?: number;
}

export interface EntryResult extends WriteResult {
  /** Of a DELETE: false when there was nothing to delete. */
  deleted?: boolean;
}
