/**
 * The agendas on which an appointment takes time: the agendas of its slots, and every participant (`required` other
 * than
 * `information-only`) who owns an agenda and is not an actor of those, on the agenda that is open then.
 * The agenda of a patient or a related person only records the appointment. A participant without an agenda occupies
 * nothing. ADR 0011, ADR 0022
 */
import { FhirError, notFound } from '../../fhir/issue.ts';
import { numberOf, parseResource } from '../../fhir/json.ts';
import { localId, localReference } from '../../fhir/local-reference.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { isOpen } from '../../scheduling/availability.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { isExclusive } from '../occupied.ts';
import { type AppointmentActor, actorsOf } from './appointment-actors.ts';
import { deducedTime } from './deduced-time.ts';
import type { Occupation, RuleServices } from './services.ts';

interface NamedSlot extends Interval {
  loaded: LoadedAgenda;
}

/** `undefined` if the appointment has no time yet (a request, a cancelled appointment). */
export function occupationOf(services: RuleServices, appointment: Appointment): Promise<Occupation | undefined> {
  const known = services.occupations?.get(appointment);
  if (known !== undefined) return known;
  const occupation = computeOccupation(services, appointment);
  services.occupations?.set(appointment, occupation);
  return occupation;
}

/** The agendas that an appointment occupies or did occupy: a cancelled one may name agendas that are gone. */
export async function agendasOf(services: RuleServices, appointment: Appointment): Promise<LoadedAgenda[]> {
  try {
    return (await occupationOf(services, appointment))?.agendas ?? [];
  } catch (error) {
    if (error instanceof FhirError && error.status < 500) return [];
    throw error;
  }
}

async function computeOccupation(services: RuleServices, appointment: Appointment): Promise<Occupation | undefined> {
  const slots = await namedSlots(services, appointment);
  const time = timeOf(appointment, slots) ?? (await deducedTime(services, appointment));
  if (time === undefined) return undefined;
  const agendas = new Map(slots.map(({ loaded }) => [loaded.schedule, loaded]));
  const recording = new Set<string>();
  const actors = await actorsOf(services.reader, appointment);
  for (const actor of actors) {
    if ([...agendas.values()].some((agenda) => isActorOf(agenda, actor))) continue;
    const owned = await ownedBy(services, actor);
    const isGuest = /^(Patient|RelatedPerson)\//.test(actor.reference);
    const chosen = isGuest ? chooseRecord(owned, time) : choose(owned, actor, actors, time);
    if (chosen === undefined) continue;
    agendas.set(chosen.schedule, chosen);
    if (isGuest) recording.add(chosen.schedule);
  }
  return {
    time,
    agendas: [...agendas.values()].sort((a, b) => (a.schedule < b.schedule ? -1 : 1)),
    recording,
    ...(isNamedByIdentifier(appointment)
      ? { named: actors.flatMap(({ reference, practitioner }) => [reference, practitioner ?? []].flat()) }
      : {}),
  };
}

/** The commit reads the references in the text of the appointment; those behind identifiers are told to it. */
function isNamedByIdentifier(appointment: Appointment): boolean {
  return list(appointment.participant).some(({ actor }) => actor && localReference(actor).is === 'logical');
}

/** Its agendas; of a role without any, those on which its professional stands in person. */
async function ownedBy({ agendas }: RuleServices, actor: AppointmentActor): Promise<LoadedAgenda[]> {
  const { reference, practitioner } = actor;
  const own = await agendas.load(await agendas.stored.ofActors([reference]));
  if (own.length > 0 || practitioner === undefined) return own.filter((agenda) => owns(agenda, reference));
  const ofPerson = await agendas.load(await agendas.stored.ofActors([practitioner]));
  return ofPerson.filter(({ actors }) => actors.includes(practitioner));
}

/** The slots that the appointment names, with their agendas. */
export async function namedSlots(services: RuleServices, appointment: Appointment): Promise<NamedSlot[]> {
  const slots: NamedSlot[] = [];
  for (const reference of list(appointment.slot)) {
    const id = localId(reference, 'Slot');
    if (id === undefined) continue;
    const slot = await namedSlot(services, id);
    if (slot === undefined) {
      throw new FhirError('not-found', notFound('Slot', id).message, {
        status: 422,
        expression: 'Appointment.slot',
        text: "Ce créneau n'existe pas ou plus.",
      });
    }
    slots.push(slot);
  }
  return slots;
}

