/** The face of the agenda to the SAS platform, mounted at `/sas`: slot searches, regulator accounts. What it stores is the agenda's. */
import type { AgendaBackend } from '../../agenda/backend.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Backend, Context, HistoryResult, Interaction, SearchResult, Stored, WriteResult } from '../../rest/backend.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { SearchRequest } from '../../fhir/search/request.ts';
import type { AccessLog } from './access-log.ts';
import { type SasSettings, SasSearch } from './sas-search.ts';

const ANS = 'https://interop.esante.gouv.fr/ig/fhir/sas/CapabilityStatement';

export class EditorBackend implements Backend {
  readonly served: ReadonlyMap<string, readonly Interaction[]> = new Map<string, readonly Interaction[]>([
    ['Slot', ['search-type']],
    ['Schedule', ['search-type']],
  ]);
  readonly operations = [];
  readonly system = [];
  readonly instantiates = ['PsIndiv', 'CPTS', 'SOS'].map((one) => `${ANS}/SAS-GestionnaireAgenda-${one}`);
  readonly searches: SasSearch;

  constructor(agenda: AgendaBackend, settings: SasSettings, log: AccessLog) {
    this.searches = new SasSearch(agenda, settings, log);
  }

  search(context: Context, request: SearchRequest): Promise<SearchResult> {
    return request.type === 'Slot' ? this.searches.slots(context, request) : this.searches.schedules(context, request);
  }

  read(): Promise<Stored & { body: string }> {
    throw notHere();
  }

  readVersion(): Promise<Stored & { body: string }> {
    throw notHere();
  }

  history(): Promise<HistoryResult> {
    throw notHere();
  }

  create(_context: Context, _resource: Resource): Promise<WriteResult> {
    throw notHere();
  }

  update(): Promise<WriteResult> {
    throw notHere();
  }

  patch(): Promise<WriteResult> {
    throw notHere();
  }

  delete(): Promise<Stored | undefined> {
    throw notHere();
  }

  transact(): ReturnType<Backend['transact']> {
    throw notHere();
  }
}

/** Never reached: the door refuses what `served` does not name. */
function notHere(): FhirError {
  return new FhirError('not-supported', 'This interaction is not offered to the SAS', { status: 405, text: "Cette opération n'est pas offerte au SAS." });
}
