/** The back end of the agenda server: the agenda manager and resource manager of GAP, with computed slots. */
import {
  type Condition,
  type Context,
  type EntryWrite,
  type Existing,
  type HistoryRequest,
  type HistoryResult,
  requireExisting,
  type SearchResult,
  type Stored,
  type WriteResult,
} from '../fhir/interaction.ts';
import { FhirError } from '../fhir/issue.ts';
import { parseAnyResource } from '../fhir/json.ts';
import { noVersion } from '../fhir/refusals.ts';
import type { Resource } from '../fhir/resource.ts';
import { searchParameter } from '../fhir/search/parameters.ts';
import type { Criterion, SearchRequest } from '../fhir/search/request.ts';
import type { Backend, FileOperation, Interaction, Operation, SystemInteraction } from '../rest/backend.ts';
import type { Feature } from '../server/feature.ts';
import type { NumberedPage } from '../store/resources/resource-reader.ts';
import type { Database } from '../store/engine/database.ts';
import type { Feed } from '../store/delivery/feed.ts';
import { Repository } from '../store/write/repository.ts';
import { transact } from '../store/write/transaction.ts';
import { parseSlotId } from '../scheduling/slot-id.ts';
import { agendaOperation } from './operations/agenda-operation.ts';
import type { Agendas } from './agendas.ts';
import { findOperation } from './operations/find.ts';
import { kindsOperation } from './operations/kinds-operation.ts';
import { includeFor } from './slots/include.ts';
import { requireGranted } from './rules/grant-rules.ts';
import { isConcealed, readScopeOf, requireHistory, requireSeen } from './rules/read-scope.ts';
import { withContent } from './rules/attachment-content.ts';
import { requireOperator, withPlan } from './search-plan.ts';
import { AgendaRules } from './rules/rules.ts';
import type { RuleServices } from './rules/services.ts';
import { explainSeries } from './operations/series.ts';
import { BY_ADDRESS, STORED, WHOLE } from './served-types.ts';
import type { AgendaSettings } from './settings.ts';
import { readSlotQuery } from './slots/slot-query.ts';
import type { SlotSearch } from './slots/slot-search.ts';
import { tolerate } from './rules/tolerance.ts';

const GAP = 'https://interop.esante.gouv.fr/ig/fhir/gap/CapabilityStatement';

export interface AgendaParts {
  database: Database;
  services: RuleServices;
  feed: Feed;
  /** Sorted (`inOrder`). */
  features?: readonly Feature<AgendaBackend>[];
}

export class AgendaBackend implements Backend {
  readonly served: ReadonlyMap<string, readonly Interaction[]>;
  readonly operations: readonly Operation[];
  readonly fileOperations: readonly FileOperation[];
  readonly topics: (base: string) => readonly string[];
  readonly isNumbered = true;
  readonly addsIdentifiers = true;
  readonly system: readonly SystemInteraction[] = ['transaction', 'batch', 'history-system'];
  readonly description = 'agendas partagés (guide GAP)';
  readonly instantiates = [`${GAP}/GAP-GestionnaireAgenda`, `${GAP}/GAP-GestionnaireRessources`];
  readonly repository: Repository;
  readonly slots: SlotSearch;
  readonly agendas: Agendas;
  readonly feed: Feed;
  private readonly settings: AgendaSettings;
  private readonly services: RuleServices;

  constructor({ database, services, feed, features = [] }: AgendaParts) {
    this.services = services;
    this.settings = services.settings;
    this.agendas = services.agendas;
    this.slots = services.slots;
    this.feed = feed;
    const typeRules = new Map(features.flatMap((feature) => [...(feature.types ?? [])]));
    const followers = features.flatMap((feature) => feature.followers ?? []);
    this.repository = new Repository(database, new AgendaRules(services, { typeRules, followers }));
    this.served = new Map([
      ...STORED.map((type) => [type, WHOLE] as const),
      ['Binary', BY_ADDRESS],
      ...[...typeRules.keys()].map((type) => [type, WHOLE] as const),
    ]);
    this.operations = [
      agendaOperation(services),
      findOperation(services),
      kindsOperation(services),
      ...features.flatMap((feature) => feature.operations?.(this) ?? []),
    ];
    this.fileOperations = features.flatMap((feature) => feature.fileOperations ?? []);
    this.topics = (base) => features.flatMap((feature) => feature.topics?.(base) ?? []);
  }

  tolerate(context: Context, resource: Resource) {
    return tolerate(resource, context.strict);
  }

  async read(context: Context, type: string, id: string): Promise<Existing> {
    if (type !== 'Slot') {
      // Before it is looked for: whether it was deleted says that it was there.
      if (isConcealed(`${type}/${id}`)) await requireSeen(this.services, context, `${type}/${id}`);
      const found = await this.repository.read(type, id);
      await requireSeen(this.services, context, `${type}/${id}`);
      return type === 'Binary' ? withContent(this.repository.database, found) : found;
    }
    const { slot, stored } = await this.slots.find(context, id);
    if (context.grants !== undefined) requireGranted(context, 'r', slot.value());
    const body = slot.text();
    const { version = 1, updatedAt = context.now } = stored ?? {};
    return { type, id, version, updatedAt, body, isComputed: body !== stored?.body };
  }

