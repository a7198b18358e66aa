/**
 * A back end made conformant: the same, with the definitions of what it serves as resources, `$validate` and the
 * operations of terminology
 * beside its own, and the resources of its writes held against R4 and the profiles that they declare.
 */
import type {
  Condition,
  Context,
  EntryWrite,
  Existing,
  HistoryRequest,
  HistoryResult,
  SearchResult,
  Stored,
  WriteResult,
} from '../../fhir/interaction.ts';
import type { Conformance } from '../../fhir/conformance.ts';
import type { Issue } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { SearchRequest } from '../../fhir/search/request.ts';
import type { Backend, FileOperation, Interaction, Operation, SystemInteraction } from '../backend.ts';
import type { EventSource } from '../event-stream.ts';
import type { Limits } from '../limits.ts';
import { Definitions, DEFINITIONS_SERVED } from './definitions.ts';
import { terminologyOperations } from './terminology-operations.ts';
import { validateOperations } from './validate.ts';
import type { WriteChecks } from './write-checks.ts';

export class ConformantBackend implements Backend {
  readonly served: ReadonlyMap<string, readonly Interaction[]>;
  readonly system: readonly SystemInteraction[];
  readonly description: string;
  readonly instantiates: readonly string[];
  readonly profiles: ReadonlyMap<string, readonly string[]>;
  readonly tolerate?: (context: Context, resource: Resource) => Issue[];
  readonly searchEvents?: (context: Context, request: SearchRequest) => Promise<EventSource>;
  private readonly inner: Backend;
  private readonly checks: WriteChecks;
  readonly operations: readonly Operation[];
  readonly topics: readonly string[];
  readonly fileOperations: readonly FileOperation[];
  readonly isNumbered: boolean;
  private readonly definitions: Definitions;
  private readonly limits: Limits;

  constructor(inner: Backend, conformance: Conformance, checks: WriteChecks, limits: Limits) {
    this.inner = inner;
    this.limits = limits;
    this.checks = checks;
    this.system = inner.system;
    this.description = inner.description;
    this.instantiates = inner.instantiates;
    this.fileOperations = inner.fileOperations ?? [];
    this.topics = inner.topics ?? [];
    this.isNumbered = inner.isNumbered ?? false;
    // A Bundle is nothing that is kept; it can be validated.
    this.served = new Map([...inner.served, ...DEFINITIONS_SERVED, ['Bundle', []]]);
    this.profiles = new Map(
      [...this.served.keys()].map((type) => [
        type,
        [...conformance.profiles.values()].filter((profile) => profile.type === type).map((profile) => profile.url),
      ]),
    );
    const kept = [...inner.served].filter(([, interactions]) => interactions.includes('read')).map(([type]) => type);
    this.definitions = new Definitions(conformance, { served: this.served, operations: inner.operations });
    this.operations = [
      ...inner.operations.map((operation) => this.judgedOperation(operation)),
      ...validateOperations(
        conformance,
        { types: [...this.served.keys()], stored: kept, most: limits.batchEntries },
        inner,
      ),
      ...terminologyOperations(conformance, this.definitions),
    ];
    if (inner.tolerate !== undefined) this.tolerate = (context, resource) => inner.tolerate!(context, resource);
    if (inner.searchEvents !== undefined)
      this.searchEvents = (context, request) => inner.searchEvents!(context, request);
  }

  async read(context: Context, type: string, id: string): Promise<Existing> {
    if (this.definitions.holds(type)) return this.definitions.read(type, id);
    return this.inner.read(context, type, id);
  }

  readVersion(context: Context, type: string, id: string, version: number): Promise<Existing> {
    return this.inner.readVersion(context, type, id, version);
  }

  async search(context: Context, request: SearchRequest): Promise<SearchResult> {
    if (this.definitions.holds(request.type)) return this.definitions.search(request, this.limits);
    return this.inner.search(context, request);
  }

  history(context: Context, request: HistoryRequest): Promise<HistoryResult> {
    return this.inner.history(context, request);
  }

  create(context: Context, resource: Resource, ifNoneExist?: string): Promise<WriteResult> {
    return this.judged(context, (judging) => this.inner.create(judging, resource, ifNoneExist));
  }

  update(context: Context, resource: Resource, id: string | undefined, condition: Condition): Promise<WriteResult> {
    return this.judged(context, (judging) => this.inner.update(judging, resource, id, condition));
  }

  patch(
    context: Context,
    type: string,
    id: string | undefined,
    apply: (resource: Resource) => Resource,
    condition: Condition,
  ): Promise<WriteResult> {
    return this.judged(context, (judging) => this.inner.patch(judging, type, id, apply, condition));
  }

  delete(context: Context, type: string, id: string | undefined, condition: Condition): Promise<Stored | undefined> {
    return this.inner.delete(context, type, id, condition);
  }

  async transact(context: Context, writes: readonly EntryWrite[]): ReturnType<Backend['transact']> {
    const { judging, told } = this.judging(context);
    const results = await this.inner.transact(judging, writes);
    return results.map((result) => tell(result, told));
  }

  private async judged(context: Context, write: (judging: Context) => Promise<WriteResult>): Promise<WriteResult> {
    const { judging, told } = this.judging(context);
    return tell(await write(judging), told);
  }

  /** What an operation writes (`$book`, `$import-ical`) is held to the same rules as a write of its own. */
  private judgedOperation(operation: Operation): Operation {
    if (operation.safe) return operation;
    return {
      ...operation,
      run: async (context, call) => {
        const { judging, told } = this.judging(context);
        const result = await operation.run(judging, call);
        return { ...result, issues: [...(result.issues ?? []), ...[...told.values()].flat()] };
      },
    };
  }

  /**
   * What is about to be stored is judged, and not what was sent: the rules complete it (the times of a slot). A write
   * decided again is judged again.
   */
  private judging(context: Context): { judging: Context; told: Map<string, Issue[]> } {
    const told = new Map<string, Issue[]>();
    return {
      told,
      judging: {
        ...context,
        validate: (resource) => void told.set(`${resource.resourceType}/${resource.id}`, this.checks.check(resource)),
      },
    };
  }
}

function tell<T extends WriteResult>(result: T, told: ReadonlyMap<string, Issue[]>): T {
  const issues = told.get(`${result.stored?.type}/${result.stored?.id}`) ?? [];
  return issues.length === 0 ? result : { ...result, issues: [...(result.issues ?? []), ...issues] };
}
