/**
 * The SAS platform as a back end: it stores partners, regulator accounts and reported appointments; slots come from the
 * partners. Spec: 6.1 to 6.5
 */
import type {
  Condition,
  Context,
  Existing,
  HistoryRequest,
  HistoryResult,
  SearchResult,
  Stored,
  WriteResult,
} from '../../fhir/interaction.ts';
import { errorOf, FhirError, type Issue, issue } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { SearchRequest } from '../../fhir/search/request.ts';
import type { Backend, Interaction, Operation } from '../../rest/backend.ts';
import type { EventSource } from '../../rest/event-stream.ts';
import type { Log } from '../../runtime/log.ts';
import type { Feature } from '../../server/feature.ts';
import type { Database } from '../../store/engine/database.ts';
import { PartnerHealth } from '../../store/records/partner-health.ts';
import { PartnerReader } from '../../store/records/partners.ts';
import { living, Repository } from '../../store/write/repository.ts';
import { AggregatedSearch } from './search/aggregated-search.ts';
import { Announcer } from './reports/announce.ts';
import { Directory } from './search/directory.ts';
import { partnerHistory } from './partners/partner-history.ts';
import { partnerStates } from './partners/partner-states.ts';
import { PlatformRules } from './platform-rules.ts';
import { Registry, type RegistryOptions } from './partners/registry.ts';
import { identifierOf, isSameReport, operatorOf, ownerOf, tolerateReport } from './reports/report.ts';

export interface PlatformSettings {
  /** `openPartnersFile`. */
  partners: RegistryOptions['file'];
  /** Paths of the certificate, key and authority with which partners are called. */
  identity: RegistryOptions['identity'];
  defaultPage: number;
  maxPage: number;
}

