/** Opens times, once or every week, or closes them: a holiday, an absence with its reason. */
import { Alert, Button, Checkbox, Fieldset, Group, Radio, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { read } from '../../fhir/client.ts';
import { OfferFields } from '../sas-visibility/offer-fields.tsx';
import { NEW_OFFER, type Offer, offeredAs } from '../sas-visibility/offers.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { toFirstFault } from '../../ui/first-fault.ts';
import { notify } from '../../ui/notify.tsx';
import { explain, RefusalAlert } from '../../ui/refusal.tsx';
import { DAYS, dayCode, remove, type Times, undo, write, type Written } from '../../schedule/availability.ts';

export interface AvailabilityDialogProps {
  agenda: string;
  zone: string;
  times: Times;
  onClose: () => void;
}

/** Tells what was done, and offers to undo it. */
export function useTold(agenda: string) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const refresh = () => {
    void client.invalidateQueries({ queryKey: ['shown', agenda] });
    void client.invalidateQueries({ queryKey: ['free', agenda] });
  };
  return (title: string, written: Written) => {
    refresh();
    notify({
      title,
      undo: () =>
        void undo(written).then(
          () => {
            refresh();
            notify({ title: t('agenda.undone') });
          },
          (error) => notify({ title: t('shell.notDone'), text: explain(error).join(' '), kind: 'bad' }),
        ),
    });
  };
}

export function AvailabilityDialog({ agenda, zone, times, onClose }: AvailabilityDialogProps) {
  const { t } = useTranslation();
  const told = useTold(agenda);
  const [refusal, setRefusal] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const isNew = times.id === '';
  const form = useForm<Times>({
    initialValues: times,
    validate: {
      day: (value) => (/^\d{4}-\d\d-\d\d$/.test(value) ? null : t('booking.dayMissing')),
      from: (value) => (/^\d\d:\d\d$/.test(value) ? null : t('booking.timeMissing')),
      to: (value, all) =>
        !/^\d\d:\d\d$/.test(value)
          ? t('booking.timeMissing')
          : all.kind === 'free' && value === all.from
            ? t('agenda.endIsStart')
            : null,
      days: (value, all) => (all.isWeekly && value.length === 0 ? t('agenda.daysMissing') : null),
      lastDay: (value, all) =>
        all.kind === 'busy-unavailable' && value !== '' && value < all.day ? t('agenda.lastDayBefore') : null,
      until: (value, all) => (all.isWeekly && value !== '' && value < all.day ? t('agenda.lastDayBefore') : null),
    },
  });
  const { values } = form;
  const isAbsence = values.kind === 'busy-unavailable';
  const { data: schedule } = useQuery({
    queryKey: ['shown', agenda, 'schedule'],
    queryFn: ({ signal }) => read(`Schedule/${agenda}`, signal),
  });
  const offered = schedule && offeredAs(schedule, times.id);
  // Until somebody touches it, it is as it was.
  const [changed, setOffer] = useState<Offer | null>();
  const offer = changed === undefined ? offered?.own : (changed ?? undefined);
  const attempt = async (work: () => Promise<Written>, title: string) => {
    setBusy(true);
    setRefusal(undefined);
    try {
      told(title, await work());
      onClose();
    } catch (error) {
      setRefusal(error);
    } finally {
      setBusy(false);
    }
  };
  const save = form.onSubmit(
    (given) =>
      void attempt(
        () => write(agenda, given, zone, given.kind === 'free' ? changed : null),
        isNew ? t('agenda.timesAdded') : t('agenda.timesChanged'),
      ),
    toFirstFault,
  );
  return (
    <Dialog
      opened
      onClose={onClose}
      title={
        isAbsence
          ? isNew
            ? t('agenda.newAbsence')
            : t('agenda.changeAbsence')
          : isNew
            ? t('agenda.newTimes')
            : t('agenda.changeTimes')
      }
      size="xl"
    >
      <form className="stack" noValidate onSubmit={save}>
        <Radio.Group label={t('agenda.what')} {...form.getInputProps('kind')}>
          <Group mt="xs">
            <Radio value="free" label={t('agenda.open')} />
            <Radio value="busy-unavailable" label={t('agenda.absence')} />
          </Group>
        </Radio.Group>
        <div className="fields">
          <TextInput
            type="date"
            required
            label={isAbsence && !values.isWeekly ? t('agenda.firstDay') : t('booking.day')}
            {...form.getInputProps('day')}
          />
          {isAbsence && !values.isWeekly && (
            <TextInput type="date" label={t('agenda.lastDay')} {...form.getInputProps('lastDay')} />
          )}
          <TextInput type="time" required label={t('agenda.from')} {...form.getInputProps('from')} />
          <TextInput type="time" required label={t('agenda.to')} {...form.getInputProps('to')} />
        </div>
        {isAbsence && (
          <TextInput
            label={t('agenda.reason')}
            description={t('agenda.reasonHelp')}
            maxLength={200}
            {...form.getInputProps('reason')}
          />
        )}
        <Checkbox
          label={t('agenda.weekly')}
          checked={values.isWeekly}
          onChange={(event) =>
            form.setValues({
              isWeekly: event.currentTarget.checked,
              days: values.days.length > 0 ? values.days : [dayCode(values.day)],
            })
          }
        />
        {values.isWeekly && (
          <>
            <Checkbox.Group label={t('agenda.days')} {...form.getInputProps('days')}>
              <Group mt="xs" gap="sm">
                {DAYS.map((day) => (
                  <Checkbox key={day} value={day} label={t(`day.${day}`)} />
                ))}
              </Group>
            </Checkbox.Group>
            <TextInput
              type="date"
              label={t('agenda.until')}
              description={t('agenda.untilHelp')}
              {...form.getInputProps('until')}
            />
          </>
        )}
        {!isNew && values.isWeekly && (
          <Alert variant="light" color="blue">
            {t('agenda.allOccurrences')}
          </Alert>
        )}
        {!isAbsence && offered !== undefined && (
          <Fieldset legend={t('visibility.title')}>
            <div className="stack">
              {offered.shared > 0 && <p className="dim">{t('visibility.sharedOffer', { count: offered.shared })}</p>}
              <Checkbox
                label={t('visibility.offerThese')}
                checked={offer !== undefined}
                onChange={(event) => setOffer(event.currentTarget.checked ? (offered.own ?? NEW_OFFER) : null)}
              />
              {offer !== undefined && <OfferFields offer={offer} onChange={setOffer} />}
            </div>
          </Fieldset>
        )}
        <RefusalAlert error={refusal} />
        <Group justify="space-between">
          {isNew ? (
            <span />
          ) : (
            <Button
              variant="subtle"
              color="red"
              onClick={() => void attempt(() => remove(agenda, times.id), t('agenda.timesRemoved'))}
            >
              {t('agenda.removeTimes')}
            </Button>
          )}
          <Group>
            <Button variant="default" onClick={onClose}>
              {t('shell.cancel')}
            </Button>
            <Button type="submit" loading={busy}>
              {t('shell.save')}
            </Button>
          </Group>
        </Group>
      </form>
    </Dialog>
  );
}
