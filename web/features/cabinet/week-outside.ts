/** The appointments to come that a typical week leaves outside of its hours: they stay booked, and somebody calls. */
import type { Appointment, Schedule } from '../../../src/fhir/resources.ts';
import { searchAll } from '../../fhir/client.ts';
import { addDays, dayIn, timeIn } from '../../fhir/zone.ts';
import { dayCode } from '../../schedule/availability.ts';
import { isSameTurn, type Season, type TypicalWeek } from './week.ts';

/** As far ahead as the count looks where the week holds for good. */
const LOOK_DAYS = 60;

export async function outsideCount(
  schedule: Schedule,
  zone: string,
  { first, last }: Season,
  week: TypicalWeek,
): Promise<number> {
  const actor = schedule.actor[0]?.reference ?? '';
  const until = last === '' ? addDays(first, LOOK_DAYS) : addDays(last, 1);
  const { matches } = await searchAll('Appointment', {
    ...{ actor, status: 'booked', date: [`ge${first}`, `lt${until}`], _count: '500' },
  });
  return matches.filter((appointment) => isOutside(appointment, zone, first, week)).length;
}

function isOutside({ start = '', end = '' }: Appointment, zone: string, first: string, week: TypicalWeek): boolean {
  const day = dayIn(start, zone);
  const [from, to] = [timeIn(start, zone), timeIn(end, zone)];
  return !week[dayCode(day)].some(
    (range) =>
      range.from <= from &&
      (to <= range.to || range.to <= range.from) &&
      (range.turn === 'each' || isSameTurn(day, first) === (range.turn === 'A')),
  );
}
