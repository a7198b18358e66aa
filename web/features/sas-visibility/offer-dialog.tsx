/** One offer to the SAS: for which opening hours, to whom, how, and how many a day. */
import { Button, Checkbox, Group } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schedule } from '../../../src/fhir/resources.ts';
import { SlotOfferFields } from '../../schedule/slot-offer-fields.tsx';
import { availabilitiesOf, type SlotOffer, writeOffer } from '../../schedule/slot-offers.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { useAvailabilityText } from './availability-text.ts';

export interface OfferDialogProps {
  schedule: Schedule;
  zone: string;
  /** Among the offers of the Schedule. */
  position: number;
  offer: SlotOffer;
  isNew: boolean;
  onClose: () => void;
  onWritten: (isRemoved: boolean) => void;
}

export function OfferDialog({ schedule, zone, position, offer, isNew, onClose, onWritten }: OfferDialogProps) {
  const { t } = useTranslation();
  const text = useAvailabilityText(zone);
  const [refusal, setRefusal] = useState<unknown>();
  const form = useForm<SlotOffer>({ initialValues: offer });
  const write = async (written: SlotOffer | undefined) => {
    setRefusal(undefined);
    try {
      await writeOffer(schedule.id!, position, written);
      onWritten(written === undefined);
    } catch (error) {
      setRefusal(error);
    }
  };
  return (
    <Dialog onClose={onClose} title={isNew ? t('visibility.newOffer') : t('visibility.changeOffer')}>
      <form className="stack" noValidate onSubmit={form.onSubmit((values) => void write(values))}>
        <Checkbox.Group
          label={t('visibility.for')}
          description={t('visibility.allHelp')}
          {...form.getInputProps('availability')}
        >
          <div className="picker-list">
            {availabilitiesOf(schedule).map((availability) => (
              <Checkbox key={availability.id} value={availability.id} label={text(availability)} />
            ))}
          </div>
        </Checkbox.Group>
        <SlotOfferFields offer={form.values} onChange={form.setValues} />
        <RefusalAlert error={refusal} takesFocus />
        <Group justify="space-between">
          {isNew ? (
            <span />
          ) : (
            <Button variant="subtle" color="red" onClick={() => void write(undefined)}>
              {t('visibility.removeOffer')}
            </Button>
          )}
          <Group>
            <Button variant="default" onClick={onClose}>
              {t('app.cancel')}
            </Button>
            <Button type="submit">{t('app.save')}</Button>
          </Group>
        </Group>
      </form>
    </Dialog>
  );
}
