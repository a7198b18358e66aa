/**
 * Whose time an appointment takes: the agendas of its slots, and every participant (`required` other than
 * `information-only`) who owns an agenda and is not an actor of those, on the agenda that is open then.
 * A participant without an agenda occupies nothing. ADR 0011
 */
import { FhirError, notFound } from '../../fhir/issue.ts';
import { equivalentTokens } from '../../fhir/french/identifiers.ts';
import { numberOf, parseJson } from '../../fhir/json.ts';
import { localId, localReference, localTarget } from '../../fhir/local-reference.ts';
import type { Identifier, Json, Reference, Resource } from '../../fhir/resource.ts';
import { SEARCHED_TYPES } from '../../fhir/search/parameters.ts';
import { isOpen } from '../../scheduling/availability.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import type { LoadedAgenda } from '../agendas.ts';
import type { Occupation, RuleServices } from './services.ts';

interface NamedSlot extends Interval {
  loaded: LoadedAgenda;
}

/** `undefined` when the appointment has no time yet (a request, a cancelled one). */
export function occupationOf(services: RuleServices, appointment: Resource): Promise<Occupation | undefined> {
  const known = services.occupations?.get(appointment);
  if (known !== undefined) return known;
  const occupation = computeOccupation(services, appointment);
  services.occupations?.set(appointment, occupation);
  return occupation;
}

async function computeOccupation(services: RuleServices, appointment: Resource): Promise<Occupation | undefined> {
  const slots = await namedSlots(services, appointment);
  const time = timeOf(appointment, slots);
  if (time === undefined) return undefined;
  const agendas = new Map(slots.map((slot) => [slot.loaded.schedule, slot.loaded]));
  const actors = await participants(services, appointment);
  for (const actor of actors) {
    if ([...agendas.values()].some((agenda) => isActorOf(agenda, actor))) continue;
    const owned = (await services.agendas.load(await services.agendas.stored.ofActors([actor.reference]))).filter(
      (one) => owns(one, actor.reference),
    );
    const chosen = choose(owned, actor, actors, time);
    if (chosen !== undefined) agendas.set(chosen.schedule, chosen);
  }
  return { time, agendas: [...agendas.values()].sort((a, b) => (a.schedule < b.schedule ? -1 : 1)) };
}

async function namedSlots(services: RuleServices, appointment: Resource): Promise<NamedSlot[]> {
  const slots: NamedSlot[] = [];
  for (const reference of (appointment['slot'] as Reference[] | undefined) ?? []) {
    const id = localId(reference, 'Slot');
    if (id === undefined) continue;
    const key = parseSlotId(id);
    const stored = key === undefined ? await services.reader.read('Slot', id) : undefined;
    const explicit = stored?.body === undefined ? undefined : (parseJson(stored.body) as Resource);
    const [row] =
      key !== undefined
        ? [await services.agendas.stored.byCode(key.agenda)]
        : await services.agendas.stored.rows([localId(explicit?.['schedule'], 'Schedule') ?? '']);
    const [loaded] = row === undefined ? [] : await services.agendas.load([row]);
    if (loaded === undefined) {
      const error = notFound('Slot', id);
      throw new FhirError('not-found', error.message, {
        status: 422,
        expression: 'Appointment.slot',
        text: "Ce créneau n'existe pas ou plus.",
      });
    }
    const start = key?.start ?? Date.parse(explicit!['start']);
    slots.push({ loaded, start, end: key === undefined ? Date.parse(explicit!['end']) : start + key.durationMs });
  }
  return slots;
}