type Features = readonly Feature<PlatformBackend>[];
const WHOLE: readonly Interaction[] = [
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
const REPORTED: readonly Interaction[] = [
  'read',
  'vread',
  'search-type',
  'create',
  'update',
  'history-instance',
  'history-type',
];

const ANS = 'https://interop.esante.gouv.fr/ig/fhir/sas/CapabilityStatement';

export class PlatformBackend implements Backend {
  readonly served: ReadonlyMap<string, readonly Interaction[]> = new Map<string, readonly Interaction[]>([
    ['Slot', ['search-type']],
    ['Schedule', ['search-type']],
    ['Appointment', REPORTED],
    // The directory: loaded, and learnt from what partners answer.
    ['Practitioner', WHOLE],
    ['PractitionerRole', WHOLE],
    ['Organization', WHOLE],
    ['Endpoint', WHOLE],
  ]);
  readonly system = [];
  readonly description = 'plateforme SAS : recherche chez les éditeurs, rendez-vous déclarés';
  readonly instantiates = ['RDVpsindiv', 'RDVSOS'].map((one) => `${ANS}/SAS-GestionnaireAgenda-${one}`);
  readonly operations: readonly Operation[];
  readonly repository: Repository;
  readonly registry: Registry;
  readonly announcer: Announcer;
  private readonly directory: Directory;
  private readonly health: PartnerHealth;
  private readonly searches: AggregatedSearch;
  private readonly settings: PlatformSettings;

  constructor(database: Database, settings: PlatformSettings, log: Log, now: () => number, features: Features) {
    this.settings = settings;
    const known = new PartnerReader(database);
    this.repository = new Repository(database, new PlatformRules(known));
    this.registry = new Registry({
      file: settings.partners,
      identity: settings.identity,
      repository: this.repository,
      known,
      log,
      now,
    });
    this.announcer = new Announcer(this.registry, known, this.repository);
    this.directory = new Directory(this.repository, known, log);
    this.health = new PartnerHealth(database);
    this.searches = new AggregatedSearch(this.registry, known, this.directory, this.health);
    const ofAccount = { on: ['Practitioner'], level: 'instance' as const };
    this.operations = [
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
      ...features.flatMap((feature) => feature.operations?.(this) ?? []),
    ];
  }

  async start(): Promise<void> {
    await this.registry.start();
  }

  async close(): Promise<void> {
    await this.directory.close();
    await this.health.close();
    await this.registry.close();
  }

  tolerate(context: Context, resource: Resource): Issue[] {
    return tolerateReport(resource, context.strict);
  }

  read(_context: Context, type: string, id: string): Promise<Existing> {
    return this.repository.read(type, id);
  }

  async readVersion(_context: Context, type: string, id: string, version: number): Promise<Existing> {
    const found = await this.repository.reader.readVersion(type, id, version);
    if (found === undefined)
      throw new FhirError('not-found', `There is no version ${version} of ${type}/${id}`, {
        text: "Cette version n'existe pas.",
      });
    return living(type, id, found);
  }

  async search(context: Context, request: SearchRequest): Promise<SearchResult> {
    if (request.type === 'Slot' || request.type === 'Schedule') return this.searches.search(context, request);
    const { defaultPage, maxPage } = this.settings;
    const count = request.summary === 'count' ? 0 : Math.min(request.count ?? defaultPage, maxPage);
    const page = await this.repository.reader.search(request.type, request.criteria, {
      count,
      cursor: request.cursor,
      sort: request.sort,
      total: request.total !== 'none',
    });
    return {
      total: page.total,
      next: page.cursor,
      entries: page.rows.map(({ type, id, body }) => ({ type, id, body: body!, mode: 'match' })),
    };
  }

  async searchEvents(context: Context, request: SearchRequest): Promise<EventSource> {
    if (request.type === 'Slot' || request.type === 'Schedule') return this.searches.searchEvents(context, request);
    throw new FhirError('not-supported', `${request.type} is not told piece by piece`, {
      status: 406,
      expression: 'http.Accept',
      text: 'Cette recherche ne se suit pas au fil de l’eau.',
    });
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
    if (resource.resourceType === 'Appointment') return this.createReport(context, resource, ifNoneExist);
    return this.written(resource, await this.repository.create(context, resource, ifNoneExist));
  }

  async update(
    context: Context,
    resource: Resource,
    id: string | undefined,
    condition: Condition,
  ): Promise<WriteResult> {
    if (resource.resourceType === 'Appointment') return this.updateReport(context, resource, id, condition);
    return this.written(resource, await this.repository.update(context, resource, id, condition));
  }

  async patch(
    context: Context,
    type: string,
    id: string | undefined,
    apply: (resource: Resource) => Resource,
    condition: Condition,
  ): Promise<WriteResult> {
    return this.written({ resourceType: type }, await this.repository.patch(context, type, id, apply, condition));
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
    throw new FhirError('not-supported', 'transaction is not offered here', {
      status: 405,
      text: "Cette opération n'est pas offerte ici.",
    });
  }

  /**
   * A report that came before, told again, is the same report: 200. With other content it is an update, and says so
   * (409).
   */
  private async createReport(context: Context, resource: Resource, ifNoneExist?: string): Promise<WriteResult> {
    const issues = await this.unknownRegulator(context, resource);
    try {
      return { ...(await this.repository.create(context, resource, ifNoneExist)), issues };
    } catch (error) {
      if (!(error instanceof FhirError) || error.code !== 'duplicate') throw error;
      const { system, value } = identifierOf(resource);
      const before = await this.repository.single(
        'Appointment',
        `identifier=${encodeURIComponent(escaped(system!))}|${encodeURIComponent(escaped(value!))}`,
      );
      const stored = before?.body === undefined ? undefined : (parseJson(before.body) as Resource);
      if (stored === undefined) throw error;
      if (ownerOf(stored) !== context.caller)
        throw new FhirError('forbidden', 'This identifier was used by another caller, and is theirs', {
          expression: 'Appointment.identifier',
          text: 'Cet identifiant de rendez-vous appartient à un autre éditeur.',
        });
      if (isSameReport(stored, resource)) return { stored: before!, created: false, unchanged: true };
      throw error;
    }
  }

  private async updateReport(
    context: Context,
    resource: Resource,
    id: string | undefined,
    condition: Condition,
  ): Promise<WriteResult> {
    const before =
      id === undefined
        ? await this.repository.single('Appointment', condition.query!)
        : await this.repository.reader.read('Appointment', id);
    const stored = before?.body === undefined ? undefined : (parseJson(before.body) as Resource);
    if (id === undefined) requireSameIdentifier(resource, condition.query!);
    // Nothing new is no new version, and no message to the dispatch software.
    if (
      stored !== undefined &&
      condition.ifMatch === undefined &&
      ownerOf(stored) === context.caller &&
      isSameReport(stored, resource)
    )
      return { stored: before!, created: false, unchanged: true };
    const issues = await this.unknownRegulator(context, resource);
    return { ...(await this.repository.update(context, resource, id, condition)), issues };
  }

  /**
   * A regulator whom the platform does not know is told, not refused: no appointment is lost for a late account. Under
   * `handling=strict`: 422.
   */
  private async unknownRegulator(context: Context, resource: Resource): Promise<Issue[]> {
    const operator = operatorOf(resource);
    const found =
      operator?.value === undefined
        ? []
        : await this.repository.reader.byIdentifier(
            ['Practitioner'],
            [`${operator.system ?? ''}|${operator.value}`],
            2,
          );
    if (operator === undefined || found.length > 0) return [];
    const unknown = issue('warning', 'not-found', 'The regulator of this appointment is not known to the platform', {
      expression: 'Appointment.extension',
      text: 'Régulateur inconnu de la plateforme.',
    });
    if (context.strict) throw errorOf([{ ...unknown, severity: 'error' }], 422);
    return [unknown];
  }

  private async written(resource: Resource, result: WriteResult): Promise<WriteResult> {
    if (resource.resourceType === 'Endpoint') await this.registry.refresh();
    return result;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\,|$]/g, '\\$&');
}

/** The address and the body must mean the same appointment. Spec: 6.5 */
function requireSameIdentifier(resource: Resource, query: string): void {
  const { system, value } = identifierOf(resource);
  for (const [name, asked] of new URLSearchParams(query)) {
    if (name.toLowerCase() !== 'identifier') continue;
    const plain = asked.replace(/\\([\\,|$])/g, '$1');
    if ([`${system}|${value}`, `|${value}`, value].includes(plain)) continue;
    throw new FhirError('business-rule', 'The identifier of the address is not that of the body', {
      expression: 'Appointment.identifier',
      text: "L'identifiant de l'adresse diffère de celui du rendez-vous.",
    });
  }
}
