/** The times to which a patient may move an appointment: those of its kind, a week of days that have any. */
import { freeTimesOfKind, type KindTime } from '../../agenda/kinds/kind-times.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import { parseResource } from '../../fhir/json.ts';
import { slotNamed } from '../named-slot.ts';
import { DAY, localDate } from '../../scheduling/zone.ts';
import { type Visit, visitorOfMove } from './visit.ts';

export interface DayOfTimes {
  /** `2026-12-01`, by the clock of the place. */
  date: string;
  times: KindTime[];
}

/** Days on one page. */
const DAYS_SHOWN = 7;
/** Days that one reading covers, and how far ahead times are looked for. */
const WINDOW_DAYS = 14;
const MAX_DAYS = 366;
const MAX_NEAREST = 3;

/** The next days with times from an instant on; `next`: where further days begin. */
export async function daysFrom(
  services: RuleServices,
  { booked, zone }: Visit,
  from: number,
  now: number,
): Promise<{ days: DayOfTimes[]; next: number | undefined }> {
  if (booked === undefined) return { days: [], next: undefined };
  const { loaded, kind } = booked;
  const days = new Map<string, KindTime[]>();
  for (let ahead = 0; ahead < MAX_DAYS; ahead += WINDOW_DAYS) {
    const window = { start: from + ahead * DAY, end: from + (ahead + WINDOW_DAYS) * DAY };
    for (const time of await freeTimesOfKind(services, loaded, kind, visitorOfMove(kind), window, now)) {
      const date = localDate(time.start, zone);
      const known = days.get(date);
      if (known !== undefined) known.push(time);
      else if (days.size === DAYS_SHOWN) return { days: listed(days), next: time.start };
      else days.set(date, [time]);
    }
  }
  return { days: listed(days), next: undefined };
}

function listed(days: ReadonlyMap<string, KindTime[]>): DayOfTimes[] {
  return [...days].map(([date, times]) => ({ date, times }));
}

/** Those nearest to a time that somebody else has taken. */
export async function nearestTimes(services: RuleServices, visit: Visit, at: number, now: number): Promise<KindTime[]> {
  const { days } = await daysFrom(services, visit, Math.max(now, at - 3 * DAY), now);
  return days
    .flatMap(({ times }) => times)
    .sort((a, b) => Math.abs(a.start - at) - Math.abs(b.start - at))
    .slice(0, MAX_NEAREST)
    .sort((a, b) => a.start - b.start);
}

/** The time of a slot, while it is free for this visit. */
export async function timeWithId(
  services: RuleServices,
  { booked }: Visit,
  id: string,
  now: number,
): Promise<KindTime | undefined> {
  const start = slotNamed(id)?.start ?? (await startOfWritten(services, id));
  if (booked === undefined || start === undefined) return undefined;
  const { loaded, kind } = booked;
  const window = { start, end: start + 1 };
  const times = await freeTimesOfKind(services, loaded, kind, visitorOfMove(kind), window, now);
  return times.find((time) => time.id === id);
}

/** Of a slot that somebody wrote. */
async function startOfWritten({ reader }: RuleServices, id: string): Promise<number | undefined> {
  if (!/^[A-Za-z0-9\-.]{1,64}$/.test(id)) return undefined;
  const stored = await reader.read('Slot', id);
  const start = stored?.body === undefined ? Number.NaN : Date.parse(parseResource('Slot', stored.body).start);
  return Number.isNaN(start) ? undefined : start;
}
