/**
 * The slot searches of the SAS on the agenda's own data: practitioners (INT_R01), CPTS (INT_R04), SOS Médecins. One
 * page, one `self` link, the dialect of the contract. Spec: 6.1 to 6.3, Annex A
 */
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { RuleServices } from '../../../agenda/rules/services.ts';
import type { AgendaState } from '../../../agenda/slots/slot-state.ts';
import { slotWindow, startTest } from '../../../agenda/slots/slot-window.ts';
import { readOperator } from '../../../fhir/french/fr-extensions.ts';
import type { Context, SearchResult } from '../../../fhir/interaction.ts';
import { tokenEntry } from '../../../fhir/search/index-entry.ts';
import type { SearchRequest } from '../../../fhir/search/request.ts';
import type { Interval } from '../../../scheduling/interval.ts';
import { parseResource } from '../../../fhir/json.ts';
import type { Contract, SearchKind } from '../../contract/contract.ts';
import type { RegulatorAccounts } from '../accounts/accounts.ts';
import { centreLacks, type Lack, practiceAdvice, practiceLacks, sentenceOf } from './completeness.ts';
import { SasDialect } from './dialect.ts';
import { type LeavingNote, leavingRole } from './leaving.ts';
import { type CptsService, SasActors } from './sas-actors.ts';
import { readSasRequest, type SasRequest } from './sas-request.ts';
import {
  hasQuota,
  decidingWindow,
  type SasSlot,
  type SasVisibility,
  sasVisibility,
  type SasWindow,
} from './sas-slots.ts';
import { Searchset } from './searchset.ts';
import { cptsOf } from './slot-content.ts';

export interface SasSettings {
  contract: Contract;
  /** System of the identifiers that the editor gives to its places: an OID or a URL. */
  editorSystem: string;
  windowDays: number;
}

const MAX_PRACTITIONERS = 1000;

/** The facts that decide beside the agendas themselves. */
interface Surroundings {
  /** By Schedule id. */
  states: Map<string, AgendaState>;
  /** By reference. */
  services: Map<string, CptsService>;
}

export interface SasExplanation {
  lacks: Lack[];
  notes: LeavingNote[];
}

/** A search with its time worked out. */
interface AskedTime {
  kind: SearchKind;
  /** Identifiers of the search, `system|value`. */
  tokens: ReadonlySet<string>;
  window: Interval;
  /** Of the start of a slot in the window. */
  isAsked: (start: number) => boolean;
}

interface VisibleAgenda {
  loaded: LoadedAgenda;
  slots: SasSlot[];
}

export class SasSearch {
  readonly #agenda: RuleServices;
  readonly #settings: SasSettings;
  readonly #accounts: RegulatorAccounts;
  readonly #dialect: SasDialect;
  readonly #actors: SasActors;

  constructor(agenda: RuleServices, accounts: RegulatorAccounts, settings: SasSettings) {
    this.#agenda = agenda;
    this.#settings = settings;
    this.#accounts = accounts;
    this.#dialect = new SasDialect(settings.contract, settings.editorSystem);
    this.#actors = new SasActors(agenda, this.#dialect);
  }

