/**
 * The slot searches of the SAS on the agenda's own data: practitioners (INT_R01), CPTS (INT_R04), SOS Médecins. Answers
 * have one page, one `self` link and the dialect of the contract. Spec: 6.1 to 6.3, Annex A
 */
import type { Context, SearchEntry, SearchResult } from '../../../fhir/interaction.ts';
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { RuleServices } from '../../../agenda/rules/services.ts';
import type { AgendaState } from '../../../agenda/slots/slot-state.ts';
import { slotWindow, startTest } from '../../../agenda/slots/slot-window.ts';
import { readOperator } from '../../../fhir/french/fr-extensions.ts';
import { parseJson } from '../../../fhir/json.ts';
import type { Reference, Resource } from '../../../fhir/resource.ts';
import type { SearchRequest } from '../../../fhir/search/request.ts';
import { tokenEntry } from '../../../fhir/search/index-entry.ts';
import type { AccessLog } from '../accounts/access-log.ts';
import type { RegulatorAccounts } from '../accounts/accounts.ts';
import { type Door, PROFILE } from '../codes.ts';
import { scheduleResource, slotResource } from './dialect.ts';
import { SasActors, type Service } from './sas-actors.ts';
import { readScheduleRequest, readSlotRequest, type SasRequest } from './sas-request.ts';
import { cptsOf, hasQuota, type Leaving, leaving, type Look, quotaStart, type SasSlot } from './sas-slots.ts';

export interface SasSettings {
  /** System of the identifiers that the editor gives to its places: an OID or a URL. */
  editorSystem: string;
  windowDays: number;
}

const MAX_PRACTITIONERS = 1000;

/** What agendas are decided by. */
interface Known {
  /** By Schedule id. */
  states: Map<string, AgendaState>;
  services: Map<string, Service>;
}

export class SasSearch {
  private readonly agenda: RuleServices;
  private readonly settings: SasSettings;
  private readonly accounts: RegulatorAccounts;
  private readonly log: AccessLog;
  private readonly faces: SasActors;

  constructor(agenda: RuleServices, accounts: RegulatorAccounts, settings: SasSettings, log: AccessLog) {
    this.agenda = agenda;
    this.settings = settings;
    this.accounts = accounts;
    this.log = log;
    this.faces = new SasActors(agenda, settings.editorSystem);
  }

  /** INT_R01 and INT_R04. */
  async slots(context: Context, request: SearchRequest): Promise<SearchResult> {
    const asked = readSlotRequest(request, context.strict);
    const { agendas, reader } = this.agenda;
    const tokens = asked.identifiers.map(tokenEntry);
    const practitioners =
      tokens.length === 0 ? [] : await reader.byIdentifier(['Practitioner'], tokens, MAX_PRACTITIONERS);
    const rows = practitioners.length === 0 ? [] : await agendas.stored.ofActors(practitioners);
    const wanted = new Set(practitioners);
    const answer = new Answer(context, asked.door, PROFILE.bundle[asked.door]);
    const loaded = await agendas.load(rows);
    const practices = await this.faces.practices(loaded, asked.written);
    const { found, services } = await this.visible(
      context,
      asked,
      loaded.filter(({ schedule }) => wanted.has(practices.get(schedule)?.reference ?? '')),
    );
    for (const [one, slots] of found) {
      const { reference, practitioner, role } = practices.get(one.schedule)!;
      for (const slot of slots)
        answer.slot(slotResource(slot, asked.door, one.schedule, bookingPage(context, one, slot)), 'match');
      answer.add(scheduleResource(one.schedule, asked.door, [reference, `PractitionerRole/${role.id}`]));
      answer.add(practitioner);
      answer.add(role);
      const named = slots.flatMap(({ cpts }) => cpts.map((reference) => services.get(reference)!));
      for (const { service } of named) answer.add(service);
      for (const { organization } of named) answer.add(organization);
    }
    return answer.result(this.log);
  }

  /** SOS Médecins: the agendas are the matches and the slots are included; `total` counts slots (trap H28). */
  async schedules(context: Context, request: SearchRequest): Promise<SearchResult> {
    const asked = readScheduleRequest(request, context.strict);
    const { agendas } = this.agenda;
    const answer = new Answer(context, 'SOS', PROFILE.bundle.SOS);
    const loaded = await agendas.load(
      asked.identifiers.length === 0 ? [] : await agendas.stored.matching(asked.on, MAX_PRACTITIONERS),
    );
    const centres = await this.faces.centres(loaded, asked.written);
    const { found } = await this.visible(
      context,
      asked,
      loaded.filter(({ schedule }) => centres.has(schedule)),
    );
    for (const [one, slots] of found) {
      const { location, organization } = centres.get(one.schedule)!;
      answer.add(scheduleResource(one.schedule, 'SOS', [`Location/${location.id}`]), 'match');
      for (const slot of slots)
        answer.slot(slotResource(slot, 'SOS', one.schedule, bookingPage(context, one, slot)), 'include');
      answer.add(location);
      answer.add(organization);
    }
    return answer.result(this.log);
  }

