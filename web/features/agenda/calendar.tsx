/**
 * One agenda drawn by FullCalendar (its only door), in the agenda's own zone: opening hours behind, appointments in
 * front. In the mode `hours` people draw and drag the opening hours.
 */
import FullCalendar from '@fullcalendar/react';
import dayGridPlugin from '@fullcalendar/react/daygrid';
import interactionPlugin from '@fullcalendar/react/interaction';
import frLocale from '@fullcalendar/react/locales/fr';
import classicTheme from '@fullcalendar/react/themes/classic';
import timeGridPlugin from '@fullcalendar/react/timegrid';
import { type ComponentProps, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgendaAppointment, AgendaContent } from '../../schedule/agenda-content.ts';
import type { Span } from '../../ui/dates.ts';
import { AppointmentText } from './appointment-text.tsx';
import { type CalendarMode, type CalendarView, clockHour, eventsOf, type Hours } from './calendar-events.ts';
import { useRoving } from './roving.ts';
import '@fullcalendar/react/skeleton.css';
import '@fullcalendar/react/themes/classic/theme.css';
import '@fullcalendar/react/themes/classic/palette.css';
import './calendar.css';

export interface CalendarProps {
  content: AgendaContent;
  view: CalendarView;
  day: string;
  mode: CalendarMode;
  /** The axis, which calendars side by side share. */
  hours: Hours;
  label: string;
  onAppointment: (appointment: AgendaAppointment) => void;
  onAvailability: (id: string) => void;
  /** A time was drawn or clicked. */
  onDraw: (span: Span) => void;
  /** `revert` puts the drawing back. */
  onMove: (appointment: AgendaAppointment, to: Span, revert: () => void) => void;
  onAvailabilityMove: (id: string, from: Span, to: Span, revert: () => void) => void;
  /** An appointment of the agenda `from` was dropped here. */
  onReceive: (id: string, from: string, to: Span, revert: () => void) => void;
}

type Options = ComponentProps<typeof FullCalendar>;

/** How to draw an appointment again in the calendar that it was dragged out of. */
const putBack = new Map<string, () => void>();

const VIEW_NAMES = { day: 'timeGridDay', week: 'timeGridWeek', month: 'dayGridMonth' } as const;
const PLUGINS = [timeGridPlugin, dayGridPlugin, interactionPlugin, classicTheme];
const HOUR = { hour: '2-digit', minute: '2-digit' } as const;

/** The look, the same for every agenda. */
const LOOK: Options = {
  plugins: PLUGINS,
  firstDay: 1,
  headerToolbar: false,
  height: 'auto',
  allDaySlot: false,
  nowIndicator: true,
  slotDuration: '00:15:00',
  slotHeaderInterval: '01:00:00',
  slotHeaderFormat: HOUR,
  snapDuration: '00:05:00',
  eventTimeFormat: HOUR,
  slotEventOverlap: false,
  eventShortHeight: 20,
  dayMaxEvents: 6,
  selectMirror: true,
  eventResizableFromStart: true,
};

export function Calendar(props: CalendarProps) {
  const { content, view, day, mode, hours, label } = props;
  const { t, i18n } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  useRoving(box, '.appt');
  const isLaidOut = useLaidOut();
  const events = useMemo(
    () => eventsOf(content, mode, view, { closed: t('agenda.closed'), busy: t('agenda.busy') }),
    [content, mode, view, t],
  );
  const mayDraw = content.mayWrite && view !== 'month';
  return (
    <section className={`calendar calendar-${view}${isLaidOut ? '' : ' calendar-early'}`} ref={box} aria-label={label}>
      <FullCalendar
        key={`${view} ${day} ${content.zone} ${i18n.language}`}
        {...LOOK}
        {...handlersOf(props)}
        initialView={VIEW_NAMES[view]}
        initialDate={day}
        timeZone={content.zone}
        {...(i18n.language === 'en' ? { locale: 'en-gb' } : { locale: frLocale })}
        timedText={t('agenda.hoursRow')}
        slotMinTime={clockHour(hours[0])}
        slotMaxTime={clockHour(hours[1])}
        events={events}
        selectable={mayDraw}
        editable={mayDraw}
        droppable={mode === 'appointments'}
        eventContent={({ event, timeText }) => {
          const appointment = appointmentOf(content, event.id);
          return appointment === undefined ? (
            <span className="appt-text">{`${timeText} ${event.title}`.trim()}</span>
          ) : (
            <AppointmentText appointment={appointment} zone={content.zone} view={view} />
          );
        }}
      />
    </section>
  );
}

/** FullCalendar measures itself and draws again, so that everything would jump twice under the eyes of the reader. */
const FRAMES = 4;

function useLaidOut(): boolean {
  const [isLaidOut, setLaidOut] = useState(false);
  useEffect(() => {
    let frame = 0;
    const wait = (left: number) => {
      frame = requestAnimationFrame(() => (left === 0 ? setLaidOut(true) : wait(left - 1)));
    };
    wait(FRAMES);
    return () => cancelAnimationFrame(frame);
  }, []);
  return isLaidOut;
}

function appointmentOf({ appointments }: AgendaContent, id: string): AgendaAppointment | undefined {
  return appointments.find((appointment) => appointment.id === id);
}

interface DrawnEvent {
  id: string;
  startStr: string;
  endStr: string;
  extendedProps: Record<string, string>;
}

function spanOf({ startStr, endStr }: Pick<DrawnEvent, 'startStr' | 'endStr'>): Span {
  return { start: startStr, end: endStr };
}

/** Gestures of the mouse, translated into intentions. */
function handlersOf({ content, ...on }: CalendarProps): Options {
  const moved = (event: DrawnEvent, before: DrawnEvent, revert: () => void) => {
    const appointment = appointmentOf(content, event.id);
    if (appointment !== undefined) on.onMove(appointment, spanOf(event), revert);
    else on.onAvailabilityMove(event.extendedProps['availability']!, spanOf(before), spanOf(event), revert);
  };
  return {
    select: (selection) => on.onDraw(spanOf(selection)),
    eventClick: ({ el, event, jsEvent }) => {
      jsEvent.preventDefault();
      // A press that might begin a drag gives no focus: the dialog would not know where to give it back.
      el.focus();
      const appointment = appointmentOf(content, event.id);
      const availability = event.extendedProps['availability'];
      if (appointment !== undefined) on.onAppointment(appointment);
      else if (availability !== undefined) on.onAvailability(availability);
    },
    eventDrop: ({ event, oldEvent, revert }) => moved(event, oldEvent, revert),
    eventResize: ({ event, oldEvent, revert }) => moved(event, oldEvent, revert),
    eventRemove: ({ event, revert }) => putBack.set(event.id, revert),
    eventReceive: ({ event, revert }) =>
      on.onReceive(event.id, event.extendedProps['agenda'], spanOf(event), () => {
        revert();
        putBack.get(event.id)?.();
      }),
    eventDidMount: ({ el, event }) => {
      el.dataset['id'] = event.id;
    },
  };
}
