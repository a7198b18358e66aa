/**
 * The slot searches of the SAS on the agenda's own data: practitioners (INT_R01), CPTS (INT_R04), SOS Médecins. One page, one `self`
 * link, the dialect of the contract. Guide: 6.1 to 6.3, Annex A.
 */
import type { LoadedAgenda } from '../../agenda/agendas.ts';
import type { AgendaBackend } from '../../agenda/backend.ts';
import type { AgendaState } from '../../agenda/slot-state.ts';
import { slotWindow, startMatches } from '../../agenda/slot-window.ts';
import { readOperator } from '../../fhir/fr-extensions.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Reference, Resource } from '../../fhir/resource.ts';
import type { SearchRequest } from '../../fhir/search/request.ts';
import type { Context, SearchEntry, SearchResult } from '../../rest/backend.ts';
import { tokenEntry } from '../../store/search-sql.ts';
import type { AccessLog } from './access-log.ts';
import type { RegulatorAccounts } from './accounts.ts';
import { type Door, PROFILE } from './codes.ts';
import { healthcareServiceResource, organizationResource, practitionerResource, practitionerRoleResource, scheduleResource, slotResource, sosLocationResource } from './dialect.ts';
import { readScheduleRequest, readSlotRequest, type SasRequest } from './sas-request.ts';
import { hasQuota, type Leaving, leaving, type SasSlot } from './sas-slots.ts';

export interface SasSettings {
  /** System of the identifiers that the editor gives to its places: an OID or a URL. */
  editorSystem: string;
  windowDays: number;
}

const MOST_PRACTITIONERS = 1000;

export class SasSearch {
  private readonly agenda: AgendaBackend;
  private readonly settings: SasSettings;
  private readonly accounts: RegulatorAccounts;
  private readonly log: AccessLog;

  constructor(agenda: AgendaBackend, accounts: RegulatorAccounts, settings: SasSettings, log: AccessLog) {
    this.agenda = agenda;
    this.accounts = accounts;
    this.settings = settings;
    this.log = log;
  }

  /** INT_R01 and INT_R04. */
  async slots(context: Context, request: SearchRequest): Promise<SearchResult> {
    const asked = readSlotRequest(request);
    const { agendas, repository } = this.agenda;
    const tokens = asked.identifiers.map(tokenEntry);
    const practitioners = tokens.length === 0 ? [] : await repository.reader.byIdentifier(['Practitioner'], tokens, MOST_PRACTITIONERS);
    const rows = practitioners.length === 0 ? [] : await agendas.stored.ofActors(practitioners);
    const wanted = new Set(practitioners);
    const answer = new Answer(context, asked.door, PROFILE.bundle[asked.door]);
    const loaded = await agendas.load(rows);
    const places = await this.places(loaded);
    const withPlace = loaded.filter((one) => wanted.has(places.get(one.schedule)?.practitioner?.reference ?? ''));
    for (const [one, slots] of await this.visible(context, asked, withPlace)) {
      const { practitioner, role } = places.get(one.schedule)!;
      for (const slot of slots) answer.slot(slotResource(slot, asked.door, one.schedule, bookingPage(context, one, slot)), 'match');
      answer.add(scheduleResource(one.schedule, asked.door, [practitioner!.reference, `PractitionerRole/${role!.id}`]));
      answer.add(practitioner!.resource);
      answer.add(role!);
      await this.addCpts(answer, slots);
    }
    return answer.result(this.log);
  }

  /** SOS Médecins: the agendas are the matches, the slots come with them; `total` counts slots (H28). */
  async schedules(context: Context, request: SearchRequest): Promise<SearchResult> {
    const asked = readScheduleRequest(request);
    const { agendas, repository } = this.agenda;
    const answer = new Answer(context, 'SOS', PROFILE.bundle.SOS);
    const rows = asked.identifiers.length === 0 ? [] : await agendas.stored.matching(asked.on, MOST_PRACTITIONERS);
    for (const [one, slots] of await this.visible(context, asked, await agendas.load(rows))) {
      const [place] = await repository.reader.readReferences(one.actors.filter((actor) => actor.startsWith('Location/')));
      const location = place && sosLocationResource(parseJson(place.body!) as Resource, this.settings.editorSystem);
      if (location === undefined) continue;
      const [structure] = await repository.reader.readReferences([(location['managingOrganization'] as Reference).reference!]);
      if (structure === undefined) continue;
      answer.add(scheduleResource(one.schedule, 'SOS', [`Location/${location.id}`]), 'match');
      for (const slot of slots) answer.slot(slotResource(slot, 'SOS', one.schedule, bookingPage(context, one, slot)), 'include');
      answer.add(location);
      answer.add(organizationResource(parseJson(structure.body!) as Resource, PROFILE.sosOrganization));
    }
    return answer.result(this.log);
  }

  /** What each agenda shows by the door, agendas that show nothing left out. */
  private async visible(context: Context, asked: SasRequest, loaded: readonly LoadedAgenda[]): Promise<[LoadedAgenda, SasSlot[]][]> {
    const window = slotWindow(asked.starts, context.now, this.settings.windowDays);
    const states = loaded.length === 0 ? new Map<string, AgendaState>() : await this.agenda.slots.states.of(loaded, window, context.now);
    const found: [LoadedAgenda, SasSlot[]][] = [];
    for (const one of loaded) {
      const { visible } = await this.leaving(one, states.get(one.schedule)!, asked.door, window, context.now);
      const slots = visible.filter(({ start }) => asked.starts.every((criterion) => startMatches(criterion, start)));
      if (slots.length > 0) found.push([one, slots]);
    }
    return found;
  }