  /** What one agenda shows by a door, and why the rest stays. */
  async leaving(loaded: LoadedAgenda, look: Look): Promise<Leaving> {
    const faces = look.door === 'SOS' ? await this.faces.centres([loaded]) : await this.faces.practices([loaded]);
    const known = await this.know([loaded], look);
    return this.decide(loaded, known, look, faces.has(loaded.schedule));
  }

  /** What each of these agendas shows, those that show nothing left out. */
  private async visible(
    { now }: Context,
    { door, starts }: SasRequest,
    loaded: readonly LoadedAgenda[],
  ): Promise<{ found: [LoadedAgenda, SasSlot[]][]; services: Known['services'] }> {
    const look = { door, window: slotWindow(starts, now, this.settings.windowDays), now };
    const isAsked = startTest(starts);
    const known = await this.know(loaded, look);
    const found: [LoadedAgenda, SasSlot[]][] = [];
    for (const one of loaded) {
      const { visible } = await this.decide(one, known, look, true);
      const slots = visible.filter(({ start }) => isAsked(start));
      if (slots.length > 0) found.push([one, slots]);
    }
    return { found, services: known.services };
  }

  /** Of a search of practitioners without quotas the CPTS do not matter, and are not read. */
  private async know(loaded: readonly LoadedAgenda[], { door, window, now }: Look): Promise<Known> {
    const start = loaded.reduce((first, one) => Math.min(first, quotaStart(one, window.start)), window.start);
    const states =
      loaded.length === 0
        ? new Map<string, AgendaState>()
        : await this.agenda.slots.states.of(loaded, { ...window, start }, now);
    const naming = loaded.filter((one) => door === 'CPTS' || hasQuota(one));
    return {
      states,
      services: await this.faces.services(naming.flatMap((one) => cptsOf(one, states.get(one.schedule)!))),
    };
  }

  /** The quota counts what regulators have booked already. */
  private async decide(
    loaded: LoadedAgenda,
    { states, services: known }: Known,
    look: Look,
    isComplete: boolean,
  ): Promise<Leaving> {
    const state = states.get(loaded.schedule)!;
    const services = new Set(known.keys());
    if (!hasQuota(loaded)) return leaving(loaded, state, look, { isComplete, services });
    const { reader } = this.agenda;
    const own = state.busy.filter((one) => one.own);
    const appointments = await reader.readReferences(own.map((one) => `Appointment/${one.appointment}`));
    const byRegulators = await this.byRegulators(
      appointments.map((appointment) => parseJson(appointment.body!) as Resource),
    );
    return leaving(loaded, state, look, {
      isComplete,
      services,
      booked: own.filter((one) => byRegulators.has(one.appointment)).map((one) => one.start),
    });
  }

  /** Ids of the appointments whose operator is an account, active or not: others have booked by their own means. */
  private async byRegulators(appointments: readonly Resource[]): Promise<Set<string>> {
    const operators = new Map(
      appointments.map((appointment) => [appointment.id!, readOperator(appointment)?.identifier]),
    );
    const known = await this.accounts.known([...operators.values()].filter((operator) => operator !== undefined));
    return new Set([...operators].filter(([, one]) => one !== undefined && known(one)).map(([id]) => id));
  }
}

/** Our own booking page (`/rdv`, beside the base of the SAS) for a slot of the agenda. */
function bookingPage({ base }: Context, { schedule }: LoadedAgenda, { id }: SasSlot): string {
  return `${base.slice(0, base.lastIndexOf('/'))}/rdv?agenda=${schedule}&slot=${id}`;
}

/** A searchset in the making: each resource once. */
class Answer {
  private readonly entries = new Map<string, SearchEntry>();
  private readonly context: Context;
  private readonly door: Door;
  private readonly profile: string;
  private readonly shown = new Map<string, number>();

  constructor(context: Context, door: Door, profile: string) {
    this.context = context;
    this.door = door;
    this.profile = profile;
  }

  has(reference: string): boolean {
    return this.entries.has(reference);
  }

  slot(resource: Resource, mode: 'match' | 'include'): void {
    const schedule = (resource['schedule'] as Reference).reference!;
    this.shown.set(schedule, (this.shown.get(schedule) ?? 0) + 1);
    this.add(resource, mode);
  }

  add(resource: Resource, mode: 'match' | 'include' = 'include'): void {
    const key = `${resource.resourceType}/${resource.id}`;
    if (!this.entries.has(key))
      this.entries.set(key, { type: resource.resourceType, id: resource.id!, body: JSON.stringify(resource), mode });
  }

  result(log: AccessLog): SearchResult {
    if (this.shown.size > 0) log.note(this.context, this.door, this.shown);
    const entries = [...this.entries.values()];
    return {
      total: entries.filter((entry) => entry.type === 'Slot').length,
      entries,
      profile: this.profile,
      selfOnly: true,
    };
  }
}
