/**
 * The SAS platform as a back end: it stores partners, regulator accounts and reported appointments, and asks partners
 * for slots. Spec: 6.1 to 6.5
 */
import {
  type Condition,
  type Context,
  type Existing,
  type HistoryRequest,
  type HistoryResult,
  requireExisting,
  type SearchResult,
  type Stored,
  type WriteResult,
} from '../../fhir/interaction.ts';
import { FhirError, type Issue } from '../../fhir/issue.ts';
import { noVersion, notAcceptable, notOffered } from '../../fhir/refusals.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { SearchRequest } from '../../fhir/search/request.ts';
import type { Backend, Interaction, Operation } from '../../rest/backend.ts';
import type { EventSource } from '../../rest/event-stream.ts';
import type { Log } from '../../runtime/log.ts';
import type { Feature } from '../../server/feature.ts';
import type { Database } from '../../store/engine/database.ts';
import { PartnerHealth } from '../../store/records/partner-health.ts';
import { PartnerReader } from '../../store/records/partners.ts';
import { Repository } from '../../store/write/repository.ts';
import { CONTRACT, type Contract } from '../contract/contract.ts';
import { partnerHistory } from './partners/partner-history.ts';
import { partnerStates } from './partners/partner-states.ts';
import { Registry, type RegistryOptions } from './partners/registry.ts';
import { PlatformRules } from './platform-rules.ts';
import { Announcer } from './reports/announce.ts';
import { tolerateReport } from './reports/report-tolerance.ts';
import { ReportWriter } from './reports/report-writer.ts';
import { AggregatedSearch, type SearchParts } from './search/aggregated-search.ts';
import { Directory } from './search/directory.ts';

export interface PlatformSettings {
  contract: Contract;
  /** The settings file; see `openPartnersFile`. */
  partners: RegistryOptions['file'];
  /** Paths of the platform's certificate, key and authority, with which it calls partners. */
  identity: RegistryOptions['identity'];
  defaultPage: number;
  maxPage: number;
  /** Counts how a search ended at a partner. */
  observe: SearchParts['observe'];
}

type Features = readonly Feature<PlatformBackend>[];

const EVERY_INTERACTION: readonly Interaction[] = [
  'read',
  'vread',
  'search-type',
  'create',
  'update',
  'patch',
  'delete',
  'history-instance',
  'history-type',
];
/** A report is never deleted, and only its editor changes it. */
const ON_REPORTS: readonly Interaction[] = [
  'read',
  'vread',
  'search-type',
  'create',
  'update',
  'history-instance',
  'history-type',
];

export class PlatformBackend implements Backend {
  readonly served: ReadonlyMap<string, readonly Interaction[]> = new Map<string, readonly Interaction[]>([
    ['Slot', ['search-type']],
    ['Schedule', ['search-type']],
    ['Appointment', ON_REPORTS],
    // The directory: loaded from files, and learnt from the answers of partners.
    ['Practitioner', EVERY_INTERACTION],
    ['PractitionerRole', EVERY_INTERACTION],
    ['Organization', EVERY_INTERACTION],
    ['Endpoint', EVERY_INTERACTION],
  ]);
  readonly system = [];
  readonly description = 'plateforme SAS : recherche chez les éditeurs, rendez-vous déclarés';
  readonly instantiates: readonly string[];
  readonly operations: readonly Operation[];
  readonly repository: Repository;
  readonly registry: Registry;
  readonly announcer: Announcer;
  private readonly directory: Directory;
  private readonly health: PartnerHealth;
  private readonly searches: AggregatedSearch;
  private readonly reports: ReportWriter;
  private readonly settings: PlatformSettings;

  constructor(database: Database, settings: PlatformSettings, log: Log, now: () => number, features: Features) {
    const { contract } = settings;
    this.settings = settings;
    this.instantiates = contract.capabilities.platform;
    const records = new PartnerReader(database);
    this.repository = new Repository(
      database,
      new PlatformRules(database, contract, (caller) => this.contractOf(caller)),
    );
    this.reports = new ReportWriter(this.repository);
    this.registry = new Registry({
      file: settings.partners,
      identity: settings.identity,
      repository: this.repository,
      records,
      log,
      now,
    });
    this.announcer = new Announcer(this.registry, records, this.repository, contract);
    this.directory = new Directory(this.repository, records, log);
    this.health = new PartnerHealth(database);
    this.searches = new AggregatedSearch({
      contract,
      registry: this.registry,
      records,
      directory: this.directory,
      health: this.health,
      observe: settings.observe,
    });
    this.operations = [...this.ownOperations(), ...features.flatMap((feature) => feature.operations?.(this) ?? [])];
  }

