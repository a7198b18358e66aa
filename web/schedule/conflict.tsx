/** Explains why a time could not be taken, offers the nearest free times, and overbooking to people who may. */
import { Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { dayIn, timeIn } from '../fhir/zone.ts';
import { longDay } from '../ui/dates.ts';
import { RefusalAlert } from '../ui/refusal.tsx';
import { type FreeSlot, isOutside, isTaken, nearestOf } from './appointments.ts';

export interface ConflictProps {
  error: unknown;
  agenda: string;
  zone: string;
  onChoose: (slot: FreeSlot) => void;
  /** Absent: this person may not. */
  onOverbook?: (() => void) | undefined;
}

export function Conflict({ error, agenda, zone, onChoose, onOverbook }: ConflictProps) {
  const { t } = useTranslation();
  if (error === undefined || error === null) return null;
  const nearest = nearestOf(error, agenda);
  return (
    <RefusalAlert error={error} brief={isTaken(error) ? t('booking.taken') : undefined} takesFocus>
      {nearest.length > 0 && (
        <>
          <p>{t('booking.nearest')}</p>
          <Group gap="xs">
            {nearest.map((slot) => (
              <Button key={slot.id} size="xs" variant="default" onClick={() => onChoose(slot)}>
                {longDay(dayIn(slot.start, zone))}, {timeIn(slot.start, zone)}
              </Button>
            ))}
          </Group>
        </>
      )}
      {(isTaken(error) || isOutside(error)) && onOverbook && (
        <Button size="xs" color="red" variant="outline" mt="sm" onClick={onOverbook}>
          {t(isTaken(error) ? 'booking.overbook' : 'booking.outside')}
        </Button>
      )}
    </RefusalAlert>
  );
}
