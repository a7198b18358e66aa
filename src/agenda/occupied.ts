/**
 * The appointments of an agenda take its time, and that of every actor who cannot be in two places at
 * once. All writers of `agenda.keys` use this file; `creneau check` computes the same in SQL. ADR 0022
 */
import { readTeam } from '../fhir/french/team.ts';
import { localId } from '../fhir/local-reference.ts';
import type { Resource } from '../fhir/resource.ts';
import { isType, type Schedule } from '../fhir/resources.ts';
import { elementsAt } from '../fhir/search/extract.ts';

/** The rule by which keys are computed; a new rule takes the next number, and agendas of older ones are recomputed. */
export const KEY_RULE = 2;

/**
 * Codes of `Location.physicalType` of what takes one appointment at a time: room, bed, vehicle, cabinet. The others of
 * https://hl7.org/fhir/R4/valueset-location-physical-type.html (site, building, wing, ward, level, corridor, house,
 * road, area, jurisdiction) hold many at once. `Location.mode` does not tell them apart: a site is an instance too.
 */
const ONE_AT_A_TIME = new Set(['ro', 'bd', 've', 'ca']);

/**
 * References, that of the Schedule first: every professional (named, or by a role) unless any one of a team serves,
 * every device, every room. A Location without a kind is a room where it has an agenda of its own. `actors`: as read.
 */
export function occupied(schedule: Schedule, actors: readonly Resource[]): string[] {
  const keys = new Set<string>();
  const isTeam = readTeam(schedule) !== undefined;
  for (const actor of actors) {
    if (!isTeam) for (const professional of professionalOf(actor)) keys.add(professional);
    if (isType(actor, 'Device')) keys.add(`Device/${actor.id}`);
    if (isType(actor, 'Location') && isRoom(actor, actors.length === 1)) keys.add(`Location/${actor.id}`);
  }
  return [`Schedule/${schedule.id}`, ...[...keys].sort()];
}

/**
 * The members of the agenda's team, by the references that may name them: a role and its professional. An appointment
 * takes the members that it names; `undefined`: not the agenda of a team, which takes all its professionals.
 */
export function membersOf(schedule: Schedule, actors: readonly Resource[]): Record<string, string> | undefined {
  if (readTeam(schedule) === undefined) return undefined;
  return Object.fromEntries(
    actors.flatMap((actor) =>
      professionalOf(actor).flatMap((person) => [
        [`${actor.resourceType}/${actor.id}`, person],
        [person, person],
      ]),
    ),
  );
}

function professionalOf(actor: Resource): string[] {
  if (isType(actor, 'Practitioner')) return [`Practitioner/${actor.id}`];
  const id = isType(actor, 'PractitionerRole') ? localId(actor.practitioner, 'Practitioner') : undefined;
  return id === undefined ? [] : [`Practitioner/${id}`];
}

function isRoom(location: Resource, isAlone: boolean): boolean {
  const kinds = elementsAt(location, 'physicalType.coding.code') as string[];
  return kinds.some((kind) => ONE_AT_A_TIME.has(kind)) || (kinds.length === 0 && isAlone);
}

/**
 * Does taken time refuse an appointment on this agenda? Not on that of a patient or a related person, who can be booked
 * anywhere: it records the appointment beside the others.
 */
export function isExclusive({ actors }: { actors: readonly string[] }): boolean {
  return actors.length === 0 || !actors.every((actor) => /^(Patient|RelatedPerson)\//.test(actor));
}