async function namedSlot({ agendas, reader }: RuleServices, id: string): Promise<NamedSlot | undefined> {
  const key = parseSlotId(id);
  if (key !== undefined) {
    const row = await agendas.stored.byCode(key.agenda);
    const [loaded] = row === undefined ? [] : await agendas.load([row]);
    return loaded && { loaded, start: key.start, end: key.start + key.durationMs };
  }
  const stored = await reader.read('Slot', id);
  if (stored?.body === undefined) return undefined;
  const { schedule, start, end } = parseResource('Slot', stored.body);
  const [loaded] = await agendas.load(await agendas.stored.rows([localId(schedule, 'Schedule') ?? '']));
  return loaded && { loaded, start: Date.parse(start), end: Date.parse(end) };
}

/** The start and end of the appointment, or those of its slots; the end may follow from `minutesDuration`. */
function timeOf(appointment: Appointment, slots: readonly NamedSlot[]): Interval | undefined {
  const hull =
    slots.length === 0
      ? undefined
      : { start: Math.min(...slots.map((slot) => slot.start)), end: Math.max(...slots.map((slot) => slot.end)) };
  const start = appointment.start === undefined ? hull?.start : Date.parse(appointment.start);
  const end = endOf(appointment, start) ?? hull?.end;
  if (start === undefined || end === undefined) return undefined;
  if (end <= start) {
    throw new FhirError('business-rule', 'The appointment ends before it starts', {
      expression: 'Appointment.end',
      text: 'La fin du rendez-vous doit suivre son début.',
    });
  }
  if (hull !== undefined && (start < hull.start || end > hull.end)) {
    throw new FhirError('business-rule', 'The times of the appointment are not those of its slots', {
      expression: 'Appointment.start',
      text: 'Les horaires du rendez-vous ne sont pas ceux des créneaux choisis.',
    });
  }
  return { start, end };
}

function endOf({ end, minutesDuration }: Appointment, start: number | undefined): number | undefined {
  if (end !== undefined) return Date.parse(end);
  if (minutesDuration === undefined || start === undefined) return undefined;
  return start + numberOf(minutesDuration) * 60_000;
}

export function isActorOf(
  { actors, keys, members }: LoadedAgenda,
  { reference, practitioner }: AppointmentActor,
): boolean {
  return [reference, practitioner ?? reference].some(
    (actor) => actors.includes(actor) || keys.includes(actor) || members?.has(actor),
  );
}

/** A place or device owns only agendas without a professional: the agenda of a doctor is not that of the building. */
export function owns({ actors }: LoadedAgenda, reference: string): boolean {
  const isPerson = /^(Practitioner|PractitionerRole|Patient|RelatedPerson)\//.test(reference);
  return isPerson || !actors.some((actor) => /^(Practitioner|PractitionerRole)\//.test(actor));
}

/** The agenda that records what its patient takes part in: one that is open then, else any that is active. */
function chooseRecord(owned: readonly LoadedAgenda[], time: Interval): LoadedAgenda | undefined {
  const active = owned.filter((loaded) => loaded.agenda.active && !isExclusive(loaded));
  return active.find(({ agenda }) => isOpen(agenda, time)) ?? active[0];
}

/** Chooses the agenda that is open then; of several, the agenda at the place of the appointment. */
function choose(
  owned: readonly LoadedAgenda[],
  { reference }: AppointmentActor,
  actors: readonly AppointmentActor[],
  time: Interval,
): LoadedAgenda | undefined {
  const active = owned.filter(({ agenda }) => agenda.active);
  if (active.length <= 1) return active[0] ?? owned[0];
  const open = active.filter(({ agenda }) => isOpen(agenda, time));
  if (open.length === 1) return open[0];
  const places = actors.map((actor) => actor.reference).filter((actor) => /^(Location|PractitionerRole)\//.test(actor));
  const candidates = open.length > 0 ? open : active;
  const atPlace = candidates.filter((agenda) => agenda.actors.some((actor) => places.includes(actor)));
  if (atPlace.length === 1) return atPlace[0];
  if (open.length === 0) {
    throw new FhirError('business-rule', `${reference} has several agendas and none is open then`, {
      expression: 'Appointment.start',
      text: "Aucun des agendas de ce participant n'est ouvert à cet horaire.",
    });
  }
  throw new FhirError('business-rule', `${reference} has several agendas open then: name a slot, or the place`, {
    expression: 'Appointment.slot',
    text: 'Ce participant a plusieurs agendas ouverts à cet horaire : choisissez un créneau, ou indiquez le lieu.',
  });
}
