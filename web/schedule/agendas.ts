/** Which agendas there are for this person, and how each is called. */
import { useQuery } from '@tanstack/react-query';
import type { Reference, Resource } from '../../src/fhir/resource.ts';
import { search } from '../fhir/client.ts';
import { actorName } from '../fhir/names.ts';
import { type Me, useSession } from '../ui/session.tsx';

export interface AgendaName {
  /** Id of the Schedule. */
  id: string;
  /** `Dr Camille Vasseur` */
  name: string;
  /** `Maison de santé de Val-de-Brume` */
  place: string;
  /** A professional's, not a room's or a device's. */
  isOfSomebody: boolean;
}

const WITH_ACTORS = {
  _include: 'Schedule:actor',
  '_include:iterate': 'PractitionerRole:location',
  _count: '100',
} as const;

/** Of somebody without agendas, or of nobody: some to begin with. */
const SOME = '20';

/** The agendas that are this person's own. */
export function useOwnAgendas() {
  const { me } = useSession();
  return useQuery({
    queryKey: ['agendas', 'own', me.person?.name ?? ''],
    queryFn: ({ signal }) => ownAgendas(me, signal),
    staleTime: 60_000,
  });
}

async function ownAgendas({ person }: Me, signal: AbortSignal): Promise<AgendaName[]> {
  const questions: Record<string, string>[] = [];
  if (person?.practitioner !== undefined)
    questions.push({ actor: person.practitioner }, { 'actor:PractitionerRole.practitioner': person.practitioner });
  for (const place of person?.places ?? [])
    questions.push({ actor: place }, { 'actor:PractitionerRole.location': place });
  if ((person?.agendas ?? []).length > 0)
    questions.push({ _id: person!.agendas.map((agenda) => agenda.split('/').at(-1)).join(',') });
  if (questions.length === 0) questions.push({ _count: SOME });
  const pages = await Promise.all(
    questions.map((question) => search('Schedule', { ...WITH_ACTORS, ...question }, signal)),
  );
  // What is opened first is one's own agenda, then people's; rooms and devices come last.
  const mine = new Set(
    person?.practitioner === undefined ? [] : pages.slice(0, 2).flatMap((page) => page.matches.map(({ id }) => id)),
  );
  const rank = (agendaName: AgendaName): number => (mine.has(agendaName.id) ? 0 : agendaName.isOfSomebody ? 1 : 2);
  return namesOf(pages).sort((a, b) => rank(a) - rank(b));
}

/** By the name of the professional, the place, the room or the device. */
export async function findAgendas(text: string, signal?: AbortSignal): Promise<AgendaName[]> {
  const questions = [
    { 'actor:Practitioner.name:contains': text },
    { 'actor:Location.name:contains': text },
    { 'actor:Device.device-name:contains': text },
  ];
  return namesOf(
    await Promise.all(
      questions.map((question) => search('Schedule', { ...WITH_ACTORS, ...question, _count: '20' }, signal)),
    ),
  );
}

/** Names of given agendas, also of those that are not one's own. */
export function useAgendaNames(ids: readonly string[]) {
  return useQuery<AgendaName[]>({
    queryKey: ['agendas', 'named', ids],
    enabled: ids.length > 0,
    staleTime: 60_000,
    placeholderData: (before) => before,
    queryFn: async ({ signal }) => namesOf([await search('Schedule', { ...WITH_ACTORS, _id: ids.join(',') }, signal)]),
  });
}

function namesOf(pages: readonly { matches: Resource[]; included: Resource[] }[]): AgendaName[] {
  const byReference = new Map(
    pages.flatMap((page) => page.included).map((one) => [`${one.resourceType}/${one.id}`, one]),
  );
  const schedules = new Map(pages.flatMap((page) => page.matches).map((match) => [match.id!, match]));
  return [...schedules.values()]
    .map((schedule) => nameOf(schedule, byReference))
    .sort((a, b) => a.name.localeCompare(b.name, 'fr') || a.place.localeCompare(b.place, 'fr'));
}

function nameOf(schedule: Resource, byReference: ReadonlyMap<string, Resource>): AgendaName {
  const actors = ((schedule['actor'] ?? []) as Reference[]).map(
    (actor) => byReference.get(actor.reference ?? '') ?? ({ resourceType: '', name: actor.display } as Resource),
  );
  const role = actors.find((actor) => actor.resourceType === 'PractitionerRole');
  const place = byReference.get(role?.['location']?.[0]?.reference ?? '');
  // A service that several share is called by its own name, not by that of its first member.
  const others = actors.filter((actor) => actor.resourceType !== 'PractitionerRole');
  const main = others.find((other) => other.resourceType === 'HealthcareService') ?? others[0];
  return {
    id: schedule.id!,
    name: actorName(main) || schedule.id!,
    place: actorName(place),
    isOfSomebody: main?.resourceType === 'Practitioner',
  };
}
