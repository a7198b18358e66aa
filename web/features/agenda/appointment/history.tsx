/** « Qui a fait quoi »: the deeds on one appointment, the latest first. */
import { Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dayIn, timeIn } from '../../../fhir/zone.ts';
import { type HistoryEntry, historyOf } from '../../../schedule/appointment-history.ts';
import { spanOf } from '../../../schedule/appointments.ts';
import { dayAndTime, shortDay } from '../../../ui/dates.ts';
import { RefusalAlert } from '../../../ui/refusal.tsx';

export interface HistoryProps {
  /** Id of the appointment. */
  appointment: string;
  /** Id of its agenda. */
  agenda: string;
  zone: string;
}

/** Folded until somebody asks. */
export function History(props: HistoryProps) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('history.title')}</summary>
      {isOpen && <Deeds {...props} />}
    </details>
  );
}

function Deeds({ appointment, agenda, zone }: HistoryProps) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['agenda', agenda, 'history', appointment],
    queryFn: ({ signal }) => historyOf(appointment, agenda, signal),
  });
  return (
    <>
      <RefusalAlert error={error} />
      {data === undefined && error === null && <Loader size="xs" aria-label={t('app.loading')} />}
      <ol className="lines">
        {data?.map((entry) => (
          <li key={entry.appointment.meta?.versionId}>
            <Deed entry={entry} zone={zone} />
          </li>
        ))}
      </ol>
    </>
  );
}

const ROLES = ['practitioner', 'secretary', 'regulator', 'operator', 'practice-manager'] as const;

function Deed({ entry: { deed, appointment, before, who, role }, zone }: { entry: HistoryEntry; zone: string }) {
  const { t } = useTranslation();
  const at = appointment.meta?.lastUpdated ?? '';
  const known = ROLES.find((name) => name === role);
  const reason = appointment.cancelationReason?.text;
  const words =
    deed === 'moved'
      ? t('history.moved', { before: before === undefined ? '' : dayAndTime(spanOf(before), zone) })
      : deed === 'status'
        ? t(`status.${appointment.status as 'booked'}`)
        : t(`history.${deed}`);
  return (
    <>
      <span className="dim">{at !== '' && `${shortDay(dayIn(at, zone))} ${timeIn(at, zone)}`}</span> {words}
      {reason && ` (${reason})`} · <span dir="auto">{who ?? t('history.nobody')}</span>
      {known && ` (${t(known === 'regulator' ? 'history.sas' : `role.${known}`)})`}
    </>
  );
}
