/**
 * The settings that an agenda inherits from its actors: zone, durations, and the resources that its appointments
 * occupy.
 */
import { readServiceTypeDurations, readTimezone, type ServiceTypeDuration } from '../fhir/french/fr-extensions.ts';
import { type HolidaySettings, readHolidays } from '../fhir/french/holiday-rule.ts';
import { type HolidayTerritory, territoryOf } from '../fhir/french/public-holidays.ts';
import { readVisitKinds, type VisitKindEntry } from '../fhir/french/visit-kind.ts';
import { localTarget } from '../fhir/local-reference.ts';
import type { Reference, Resource } from '../fhir/resource.ts';
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
  /** Kinds of visit of the practice, then of the roles and services. */
  kinds?: VisitKindEntry[];
  /** Of the practice, then of the places, then of the roles and services. */
  holidays?: HolidaySettings[];
  /** Of its place, where its holidays are of interest. */
  territory?: HolidayTerritory;
}

/** Only a practice with settings adds something to its agendas: others do not hold up those who write them. */
const hasSettings = (organization: Resource): boolean =>
  readVisitKinds(organization).length > 0 || readHolidays(organization) !== undefined;

/**
 * The commit of the unit is stale if another one, about an agenda of these actors or about the actors themselves, comes
 * first: what an agenda inherits is never that of an older version. To be called before the actors are read.
 */
export async function dependOnActors(reader: ResourceReader, unit: Unit, references: readonly string[]): Promise<void> {
  for (const reference of references.filter((actor) => /^(PractitionerRole|Location|Organization)\//.test(actor))) {
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
  const practices = await practicesWithSettings(reader, unit, actors, read);
  const kinds = [...practices, ...actors].flatMap(readVisitKinds);
  return {
    keys: occupied(schedule, actors),
    inherited: {
      ...(placeZone ? { placeZone } : {}),
      ...(durations.length > 0 ? { durations } : {}),
      ...(members ? { members } : {}),
      ...(kinds.length > 0 ? { kinds } : {}),
      ...holidaysOf(schedule, practices, places, actors),
    },
  };
}

/** Nothing, where nobody speaks of holidays: agendas of before stay as they were. */
function holidaysOf(
  schedule: Schedule,
  practices: readonly Resource[],
  places: readonly Resource[],
  actors: readonly Resource[],
): Pick<InheritedSettings, 'holidays' | 'territory'> {
  const others = actors.filter((actor) => !isType(actor, 'Location'));
  const holidays = [...practices, ...places, ...others].flatMap((resource) => readHolidays(resource) ?? []);
  if (holidays.length === 0 && readHolidays(schedule) === undefined) return {};
  const place = places.find((resource) => isType(resource, 'Location'));
  return {
    ...(holidays.length > 0 ? { holidays } : {}),
    territory: territoryOf(place?.address?.postalCode),
  };
}

/** The practices of these actors that have something to say about their agendas. */
async function practicesWithSettings(
  reader: ResourceReader,
  unit: Unit,
  actors: readonly Resource[],
  read: (references: readonly string[]) => Promise<Resource[]>,
): Promise<Resource[]> {
  const references = [...new Set(actors.flatMap((actor) => localTarget(practiceOf(actor)) ?? []))];
  const practices = (await read(references)).filter(hasSettings);
  if (practices.length === 0) return [];
  const named = practices.map(({ id }) => `Organization/${id}`);
  await dependOnActors(reader, unit, named);
  // Again, now that a change of them would make the commit stale.
  return read(named);
}

/** The organization for which an actor works. */
export function practiceOf(actor: Resource): Reference | undefined {
  if (isType(actor, 'PractitionerRole')) return actor.organization;
  if (isType(actor, 'HealthcareService')) return actor.providedBy;
  if (isType(actor, 'Location')) return actor.managingOrganization;
  return undefined;
}
