/**
 * The interactions of https://hl7.org/fhir/R4/http.html as TypeScript: the caller, the question, the answer.
 * The door (`rest`), the back ends and the store share these shapes.
 */
import { type ByteText, textOf } from './byte-text.ts';
import { deleted, type Issue, notFound } from './issue.ts';
import type { Grants } from './grants.ts';
import type { Visitor } from './french/visit-kind.ts';
import type { SasVersion } from './profile/definitions/sas-names.ts';
import type { Reference, Resource } from './resource.ts';

export type PersonRole = 'practitioner' | 'secretary' | 'regulator' | 'operator' | 'practice-manager';

/** Somebody who logged in, in the words of the provider. */
export interface Identity {
  name: string;
  /** The address of the provider, or `demo`. */
  issuer: string;
  subject: string;
  /** National identifier of the professional, as Pro Santé Connect gives it. */
  subjectNameId?: string;
  email?: string;
  /** Came from the SAS (`origin=sas...`); only then do regulator accounts count. */
  fromSas: boolean;
}

/** A person who logged in, with the rights that follow from it. */
export interface Person {
  name: string;
  roles: readonly PersonRole[];
  /** `Practitioner/x`: this person manages the agendas of that practitioner. */
  practitioner?: string | undefined;
  /** `Schedule/x`: further agendas that this person manages. */
  agendas: readonly string[];
  /** `Location/x`: this person manages every agenda of these places. */
  places: readonly string[];
  /** `Organization/x`: the practices that this person runs. */
  practices?: readonly string[] | undefined;
  /** Of a secretary who books in agendas, but does not change their hours. */
  withoutHours?: boolean | undefined;
  /** Of a secretary who leaves what the SAS sees to the practitioners. */
  withoutOffer?: boolean | undefined;
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
  /** The person who logged in; absent for programs, which have every right of their roles. */
  person?: Person;
  /** The version of the SAS guide that this caller gets; absent: the server's. */
  sasVersion?: SasVersion;
  /** Of a program whose token has scopes: they narrow what its roles open. */
  grants?: Grants;
  /** Of that person: stored with work that is done later, when the rights are looked up again. */
  identity?: Identity;
  /** For whom a page of the practice books: as far as the kinds of visit let that visitor. ADR 0035 */
  visitor?: Visitor;
  /** The server does it by itself, for nobody whose rights may end before others hear of it. */
  isOwnWork?: true;
  /** The name of the time that this visitor holds (`busy.appointment`): the booking takes its place. ADR 0039 */
  held?: string;
  /** The pseudonym of the contact for whom a visitor books: the visit must still have it in the commit. ADR 0039 */
  contact?: string | undefined;
  /** True while data is loaded that was valid where it comes from: the past and closed hours are allowed then. */
  loading?: boolean;
  /** The write confirms the identity of a patient: it comes from the operation that does so. */
  confirmsIdentity?: true;
  /** The write takes somebody's data away: nothing that happened is undone by it, and nobody is told that it is. */
  isErasure?: true;
  /** The write is decided, and not committed: nothing is stored. */
  isRehearsal?: true;
  /** The request has an `Idempotency-Key`: it is done once, whoever is asked again. */
  idempotency?: { caller: string; key: string; attempt: number };
  /** `Prefer: handling=strict`. */
  strict: boolean;
  /** Base URL as the caller wrote it, without a slash at the end: fullUrl, Location and links start with it. */
  base: string;
  /** Network address of the caller. */
  address?: string;
  /** Name of the caller on whose behalf this one acts. */
  behalf?: string;
  /** Called after each commit, which holds the facts of the audit trail about its writes. */
  wrote?(): void;
  /** Called by a search whose answer shows agendas and no patient. Otherwise the text of the answer is read. */
  showed?(shown: Shown): void;
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
  /** It changes with what it is computed from: its version says nothing of its content. */
  isComputed?: boolean;
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
  /** Name of the caller who wrote it; absent in what earlier versions of the program wrote. */
  author?: string | undefined;
  /** Its number in the feed of changes, as a follower keeps it, while that is kept. */
  position?: string;
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

/** The agendas that an answer shows, for the audit trail, where nothing in it is about a patient. */
export interface Shown {
  /** `Schedule/x`, with the number of slots. */
  agendas: ReadonlyMap<string, number>;
  /** The numbers are kept too. */
  isCounted?: boolean;
  /** The kind of the search: `sas-search-PS`. */
  kind?: string;
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
  /** Changes of this agenda only: the id of a Schedule. */
  schedule?: string;
  /** Changes after this position of the feed, the oldest first; `latest`: none, but the position to follow from. */
  after?: string;
  count: number;
  cursor?: string;
}

export interface HistoryResult {
  /** Not counted for changes after a number. */
  total: number | undefined;
  rows: Version[];
  /** Of changes after a position: the position that the next page comes after. */
  cursor: string | undefined;
  /** Everything up to this position is in this answer and those before it. */
  seen?: string;
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

/** The condition of a write. */
export interface Condition {
  /** Version that the caller saw (`If-Match`). */
  ifMatch?: number;
  /** `*`: nothing may be there (`If-None-Match`); a number: not this version. */
  ifNoneMatch?: '*' | number;
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
  /** The repairs that it needed on the way in. */
  warnings?: readonly Issue[];
  /** A patch. */
  apply?: (resource: Resource) => Resource;
  ifMatch?: number;
  ifNoneMatch?: '*' | number;
}

export interface EntryResult extends WriteResult {
  /** Of a DELETE: false when there was nothing to delete. */
  deleted?: boolean;
}
