/**
 * The agendas that an appointment without time is addressed to: those of its participants, at the place that it names
 * if they have one there. They list it as a request, and their followers are told. Spec: 6.7, ADR 0027
 */
import { parseResource } from '../../fhir/json.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { actorsOf } from './appointment-actors.ts';
import { agendasOf, owns } from './occupation.ts';
import type { RuleServices } from './services.ts';

/** No request is addressed to more; the first in the order of their ids. */
const MAX_ADDRESSED = 50;

export async function addressedAgendas(services: RuleServices, appointment: Appointment): Promise<LoadedAgenda[]> {
  if (hasTime(appointment)) return [];
  const actors = (await actorsOf(services.reader, appointment)).map(({ reference }) => reference);
  const rows = await services.agendas.stored.ofActors(actors);
  const loaded = await services.agendas.load(rows.slice(0, MAX_ADDRESSED));
  const isOf = (agenda: LoadedAgenda, type: RegExp): boolean =>
    actors.some(
      (actor) =>
        type.test(actor) &&
        (agenda.actors.includes(actor) || agenda.keys.includes(actor) || agenda.members?.has(actor)),
    );
  const guests = loaded.filter((agenda) => isOf(agenda, /^(Patient|RelatedPerson)\//));
  const kept = loaded.filter((agenda) => isOf(agenda, /^(Practitioner|PractitionerRole|HealthcareService|Device)\//));
  const placed = await atPlaces(services, kept, actors);
  const places = loaded.filter((agenda) =>
    actors.some((actor) => agenda.actors.includes(actor) && owns(agenda, actor)),
  );
  const addressed = placed.length > 0 ? placed : kept.length > 0 ? kept : places;
  return [...new Set([...addressed, ...guests])];
}

/** Those at one of the places among the actors, by themselves or by the role of their professional. */
async function atPlaces(
  { reader }: RuleServices,
  agendas: readonly LoadedAgenda[],
  actors: readonly string[],
): Promise<LoadedAgenda[]> {
  const isNamed = (place: string | undefined): boolean => /^Location\//.test(place ?? '') && actors.includes(place!);
  const roles = agendas.flatMap((agenda) => agenda.actors.filter((actor) => actor.startsWith('PractitionerRole/')));
  const stored = actors.some(isNamed) ? await reader.readReferences(roles) : [];
  const rolesThere = stored
    .map(({ body }) => parseResource('PractitionerRole', body!))
    .filter(({ location }) => list(location).some((place) => isNamed(localTarget(place))))
    .map(({ id }) => `PractitionerRole/${id}`);
  return agendas.filter((agenda) => agenda.actors.some((actor) => isNamed(actor) || rolesThere.includes(actor)));
}

/** The agendas that the appointment takes place on, or is addressed to. */
export async function concernedAgendas(services: RuleServices, appointment: Appointment): Promise<LoadedAgenda[]> {
  const occupied = await agendasOf(services, appointment);
  return occupied.length > 0 ? occupied : addressedAgendas(services, appointment);
}

function hasTime({ start, end, slot }: Appointment): boolean {
  return start !== undefined || end !== undefined || list(slot).length > 0;
}