  private ownOperations(): Operation[] {
    const ofAccount = { on: ['Practitioner'], level: 'instance' as const };
    return [
      {
        ...ofAccount,
        name: 'announce',
        safe: false,
        description: 'Compte régulateur : à l’ouverture de session, envoi aux éditeurs qui ne l’ont pas (INT_R02)',
        run: async (_context, { id }) => ({ resource: await this.announcer.announce(id!) }),
      },
      {
        ...ofAccount,
        name: 'partners',
        safe: true,
        description: 'Compte régulateur : son état chez chaque éditeur',
        run: async (_context, { id }) => ({ resource: await this.announcer.states(id!) }),
      },
      {
        name: 'partners',
        on: 'system',
        level: 'system',
        safe: true,
        description: 'État des éditeurs interrogés et du fichier qui les inscrit',
        run: async () => ({ resource: partnerStates(this.registry) }),
      },
      partnerHistory(this.health),
    ];
  }

  async start(): Promise<void> {
    await this.registry.start();
  }

  /** Resolves once everything learnt from the partners' answers is written. */
  settle(): Promise<void> {
    return this.directory.settle();
  }

  async close(): Promise<void> {
    await this.settle();
    await this.health.close();
    await this.registry.close();
  }

  tolerate(context: Context, resource: Resource): Issue[] {
    return tolerateReport(this.contractOf(context.caller), resource, context.strict);
  }

  /** In the version that the partner speaks. */
  private contractOf(caller: string): Contract {
    const version = this.registry.ofCaller(caller)?.sasVersion;
    return version === undefined ? this.settings.contract : CONTRACT[version];
  }

  read(_context: Context, type: string, id: string): Promise<Existing> {
    return this.repository.read(type, id);
  }

  async readVersion(_context: Context, type: string, id: string, version: number): Promise<Existing> {
    const found = await this.repository.reader.readVersion(type, id, version);
    if (found === undefined) throw noVersion(type, id, version);
    return requireExisting(type, id, found);
  }

  async search(context: Context, request: SearchRequest): Promise<SearchResult> {
    if (request.type === 'Slot' || request.type === 'Schedule') return this.searches.search(context, request);
    const { defaultPage, maxPage } = this.settings;
    const count = request.summary === 'count' ? 0 : Math.min(request.count ?? defaultPage, maxPage);
    const page = await this.repository.reader.search(request.type, request.criteria, {
      count,
      cursor: request.cursor,
      sort: request.sort,
      total: request.total,
    });
    return {
      total: page.total,
      next: page.cursor,
      entries: page.rows.map(({ type, id, body }) => ({ type, id, body: body!, mode: 'match' })),
    };
  }

  async searchEvents(context: Context, request: SearchRequest): Promise<EventSource> {
    if (request.type === 'Slot' || request.type === 'Schedule') return this.searches.searchEvents(context, request);
    throw notAcceptable(
      `A search for ${request.type} is not offered as an event stream`,
      'Cette recherche ne se suit pas au fil de l’eau.',
    );
  }

  async history(_context: Context, { after, ...request }: HistoryRequest): Promise<HistoryResult> {
    if (after !== undefined)
      throw new FhirError('not-supported', 'The platform has no numbered feed: use _since', {
        expression: '_after',
        text: 'La plateforme n’a pas de flux numéroté : utilisez _since.',
      });
    return this.repository.reader.history(request);
  }

  async create(context: Context, resource: Resource, ifNoneExist?: string): Promise<WriteResult> {
    if (resource.resourceType === 'Appointment') return this.reports.create(context, resource, ifNoneExist);
    return this.written(resource.resourceType, await this.repository.create(context, resource, ifNoneExist));
  }

  async update(
    context: Context,
    resource: Resource,
    id: string | undefined,
    condition: Condition,
  ): Promise<WriteResult> {
    if (resource.resourceType === 'Appointment') return this.reports.update(context, resource, id, condition);
    return this.written(resource.resourceType, await this.repository.update(context, resource, id, condition));
  }

  async patch(
    context: Context,
    type: string,
    id: string | undefined,
    apply: (resource: Resource) => Resource,
    condition: Condition,
  ): Promise<WriteResult> {
    return this.written(type, await this.repository.patch(context, type, id, apply, condition));
  }

  async delete(
    context: Context,
    type: string,
    id: string | undefined,
    condition: Condition,
  ): Promise<Stored | undefined> {
    const gone = await this.repository.delete(context, type, id, condition);
    if (type === 'Endpoint') await this.registry.refresh();
    return gone;
  }

  /** Never reached: `system` offers no transaction. */
  transact(): ReturnType<Backend['transact']> {
    throw notOffered('transaction is not offered here');
  }

  /** A partner that was written is in force at once. */
  private async written(type: string, result: WriteResult): Promise<WriteResult> {
    if (type === 'Endpoint') await this.registry.refresh();
    return result;
  }
}
