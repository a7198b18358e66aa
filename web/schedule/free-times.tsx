/** The free times of an agenda on one day, for one length of visit. */
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { minutesBetween, timeIn } from '../fhir/zone.ts';
import { longDay } from '../ui/dates.ts';
import { type AgendaContent, daysPeriod } from './agenda-content.ts';
import { type FreeSlot, freeSlots } from './appointments.ts';

export interface FreeTimesProps {
  agenda: AgendaContent;
  day: string;
  /** The time that is chosen. */
  time: string;
  minutes: number | undefined;
  onChoose: (slot: FreeSlot) => void;
}

export function FreeTimes({ agenda: { id, zone }, day, time, minutes, onChoose }: FreeTimesProps) {
  const { t } = useTranslation();
  const isDay = /^\d{4}-\d\d-\d\d$/.test(day);
  const { data, isFetching } = useQuery({
    queryKey: ['free', id, day],
    enabled: isDay,
    queryFn: ({ signal }) => freeSlots(id, daysPeriod(day, 1, zone), signal),
  });
  const slots = (data ?? []).filter((slot) => minutesBetween(slot.start, slot.end) === minutes);
  return (
    <fieldset className="times">
      <legend>{t('booking.freeOn', { day: isDay ? longDay(day) : '' })}</legend>
      {slots.length === 0 && !isFetching && <p>{t('booking.noneFree')}</p>}
      <div className="time-list">
        {slots.map((slot) => (
          <button
            key={slot.id}
            type="button"
            className="time"
            aria-pressed={timeIn(slot.start, zone) === time}
            onClick={() => onChoose(slot)}
          >
            {timeIn(slot.start, zone)}
          </button>
        ))}
      </div>
    </fieldset>
  );
}
