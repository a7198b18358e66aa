/** Opens times, once or every week, or closes them: a holiday, an absence with its reason. */
import { Alert, Button, Group } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { read } from '../../fhir/client.ts';
import {
  absencePeriod,
  type AvailabilityValues,
  removeAvailability,
  type ScheduleWrite,
  undoWrite,
  writeAvailability,
} from '../../schedule/availability.ts';
import type { AgendaAppointment } from '../../schedule/agenda-content.ts';
import type { AgendaSummary } from '../../schedule/agendas.ts';
import { useAvailabilityNotice } from '../../schedule/notices.ts';
import { offeredAs, type SlotOffer } from '../../schedule/slot-offers.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { focusFirstFault } from '../../ui/first-fault.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { AbsenceHits, type Decision, useHits } from './absence-hits.tsx';
import { AvailabilityFields, RepeatFields } from './availability-fields.tsx';
import { layAbsence } from './lay-absence.ts';
import { OfferFieldset } from './offer-fieldset.tsx';

export interface AvailabilityDialogProps {
  agenda: string;
  /** Of the agenda, for the title and the notices. */
  name: string;
  zone: string;
  /** Agendas of colleagues, which may take over patients. */
  others: readonly AgendaSummary[];
  initial: AvailabilityValues;
  onClose: () => void;
}

export function AvailabilityDialog({ agenda, name, zone, others, initial, onClose }: AvailabilityDialogProps) {
  const { t } = useTranslation();
  const { attempt, lay, refusal, isBusy } = useAttempt(agenda, name, onClose);
  const isNew = initial.id === '';
  const form = useAvailabilityForm(initial);
  const { values } = form;
  const isAbsence = values.type === 'busy-unavailable';
  const offered = useOffered(agenda, initial.id);
  // Until the person changes it, the offer stays as it was; `null`: it is taken away.
  const [changedOffer, setOffer] = useState<SlotOffer | null>();
  const hits = useHits(agenda, isAbsence && !values.isWeekly ? absencePeriod(values, zone) : undefined);
  const [decisions, setDecisions] = useState<ReadonlyMap<string, Decision>>(new Map());
  const save = form.onSubmit((written) => {
    const write = () => writeAvailability(agenda, written, zone, written.type === 'free' ? changedOffer : null);
    const title = t(savedTitle(isNew, isAbsence));
    const reason = written.reason.trim() || t('agenda.absence');
    return void (hits.length === 0 ? attempt(write, title) : lay(hits, decisions, reason, write));
  }, focusFirstFault);
  return (
    <Dialog onClose={onClose} title={`${t(titleOf(isNew, isAbsence))} · ${name}`} size="large">
      <form className="stack" noValidate onSubmit={save}>
        <AvailabilityFields form={form} />
        <RepeatFields form={form} />
        {!isNew && values.isWeekly && (
          <Alert variant="light" color="blue">
            {t('agenda.allOccurrences')}
          </Alert>
        )}
        {!isAbsence && offered !== undefined && (
          <OfferFieldset offered={offered} changed={changedOffer} onChange={setOffer} />
        )}
        <AbsenceHits
          hits={hits}
          zone={zone}
          others={others}
          decisions={decisions}
          onDecide={(decided, decision) =>
            setDecisions(new Map([...decisions, ...decided.map(({ id }) => [id, decision] as const)]))
          }
        />
        <RefusalAlert error={refusal} takesFocus />
        <Buttons
          isBusy={isBusy}
          onCancel={onClose}
          onRemove={
            isNew
              ? undefined
              : () => void attempt(() => removeAvailability(agenda, initial.id), t('agenda.timesRemoved'))
          }
        />
      </form>
    </Dialog>
  );
}

function savedTitle(isNew: boolean, isAbsence: boolean) {
  if (isAbsence) return 'absence.laid';
  return isNew ? 'agenda.timesAdded' : 'agenda.timesChanged';
}

