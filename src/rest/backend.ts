/**
 * What stands behind the door. The agenda server, its SAS face and the SAS platform each give one `Backend`;
 * the REST layer is the same for all. Shapes follow the interactions of https://hl7.org/fhir/R4/http.html.
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
  /** The body, when it is of the type that the operation `accepts`. */
  text?: string;
  /** Of the last event that this caller saw (`Last-Event-ID`). */
  lastEventId?: string;
}

/** What the capability statement says of an operation. */
export interface DeclaredOperation {
  /** Without the `$`. */
  name: string;
  /** `system`, or the types that it is on. */
  on: 'system' | readonly string[];
  level: 'system' | 'type' | 'instance';
  /** True when it changes nothing: GET is allowed. */
  safe: boolean;
  /** URL of the OperationDefinition, when the standard has one. */
  definition?: string;
  description: string;
}

/** One that answers files, which are no resources: it has routes of its own, beside those of FHIR. */
export interface FileOperation extends DeclaredOperation {
  /** Below the base, as OpenAPI writes them: `/$export/{job}`. */
  routes: readonly { method: 'GET' | 'POST' | 'DELETE'; path: string; summary: string; type: string }[];
}

export interface Operation extends DeclaredOperation {
  /** Its body is what it judges: it comes unchecked, with a `resourceType` and nothing else for sure. */
  judges?: true;
  /** A media type, other than FHIR's, that its body may have: `text/calendar`. */
  accepts?: string;
  /** `issues`: what the caller is told besides, in a `Warning` header. */
  run(
    context: Context,
    call: OperationCall,
  ): Promise<{ status?: number; resource: Resource; issues?: readonly Issue[] }>;
  /**
   * The same for `Accept: text/event-stream`; absent: 406. Throws what is wrong with the call before the first event.
   */
  events?(context: Context, call: OperationCall): Promise<EventSource>;
}

/** Of its definition: the standard's, or our own, which the server publishes. */
export function operationUrl({ definition, name }: Pick<DeclaredOperation, 'definition' | 'name'>): string {
  return definition ?? `urn:creneau:fhir:operation:${name}`;
}

/**
 * What of a type can be asked for: parameters, includes and reverse includes by name. Absent: all that is known of the
 * type.
 */
export interface Searchable {
  parameters?: readonly string[];
  includes: readonly string[];
  revIncludes: readonly string[];
}

export interface Backend {
  /** Repairs what callers are known to send wrong, before the structure check; tells what it did. */
  tolerate?(context: Context, resource: Resource): Issue[];
  /** Types in the order of the capability statement, with what may be done to each. */
  readonly served: ReadonlyMap<string, readonly Interaction[]>;
  /** Types of which less can be asked for than all that is known of them. */
  readonly searchable?: ReadonlyMap<string, Searchable>;
  readonly operations: readonly Operation[];
  readonly fileOperations?: readonly FileOperation[];
  /** What is offered for the whole system. */
  readonly system: readonly SystemInteraction[];
  /** Its changes have numbers without a gap: histories are read from one on (`_after`), by agenda. */
  readonly isNumbered?: boolean;
  /** By type, the profiles that resources can be held against. */
  readonly profiles?: ReadonlyMap<string, readonly string[]>;
  /** Topics that Subscriptions may follow, as canonical URLs. */
  readonly topics?: readonly string[];
  /** What it is, in French. */
  readonly description: string;
  /** Statements of the guides that are implemented. */
  readonly instantiates: readonly string[];
  read(context: Context, type: string, id: string): Promise<Existing>;
  readVersion(context: Context, type: string, id: string, version: number): Promise<Existing>;
  search(context: Context, request: SearchRequest): Promise<SearchResult>;
  /**
   * The same search for `Accept: text/event-stream`, told as it is found; absent: 406. Throws what is wrong with the
   * request before the first event.
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
  /** All or nothing; results in the order of the writes. Throws the first refusal, with its place in the Bundle. */
  transact(context: Context, writes: readonly EntryWrite[]): Promise<EntryResult[]>;
}

/** 405 for what is not offered for the whole system. */
export function requireSystem(backend: Backend, interaction: SystemInteraction): void {
  if (backend.system.includes(interaction)) return;
  throw new FhirError('not-supported', `${interaction} is not offered here`, {
    status: 405,
    text: "Cette opération n'est pas offerte ici.",
  });
}

/** 404 for a type that is not served here, 405 for an interaction that it does not have. */
export function requireInteraction(backend: Backend, type: string, interaction: Interaction | undefined): void {
  const offered = backend.served.get(type);
  if (offered === undefined) {
    throw new FhirError('not-supported', `${type.slice(0, 64)} is not served here; metadata tells what is`, {
      status: 404,
      text: `Le type « ${type.slice(0, 64)} » n'est pas servi ici.`,
    });
  }
  if (interaction !== undefined && !offered.includes(interaction)) {
    throw new FhirError('not-supported', `${type} does not offer ${interaction} here`, {
      status: 405,
      text: `Cette opération n'est pas offerte pour ${type}.`,
    });
  }
}