  /** INT_R01 and INT_R04. */
  async slots(context: Context, request: SearchRequest): Promise<SearchResult> {
    const asked = readSasRequest(request, this.#settings.contract, context.strict);
    const { kind } = asked;
    const practitioners = await this.#practitioners(asked);
    const { agendas } = this.#agenda;
    const loaded = await agendas.load(
      practitioners.size === 0 ? [] : await agendas.stored.ofActors([...practitioners]),
    );
    const answer = await this.#practices(context, this.#asked(context, asked), loaded, practitioners);
    return answer.finish(context, kind);
  }

  /** `practitioners`: references; only agendas of these are shown. `undefined`: all agendas are. */
  async #practices(
    context: Context,
    search: AskedTime,
    all: readonly LoadedAgenda[],
    practitioners?: ReadonlySet<string>,
  ): Promise<Searchset> {
    const { kind, tokens } = search;
    const practices = await this.#actors.practices(all, tokens);
    const loaded = all.filter(({ schedule }) => {
      const reference = practices.get(schedule)?.reference;
      return reference !== undefined && (practitioners?.has(reference) ?? true);
    });
    const { visible, services } = await this.#visible(context, search, loaded);
    const answer = new Searchset(this.#settings.contract.profiles.bundle[kind]);
    for (const { loaded: agenda, slots } of visible) {
      const { schedule } = agenda;
      const { reference, practitioner, role } = practices.get(schedule)!;
      for (const slot of slots)
        answer.addSlot(this.#dialect.slot(slot, kind, schedule, bookingPage(context, kind, agenda, slot)), 'match');
      answer.add(this.#dialect.schedule(schedule, kind, [reference, `PractitionerRole/${role.id}`]));
      answer.add(practitioner);
      answer.add(role);
      const named = slots.flatMap(({ cpts }) => cpts.map((service) => services.get(service)!));
      for (const { service } of named) answer.add(service);
      for (const { organization } of named) answer.add(organization);
    }
    return answer;
  }

  /** The answer of a kind of search for these agendas in a time. */
  async shown(
    context: Context,
    kind: SearchKind,
    loaded: readonly LoadedAgenda[],
    window: Interval,
  ): Promise<Searchset> {
    const search: AskedTime = { kind, tokens: new Set(), window, isAsked: () => true };
    return kind === 'SOS' ? this.#centres(context, search, loaded) : this.#practices(context, search, loaded);
  }

  /** References of the practitioners who have the identifiers asked for. */
  async #practitioners({ identifiers }: SasRequest): Promise<Set<string>> {
    if (identifiers.length === 0) return new Set();
    const { reader } = this.#agenda;
    return new Set(await reader.byIdentifier(['Practitioner'], identifiers.map(tokenEntry), MAX_PRACTITIONERS));
  }

  /** SOS Médecins: the agendas are the matches, and the slots come with them. */
  async schedules(context: Context, request: SearchRequest): Promise<SearchResult> {
    const asked = readSasRequest(request, this.#settings.contract, context.strict);
    const { kind } = asked;
    const { agendas } = this.#agenda;
    const loaded = await agendas.load(
      asked.identifiers.length === 0 ? [] : await agendas.stored.matching(asked.structures, MAX_PRACTITIONERS),
    );
    const answer = await this.#centres(context, this.#asked(context, asked), loaded);
    return answer.finish(context, kind);
  }

  async #centres(context: Context, search: AskedTime, loaded: readonly LoadedAgenda[]): Promise<Searchset> {
    const { kind, tokens } = search;
    const centres = await this.#actors.centres(loaded, tokens);
    const complete = loaded.filter(({ schedule }) => centres.has(schedule));
    const { visible } = await this.#visible(context, search, complete);
    const answer = new Searchset(this.#settings.contract.profiles.bundle[kind]);
    for (const { loaded: agenda, slots } of visible) {
      const { schedule } = agenda;
      const { location, organization } = centres.get(schedule)!;
      answer.add(this.#dialect.schedule(schedule, kind, [`Location/${location.id}`]), 'match');
      for (const slot of slots)
        answer.addSlot(this.#dialect.slot(slot, kind, schedule, bookingPage(context, kind, agenda, slot)), 'include');
      answer.add(location);
      answer.add(organization);
    }
    return answer;
  }

  #asked({ now }: Context, { kind, tokens, starts }: SasRequest): AskedTime {
    const window = slotWindow(starts, now, this.#settings.windowDays);
    return { kind, tokens, window, isAsked: startTest(starts) };
  }

  /** The slots of one agenda that a kind of search shows, and the reasons why it withholds the others. */
  async visibility(loaded: LoadedAgenda, sasWindow: SasWindow): Promise<SasVisibility> {
    const actors =
      sasWindow.kind === 'SOS' ? await this.#actors.centres([loaded]) : await this.#actors.practices([loaded]);
    const surroundings = await this.#surroundings([loaded], sasWindow);
    return this.#decide(loaded, surroundings, sasWindow, actors.has(loaded.schedule));
  }

  /**
   * The elements without which a kind of search cannot show an agenda, and the parts that it leaves out beside the
   * slots.
   */
  async explain(loaded: LoadedAgenda, kind: SearchKind): Promise<SasExplanation> {
    if (kind === 'SOS') return { lacks: centreLacks(await this.#actors.centreParts(loaded)), notes: [] };
    const parts = await this.#actors.practiceParts(loaded);
    const { role } = parts;
    const advice = practiceAdvice(parts, role && this.#dialect.practitionerRole(role, '', parts.place, undefined));
    return {
      lacks: practiceLacks(parts),
      notes: [
        ...(role === undefined ? [] : leavingRole(this.#settings.contract, role).notes),
        ...advice.map((lack) => ({ element: lack.element, french: sentenceOf([lack]) })),
      ],
    };
  }

  /** The agendas that show a slot, and their slots. */
  async #visible(
    { now }: Context,
    { kind, window, isAsked }: AskedTime,
    loaded: readonly LoadedAgenda[],
  ): Promise<{ visible: VisibleAgenda[]; services: Surroundings['services'] }> {
    const sasWindow = { kind, window, now };
    const surroundings = await this.#surroundings(loaded, sasWindow);
    const visible: VisibleAgenda[] = [];
    for (const agenda of loaded) {
      const decided = await this.#decide(agenda, surroundings, sasWindow, true);
      const slots = decided.visible.filter(({ start }) => isAsked(start));
      if (slots.length > 0) visible.push({ loaded: agenda, slots });
    }
    return { visible, services: surroundings.services };
  }

  /** CPTS decide nothing in a search of practitioners without quotas, and are then not read. */
  async #surroundings(loaded: readonly LoadedAgenda[], { kind, window, now }: SasWindow): Promise<Surroundings> {
    const deciding = loaded.map((agenda) => decidingWindow(agenda, window));
    const start = deciding.reduce((first, part) => Math.min(first, part.start), window.start);
    const end = deciding.reduce((last, part) => Math.max(last, part.end), window.end);
    const states =
      loaded.length === 0
        ? new Map<string, AgendaState>()
        : await this.#agenda.slots.states.of(loaded, { start, end }, now);
    const withCpts = loaded.filter((agenda) => kind === 'CPTS' || hasQuota(agenda));
    const references = withCpts.flatMap((agenda) => cptsOf(agenda, states.get(agenda.schedule)!));
    return { states, services: await this.#actors.services(references) };
  }

  async #decide(
    loaded: LoadedAgenda,
    { states, services }: Surroundings,
    sasWindow: SasWindow,
    isComplete: boolean,
  ): Promise<SasVisibility> {
    const state = states.get(loaded.schedule)!;
    const facts = {
      isComplete,
      services: new Set(services.keys()),
      booked: hasQuota(loaded) ? await this.#bookedByRegulators(state) : [],
    };
    return sasVisibility(this.#settings.contract, loaded, state, sasWindow, facts);
  }

  /**
   * Starts of the agenda's appointments whose operator is a regulator account, active or not: the quota counts them.
   */
  async #bookedByRegulators({ busy }: AgendaState): Promise<number[]> {
    const own = busy.filter((interval) => interval.own);
    const stored = await this.#agenda.reader.readReferences(own.map(({ appointment }) => `Appointment/${appointment}`));
    const operators = new Map(
      stored.flatMap(({ id, body }) => {
        const operator = readOperator(parseResource('Appointment', body!))?.identifier;
        return operator === undefined ? [] : [[id, operator]];
      }),
    );
    const isAccount = await this.#accounts.accountTest([...operators.values()]);
    return own
      .filter(({ appointment }) => operators.has(appointment) && isAccount(operators.get(appointment)!))
      .map(({ start }) => start);
  }
}

/**
 * Our own booking page (`/rdv`, beside the base of the SAS). The guide wants the address of the agenda, not of the slot
 * (trap C9), except for SOS Médecins: the page opens the agenda at the time of the slot.
 */
function bookingPage({ base }: Context, kind: SearchKind, { schedule }: LoadedAgenda, { id, start }: SasSlot): string {
  const place = kind === 'SOS' ? `slot=${id}` : `debut=${new Date(start).toISOString().slice(0, 16)}Z`;
  return `${base.slice(0, base.lastIndexOf('/'))}/rdv?agenda=${schedule}&${place}`;
}
