/** The slots that a regulator may book on an agenda: those that leave by a door of the SAS, and no others. */
import type { Context } from '../../../fhir/interaction.ts';
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { RuleServices } from '../../../agenda/rules/services.ts';
import { parseJson } from '../../../fhir/json.ts';
import type { Json, Reference, Resource } from '../../../fhir/resource.ts';
import { parseSlotId } from '../../../scheduling/slot-id.ts';
import { DAY } from '../../../scheduling/zone.ts';
import { DOORS } from '../codes.ts';
import type { SasSearch } from '../search/sas-search.ts';
import type { SasSlot } from '../search/sas-slots.ts';

/** How far a regulator looks, and how many slots are shown. */
const DAYS = 14;
const SHOWN = 12;

/** Whose agenda, where: for people to read. */
export interface Place {
  practitioner: string;
  specialty: string;
  address: string;
  phone: string;
}

export class ArrivalSlots {
  private readonly agenda: RuleServices;
  private readonly searches: SasSearch;

  constructor(agenda: RuleServices, searches: SasSearch) {
    this.agenda = agenda;
    this.searches = searches;
  }

  /** The agenda that an address names, by itself (`Schedule/x` or `x`) or by a slot. */
  async find(schedule: string, slot: string): Promise<LoadedAgenda | undefined> {
    const { agendas, reader } = this.agenda;
    const key = slot === '' ? undefined : parseSlotId(slot);
    if (key !== undefined)
      return (await agendas.load([await agendas.stored.byCode(key.agenda)].flatMap((one) => one ?? [])))[0];
    const explicit = slot === '' ? undefined : await reader.read('Slot', slot);
    const named = explicit?.body === undefined ? schedule : (parseJson(explicit.body)['schedule'].reference as string);
    return (await agendas.load(await agendas.stored.rows([named.split('/').at(-1)!])))[0];
  }

  /** In the order of time. */
  async open(context: Context, loaded: LoadedAgenda): Promise<SasSlot[]> {
    const window = { start: context.now, end: context.now + DAYS * DAY };
    const found = new Map<string, SasSlot>();
    for (const door of DOORS) {
      const { visible } = await this.searches.leaving(loaded, { door, window, now: context.now });
      for (const one of visible) found.set(one.id, one);
    }
    return [...found.values()].sort((a, b) => a.start - b.start || a.end - b.end);
  }

  async place(loaded: LoadedAgenda): Promise<Place> {
    const { reader } = this.agenda;
    const read = async (references: readonly (string | undefined)[]): Promise<Resource[]> =>
      (
        await reader.readReferences(
          references.filter((reference) => reference !== undefined && !reference.startsWith('#')) as string[],
        )
      ).map((reference) => parseJson(reference.body!) as Resource);
    const actors = await read(loaded.actors);
    const roles = actors.filter((actor) => actor.resourceType === 'PractitionerRole');
    const more = await read(
      roles.flatMap((role) => [
        role['practitioner']?.reference,
        ...((role['location'] as Reference[] | undefined) ?? []).map((at) => at.reference),
      ]),
    );
    const all = [...actors, ...more, ...roles.flatMap((role) => (role['contained'] as Resource[] | undefined) ?? [])];
    const practitioners = new Map(
      all.filter((one) => one.resourceType === 'Practitioner').map((one) => [one.id, personName(one)]),
    );
    const location = all.find((one) => one.resourceType === 'Location');
    const service = all.find((one) => one.resourceType === 'HealthcareService');
    const specialty = ((loaded.resource['specialty'] ?? roles[0]?.['specialty']) as Json[] | undefined)?.[0];
    const address = location?.['address'];
    const phones = [...roles, location]
      .flatMap((role) => (role?.['telecom'] as Json[] | undefined) ?? [])
      .filter((telecom) => telecom.system === 'phone');
    return {
      practitioner: [...practitioners.values()].join(', ') || service?.['name'] || location?.['name'] || 'Agenda',
      specialty: specialty?.text ?? specialty?.coding?.[0]?.display ?? '',
      address: [
        location?.['name'],
        ...(address?.line ?? []),
        [address?.postalCode, address?.city].filter(Boolean).join(' '),
      ]
        .filter(Boolean)
        .join(', '),
      phone: phones[0]?.value ?? '',
    };
  }
}

/** The nearest to an instant, in the order of time. */
export function nearestSlots(slots: readonly SasSlot[], at: number): SasSlot[] {
  return [...slots]
    .sort((a, b) => Math.abs(a.start - at) - Math.abs(b.start - at))
    .slice(0, SHOWN)
    .sort((a, b) => a.start - b.start);
}

export function personName(resource: Resource): string {
  const name = (resource['name'] as Json[] | undefined)?.[0];
  return name?.text ?? [...(name?.prefix ?? []), ...(name?.given ?? []), name?.family].filter(Boolean).join(' ');
}
