/**
 * The settings that an agenda inherits from its actors: zone, durations, and the resources that its appointments
 * occupy.
 */
import { readServiceTypeDurations, readTimezone, type ServiceTypeDuration } from '../fhir/french/fr-extensions.ts';
import { localTarget } from '../fhir/local-reference.ts';
import type { Resource } from '../fhir/resource.ts';
import { isType, list, type Schedule } from '../fhir/resources.ts';
import { parseAnyResource } from '../fhir/json.ts';
import type { ResourceReader } from '../store/resources/resource-reader.ts';
import type { Unit } from '../store/write/unit.ts';
import { membersOf, occupied } from './occupied.ts';

/** Stored in the row of the agenda, so that one read is enough. */
export interface InheritedSettings {
  placeZone?: string;
  durations?: ServiceTypeDuration[];
  /** Of a team: `membersOf`. Commits read it too (`named_members` in members.sql). */
  members?: Record<string, string>;
}

/**
 * The commit of the unit is stale if another one, about an agenda of these actors or about the actors themselves, comes
 * first: what an agenda inherits is never that of an older version. To be called before the actors are read.
 */
export async function dependOnActors(reader: ResourceReader, unit: Unit, references: readonly string[]): Promise<void> {
  for (const reference of references.filter((actor) => /^(PractitionerRole|Location)\//.test(actor))) {
    const criterion = `actor ${reference}`;
    unit.dependOn(criterion, await reader.conditionWrites(criterion));
  }
}

/** `keys`: the occupied resources; `changed`: an actor as the current write leaves it. */
export async function resolveActors(
  reader: ResourceReader,
  unit: Unit,
  schedule: Schedule,
  changed?: Resource,
): Promise<{ keys: string[]; inherited: InheritedSettings }> {
  const read = async (references: readonly string[]): Promise<Resource[]> => {
    const stored = await reader.readReferences(references);
    return stored.map(({ type, id, body }) =>
      changed?.resourceType === type && changed.id === id ? changed : parseAnyResource(body!),
    );
  };
  const references = schedule.actor.flatMap((actor) => localTarget(actor) ?? []);
  await dependOnActors(reader, unit, references);
  const actors = await read(references);
  const rolePlaces = actors.flatMap((actor) => (isType(actor, 'PractitionerRole') ? list(actor.location) : []));
  const places = [
    ...actors.filter((actor) => isType(actor, 'Location')),
    ...(await read(rolePlaces.flatMap((place) => localTarget(place) ?? []))),
    ...actors.flatMap((actor) => list(actor.contained)).filter((contained) => isType(contained, 'Location')),
  ];
  const placeZone = places.map(readTimezone).find((zone) => zone !== undefined);
  const durations = actors.filter((actor) => !isType(actor, 'Location')).flatMap(readServiceTypeDurations);
  const members = membersOf(schedule, actors);
  return {
    keys: occupied(schedule, actors),
    inherited: {
      ...(placeZone ? { placeZone } : {}),
      ...(durations.length > 0 ? { durations } : {}),
      ...(members ? { members } : {}),
    },
  };
}
