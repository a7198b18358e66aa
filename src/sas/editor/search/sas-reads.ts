/**
 * Reads of a resource under `/sas`, by the `fullUrl` that a search gave. A resource is there as long as a search would
 * show it: the agendas that could show it are asked as a search asks them, and it is taken from their answer.
 * Spec: 5.3
 */
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { RuleServices } from '../../../agenda/rules/services.ts';
import type { Context, Existing } from '../../../fhir/interaction.ts';
import { FhirError, notFound } from '../../../fhir/issue.ts';
import type { Criterion } from '../../../fhir/search/request.ts';
import { parseSearch } from '../../../fhir/search/parse.ts';
import type { Interval } from '../../../scheduling/interval.ts';
import { DAY } from '../../../scheduling/zone.ts';
import type { AgendaRow } from '../../../store/resources/agenda-reader.ts';
import type { SearchKind } from '../../contract/contract.ts';
import type { SasSearch } from './sas-search.ts';

/** The searches that show each type. */
const SHOWN_BY: Readonly<Record<string, readonly SearchKind[]>> = {
  Slot: ['PS', 'CPTS', 'SOS'],
  Schedule: ['PS', 'CPTS', 'SOS'],
  Practitioner: ['PS'],
  PractitionerRole: ['PS'],
  HealthcareService: ['CPTS'],
  Location: ['SOS'],
  Organization: ['SOS', 'CPTS'],
};

export const READ_TYPES: readonly string[] = Object.keys(SHOWN_BY);

const MAX_AGENDAS = 1000;
/** Agendas that are asked together: the first answer that has the resource ends the read. */
const TOGETHER = 25;

export class SasReads {
  readonly #agenda: RuleServices;
  readonly #windowDays: number;

  constructor(agenda: RuleServices, windowDays: number) {
    this.#agenda = agenda;
    this.#windowDays = windowDays;
  }

  /** Throws `not-found` (404) of all that no search shows now, whether it is stored or not. */
  async read(context: Context, searches: SasSearch, type: string, id: string): Promise<Existing> {
    const rows = await this.#agendasThatMayShow(context, type, id);
    const window = await this.#windowOf(context, type, id);
    for (let first = 0; window !== undefined && first < rows.length; first += TOGETHER) {
      const loaded = await this.#agenda.agendas.load(rows.slice(first, first + TOGETHER));
      const body = await this.#bodyIn(context, searches, { type, id, loaded, window });
      if (body !== undefined) return { type, id, version: 1, updatedAt: context.now, body, isComputed: true };
    }
    throw notFound(type, id);
  }

  async #bodyIn(
    context: Context,
    searches: SasSearch,
    { type, id, loaded, window }: { type: string; id: string; loaded: readonly LoadedAgenda[]; window: Interval },
  ): Promise<string | undefined> {
    for (const kind of SHOWN_BY[type] ?? []) {
      const shown = await searches.shown(context, kind, loaded, window);
      const body = shown.body(type, id);
      if (body === undefined) continue;
      if (type === 'Slot') shown.note(context, kind);
      return body;
    }
    return undefined;
  }

  /** The start of a slot; of other types, as far ahead as a search may look. */
  async #windowOf(context: Context, type: string, id: string): Promise<Interval | undefined> {
    if (type !== 'Slot') return { start: context.now, end: context.now + this.#windowDays * DAY };
    const slot = await this.#slot(context, id);
    return slot && { start: slot.start, end: slot.start + 1 };
  }

  async #slot(context: Context, id: string): Promise<{ schedule: string; start: number } | undefined> {
    try {
      return (await this.#agenda.slots.find(context, id)).slot;
    } catch (error) {
      if (error instanceof FhirError && (error.code === 'not-found' || error.code === 'deleted')) return undefined;
      throw error;
    }
  }

  async #agendasThatMayShow(context: Context, type: string, id: string): Promise<AgendaRow[]> {
    const { stored } = this.#agenda.agendas;
    if (type === 'Organization') return this.#ofStructure(id);
    if (type === 'HealthcareService') return this.#ofServices([id]);
    if (type !== 'Slot' && type !== 'Schedule') return stored.ofActors([`${type}/${id}`]);
    const schedule = type === 'Schedule' ? id : (await this.#slot(context, id))?.schedule;
    return schedule === undefined ? [] : stored.rows([schedule]);
  }

  /** Agendas of the places of a structure, and agendas that offer slots to its CPTS. */
  async #ofStructure(id: string): Promise<AgendaRow[]> {
    const { stored } = this.#agenda.agendas;
    const places = await stored.matching(
      criteria('Schedule', `actor:Location.organization=Organization/${id}`),
      MAX_AGENDAS,
    );
    const services = await this.#ids('HealthcareService', `organization=Organization/${id}`);
    return [...places, ...(await this.#ofServices(services))];
  }

  /** Agendas that name one of these services, in an offer or in a Slot that somebody wrote. */
  async #ofServices(services: readonly string[]): Promise<AgendaRow[]> {
    if (services.length === 0) return [];
    const named = services.map((id) => `HealthcareService/${id}`).join();
    const { stored } = this.#agenda.agendas;
    const offering = await stored.matching(criteria('Schedule', `offered-service=${named}`), MAX_AGENDAS);
    const written = criteria('Schedule', `_has:Slot:schedule:service-type-reference=${named}`);
    return [...offering, ...(await stored.matching(written, MAX_AGENDAS))];
  }

  async #ids(type: string, query: string): Promise<string[]> {
    const page = await this.#agenda.reader.search(type, criteria(type, query), {
      count: MAX_AGENDAS,
      sort: [],
      total: 'none',
    });
    return page.rows.map(({ id }) => id);
  }
}

function criteria(type: string, query: string): Criterion[] {
  return parseSearch(type, query, { strict: true }).criteria;
}
