/** An agenda's content as events of the calendar, and the hours that the calendar must show. Pure. */
import type { EventInput } from '@fullcalendar/react';
import { minutesBetween, timeIn } from '../../fhir/zone.ts';
import type { AgendaAppointment, AgendaContent, Opening } from '../../schedule/agenda-content.ts';

/** The events that can be drawn and dragged: appointments, or the opening hours behind them. */
export type CalendarMode = 'appointments' | 'hours';
export type CalendarView = 'day' | 'week' | 'month';

/** A box at least this long has room for a second line. */
export const TWO_LINES_MINUTES = 25;

/** Titles of what has no name of its own. */
export interface EventTitles {
  closed: string;
  busy: string;
}

export function eventsOf(
  content: AgendaContent,
  mode: CalendarMode,
  view: CalendarView,
  titles: EventTitles,
): EventInput[] {
  if (mode === 'hours') return [...openingEvents(content), ...closureEvents(content, titles)];
  return [
    // A month of coloured days would hide its appointments.
    ...(view === 'month' ? [] : openingEvents(content).map((event) => behind(event, 'open'))),
    ...closureEvents(content, titles).map((event) => behind(event, 'closed')),
    ...busyEvents(content, titles),
    ...content.appointments.map((appointment) => appointmentEvent(appointment, content)),
  ];
}

function behind(event: EventInput, className: string): EventInput {
  const { editable: _editable, ...shown } = event;
  return { ...shown, display: 'background', className };
}

function openingEvents({ openings, mayWrite }: AgendaContent): EventInput[] {
  return openings.map((opening, i) => ({
    id: `opening ${i}`,
    ...timesOf(opening),
    title: '',
    className: 'appt hours-open',
    editable: mayWrite,
  }));
}

function closureEvents({ closures }: AgendaContent, titles: EventTitles): EventInput[] {
  return closures.map((closure, i) => ({
    id: `closure ${i}`,
    ...timesOf(closure),
    title: closure.reason || titles.closed,
    className: 'appt hours-closed',
    editable: false,
  }));
}

function timesOf({ start, end, availability: [availability] }: Opening) {
  return { start, end, availability };
}

function busyEvents({ busy }: AgendaContent, titles: EventTitles): EventInput[] {
  return busy.map(({ start, end }, i) => ({
    id: `busy ${i}`,
    start,
    end,
    title: titles.busy,
    className: 'appt appt-busy',
    editable: false,
    interactive: false,
  }));
}

function appointmentEvent(appointment: AgendaAppointment, { id: agenda, mayWrite }: AgendaContent): EventInput {
  const { id, start, end, patient, status, isOverbooked, holdsTime, mayBecome } = appointment;
  const classes = [
    'appt',
    `appt-${status}`,
    ...(isOverbooked ? ['appt-over'] : []),
    ...(minutesBetween(start, end) < TWO_LINES_MINUTES ? ['appt-short'] : []),
  ];
  return {
    id,
    start,
    end,
    title: patient,
    className: classes.join(' '),
    editable: mayWrite && holdsTime && mayBecome.length > 0,
    agenda,
  };
}

/** First and last hour of an axis, 0 to 24. */
export type Hours = readonly [first: number, last: number];

/** Calendars side by side have one axis: nothing of any may be out of sight. */
export function sharedHours(contents: readonly AgendaContent[]): Hours {
  const all = contents.map(hoursOf);
  return [Math.min(8, ...all.map(([first]) => first)), Math.max(18, ...all.map(([, last]) => last))];
}

function hoursOf({ openings, appointments, busy, zone }: AgendaContent): Hours {
  const spans = [...openings, ...appointments, ...busy];
  const starts = spans.map((span) => timeIn(span.start, zone));
  const ends = spans.map((span) => {
    const end = timeIn(span.end, zone);
    return end <= timeIn(span.start, zone) ? '24:00' : end;
  });
  if (ends.includes('24:00')) return [0, 24];
  const first = [...starts, '08:00'].sort()[0]!;
  const last = [...ends, '18:00'].sort().at(-1)!;
  return [Number(first.slice(0, 2)), Math.min(24, Number(last.slice(0, 2)) + 1)];
}

/** `08:00:00` */
export function clockHour(hour: number): string {
  return `${String(hour).padStart(2, '0')}:00:00`;
}