/** Start and end as given, else those of the slots; an end may follow from `minutesDuration`. */
function timeOf(appointment: Resource, slots: readonly NamedSlot[]): Interval | undefined {
  const hull =
    slots.length === 0
      ? undefined
      : { start: Math.min(...slots.map((slot) => slot.start)), end: Math.max(...slots.map((slot) => slot.end)) };
  const start = appointment['start'] === undefined ? hull?.start : Date.parse(appointment['start']);
  const minutes = appointment['minutesDuration'];
  const end =
    appointment['end'] !== undefined
      ? Date.parse(appointment['end'])
      : minutes !== undefined && start !== undefined
        ? start + numberOf(minutes) * 60_000
        : hull?.end;
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

interface Actor {
  reference: string;
  /** For a professional: the same person's other form. */
  same: string[];
}

/** Participants who are there, as references; a logical reference is looked up by its identifier. */
async function participants(services: RuleServices, appointment: Resource): Promise<Actor[]> {
  const actors: Actor[] = [];
  for (const participant of (appointment['participant'] as Json[] | undefined) ?? []) {
    if (
      participant.required === 'information-only' ||
      participant.status === 'declined' ||
      participant.actor === undefined
    )
      continue;
    const reference = await resolve(services, participant.actor);
    if (reference === undefined) continue;
    const same = reference.startsWith('PractitionerRole/') ? await professionalOf(services, reference) : [];
    actors.push({ reference, same });
  }
  return actors;
}

async function resolve(services: RuleServices, actor: Reference): Promise<string | undefined> {
  const reading = localReference(actor);
  if (reading.is === 'local') return `${reading.type}/${reading.id}`;
  if (reading.is !== 'logical' || actor.identifier?.value === undefined) return undefined;
  const type =
    typeof actor['type'] === 'string' && SEARCHED_TYPES.includes(actor['type'])
      ? [actor['type'] as string]
      : BY_IDENTIFIER;
  return lookUp(services, type, actor.identifier);
}

const BY_IDENTIFIER = ['Practitioner', 'PractitionerRole', 'Location', 'Device', 'HealthcareService'];

async function lookUp(
  services: RuleServices,
  types: readonly string[],
  identifier: Identifier,
): Promise<string | undefined> {
  const tokens = identifier.system === undefined ? [identifier.value!] : equivalentTokens(identifier);
  const found = await services.reader.byIdentifier(types, tokens, 2);
  if (found.length > 1) {
    throw new FhirError('multiple-matches', 'A participant is named by an identifier that several resources have', {
      status: 422,
      expression: 'Appointment.participant.actor.identifier',
      text: 'Un participant est désigné par un identifiant que plusieurs ressources portent.',
    });
  }
  return found[0];
}

async function professionalOf(services: RuleServices, role: string): Promise<string[]> {
  const [stored] = await services.reader.readReferences([role]);
  const practitioner =
    stored === undefined ? undefined : localTarget((parseJson(stored.body!) as Resource)['practitioner']);
  return practitioner === undefined ? [] : [practitioner];
}

function isActorOf({ actors, keys }: LoadedAgenda, { reference, same }: Actor): boolean {
  return [reference, ...same].some((one) => actors.includes(one) || keys.includes(one));
}

/** A place or thing owns the agendas that no professional stands in: a doctor's agenda is not the building's. */
export function owns({ actors }: LoadedAgenda, reference: string): boolean {
  const isPerson = /^(Practitioner|PractitionerRole|Patient|RelatedPerson)\//.test(reference);
  return isPerson || !actors.some((actor) => /^(Practitioner|PractitionerRole)\//.test(actor));
}

/** The agenda that is open then; several: the one at the appointment's place. */
function choose(
  owned: readonly LoadedAgenda[],
  actor: Actor,
  all: readonly Actor[],
  time: Interval,
): LoadedAgenda | undefined {
  const active = owned.filter((one) => one.agenda.active);
  if (active.length <= 1) return active[0] ?? owned[0];
  const open = active.filter((one) => isOpen(one.agenda, time));
  if (open.length === 1) return open[0];
  const among = open.length > 0 ? open : active;
  const places = all.filter((one) => /^(Location|PractitionerRole)\//.test(one.reference)).map((one) => one.reference);
  const there = among.filter((one) => one.actors.some((place) => places.includes(place)));
  if (there.length === 1) return there[0];
  if (open.length === 0) {
    throw new FhirError('business-rule', `${actor.reference} has several agendas and none is open then`, {
      expression: 'Appointment.start',
      text: "Aucun des agendas de ce participant n'est ouvert à cet horaire.",
    });
  }
  throw new FhirError('business-rule', `${actor.reference} has several agendas open then: name a slot, or the place`, {
    expression: 'Appointment.slot',
    text: 'Ce participant a plusieurs agendas ouverts à cet horaire : choisissez un créneau, ou indiquez le lieu.',
  });
}
