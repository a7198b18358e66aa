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
import type { Backend, Interaction, Searchable } from '../../rest/backend.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { SearchRequest } from '../../fhir/search/request.ts';
import type { AccessLog } from './accounts/access-log.ts';
import type { RegulatorAccounts } from './accounts/accounts.ts';
import { type SasSettings, SasSearch } from './search/sas-search.ts';

export class EditorBackend implements Backend {
  readonly served: ReadonlyMap<string, readonly Interaction[]> = new Map<string, readonly Interaction[]>([
    ['Slot', ['search-type']],
    ['Schedule', ['search-type']],
    ['Practitioner', ['read', 'search-type', 'create', 'update']],
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
  readonly system = [];
  readonly description = "face SAS d'un gestionnaire d'agendas";
  readonly instantiates: readonly string[];
  readonly searches: SasSearch;
  readonly accounts: RegulatorAccounts;

  constructor(agenda: RuleServices, accounts: RegulatorAccounts, settings: SasSettings, log: AccessLog) {
    this.instantiates = settings.contract.capabilities.editor;
    this.accounts = accounts;
    this.searches = new SasSearch(agenda, accounts, settings, log);
  }

  search(context: Context, request: SearchRequest): Promise<SearchResult> {
    if (request.type === 'Practitioner') return this.accounts.search(request);
    return request.type === 'Slot' ? this.searches.slots(context, request) : this.searches.schedules(context, request);
  }

  read(_context: Context, _type: string, id: string): Promise<Existing> {
    return this.accounts.read(id);
  }

  readVersion(): Promise<Existing> {
    throw notOffered();
  }

  history(): Promise<HistoryResult> {
    throw notOffered();
  }

  create(context: Context, resource: Resource): Promise<WriteResult> {
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
      throw new FhirError('not-supported', 'An account is updated by PUT Practitioner?identifier=[system]|[value]', {
        status: 405,
        text: 'Un compte régulateur se modifie par PUT Practitioner?identifier=système|valeur.',
      });
    return this.accounts.update(context, resource, query ?? '', ifMatch);
  }

  patch(): Promise<WriteResult> {
    throw notOffered();
  }

  delete(): Promise<Stored | undefined> {
    throw notOffered();
  }

  transact(): ReturnType<Backend['transact']> {
    throw notOffered();
  }
}

/** Never reached: the REST layer refuses interactions that `served` does not name. */
function notOffered(): FhirError {
  return new FhirError('not-supported', 'This interaction is not offered to the SAS', {
    status: 405,
    text: "Cette opération n'est pas offerte au SAS.",
  });
}
