/** Realistic opening hours: recurring weeks, a closed Tuesday, holidays, a night on call. */
import type { Extension } from '../fhir/resource.ts';
import { formatInstant, localDate, DAY } from '../scheduling/zone.ts';
import type { Random } from './random.ts';
import { closure, weekly } from './shapes.ts';

const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/** Opening hours that are the same on several days. */
interface Half {
  days: readonly string[];
  from: string;
  to: string;
}

/** Patterns of a week: which days, which hours. */
const WEEKS: readonly (readonly Half[])[] = [
  [
    { days: ['MO', 'TU', 'WE', 'TH', 'FR'], from: '08:00', to: '12:00' },
    { days: ['MO', 'TU', 'TH', 'FR'], from: '14:00', to: '18:30' },
  ],
  [
    // Closed on Tuesday.
    { days: ['MO', 'WE', 'TH', 'FR'], from: '08:30', to: '12:30' },
    { days: ['MO', 'WE', 'TH', 'FR'], from: '14:00', to: '19:00' },
    { days: ['SA'], from: '09:00', to: '12:00' },
  ],
  [
    { days: ['MO', 'TU', 'TH', 'FR'], from: '09:00', to: '12:00' },
    { days: ['MO', 'TU', 'TH', 'FR'], from: '13:30', to: '17:30' },
  ],
  [
    { days: ['MO', 'WE', 'FR'], from: '07:45', to: '13:00' },
    { days: ['TU', 'TH'], from: '13:00', to: '20:00' },
  ],
];

const SECOND_PLACE: readonly (readonly Half[])[] = [
  [{ days: ['WE'], from: '14:00', to: '18:00' }],
  [{ days: ['SA'], from: '08:30', to: '12:30' }],
  [{ days: ['TU'], from: '18:45', to: '20:45' }],
];

/** First day on or after `from` that is one of `days`, in the zone. */
function firstOf(days: readonly string[], from: number, zone: string): string {
  for (let i = 0; i < 7; i++) {
    const date = localDate(from + i * DAY, zone);
    if (days.includes(DAYS[new Date(`${date}T12:00:00Z`).getUTCDay()]!)) return date;
  }
  throw new Error('a weekly rule needs a day');
}

export interface Hours {
  now: number;
  zone: string;
  /** Prefix of the availabilities' identifiers. */
  id: string;
}

function toExtensions(halves: readonly Half[], { now, zone, id }: Hours): Extension[] {
  const from = now - 60 * DAY;
  return halves.map((half, i) => {
    const first = firstOf(half.days, from, zone);
    const offset = formatInstant(Date.parse(`${first}T12:00:00Z`), zone).slice(19);
    return weekly({ id: `${id}-${i + 1}`, ...half, first, offset });
  });
}

export function mainHours(random: Random, hours: Hours): Extension[] {
  return toExtensions(random.pick(WEEKS), hours);
}

export function secondHours(random: Random, hours: Hours): Extension[] {
  return toExtensions(random.pick(SECOND_PLACE), hours);
}

export function everyDay(from: string, to: string, hours: Hours): Extension[] {
  return toExtensions([{ days: ['MO', 'TU', 'WE', 'TH', 'FR'], from, to }], hours);
}

/** A night on call, from the evening to the next morning. */
export function nights(hours: Hours): Extension[] {
  const days = ['FR', 'SA'];
  const first = firstOf(days, hours.now - 60 * DAY, hours.zone);
  const noon = Date.parse(`${first}T12:00:00Z`);
  return [
    weekly({
      id: `${hours.id}-nuit`,
      days,
      from: '22:00',
      to: '06:00',
      first,
      nextDay: localDate(noon + DAY, hours.zone),
      offset: formatInstant(noon, hours.zone).slice(19),
    }),
  ];
}

/** One or two weeks of absence in the next three months. */
export function holidays(random: Random, { now, zone, id }: Hours): Extension[] {
  const first = localDate(now + (10 + random.whole(80)) * DAY, zone);
  const last = localDate(Date.parse(`${first}T12:00:00Z`) + (7 + random.whole(2) * 7) * DAY, zone);
  return [closure(`${id}-conges`, first, last, random.pick(['Congés', 'Formation', 'Congrès']))];
}