function titleOf(isNew: boolean, isAbsence: boolean) {
  if (isAbsence) return isNew ? 'agenda.newAbsence' : 'agenda.changeAbsence';
  return isNew ? 'agenda.newTimes' : 'agenda.changeTimes';
}

interface ButtonsProps {
  isBusy: boolean;
  onCancel: () => void;
  /** Absent: there is nothing to remove yet. */
  onRemove: (() => void) | undefined;
}

function Buttons({ isBusy, onCancel, onRemove }: ButtonsProps) {
  const { t } = useTranslation();
  return (
    <Group justify="space-between">
      {onRemove === undefined ? (
        <span />
      ) : (
        <Button variant="subtle" color="red" onClick={onRemove}>
          {t('agenda.removeTimes')}
        </Button>
      )}
      <Group>
        <Button variant="default" onClick={onCancel}>
          {t('app.cancel')}
        </Button>
        <Button type="submit" loading={isBusy}>
          {t('app.save')}
        </Button>
      </Group>
    </Group>
  );
}

/** The server tells the patients of an absence after so long. */
const UNDO_MS = 10 * 60_000;

/** Writes the Schedule, then closes the dialog; keeps the refusal. */
function useAttempt(agenda: string, name: string, onDone: () => void) {
  const { t } = useTranslation();
  const notify = useAvailabilityNotice(agenda);
  const [refusal, setRefusal] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const attempt = async (work: () => Promise<ScheduleWrite>, title: string) => {
    setBusy(true);
    setRefusal(undefined);
    try {
      const write = await work();
      notify(`${title} · ${name}`, () => undoWrite(write));
      onDone();
    } catch (error) {
      setRefusal(error);
    } finally {
      setBusy(false);
    }
  };
  /** Lays an absence, with the decisions for its patients. */
  const lay = async (
    hits: readonly AgendaAppointment[],
    decisions: ReadonlyMap<string, Decision>,
    reason: string,
    write: () => Promise<ScheduleWrite>,
  ) => {
    setBusy(true);
    setRefusal(undefined);
    try {
      const { left, changed, undo } = await layAbsence(agenda, hits, decisions, reason, write);
      const texts = [
        ...(changed > 0 ? [t('absence.told')] : []),
        ...(left.length > 0 ? [t('absence.left', { count: left.length })] : []),
      ];
      notify(`${t('absence.laid')} · ${name}`, undo, { text: texts.join(' '), undoMs: UNDO_MS });
      onDone();
    } catch (error) {
      setRefusal(error);
    } finally {
      setBusy(false);
    }
  };
  return { attempt, lay, refusal, isBusy };
}

/** How the availability is offered to the SAS now. */
function useOffered(agenda: string, id: string) {
  const { data: schedule } = useQuery({
    queryKey: ['agenda', agenda, 'schedule'],
    queryFn: ({ signal }) => read('Schedule', agenda, signal),
  });
  return schedule && offeredAs(schedule, id);
}

function useAvailabilityForm(initialValues: AvailabilityValues) {
  const { t } = useTranslation();
  const isTime = (value: string) => /^\d\d:\d\d$/.test(value);
  return useForm<AvailabilityValues>({
    initialValues,
    validate: {
      day: (value) => (/^\d{4}-\d\d-\d\d$/.test(value) ? null : t('booking.dayMissing')),
      from: (value) => (isTime(value) ? null : t('booking.timeMissing')),
      to: (value, { type, from }) => {
        if (!isTime(value)) return t('booking.timeMissing');
        return type === 'free' && value === from ? t('agenda.endIsStart') : null;
      },
      days: (value, { isWeekly }) => (isWeekly && value.length === 0 ? t('agenda.daysMissing') : null),
      lastDay: (value, { type, day }) =>
        type === 'busy-unavailable' && value !== '' && value < day ? t('agenda.lastDayBefore') : null,
      until: (value, { isWeekly, day }) => (isWeekly && value !== '' && value < day ? t('agenda.lastDayBefore') : null),
    },
  });
}
