/**
 * An agenda as text, day by day: open times, absences, appointments and free times, all of them reached by the keyboard
 * and read aloud.
 */
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { type FreeSlot, freeSlots } from '../booking/appointments.ts';
import { addDays, dayIn, longDay, minutesBetween, timeIn } from '../../fhir/zone.ts';
import { useRoving } from './roving.ts';
import type { ShownAgenda, ShownAppointment, Window } from '../../schedule/shown.ts';

/** Of one day; the others are counted. */
const MAX_FREE = 60;

export interface TextListProps {
  shown: ShownAgenda;
  window: Window;
  from: string;
  days: number;
  label: string;
  onAppointment: (appointment: ShownAppointment) => void;
  onAvailability: (id: string) => void;
  onFree: (start: string, end: string) => void;
}

export function TextList({ shown, window, from, days, label, onAppointment, onAvailability, onFree }: TextListProps) {
  const { t } = useTranslation();
  const { zone, mayWrite } = shown;
  const free = useQuery({
    queryKey: ['free', shown.id, window.start, window.end],
    queryFn: ({ signal }) => freeSlots(shown.id, window.start, window.end, signal),
    placeholderData: (before) => before,
  });
  const span = (one: { start: string; end: string }) => `${timeIn(one.start, zone)} – ${timeIn(one.end, zone)}`;
  return (
    <section className="sheet text-list" aria-label={label}>
      {Array.from({ length: days }, (_, i) => addDays(from, i)).map((day) => {
        const on = <T extends { start: string }>(all: readonly T[]) =>
          all.filter((one) => dayIn(one.start, zone) === day);
        const closures = shown.closures.filter(
          (closure) => dayIn(closure.start, zone) <= day && dayIn(Date.parse(closure.end) - 1, zone) >= day,
        );
        const openings = on(shown.openings);
        const appointments = on(shown.appointments);
        const busy = on(shown.busy);
        const slots = on(free.data ?? []);
        return (
          <div key={day}>
            <h3>{longDay(day)}</h3>
            {openings.length === 0 && closures.length === 0 && appointments.length === 0 && busy.length === 0 ? (
              <p className="dim">{t('agenda.nothingThatDay')}</p>
            ) : (
              <dl>
                {(openings.length > 0 || closures.length > 0) && <dt>{t('agenda.openTimes')}</dt>}
                {openings.map((opening) => (
                  <dd key={opening.start}>
                    {span(opening)}{' '}
                    {mayWrite && (
                      <button
                        type="button"
                        className="link"
                        onClick={() => onAvailability(opening.availability[0] ?? '')}
                      >
                        {t('agenda.change')}
                        <span className="sr-only"> {span(opening)}</span>
                      </button>
                    )}
                  </dd>
                ))}
                {closures.map((closure) => (
                  <dd key={`closed ${closure.start}`}>
                    {t('agenda.closed')} {closure.reason !== '' && `: ${closure.reason}`}{' '}
                    {mayWrite && (
                      <button
                        type="button"
                        className="link"
                        onClick={() => onAvailability(closure.availability[0] ?? '')}
                      >
                        {t('agenda.change')}
                        <span className="sr-only"> {closure.reason}</span>
                      </button>
                    )}
                  </dd>
                ))}
                {appointments.length > 0 && <dt>{t('agenda.appointments', { count: appointments.length })}</dt>}
                {appointments.map((appointment) => (
                  <dd key={appointment.id}>
                    <button
                      type="button"
                      className={`link appt-line appt-line-${appointment.status}`}
                      dir="auto"
                      onClick={() => onAppointment(appointment)}
                    >
                      {span(appointment)} {appointment.patient || t('agenda.appointment')}{' '}
                      {appointment.what !== '' && `· ${appointment.what}`} ·{' '}
                      {t(`status.${appointment.status as 'booked'}`)}
                    </button>
                  </dd>
                ))}
                {busy.length > 0 && <dt>{t('agenda.busy')}</dt>}
                {busy.map((one) => (
                  <dd key={`busy ${one.start}`}>{span(one)}</dd>
                ))}
                {lengthsOf(slots).map((minutes) => (
                  <FreeTimes
                    key={minutes}
                    minutes={minutes}
                    slots={slots.filter((slot) => minutesBetween(slot.start, slot.end) === minutes)}
                    span={span}
                    mayBook={mayWrite}
                    onFree={onFree}
                  />
                ))}
              </dl>
            )}
          </div>
        );
      })}
    </section>
  );
}

interface FreeTimesProps {
  minutes: number;
  slots: readonly FreeSlot[];
  span: (slot: FreeSlot) => string;
  mayBook: boolean;
  onFree: (start: string, end: string) => void;
}

/** The free times of one length: one tab stop, the arrows go through them. */
function FreeTimes({ minutes, slots, span, mayBook, onFree }: FreeTimesProps) {
  const { t } = useTranslation();
  const box = useRef<HTMLElement>(null);
  useRoving(box, '.time');
  return (
    <>
      <dt>{t('agenda.freeTimes', { count: slots.length, minutes })}</dt>
      <dd className="time-list" ref={box}>
        {slots.slice(0, MAX_FREE).map((slot) => (
          <button
            key={slot.id}
            type="button"
            className="time"
            tabIndex={-1}
            disabled={!mayBook}
            onClick={() => onFree(slot.start, slot.end)}
          >
            <span className="sr-only">{t('booking.book')} </span>
            {span(slot)}
          </button>
        ))}
        {slots.length > MAX_FREE && <span>{t('agenda.moreFree', { count: slots.length - MAX_FREE })}</span>}
      </dd>
    </>
  );
}

function lengthsOf(slots: readonly FreeSlot[]): number[] {
  return [...new Set(slots.map((slot) => minutesBetween(slot.start, slot.end)))].sort((a, b) => a - b);
}
