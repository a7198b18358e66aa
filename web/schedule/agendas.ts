/** The agendas of a person, and the name and place by which people know each. */
import { useQuery } from '@tanstack/react-query';
import { extensionsOf, extensionValue } from '../../src/fhir/extension.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { isType, type Schedule } from '../../src/fhir/resources.ts';
import { search, type SearchPage } from '../fhir/client.ts';
import type { Me } from '../fhir/me.ts';
import { actorName } from '../fhir/names.ts';
import { zoneOf } from '../fhir/place-zone.ts';
import { FRANCE } from '../fhir/zone.ts';
import { useSession } from '../ui/session.ts';

export interface AgendaSummary {
  /** Id of the Schedule. */
  id: string;
  /** `Dr Camille Vasseur` */
  name: string;
  /** `Maison de santé de Val-de-Brume` */
  place: string;
  /** Of a practitioner, not of a room or a device. */
  isPractitioner: boolean;
  /** References of all who stand in the agenda. */
  actors: readonly string[];
  /** Of the agenda's clocks, as far as its Schedule or its place says. */
  zone: string;
}

/** The resources that give an agenda its name. */
const WITH_ACTORS = {
  _include: 'Schedule:actor',
  '_include:iterate': 'PractitionerRole:location',
  _count: '100',
} as const;

/** Agendas shown to a person who has none of their own. */
const COUNT_FOR_OTHERS = '20';

/** The agendas of this person: as practitioner, of the places, and those that are named. */
export function useOwnAgendas() {
  const { me } = useSession();
  return useQuery({
    queryKey: ['agendas', 'own', me.person?.name ?? ''],
    queryFn: ({ signal }) => ownAgendas(me, signal),
    staleTime: 60_000,
  });
}

async function ownAgendas({ person }: Me, signal: AbortSignal): Promise<AgendaSummary[]> {
  const questions: Record<string, string>[] = [];
  if (person?.practitioner !== undefined)
    questions.push({ actor: person.practitioner }, { 'actor:PractitionerRole.practitioner': person.practitioner });
  for (const place of person?.places ?? [])
    questions.push({ actor: place }, { 'actor:PractitionerRole.location': place });
  for (const practice of person?.practices ?? [])
    questions.push({ 'actor:PractitionerRole.organization': practice }, { 'actor:Location.organization': practice });
  if ((person?.agendas ?? []).length > 0)
    questions.push({ _id: person!.agendas.map((agenda) => agenda.split('/').at(-1)).join(',') });
  if (questions.length === 0) questions.push({ _count: COUNT_FOR_OTHERS });
  const pages = await Promise.all(
    questions.map((question) => search('Schedule', { ...WITH_ACTORS, ...question }, signal)),
  );
  // The person's own agenda comes first, then those of practitioners, then rooms and devices.
  const ownIds = new Set(
    person?.practitioner === undefined ? [] : pages.slice(0, 2).flatMap((page) => page.matches.map(({ id }) => id)),
  );
  const rank = (agenda: AgendaSummary): number => (ownIds.has(agenda.id) ? 0 : agenda.isPractitioner ? 1 : 2);
  return summariesOf(pages).sort((a, b) => rank(a) - rank(b));
}

/** By the name of the practitioner, the place, the room or the device. */
export async function findAgendas(text: string, signal?: AbortSignal): Promise<AgendaSummary[]> {
  // First and last names come in any order.
  const words = text.split(/[\s,]+/).filter(Boolean);
  const questions = [
    { 'actor:Practitioner.name:contains': words },
    { 'actor:Location.name:contains': words },
    { 'actor:Device.device-name:contains': words },
  ];
  return summariesOf(
    await Promise.all(
      questions.map((question) => search('Schedule', { ...WITH_ACTORS, ...question, _count: '20' }, signal)),
    ),
  );
}

/** The given agendas, whoever they belong to. */
export function useAgendaSummaries(ids: readonly string[]) {
  return useQuery<AgendaSummary[]>({
    queryKey: ['agendas', 'named', ids],
    enabled: ids.length > 0,
    staleTime: 60_000,
    placeholderData: (before) => before,
    queryFn: async ({ signal }) =>
      summariesOf([await search('Schedule', { ...WITH_ACTORS, _id: ids.join(',') }, signal)]),
  });
}

function summariesOf(pages: readonly SearchPage<Schedule>[]): AgendaSummary[] {
  const byReference = new Map(
    pages.flatMap((page) => page.included).map((actor) => [`${actor.resourceType}/${actor.id}`, actor]),
  );
  const schedules = new Map(pages.flatMap((page) => page.matches).map((schedule) => [schedule.id!, schedule]));
  return [...schedules.values()]
    .map((schedule) => summaryOf(schedule, byReference))
    .sort((a, b) => a.name.localeCompare(b.name, 'fr') || a.place.localeCompare(b.place, 'fr'));
}

function summaryOf(schedule: Schedule, byReference: ReadonlyMap<string, Resource>): AgendaSummary {
  const actors = schedule.actor.map(
    ({ reference = '', display }): Resource => byReference.get(reference) ?? { resourceType: '', name: display },
  );
  const role = actors.find((actor) => isType(actor, 'PractitionerRole'));
  const place = byReference.get(role?.location?.[0]?.reference ?? '');
  // A service with several members has a name of its own, which comes before that of its first member.
  const others = actors.filter((actor) => actor !== role);
  const main = others.find((actor) => isType(actor, 'HealthcareService')) ?? others[0];
  return {
    id: schedule.id!,
    name: actorName(main) || schedule.id!,
    place: actorName(place),
    isPractitioner: main !== undefined && isType(main, 'Practitioner'),
    actors: schedule.actor.flatMap(({ reference }) => reference ?? []),
    zone: writtenZone(schedule) ?? (place && placeZone(place)) ?? FRANCE,
  };
}

function writtenZone(resource: Resource): string | undefined {
  const zone: unknown = extensionValue(extensionsOf(resource, 'timezone')[0]?.extension);
  return typeof zone === 'string' ? zone : undefined;
}

function placeZone(place: Resource): string {
  return writtenZone(place) ?? zoneOf(isType(place, 'Location') ? place.address?.postalCode : undefined);
}

/** `Dr Camille Vasseur, Maison de santé`: for lists. */
export function agendaLabel({ name, place }: AgendaSummary, separator = ', '): string {
  return place === '' ? name : `${name}${separator}${place}`;
}
