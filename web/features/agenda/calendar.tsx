/**
 * One agenda drawn by FullCalendar (its only door), in the agenda's own zone: availability behind, appointments in
 * front; in the mode `hours` the availability is what one draws and drags.
 */
import FullCalendar, { type EventInput } from '@fullcalendar/react';
import dayGridPlugin from '@fullcalendar/react/daygrid';
import interactionPlugin from '@fullcalendar/react/interaction';
import frLocale from '@fullcalendar/react/locales/fr';
import classicTheme from '@fullcalendar/react/themes/classic';
import timeGridPlugin from '@fullcalendar/react/timegrid';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { minutesBetween, spoken, timeIn } from '../../fhir/zone.ts';
import { useRoving } from './roving.ts';
import type { ShownAgenda, ShownAppointment } from '../../schedule/shown.ts';
import '@fullcalendar/react/skeleton.css';
import '@fullcalendar/react/themes/classic/theme.css';
import '@fullcalendar/react/themes/classic/palette.css';
import './agenda.css';

export interface CalendarProps {
  shown: ShownAgenda;
  view: 'day' | 'week' | 'month';
  day: string;
  mode: 'appointments' | 'hours';
  label: string;
  onAppointment: (appointment: ShownAppointment) => void;
  onAvailability: (id: string) => void;
  /** Times were drawn, or clicked: instants. */
  onDraw: (start: string, end: string) => void;
  /** `undone` puts the drawing back. */
  onMove: (appointment: ShownAppointment, start: string, end: string, undone: () => void) => void;
  onAvailabilityMove: (
    id: string,
    from: { start: string; end: string },
    to: { start: string; end: string },
    undone: () => void,
  ) => void;
  /** An appointment of another agenda was dropped here. */
  onReceive: (id: string, from: string, start: string, end: string, undone: () => void) => void;
}

/** What was dragged out of a calendar into another, and how to draw it there again. */
const putBack = new Map<string, () => void>();

/**
 * What the colour says, for who does not see it; the status in full follows for screen readers. The legend explains
 * them.
 */
const MARKS: Record<string, string> = {
  arrived: '→',
  'checked-in': '→',
  fulfilled: '✓',
  noshow: '✗',
  proposed: '?',
  pending: '?',
  waitlist: '?',
};

/** Minutes that are high enough for a second line. */
const TWO_LINES = 25;

const VIEW = { day: 'timeGridDay', week: 'timeGridWeek', month: 'dayGridMonth' } as const;

export function Calendar({ shown, view, day, mode, label, ...on }: CalendarProps) {
  const { t, i18n } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  useRoving(box, '.appt');
  const events = useMemo(
    () => eventsOf(shown, mode, view, { closed: t('agenda.closed'), busy: t('agenda.busy') }),
    [shown, mode, view, t],
  );
  const [slotMinTime, slotMaxTime] = useMemo(() => hoursOf(shown), [shown]);
  const byId = (id: string) => shown.appointments.find((appointment) => appointment.id === id);
  return (
    <section className={`calendar calendar-${view}`} ref={box} aria-label={label}>
      <FullCalendar
        key={`${view} ${day} ${shown.zone} ${i18n.language}`}
        plugins={[timeGridPlugin, dayGridPlugin, interactionPlugin, classicTheme]}
        initialView={VIEW[view]}
        initialDate={day}
        timeZone={shown.zone}
        {...(i18n.language === 'en' ? { locale: 'en-gb' } : { locale: frLocale })}
        firstDay={1}
        headerToolbar={false}
        height="auto"
        allDaySlot={false}
        timedText={t('agenda.hoursRow')}
        nowIndicator
        slotMinTime={slotMinTime}
        slotMaxTime={slotMaxTime}
        slotDuration="00:15:00"
        slotHeaderInterval="01:00:00"
        slotHeaderFormat={{ hour: '2-digit', minute: '2-digit' }}
        snapDuration="00:05:00"
        eventTimeFormat={{ hour: '2-digit', minute: '2-digit' }}
        slotEventOverlap={false}
        eventShortHeight={20}
        dayMaxEvents={6}
        events={events}
        selectable={shown.mayWrite && view !== 'month'}
        selectMirror
        editable={shown.mayWrite && view !== 'month'}
        droppable={mode === 'appointments'}
        eventResizableFromStart
        select={({ startStr, endStr }) => on.onDraw(startStr, endStr)}
        eventClick={({ event, jsEvent }) => {
          jsEvent.preventDefault();
          const appointment = byId(event.id);
          if (appointment !== undefined) on.onAppointment(appointment);
          else if (event.extendedProps['availability'] !== undefined)
            on.onAvailability(event.extendedProps['availability']);
        }}
        eventDrop={({ event, oldEvent, revert }) => moved(event, oldEvent, revert)}
        eventResize={({ event, oldEvent, revert }) => moved(event, oldEvent, revert)}
        eventRemove={({ event, revert }) => putBack.set(event.id, revert)}
        eventReceive={({ event, revert }) =>
          on.onReceive(event.id, event.extendedProps['agenda'], event.startStr, event.endStr, () => {
            revert();
            putBack.get(event.id)?.();
          })
        }
        eventDidMount={({ el, event }) => {
          el.dataset['id'] = event.id;
        }}
        eventContent={({ event, timeText }) => {
          const appointment = byId(event.id);
          if (appointment === undefined)
            return <span className="appt-text">{event.title === '' ? timeText : `${timeText} ${event.title}`}</span>;
          const mark = MARKS[appointment.status];
          return (
            <span className="appt-text" dir="auto">
              <span className="appt-time">{timeIn(appointment.start, shown.zone)}</span>{' '}
              {mark !== undefined && <span aria-hidden="true">{mark} </span>}
              {appointment.patient || t('agenda.appointment')}
              {view !== 'month' &&
                minutesBetween(appointment.start, appointment.end) >= TWO_LINES &&
                appointment.what !== '' && <span className="appt-what">{appointment.what}</span>}
              {(appointment.status === 'noshow' || appointment.overbooked) && (
                <span className="appt-what">
                  {appointment.overbooked ? t('agenda.overbooked') : t('status.noshow')}
                </span>
              )}
              <span className="sr-only">
                {[
                  spoken(appointment.start, appointment.end, shown.zone),
                  appointment.what,
                  t(`status.${appointment.status as 'booked'}`),
                ]
                  .filter(Boolean)
                  .map((one) => `, ${one}`)
                  .join('')}
              </span>
            </span>
          );
        }}
      />
    </section>
  );

  function moved(
    event: { id: string; startStr: string; endStr: string; extendedProps: Record<string, string> },
    before: { startStr: string; endStr: string },
    undone: () => void,
  ) {
    const appointment = byId(event.id);
    if (appointment !== undefined) on.onMove(appointment, event.startStr, event.endStr, undone);
    else
      on.onAvailabilityMove(
        event.extendedProps['availability']!,
        { start: before.startStr, end: before.endStr },
        { start: event.startStr, end: event.endStr },
        undone,
      );
  }
}

