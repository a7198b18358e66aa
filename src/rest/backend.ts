/**
 * The interface between the REST layer, which is the same for every server, and the back end that it serves: the agenda
 * server, its SAS face and the SAS platform each implement one `Backend`. Its methods follow the interactions of
 * https://hl7.org/fhir/R4/http.html.
 */
import type {
  Condition,
  Context,
  EntryResult,
  EntryWrite,
  Existing,
  HistoryRequest,
  HistoryResult,
  SearchResult,
  Stored,
  WriteResult,
} from '../fhir/interaction.ts';
import { FhirError, type Issue } from '../fhir/issue.ts';
import { notOffered } from '../fhir/refusals.ts';
import type { Resource } from '../fhir/resource.ts';
import type { SearchRequest } from '../fhir/search/request.ts';
import type { EventSource } from './event-stream.ts';

export type Interaction =
  | 'read'
  | 'vread'
  | 'search-type'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'history-instance'
  | 'history-type';

export type SystemInteraction = 'transaction' | 'batch' | 'history-system';

export interface OperationCall {
  type?: string;
  id?: string;
  method: 'GET' | 'POST';
  /** Raw query. */
  query: string;
  resource: Resource | undefined;
  /** The body as it was sent, when it is of the type that the operation `accepts`. */
  upload?: Upload;
  /** The last event that this caller saw (`Last-Event-ID`). */
  lastEventId?: string;
  /** May this caller send such a request? `path` is below the base. */
  mayAsk?: (method: string, path: string) => boolean;
}

/** A file that is not FHIR. */
export interface Upload {
  octets: Uint8Array;
  /** As the Content-Type declares it. */
  charset?: string;
}

/** An operation as the capability statement declares it. */
export interface DeclaredOperation {
  /** Without the `$`. */
  name: string;
  /** `system`, or the types that offer the operation. */
  on: 'system' | readonly string[];
  level: 'system' | 'type' | 'instance';
  /** The operation changes nothing, so GET is allowed. */
  safe: boolean;
  /** URL of the OperationDefinition, when the standard has one. */
  definition?: string;
  description: string;
}

/** An operation that answers with files instead of resources, on routes of its own beside those of FHIR. */
export interface FileOperation extends DeclaredOperation {
  /** Below the base, as OpenAPI writes them: `/$export/{job}`. */
  routes: readonly { method: 'GET' | 'POST' | 'DELETE'; path: string; summary: string; type: string }[];
}

export interface Operation extends DeclaredOperation {
  /** The operation checks its body itself: it gets any object with a `resourceType`. */
  takesUnchecked?: true;
  /** A media type other than FHIR's that the body may have: `text/calendar`. */
  accepts?: string;
  /** `issues` reach the caller in a `Warning` header. */
  run(
    context: Context,
    call: OperationCall,
  ): Promise<{ status?: number; resource: Resource; issues?: readonly Issue[] }>;
  /**
   * The same for `Accept: text/event-stream`; absent: 406. Refuses a wrong call before the first event.
   */
  events?(context: Context, call: OperationCall): Promise<EventSource>;
}

/** The URL of the definition: the standard's, or that of our own, which the server publishes. */
export function operationUrl({ definition, name }: Pick<DeclaredOperation, 'definition' | 'name'>): string {
  return definition ?? `urn:creneau:fhir:operation:${name}`;
}

/** The parameters, includes and reverse includes that a search offers, by name; `parameters` absent: all of them. */
export interface Searchable {
  parameters?: readonly string[];
  includes: readonly string[];
  revIncludes: readonly string[];
}

export interface Backend {
  /** Repairs common mistakes of callers before the structure check, and reports each repair. */
  tolerate?(context: Context, resource: Resource): Issue[];
  /** The types in the order of the capability statement, with the interactions of each. */
  readonly served: ReadonlyMap<string, readonly Interaction[]>;
  /** Types that offer fewer search parameters or includes than the parameter table has. */
  readonly searchable?: ReadonlyMap<string, Searchable>;
  readonly operations: readonly Operation[];
  readonly fileOperations?: readonly FileOperation[];
  /** The interactions of the whole system. */
  readonly system: readonly SystemInteraction[];
  /** Changes are numbered without gaps, so that histories can be read from a number on (`_after`), and by agenda. */
  readonly isNumbered?: boolean;
  /** A conditional update by an identifier gives it to a resource that lacks it. */
  readonly addsIdentifiers?: boolean;
  /** The profiles that the server validates against, by type. */
  readonly profiles?: ReadonlyMap<string, readonly string[]>;
  /** Usual conditions of writes that this back end does not offer. */
  readonly lacks?: ReadonlySet<'conditionalCreate' | 'updateCreate'>;
  /** Topics that Subscriptions may follow, as canonical URLs; some are below `base`, the address of this face. */
  topics?(base: string): readonly string[];
  /** One line in French for the capability statement. */
  readonly description: string;
  /** The capability statements of the guides that this back end implements. */
  readonly instantiates: readonly string[];
  read(context: Context, type: string, id: string): Promise<Existing>;
  readVersion(context: Context, type: string, id: string, version: number): Promise<Existing>;
  search(context: Context, request: SearchRequest): Promise<SearchResult>;
  /**
   * The same search for `Accept: text/event-stream`: results leave as they arrive; absent: 406. Refuses a wrong request
   * before the first event.
   */
  searchEvents?(context: Context, request: SearchRequest): Promise<EventSource>;
  history(context: Context, request: HistoryRequest): Promise<HistoryResult>;
  create(context: Context, resource: Resource, ifNoneExist?: string): Promise<WriteResult>;
  update(context: Context, resource: Resource, id: string | undefined, condition: Condition): Promise<WriteResult>;
  patch(
    context: Context,
    type: string,
    id: string | undefined,
    apply: (resource: Resource) => Resource,
    condition: Condition,
  ): Promise<WriteResult>;
  delete(context: Context, type: string, id: string | undefined, condition: Condition): Promise<Stored | undefined>;
  /** All or nothing. Results are in the order of the writes; the first refusal is thrown with its place in a Bundle. */
  transact(context: Context, writes: readonly EntryWrite[]): Promise<EntryResult[]>;
}

/** Throws 405 when the whole system offers none of these interactions. */
export function requireSystem(backend: Backend, ...interactions: readonly SystemInteraction[]): void {
  if (interactions.some((interaction) => backend.system.includes(interaction))) return;
  throw notOffered(`${interactions.join(' or ')} is not offered here`);
}

/** Throws 404 when the server does not serve this type. Gives the interactions of the type. */
export function requireType(backend: Backend, type: string): readonly Interaction[] {
  const offered = backend.served.get(type);
  if (offered !== undefined) return offered;
  throw new FhirError('not-supported', `${type.slice(0, 64)} is not served here; see metadata for the types that are`, {
    status: 404,
    text: `Le type « ${type.slice(0, 64)} » n'est pas servi ici.`,
  });
}

/** Throws 404 when the server does not serve this type, 405 when the type does not offer this interaction. */
export function requireInteraction(backend: Backend, type: string, interaction: Interaction): void {
  if (!requireType(backend, type).includes(interaction)) {
    throw notOffered(`${type} does not offer ${interaction} here`, `Cette opération n'est pas offerte pour ${type}.`);
  }
}