  /** What leaves and what does not, the quota counting what regulators have booked already. */
  async leaving(loaded: LoadedAgenda, state: AgendaState, door: Door, window: { start: number; end: number }, now: number): Promise<Leaving> {
    const { reader } = this.agenda.repository;
    let booked: number[] = [];
    if (hasQuota(loaded)) {
      const own = state.busy.filter((one) => one.own);
      const appointments = await reader.readReferences(own.map((one) => `Appointment/${one.appointment}`));
      const byRegulators = await this.byRegulators(appointments.map((one) => parseJson(one.body!) as Resource));
      booked = own.filter((one) => byRegulators.has(one.appointment)).map((one) => one.start);
    }
    return leaving(loaded, state, door, window, now, booked);
  }

  /** Ids of the appointments whose operator is an account, active or not: others have booked by their own means. */
  private async byRegulators(appointments: readonly Resource[]): Promise<Set<string>> {
    const operators = new Map(appointments.map((one) => [one.id!, readOperator(one)?.identifier]));
    const known = await this.accounts.known([...operators.values()].filter((one) => one !== undefined));
    return new Set([...operators].filter(([, one]) => one !== undefined && known(one)).map(([id]) => id));
  }

  /** The practitioner and the place of each agenda, in the dialect; agendas without both are no agendas of the SAS. */
  private async places(loaded: readonly LoadedAgenda[]): Promise<Map<string, { practitioner?: { reference: string; resource: Resource }; role?: Resource }>> {
    const { agendas, repository } = this.agenda;
    const atHand = await agendas.atHand(loaded);
    const roles = new Map<string, Resource>();
    const more = new Set<string>();
    for (const one of loaded) {
      const body = one.actors.filter((actor) => actor.startsWith('PractitionerRole/')).map((actor) => atHand.get(actor)?.body).find((text) => text !== undefined);
      if (body === undefined) continue;
      const role = parseJson(body) as Resource;
      roles.set(one.schedule, role);
      for (const reference of [(role['practitioner'] as Reference | undefined)?.reference, placeOf(role), (role['organization'] as Reference | undefined)?.reference]) {
        if (reference !== undefined && !reference.startsWith('#') && !atHand.has(reference)) more.add(reference);
      }
    }
    const read = new Map((await repository.reader.readReferences(more)).map((one) => [`${one.type}/${one.id}`, one.body!]));
    const resource = (reference: string | undefined): Resource | undefined => {
      const body = reference === undefined ? undefined : (atHand.get(reference)?.body ?? read.get(reference));
      return body === undefined ? undefined : (parseJson(body) as Resource);
    };
    const places = new Map<string, { practitioner?: { reference: string; resource: Resource }; role?: Resource }>();
    for (const [schedule, role] of roles) {
      const reference = (role['practitioner'] as Reference | undefined)?.reference;
      const practitioner = resource(reference);
      if (practitioner === undefined) continue;
      const shown = practitionerRoleResource(role, reference!, resource(placeOf(role)), resource((role['organization'] as Reference | undefined)?.reference), this.settings.editorSystem);
      if (shown !== undefined) places.set(schedule, { practitioner: { reference: reference!, resource: practitionerResource(practitioner) }, role: shown });
    }
    return places;
  }

  private async addCpts(answer: Answer, slots: readonly SasSlot[]): Promise<void> {
    const references = [...new Set(slots.flatMap((one) => one.cpts))].filter((one) => !answer.has(one));
    if (references.length === 0) return;
    const { reader } = this.agenda.repository;
    const services = (await reader.readReferences(references)).map((one) => parseJson(one.body!) as Resource);
    const organizations = await reader.readReferences(services.map((one) => (one['providedBy'] as Reference | undefined)?.reference ?? '').filter(Boolean));
    for (const one of services) if (one['providedBy'] !== undefined) answer.add(healthcareServiceResource(one));
    for (const one of organizations) answer.add(organizationResource(parseJson(one.body!) as Resource, PROFILE.cptsOrganization));
  }
}

/** Our own booking page (`/rdv`, beside the base of the SAS) for a slot of the agenda. */
function bookingPage({ base }: Context, { schedule }: LoadedAgenda, { id }: SasSlot): string {
  return `${base.slice(0, base.lastIndexOf('/'))}/rdv?agenda=${schedule}&slot=${id}`;
}

function placeOf(role: Resource): string | undefined {
  return ((role['location'] as Reference[] | undefined) ?? [])[0]?.reference;
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
    if (!this.entries.has(key)) this.entries.set(key, { type: resource.resourceType, id: resource.id!, body: JSON.stringify(resource), mode });
  }

  result(log: AccessLog): SearchResult {
    if (this.shown.size > 0) log.note(this.context, this.door, this.shown);
    const entries = [...this.entries.values()];
    return { total: entries.filter((one) => one.type === 'Slot').length, entries, profile: this.profile, selfOnly: true };
  }
}
