/** The appointments to come that a typical week leaves outside of its hours: they stay booked, and somebody calls. */
import type { QueryClient } from '@tanstack/react-query';
import { addDays, dayIn, timeIn } from '../../fhir/zone.ts';
import { agendaQuery, daysPeriod } from '../../schedule/agenda-content.ts';
import { dayCode } from '../../schedule/availability.ts';
import type { Span } from '../../ui/dates.ts';
import { isSameTurn, type Season, type TypicalWeek } from './week.ts';

/** As far ahead as the count looks where the week holds for good. */
const LOOK_DAYS = 60;

/** So many days of an agenda are read at once. */
const WINDOW_DAYS = 31;

export async function outsideCount(
  client: QueryClient,
  agenda: string,
  zone: string,
  { first, last }: Season,
  week: TypicalWeek,
): Promise<number> {
  const until = last === '' ? addDays(first, LOOK_DAYS) : addDays(last, 1);
  const outside = new Set<string>();
  for (let from = first; from < until; from = addDays(from, WINDOW_DAYS)) {
    // Read anew: the week has just been written.
    const query = { ...agendaQuery(agenda, daysPeriod(from, WINDOW_DAYS, zone)), staleTime: 0 };
    const { appointments } = await client.fetchQuery(query);
    for (const appointment of appointments) {
      const isCounted = appointment.holdsTime && dayIn(appointment.start, zone) < until;
      if (isCounted && isOutside(appointment, zone, first, week)) outside.add(appointment.id);
    }
  }
  return outside.size;
}

function isOutside({ start, end }: Span, zone: string, first: string, week: TypicalWeek): boolean {
  const day = dayIn(start, zone);
  const [from, to] = [timeIn(start, zone), timeIn(end, zone)];
  return !week[dayCode(day)].some(
    (range) =>
      range.from <= from &&
      (to <= range.to || range.to <= range.from) &&
      (range.turn === 'each' || isSameTurn(day, first) === (range.turn === 'A')),
  );
}
