/** The free times of one day, by length. Each length is one tab stop, and the arrows go through its times. */
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { minutesBetween } from '../../fhir/zone.ts';
import type { FreeSlot } from '../../schedule/appointments.ts';
import { type Span, timeSpan } from '../../ui/dates.ts';
import { useRoving } from './roving.ts';

/** Times of one length on one day; the others are counted. */
const MAX_TIMES = 60;

export interface FreeTimeListProps {
  slots: readonly FreeSlot[];
  zone: string;
  mayBook: boolean;
  onFree: (span: Span) => void;
}

export function FreeTimeList({ slots, ...props }: FreeTimeListProps) {
  const lengths = [...new Set(slots.map(lengthOf))].sort((a, b) => a - b);
  return lengths.map((minutes) => (
    <TimesOfLength
      key={minutes}
      minutes={minutes}
      slots={slots.filter((slot) => lengthOf(slot) === minutes)}
      {...props}
    />
  ));
}

function lengthOf({ start, end }: FreeSlot): number {
  return minutesBetween(start, end);
}

function TimesOfLength({ minutes, slots, zone, mayBook, onFree }: FreeTimeListProps & { minutes: number }) {
  const { t } = useTranslation();
  const box = useRef<HTMLElement>(null);
  useRoving(box, '.time');
  return (
    <>
      <dt>{t('agenda.freeTimes', { count: slots.length, minutes })}</dt>
      <dd className="time-list" ref={box}>
        {slots.slice(0, MAX_TIMES).map((slot) => (
          <button
            key={slot.id}
            type="button"
            className="time"
            tabIndex={-1}
            disabled={!mayBook}
            onClick={() => onFree(slot)}
          >
            <span className="sr-only">{t('booking.book')} </span>
            {timeSpan(slot, zone)}
          </button>
        ))}
        {slots.length > MAX_TIMES && <span>{t('agenda.moreFree', { count: slots.length - MAX_TIMES })}</span>}
      </dd>
    </>
  );
}
