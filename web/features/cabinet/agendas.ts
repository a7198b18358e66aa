/** The agendas of a practice: opened for a practitioner at a place, a room or a machine; closed from a day on. */
import { extensionUrl } from '../../../src/fhir/extension.ts';
import type { Reference } from '../../../src/fhir/resource.ts';
import type { QueryClient } from '@tanstack/react-query';
import { asType, type PractitionerRole, type Schedule } from '../../../src/fhir/resources.ts';
import { create, read, search, update } from '../../fhir/client.ts';
import { addDays, dayIn, FRANCE } from '../../fhir/zone.ts';
import { type AgendaAppointment, agendaQuery, daysPeriod } from '../../schedule/agenda-content.ts';
import { zoneOf } from '../../fhir/place-zone.ts';
import type { PracticePart } from './places.ts';
import type { PracticeRole } from './practitioners.ts';

export interface OpeningValues {
  /** `Practitioner/x`, or the reference of a room or a machine. */
  actor: string;
  /** `Location/x`; of a practitioner. */
  place: string;
}

/** The role at that place is made where there is none. */
export async function openAgenda(
  practice: string,
  { actor, place }: OpeningValues,
  roles: readonly PracticeRole[],
  parts: readonly PracticePart[],
): Promise<Schedule> {
  const isPerson = actor.startsWith('Practitioner/');
  const known = roles.find((role) => role.practitioner === actor && role.place === place);
  const role = !isPerson ? undefined : (known?.id ?? (await createRole(practice, actor, place)));
  const actors: Reference[] = [
    { reference: actor },
    ...(role === undefined ? [] : [{ reference: `PractitionerRole/${role}` }]),
  ];
  return create<Schedule>({
    resourceType: 'Schedule',
    active: true,
    actor: actors,
    extension: [{ url: extensionUrl('timezone'), valueCode: zoneAt(isPerson ? place : actor, parts) }],
  });
}

async function createRole(practice: string, practitioner: string, place: string): Promise<string> {
  const { id } = await create<PractitionerRole>({
    resourceType: 'PractitionerRole',
    active: true,
    practitioner: { reference: practitioner },
    organization: { reference: practice },
    location: [{ reference: place }],
  });
  return id ?? '';
}

/** A room or a machine has the clock of its place. */
function zoneAt(reference: string, parts: readonly PracticePart[]): string {
  const part = parts.find(({ resource }) => `${resource.resourceType}/${resource.id}` === reference);
  if (part === undefined) return FRANCE;
  if (part.kind !== 'site' && part.within !== undefined) return zoneAt(part.within, parts);
  return zoneOf(asType(part.resource, 'Location')?.address?.postalCode);
}

export interface Closing {
  schedule: Schedule;
  zone: string;
  /** Appointments after the last day: they are moved first. */
  left: AgendaAppointment[];
}

/** So many days of an agenda are read at once. */
const WINDOW_DAYS = 31;

export async function readClosing(agenda: string, lastDay: string, client: QueryClient): Promise<Closing> {
  const schedule = await read('Schedule', agenda);
  const actor = schedule.actor[0]?.reference ?? '';
  const { matches } = await search('Appointment', {
    ...{ actor, status: 'booked', date: `gt${lastDay}`, _count: '50', _sort: 'date' },
  });
  // Somebody may have other agendas: only the agenda itself knows its appointments.
  const windows: string[] = [];
  for (const { start = '' } of matches) {
    const day = dayIn(start, 'UTC');
    if (windows.length === 0 || day >= addDays(windows.at(-1)!, WINDOW_DAYS - 1)) windows.push(addDays(day, -1));
  }
  const periods = windows.map((day) => daysPeriod(day, WINDOW_DAYS, 'UTC'));
  const contents = await Promise.all(periods.map((period) => client.fetchQuery(agendaQuery(agenda, period))));
  const left = new Map(contents.flatMap(({ appointments }) => appointments.map((each) => [each.id, each] as const)));
  const zone = contents[0]?.zone ?? FRANCE;
  return {
    schedule,
    zone,
    left: [...left.values()].filter(({ holdsTime, start }) => holdsTime && dayIn(start, zone) > lastDay),
  };
}

/** The agenda has no time after its last day; what was before stays to be read. */
export async function closeAgenda({ schedule }: Closing, lastDay: string): Promise<Schedule> {
  return update({ ...schedule, planningHorizon: { ...schedule.planningHorizon, end: lastDay } });
}
