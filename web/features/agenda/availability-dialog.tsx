/** Opens times, once or every week, or closes them: a holiday, an absence with its reason. */
import { Alert, Button, Group } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { read } from '../../fhir/client.ts';
import {
  type AvailabilityValues,
  removeAvailability,
  type ScheduleWrite,
  undoWrite,
  writeAvailability,
} from '../../schedule/availability.ts';
import { useAvailabilityNotice } from '../../schedule/notices.ts';
import { offeredAs, type SlotOffer } from '../../schedule/slot-offers.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { focusFirstFault } from '../../ui/first-fault.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { AvailabilityFields, RepeatFields } from './availability-fields.tsx';
import { OfferFieldset } from './offer-fieldset.tsx';

export interface AvailabilityDialogProps {
  agenda: string;
  zone: string;
  initial: AvailabilityValues;
  onClose: () => void;
}

export function AvailabilityDialog({ agenda, zone, initial, onClose }: AvailabilityDialogProps) {
  const { t } = useTranslation();
  const { attempt, refusal, isBusy } = useAttempt(agenda, onClose);
  const isNew = initial.id === '';
  const form = useAvailabilityForm(initial);
  const { values } = form;
  const isAbsence = values.type === 'busy-unavailable';
  const offered = useOffered(agenda, initial.id);
  // Until the person changes it, the offer stays as it was; `null`: it is taken away.
  const [changedOffer, setOffer] = useState<SlotOffer | null>();
  const save = form.onSubmit(
    (written) =>
      void attempt(
        () => writeAvailability(agenda, written, zone, written.type === 'free' ? changedOffer : null),
        isNew ? t('agenda.timesAdded') : t('agenda.timesChanged'),
      ),
    focusFirstFault,
  );
  return (
    <Dialog onClose={onClose} title={t(titleOf(isNew, isAbsence))} size="large">
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

/** Writes the Schedule, then closes the dialog; keeps the refusal. */
function useAttempt(agenda: string, onDone: () => void) {
  const notify = useAvailabilityNotice(agenda);
  const [refusal, setRefusal] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const attempt = async (work: () => Promise<ScheduleWrite>, title: string) => {
    setBusy(true);
    setRefusal(undefined);
    try {
      const write = await work();
      notify(title, () => undoWrite(write));
      onDone();
    } catch (error) {
      setRefusal(error);
    } finally {
      setBusy(false);
    }
  };
  return { attempt, refusal, isBusy };
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