function eventsOf(
  { id: agenda, openings, closures, appointments, busy, mayWrite }: ShownAgenda,
  mode: CalendarProps['mode'],
  view: CalendarProps['view'],
  says: { closed: string; busy: string },
): EventInput[] {
  const isHours = mode === 'hours';
  const behind = (eventInput: EventInput): EventInput =>
    isHours ? { ...eventInput, editable: mayWrite } : { ...eventInput, display: 'background' };
  // A month of coloured days would hide its appointments.
  const areas =
    view === 'month' && !isHours
      ? []
      : openings.map((opening, i) =>
          behind({
            id: `opening ${i}`,
            start: opening.start,
            end: opening.end,
            title: '',
            className: isHours ? 'appt hours-open' : 'open',
            availability: opening.availability[0],
          }),
        );
  const absences = closures.map((closure, i) => ({
    ...behind({
      id: `closure ${i}`,
      start: closure.start,
      end: closure.end,
      title: closure.reason || says.closed,
      className: isHours ? 'appt hours-closed' : 'closed',
      availability: closure.availability[0],
    }),
    ...(isHours ? { editable: false } : {}),
  }));
  if (isHours) return [...areas, ...absences];
  const taken = busy.map((one, i) => ({
    id: `busy ${i}`,
    start: one.start,
    end: one.end,
    title: says.busy,
    className: 'appt appt-busy',
    editable: false,
    interactive: false,
  }));
  return [
    ...areas,
    ...absences,
    ...taken,
    ...appointments.map((appointment) => ({
      id: appointment.id,
      start: appointment.start,
      end: appointment.end,
      title: appointment.patient,
      className: `appt appt-${appointment.status}${appointment.overbooked ? ' appt-over' : ''}${minutesBetween(appointment.start, appointment.end) < TWO_LINES ? ' appt-short' : ''}`,
      editable: mayWrite && appointment.holds && appointment.mayBecome.length > 0,
      agenda,
    })),
  ];
}

/** Nothing that is there may be out of sight. */
function hoursOf({ openings, appointments, busy, zone }: ShownAgenda): [string, string] {
  const all = [...openings, ...appointments, ...busy];
  const starts = all.map((one) => timeIn(one.start, zone));
  const ends = all.map((one) => (timeIn(one.end, zone) <= timeIn(one.start, zone) ? '24:00' : timeIn(one.end, zone)));
  const isNight = ends.includes('24:00');
  const first = [...starts, '08:00'].sort()[0]!;
  const last = [...ends, '18:00'].sort().at(-1)!;
  return [
    isNight ? '00:00:00' : `${first.slice(0, 2)}:00:00`,
    isNight ? '24:00:00' : `${String(Math.min(24, Number(last.slice(0, 2)) + 1)).padStart(2, '0')}:00:00`,
  ];
}
