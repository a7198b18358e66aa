/**
 * An agenda as text, day by day: opening hours, absences, appointments and free times, each reachable by the keyboard
 * and read aloud.
 */
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { addDays, dayIn } from '../../fhir/zone.ts';
import { type AgendaAppointment, type AgendaContent, type Closure, daysPeriod } from '../../schedule/agenda-content.ts';
import type { AgendaSummary } from '../../schedule/agendas.ts';
import { type FreeSlot, freeSlots } from '../../schedule/appointments.ts';
import { useCancelled } from '../../schedule/cancelled.ts';
import { longDay, type Span, timeSpan } from '../../ui/dates.ts';
import { CancelledList } from './cancelled-list.tsx';
import { FreeTimeList } from './free-time-list.tsx';

export interface TextListProps {
  content: AgendaContent;
  agenda: AgendaSummary;
  from: string;
  days: number;
  label: string;
  onAppointment: (appointment: AgendaAppointment) => void;
  onAvailability: (id: string) => void;
  onFree: (span: Span) => void;
}

export function TextList({ content, agenda, from, days, label, ...on }: TextListProps) {
  const { id, zone } = content;
  const period = daysPeriod(from, days, zone);
  const free = useQuery({
    queryKey: ['free', id, period.start, period.end],
    queryFn: ({ signal }) => freeSlots(id, period, signal),
    placeholderData: (before) => before,
  });
  const { data: cancelled = [] } = useCancelled(content, agenda.actors, period);
  return (
    <section className="sheet text-list" aria-label={label}>
      {Array.from({ length: days }, (_, i) => addDays(from, i)).map((day) => (
        <div key={day}>
          <h3>{longDay(day)}</h3>
          <Day content={contentOn(content, day)} slots={startingOn(free.data ?? [], day, zone)} {...on} />
          <CancelledList appointments={startingOn(cancelled, day, zone)} agenda={id} zone={zone} />
        </div>
      ))}
    </section>
  );
}

function contentOn(content: AgendaContent, day: string): AgendaContent {
  const { zone } = content;
  return {
    ...content,
    openings: startingOn(content.openings, day, zone),
    closures: content.closures.filter((closure) => isClosedOn(closure, day, zone)),
    appointments: startingOn(content.appointments, day, zone),
    busy: startingOn(content.busy, day, zone),
  };
}

function startingOn<Item extends Span>(spans: readonly Item[], day: string, zone: string): Item[] {
  return spans.filter((span) => dayIn(span.start, zone) === day);
}

function isClosedOn({ start, end }: Closure, day: string, zone: string): boolean {
  return dayIn(start, zone) <= day && dayIn(Date.parse(end) - 1, zone) >= day;
}

interface DayProps extends Pick<TextListProps, 'onAppointment' | 'onAvailability' | 'onFree'> {
  /** Of one day. */
  content: AgendaContent;
  slots: readonly FreeSlot[];
}

function Day({ content, slots, onAppointment, onAvailability, onFree }: DayProps) {
  const { t } = useTranslation();
  const { zone, openings, closures, appointments, busy } = content;
  if ([openings, closures, appointments, busy].every((items) => items.length === 0))
    return <p className="dim">{t('agenda.nothingThatDay')}</p>;
  return (
    <dl>
      <Hours content={content} onAvailability={onAvailability} />
      {appointments.length > 0 && <dt>{t('agenda.appointments', { count: appointments.length })}</dt>}
      {appointments.map((appointment) => (
        <dd key={appointment.id}>
          <AppointmentLine appointment={appointment} zone={zone} onOpen={() => onAppointment(appointment)} />
        </dd>
      ))}
      {busy.length > 0 && <dt>{t('agenda.busy')}</dt>}
      {busy.map((span) => (
        <dd key={span.start}>{timeSpan(span, zone)}</dd>
      ))}
      <FreeTimeList slots={slots} zone={zone} mayBook={content.mayWrite} onFree={onFree} />
    </dl>
  );
}

/** Opening hours and absences, each with a button to change it. */
function Hours({ content, onAvailability }: Pick<DayProps, 'content' | 'onAvailability'>) {
  const { t } = useTranslation();
  const { zone, mayWrite, openings, closures } = content;
  const change = (availability: readonly string[], spoken: string) =>
    mayWrite &&
    availability.length > 0 && (
      <button type="button" className="link" onClick={() => onAvailability(availability[0] ?? '')}>
        {t('agenda.change')}
        <span className="sr-only"> {spoken}</span>
      </button>
    );
  return (
    <>
      {(openings.length > 0 || closures.length > 0) && <dt>{t('agenda.openTimes')}</dt>}
      {openings.map((opening) => (
        <dd key={opening.start}>
          {timeSpan(opening, zone)} {change(opening.availability, timeSpan(opening, zone))}
        </dd>
      ))}
      {closures.map((closure) => (
        <dd key={closure.start}>
          {t('agenda.closed')} {closure.reason !== '' && `: ${closure.reason}`}{' '}
          {change(closure.availability, closure.reason)}
        </dd>
      ))}
    </>
  );
}

interface AppointmentLineProps {
  appointment: AgendaAppointment;
  zone: string;
  onOpen: () => void;
}

function AppointmentLine({ appointment, zone, onOpen }: AppointmentLineProps) {
  const { t } = useTranslation();
  const { patient, kind, status } = appointment;
  return (
    <button type="button" className={`link appt-line appt-line-${status}`} dir="auto" onClick={onOpen}>
      {timeSpan(appointment, zone)} {patient || t('agenda.appointment')} {kind !== '' && `· ${kind}`} ·{' '}
      {t(`status.${status as 'booked'}`)}
    </button>
  );
}
