/**
 * Public holidays as time of an agenda: a closed one closes its whole day, one with hours closes the rest of the day
 * and opens these hours, where the week does not open them already. They are computed for the window that somebody asks
 * about, so nothing has to be written ahead of time. ADR 0038
 */
import type { AvailabilityTime } from '../fhir/french/fr-extensions.ts';
import { type HolidayPlan, type PlannedHoliday, plannedHolidays } from '../fhir/french/holiday-rule.ts';
import type { Interval } from './interval.ts';
import { DAY, localDate, toInstant } from './zone.ts';

/** Weaker than every opening of the week. */
const WEAKEST_RANK = 11;

/** As much of a rule as a time of a holiday has. */
export interface HolidayTime extends Interval {
  rule: { availability: Pick<AvailabilityTime, 'type' | 'identifiers' | 'unavailabilityReason'>; rank: number };
}

const SYSTEM = 'urn:creneau:fhir:holiday';

/** The times of holidays that meet the window. */
export function holidayTimes(
  plan: HolidayPlan,
  zone: string,
  type: AvailabilityTime['type'],
  window: Interval,
): HolidayTime[] {
  return holidaysIn(plan, zone, window)
    .flatMap((holiday) => timesOf(holiday, zone))
    .filter(({ rule, start, end }) => rule.availability.type === type && start < window.end && end > window.start);
}

/** Those of the days that the window meets, on the clock of the agenda. */
export function holidaysIn(plan: HolidayPlan, zone: string, { start, end }: Interval): PlannedHoliday[] {
  return plannedHolidays(plan, localDate(start, zone), localDate(end, zone));
}

function timesOf({ code, name, date, state, from, to }: PlannedHoliday, zone: string): HolidayTime[] {
  if (state === 'open') return [];
  const midnight = Date.parse(date);
  const at = (local: number): number => toInstant(zone, local).instant;
  const reason = { coding: [{ system: SYSTEM, code, display: name }], text: name };
  const closed = { type: 'busy-unavailable' as const, identifiers: [], unavailabilityReason: reason };
  const between = (start: number, end: number): HolidayTime => ({
    start,
    end,
    rule: { availability: closed, rank: 0 },
  });
  const [first, last] = [at(midnight), at(midnight + DAY)];
  if (state === 'closed' || from === undefined || to === undefined) return [between(first, last)];
  const [opens, closes] = [at(midnight + clockMs(from)), at(midnight + clockMs(to))];
  const opening = { type: 'free' as const, identifiers: [] };
  return [
    ...(first < opens ? [between(first, opens)] : []),
    { start: opens, end: closes, rule: { availability: opening, rank: WEAKEST_RANK } },
    ...(closes < last ? [between(closes, last)] : []),
  ];
}

/** `09:30` as milliseconds after midnight. */
function clockMs(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return (hours * 60 + minutes) * 60_000;
}
