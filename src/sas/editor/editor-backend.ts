/**
 * The agenda server as the SAS platform sees it, mounted at `/sas`: slot searches and regulator accounts. It shares the
 * agenda's database.
 */
import type { RuleServices } from '../../agenda/rules/services.ts';
import type {
  Condition,
  Context,
  Existing,
  HistoryResult,
  SearchResult,
  Stored,
  WriteResult,
} from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { notOffered } from '../../fhir/refusals.ts';
import type { SasVersion } from '../../fhir/profile/definitions/sas-names.ts';
import type { Backend, Interaction, Searchable } from '../../rest/backend.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { SearchRequest } from '../../fhir/search/request.ts';
import { CONTRACT, type Contract, type SearchKind } from '../contract/contract.ts';
import type { RegulatorAccounts } from './accounts/accounts.ts';
import { READ_TYPES, SasReads } from './search/sas-reads.ts';
import { type SasSettings, SasSearch } from './search/sas-search.ts';

const SEARCHED = ['Slot', 'Schedule', 'Practitioner'];

export class EditorBackend implements Backend {
  readonly served: ReadonlyMap<string, readonly Interaction[]> = new Map<string, readonly Interaction[]>([
    ['Slot', ['read', 'search-type']],
    ['Schedule', ['read', 'search-type']],
    ['Practitioner', ['read', 'search-type', 'create', 'update']],
    ...READ_TYPES.filter((type) => !SEARCHED.includes(type)).map((type) => [type, ['read']] as const),
  ]);
  readonly searchable: ReadonlyMap<string, Searchable> = new Map([
    [
      'Slot',
      {
        parameters: ['start', 'status', 'schedule'],
        includes: ['Slot:schedule', 'Slot:service-type-reference', 'Schedule:actor', 'HealthcareService:organization'],
        revIncludes: [],
      },
    ],
    [
      'Schedule',
      { parameters: ['actor'], includes: ['Schedule:actor', 'Location:organization'], revIncludes: ['Slot:schedule'] },
    ],
    ['Practitioner', { includes: [], revIncludes: [] }],
  ]);
  readonly operations = [];
  /** The platform names accounts by their identifiers. */
  readonly lacks = new Set(['conditionalCreate', 'updateCreate'] as const);
  readonly profiles: ReadonlyMap<string, readonly string[]>;
  readonly system = [];
  readonly description = "face SAS d'un gestionnaire d'agendas";
  readonly instantiates: readonly string[];
  /** In the version that the server speaks. */
  readonly searches: SasSearch;
  readonly #searchesIn: ReadonlyMap<SasVersion, SasSearch>;
  readonly #reads: SasReads;
  readonly accounts: RegulatorAccounts;

  constructor(agenda: RuleServices, accounts: RegulatorAccounts, settings: SasSettings) {
    this.instantiates = settings.contract.capabilities.editor;
    this.profiles = profilesOf(settings.contract);
    this.accounts = accounts;
    this.#searchesIn = new Map(
      Object.values(CONTRACT).map((contract) => [
        contract.version,
        new SasSearch(agenda, accounts, { ...settings, contract }),
      ]),
    );
    this.#reads = new SasReads(agenda, settings.windowDays);
    this.searches = this.#searchesIn.get(settings.contract.version)!;
  }

  search(context: Context, request: SearchRequest): Promise<SearchResult> {
    if (request.type === 'Practitioner') return this.accounts.search(request);
    const searches = this.#searchesFor(context);
    return request.type === 'Slot' ? searches.slots(context, request) : searches.schedules(context, request);
  }

  /** A Practitioner is an account, or else a practitioner whom a search shows. */
  async read(context: Context, type: string, id: string): Promise<Existing> {
    const account = type === 'Practitioner' ? await this.accounts.find(id) : undefined;
    return account ?? this.#reads.read(context, this.#searchesFor(context), type, id);
  }

  /** In the version that this caller speaks. */
  #searchesFor({ sasVersion }: Context): SasSearch {
    return this.#searchesIn.get(sasVersion!) ?? this.searches;
  }

  readVersion(): Promise<Existing> {
    throw notOfferedToSas();
  }

  history(): Promise<HistoryResult> {
    throw notOfferedToSas();
  }

  async create(context: Context, resource: Resource, ifNoneExist?: string): Promise<WriteResult> {
    if (ifNoneExist !== undefined)
      throw new FhirError('not-supported', 'If-None-Exist is not offered: an identifier is never created twice', {
        status: 412,
        expression: 'If-None-Exist',
        text: "« If-None-Exist » n'est pas offert : un identifiant n'est jamais créé deux fois.",
      });
    return this.accounts.create(context, resource);
  }

  /** By identifier only: the platform does not know our ids. */
  update(
    context: Context,
    resource: Resource,
    id: string | undefined,
    { query, ifMatch }: Condition,
  ): Promise<WriteResult> {
    if (id !== undefined)
      throw notOffered(
        'An account is updated by PUT Practitioner?identifier=[system]|[value]',
        'Un compte régulateur se modifie par PUT Practitioner?identifier=système|valeur.',
      );
    return this.accounts.update(context, resource, query ?? '', ifMatch);
  }

  patch(): Promise<WriteResult> {
    throw notOfferedToSas();
  }

  delete(): Promise<Stored | undefined> {
    throw notOfferedToSas();
  }

  transact(): ReturnType<Backend['transact']> {
    throw notOfferedToSas();
  }
}

/** The profiles that answers declare, and that of the accounts. */
function profilesOf({ profiles }: Contract): ReadonlyMap<string, readonly string[]> {
  const distinct = (byKind: Readonly<Record<SearchKind, string>>): string[] => [...new Set(Object.values(byKind))];
  return new Map([
    ['Slot', distinct(profiles.slot)],
    ['Schedule', distinct(profiles.schedule)],
    ['Practitioner', [profiles.practitioner, profiles.account]],
    ['PractitionerRole', [profiles.practitionerRole]],
    ['HealthcareService', [profiles.healthcareService]],
    ['Location', [profiles.sosLocation]],
    ['Organization', [profiles.cptsOrganization, profiles.sosOrganization]],
  ]);
}

/** Never reached: the REST layer refuses interactions that `served` does not name. */
function notOfferedToSas(): FhirError {
  return notOffered('This interaction is not offered to the SAS', "Cette opération n'est pas offerte au SAS.");
}
