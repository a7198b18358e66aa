/** The patients whom an absence hits, and a decision for each. They hear of it ten minutes later. */
import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type AgendaAppointment, agendaQuery } from '../../schedule/agenda-content.ts';
import type { AgendaSummary } from '../../schedule/agendas.ts';
import { dayAndTime, type Span } from '../../ui/dates.ts';

/** `leave`, `cancel`, or the id of the agenda that takes the patient at the same time. */
export type Decision = string;
export const LEAVE: Decision = 'leave';
export const CANCEL: Decision = 'cancel';

/** The appointments to come that meet the period. */
export function useHits(agenda: string, period: Span | undefined): readonly AgendaAppointment[] {
  const { data } = useQuery({
    ...agendaQuery(agenda, period ?? { start: '', end: '' }),
    enabled: period !== undefined,
  });
  if (data === undefined || period === undefined) return [];
  const [start, end] = [Date.parse(period.start), Date.parse(period.end)];
  return data.appointments.filter(
    (appointment) =>
      appointment.holdsTime &&
      appointment.status === 'booked' &&
      Date.parse(appointment.start) < end &&
      Date.parse(appointment.end) > start,
  );
}

export interface AbsenceHitsProps {
  hits: readonly AgendaAppointment[];
  zone: string;
  /** Agendas of colleagues, to which a patient can be transferred. */
  others: readonly AgendaSummary[];
  decisions: ReadonlyMap<string, Decision>;
  onDecide: (appointments: readonly AgendaAppointment[], decision: Decision) => void;
}

export function AbsenceHits({ hits, zone, others, decisions, onDecide }: AbsenceHitsProps) {
  const { t } = useTranslation();
  if (hits.length === 0) return null;
  const choices = [
    { value: LEAVE, label: t('absence.leave') },
    { value: CANCEL, label: t('absence.cancel') },
    ...others.map(({ id, name }) => ({ value: id, label: t('absence.transfer', { name }) })),
  ];
  return (
    <fieldset className="times">
      <legend>{t('absence.hits', { count: hits.length })}</legend>
      <p>{t('absence.help')}</p>
      {hits.length > 1 && (
        <NativeSelect
          label={t('absence.all')}
          data={[{ value: '', label: t('absence.each') }, ...choices]}
          value={sameDecision(hits, decisions) ?? ''}
          onChange={({ currentTarget: { value } }) => value !== '' && onDecide(hits, value)}
        />
      )}
      <ul className="lines absence-hits">
        {hits.map((hit) => (
          <li key={hit.id}>
            <NativeSelect
              label={[hit.patient, dayAndTime(hit, zone), hit.identity?.phone].filter(Boolean).join(' · ')}
              data={choices}
              value={decisions.get(hit.id) ?? LEAVE}
              onChange={(event) => onDecide([hit], event.currentTarget.value)}
            />
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

/** `undefined`: they differ. */
function sameDecision(
  hits: readonly AgendaAppointment[],
  decisions: ReadonlyMap<string, Decision>,
): Decision | undefined {
  const all = new Set(hits.map(({ id }) => decisions.get(id) ?? LEAVE));
  return all.size === 1 ? [...all][0] : undefined;
}
