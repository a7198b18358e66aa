/** What an agenda inherits from its actors: zone, durations, and the resources that its appointments occupy. */
import { readServiceTypeDurations, readTimezone, type ServiceTypeDuration } from '../fhir/french/fr-extensions.ts';
import { parseJson } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import { isType, list, type Schedule } from '../fhir/resources.ts';
import { elementsAt } from '../fhir/search/extract.ts';
import type { ResourceReader } from '../store/resources/resource-reader.ts';

/** Stored in the row of the agenda, so that one read is enough. */
export interface InheritedSettings {
  placeZone?: string;
  durations?: ServiceTypeDuration[];
}

/** `keys`: the occupied resources; `changed`: an actor as the current write leaves it. */
export async function resolveActors(
  reader: ResourceReader,
  schedule: Schedule,
  changed?: Resource,
): Promise<{ keys: string[]; inherited: InheritedSettings }> {
  const read = async (references: readonly string[]): Promise<Resource[]> => {
    const stored = await reader.readReferences(references);
    return stored.map(({ type, id, body }) =>
      changed?.resourceType === type && changed.id === id ? changed : (parseJson(body!) as Resource),
    );
  };
  const actors = await read(schedule.actor.flatMap(({ reference }) => reference ?? []));
  const rolePlaces = actors.flatMap((actor) => (isType(actor, 'PractitionerRole') ? list(actor.location) : []));
  const places = [
    ...actors.filter((actor) => isType(actor, 'Location')),
    ...(await read(rolePlaces.flatMap(({ reference = '#' }) => (reference.startsWith('#') ? [] : [reference])))),
    ...actors.flatMap((actor) => list(actor.contained)).filter((contained) => isType(contained, 'Location')),
  ];
  const placeZone = places.map(readTimezone).find((zone) => zone !== undefined);
  const durations = actors.filter((actor) => !isType(actor, 'Location')).flatMap(readServiceTypeDurations);
  return {
    keys: [`Schedule/${schedule.id}`, ...occupied(actors)],
    inherited: { ...(placeZone ? { placeZone } : {}), ...(durations.length > 0 ? { durations } : {}) },
  };
}

/** Codes of `Location.physicalType` of rooms, beds and vehicles, which take one appointment at a time. */
const ONE_AT_A_TIME = new Set(['ro', 'bd', 've', 'ca']);

/** The actors that cannot be in two places at once. An agenda shared by several professionals occupies none of them. */
function occupied(actors: readonly Resource[]): string[] {
  const professionals = new Set(actors.flatMap(professionalOf));
  const keys = professionals.size === 1 ? [...professionals] : [];
  for (const actor of actors) {
    if (isType(actor, 'Device')) keys.push(`Device/${actor.id}`);
    if (!isType(actor, 'Location')) continue;
    const kinds = elementsAt(actor, 'physicalType.coding.code') as string[];
    if (kinds.some((kind) => ONE_AT_A_TIME.has(kind)) || (kinds.length === 0 && actors.length === 1))
      keys.push(`Location/${actor.id}`);
  }
  return keys.sort();
}

function professionalOf(actor: Resource): string[] {
  if (isType(actor, 'Practitioner')) return [`Practitioner/${actor.id}`];
  const reference = isType(actor, 'PractitionerRole') ? actor.practitioner?.reference : undefined;
  return reference !== undefined && /^Practitioner\/[^/]+$/.test(reference) ? [reference] : [];
}
