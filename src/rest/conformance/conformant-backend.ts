/**
 * The layer between the door and every back end that serves FHIR under `/fhir`. It passes requests on to the back end
 * within, and adds what any conformant server offers:
 *
 * - the definitions of what is served, as resources to read and search (`definitions.ts`);
 * - `$validate` and the operations of terminology;
 * - AuditEvent, read from the audit trail (`audit/audit-resources.ts`);
 * - the check of each resource that a write is about to store, against R4 and its profiles (`write-checks.ts`).
 *
 * It asks the back end within at every request and copies nothing, so that types and operations may still be added
 * after this layer is made.
 */
import type { Conformance } from '../../fhir/conformance.ts';
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
import type { Issue } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { SearchRequest } from '../../fhir/search/request.ts';
import { AUDIT_SEARCHABLE, AUDIT_SERVED, type AuditResources, withoutTrail } from '../audit/audit-resources.ts';
import type { Backend, FileOperation, Interaction, Operation, Searchable, SystemInteraction } from '../backend.ts';
import type { Limits } from '../limits.ts';
import { Definitions, DEFINITIONS_SERVED } from './definitions.ts';
import { terminologyOperations } from './terminology-operations.ts';
import { validateOperations } from './validate.ts';
import type { WriteChecks } from './write-checks.ts';

export class ConformantBackend implements Backend {
  private readonly inner: Backend;
  private readonly conformance: Conformance;
  private readonly checks: WriteChecks;
  private readonly definitions: Definitions;
  private readonly limits: Limits;
  private readonly audit: AuditResources;

  constructor(inner: Backend, conformance: Conformance, checks: WriteChecks, limits: Limits, audit: AuditResources) {
    this.inner = inner;
    this.audit = audit;
    this.conformance = conformance;
    this.checks = checks;
    this.limits = limits;
    this.definitions = new Definitions(conformance, this);
  }

  /** A Bundle is never kept, but can be validated. */
  get served(): ReadonlyMap<string, readonly Interaction[]> {
    return new Map([...this.inner.served, ...AUDIT_SERVED, ...DEFINITIONS_SERVED, ['Bundle', []]]);
  }

  get searchable(): ReadonlyMap<string, Searchable> {
    return new Map([...(this.inner.searchable ?? []), ...AUDIT_SEARCHABLE]);
  }

  get operations(): readonly Operation[] {
    return [
      ...this.inner.operations.map((operation) => this.checkedOperation(operation)),
      ...validateOperations(this.conformance, this.inner, [...this.served.keys()], this.limits.batchEntries),
      ...terminologyOperations(this.conformance, this.definitions),
    ];
  }

  get fileOperations(): readonly FileOperation[] {
    return this.inner.fileOperations ?? [];
  }

  get system(): readonly SystemInteraction[] {
    return this.inner.system;
  }

  get addsIdentifiers(): boolean {
    return this.inner.addsIdentifiers ?? false;
  }

  get isNumbered(): boolean {
    return this.inner.isNumbered ?? false;
  }

  get profiles(): ReadonlyMap<string, readonly string[]> {
    const all = [...this.conformance.profiles.values()];
    return new Map(
      [...this.served.keys()].map((type) => [
        type,
        all.filter((profile) => profile.type === type).map((profile) => profile.url),
      ]),
    );
  }

  topics(base: string): readonly string[] {
    return this.inner.topics?.(base) ?? [];
  }

  get description(): string {
    return this.inner.description;
  }

  get instantiates(): readonly string[] {
    return this.inner.instantiates;
  }

  get tolerate(): Backend['tolerate'] {
    return this.inner.tolerate?.bind(this.inner);
  }

  get searchEvents(): Backend['searchEvents'] {
    return this.inner.searchEvents?.bind(this.inner);
  }

  async read(context: Context, type: string, id: string): Promise<Existing> {
    if (this.definitions.holds(type)) return this.definitions.read(type, id);
    if (this.audit.holds(type)) return this.audit.read(context, id);
    return this.inner.read(context, type, id);
  }

  readVersion(context: Context, type: string, id: string, version: number): Promise<Existing> {
    return this.inner.readVersion(context, type, id, version);
  }

  async search(context: Context, request: SearchRequest): Promise<SearchResult> {
    if (this.definitions.holds(request.type)) return this.definitions.search(request, this.limits);
    if (this.audit.holds(request.type)) return this.audit.search(context, request, this.limits);
    return this.inner.search(context, withoutTrail(request));
  }

  history(context: Context, request: HistoryRequest): Promise<HistoryResult> {
    return this.inner.history(context, request);
  }

  create(context: Context, resource: Resource, ifNoneExist?: string): Promise<WriteResult> {
    return this.checkedWrite(context, (checking) => this.inner.create(checking, resource, ifNoneExist));
  }

  update(context: Context, resource: Resource, id: string | undefined, condition: Condition): Promise<WriteResult> {
    return this.checkedWrite(context, (checking) => this.inner.update(checking, resource, id, condition));
  }

  patch(
    context: Context,
    type: string,
    id: string | undefined,
    apply: (resource: Resource) => Resource,
    condition: Condition,
  ): Promise<WriteResult> {
    return this.checkedWrite(context, (checking) => this.inner.patch(checking, type, id, apply, condition));
  }

  delete(context: Context, type: string, id: string | undefined, condition: Condition): Promise<Stored | undefined> {
    return this.inner.delete(context, type, id, condition);
  }

  async transact(context: Context, writes: readonly EntryWrite[]): ReturnType<Backend['transact']> {
    const { checking, warnings } = this.checkingContext(context);
    const results = await this.inner.transact(checking, writes);
    return results.map((result) => withWarnings(result, warnings));
  }

  private async checkedWrite(
    context: Context,
    write: (checking: Context) => Promise<WriteResult>,
  ): Promise<WriteResult> {
    const { checking, warnings } = this.checkingContext(context);
    return withWarnings(await write(checking), warnings);
  }

  /** The resources that an operation writes (`$book`, `$import-ical`) obey the same rules as those of a plain write. */
  private checkedOperation(operation: Operation): Operation {
    if (operation.safe) return operation;
    return {
      ...operation,
      run: async (context, call) => {
        const { checking, warnings } = this.checkingContext(context);
        const result = await operation.run(checking, call);
        return { ...result, issues: [...(result.issues ?? []), ...[...warnings.values()].flat()] };
      },
    };
  }

  /**
   * A context that checks the resources that are about to be stored. The rules of the back end have completed them by
   * then (the times of a slot), so the check sees more than the caller sent. A write that is decided again is checked
   * again.
   */
  private checkingContext(context: Context): { checking: Context; warnings: Map<string, Issue[]> } {
    const warnings = new Map<string, Issue[]>();
    return {
      warnings,
      checking: {
        ...context,
        validate: (resource) => {
          warnings.set(`${resource.resourceType}/${resource.id}`, this.checks.check(resource));
        },
      },
    };
  }
}

function withWarnings<T extends WriteResult>(result: T, warnings: ReadonlyMap<string, Issue[]>): T {
  const issues = warnings.get(`${result.stored?.type}/${result.stored?.id}`) ?? [];
  return issues.length === 0 ? result : { ...result, issues: [...(result.issues ?? []), ...issues] };
}