  /** A caller that may read the current version may read the older ones. */
  async readVersion(context: Context, type: string, id: string, version: number): Promise<Existing> {
    await requireSeen(this.services, context, `${type}/${id}`);
    const found = await this.repository.reader.readVersion(type, id, version);
    if (found === undefined) {
      if (isConcealed(`${type}/${id}`)) await this.repository.read(type, id);
      throw noVersion(type, id, version);
    }
    const existing = requireExisting(type, id, found);
    if (context.grants !== undefined) requireGranted(context, 'r', parseAnyResource(existing.body));
    return type === 'Binary' ? withContent(this.repository.database, existing) : existing;
  }

  async search(context: Context, asked: SearchRequest): Promise<SearchResult> {
    const { repository, settings } = this;
    if (asked.explain) requireOperator(context);
    const readScope = await readScopeOf(this.services, context);
    const request = readScope === undefined ? asked : { ...asked, readScope };
    if (request.type === 'Slot') {
      const found = await this.slots.search(context, request);
      return request.explain
        ? withPlan(
            found,
            await repository.reader.explain('Schedule', readSlotQuery(request.criteria).schedules, readScope),
          )
        : found;
    }
    const criteria = await this.withComputedSlots(context, request);
    const count = request.summary === 'count' ? 0 : Math.min(request.count ?? settings.defaultPage, settings.maxPage);
    const page = await repository.reader.search(request.type, criteria, {
      count,
      cursor: request.cursor,
      sort: request.sort,
      total: request.total,
      readScope,
    });
    const entries = page.rows.map((row) => ({ type: row.type, id: row.id, body: row.body!, mode: 'match' as const }));
    const included = await includeFor(repository.reader, request, entries, settings.includes);
    const result = {
      total: page.total,
      entries: [...entries, ...included],
      next: page.cursor,
    };
    return request.explain
      ? withPlan(result, await repository.reader.explain(request.type, criteria, readScope))
      : result;
  }

  /** `_has:Slot:schedule:...` on Schedule: all criteria apply to one and the same computed slot (trap H14). */
  private async withComputedSlots(context: Context, request: SearchRequest): Promise<Criterion[]> {
    const isSlots = (criterion: Criterion): criterion is Criterion & { is: 'has' } =>
      criterion.is === 'has' && criterion.type === 'Slot' && criterion.parameter.name === 'schedule';
    const has = request.criteria.filter(isSlots);
    const others = request.criteria.filter((criterion) => !isSlots(criterion));
    if (has.length === 0 || request.type !== 'Schedule')
      return others.length === request.criteria.length ? request.criteria : others;
    const schedules = await this.slots.schedulesWith(
      context,
      others,
      has.map((criterion) => criterion.of),
      request.readScope,
    );
    return [
      ...others,
      {
        is: 'parameter',
        parameter: searchParameter('Schedule', '_id')!,
        values: schedules.map((code) => ({ kind: 'token', system: undefined, code })),
      },
    ];
  }

  async history(context: Context, { after, ...asked }: HistoryRequest): Promise<HistoryResult> {
    if (asked.type !== undefined && asked.id !== undefined)
      await requireSeen(this.services, context, `${asked.type}/${asked.id}`);
    else requireHistory(context, asked.type);
    const request = { types: [...this.served.keys()], ...asked };
    const { reader } = this.repository;
    // The versions of one resource are all at hand; their numbers, which take long after a great load, may be missing.
    if (after === undefined && asked.id !== undefined) {
      await this.feed.numberSoon();
      return this.withPositions(await reader.history(request));
    }
    // Number every commit so far: the answer is complete up to the last number.
    const seen = await this.feed.number();
    if (after === undefined) return this.withPositions(await reader.history(request));
    if (after === 'latest') return { total: undefined, rows: [], cursor: undefined, seen: this.feed.positionOf(seen) };
    const page = await reader.history({ ...request, after: await this.feed.resume(after) });
    const last = page.cursor === undefined ? Math.max(seen, page.rows.at(-1)?.seq ?? 0) : Number(page.cursor);
    return {
      ...this.withPositions(page),
      cursor: page.cursor && this.feed.positionOf(last),
      seen: this.feed.positionOf(last),
    };
  }

  private withPositions({ rows, ...page }: NumberedPage): HistoryResult {
    return {
      ...page,
      rows: rows.map(({ seq, ...row }) => (seq === undefined ? row : { ...row, position: this.feed.positionOf(seq) })),
    };
  }

  create(context: Context, resource: Resource, ifNoneExist?: string): Promise<WriteResult> {
    return this.repository.create(context, resource, ifNoneExist);
  }

  async update(
    context: Context,
    resource: Resource,
    id: string | undefined,
    condition: Condition,
  ): Promise<WriteResult> {
    return this.repository.update(context, resource, id, condition);
  }

  async patch(
    context: Context,
    type: string,
    id: string | undefined,
    apply: (resource: Resource) => Resource,
    condition: Condition,
  ): Promise<WriteResult> {
    if (type === 'Slot' && id !== undefined && parseSlotId(id) !== undefined) {
      throw new FhirError('business-rule', 'A computed slot cannot be changed: change the agenda', {
        expression: 'Slot',
        text: "Ce créneau est calculé : modifiez l'agenda.",
      });
    }
    return this.repository.patch(context, type, id, apply, condition);
  }

  transact(context: Context, writes: readonly EntryWrite[]): ReturnType<Backend['transact']> {
    return transact(this.repository, context, writes).catch(async (error) => {
      if (!(error instanceof FhirError) || error.code !== 'conflict' || error.status !== 409) throw error;
      throw await explainSeries(this.services, context, writes, error);
    });
  }

  delete(context: Context, type: string, id: string | undefined, condition: Condition): Promise<Stored | undefined> {
    return this.repository.delete(context, type, id, condition);
  }
}
