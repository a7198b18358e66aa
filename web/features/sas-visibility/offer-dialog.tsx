/** One offer: for which openings, to whom, how, and how many a day. */
import { Button, Checkbox, Group } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Resource } from '../../../src/fhir/resource.ts';
import { dayIn, shortDay, timeIn } from '../../fhir/zone.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { OfferFields } from './offer-fields.tsx';
import { availabilitiesOf, type Offer, writeOffer } from './offers.ts';

export interface OfferDialogProps {
  schedule: Resource;
  zone: string;
  place: number;
  offer: Offer;
  isNew: boolean;
  onClose: () => void;
  onWritten: (removed: boolean) => void;
}

export function useAvailabilityText(zone: string) {
  const { t } = useTranslation();
  return ({ start, end, days }: { start: string; end: string; days: readonly string[] }) => {
    const hours = start.includes('T') ? `${timeIn(start, zone)} – ${timeIn(end, zone)}` : '';
    const names = days.map((day) => t(`day.${day as 'MO'}`)).join(', ');
    return `${names === '' ? shortDay(start.includes('T') ? dayIn(start, zone) : start) : names} ${hours}`;
  };
}

export function OfferDialog({ schedule, zone, place, offer, isNew, onClose, onWritten }: OfferDialogProps) {
  const { t } = useTranslation();
  const text = useAvailabilityText(zone);
  const [refusal, setRefusal] = useState<unknown>();
  const form = useForm<Offer>({ initialValues: offer });
  const attempt = async (wanted: Offer | undefined) => {
    setRefusal(undefined);
    try {
      await writeOffer(schedule.id!, place, wanted);
      onWritten(wanted === undefined);
    } catch (error) {
      setRefusal(error);
    }
  };
  return (
    <Dialog opened onClose={onClose} title={isNew ? t('visibility.newOffer') : t('visibility.changeOffer')}>
      <form className="stack" noValidate onSubmit={form.onSubmit((values) => void attempt(values))}>
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
        <OfferFields offer={form.values} onChange={form.setValues} />
        <RefusalAlert error={refusal} />
        <Group justify="space-between">
          {isNew ? (
            <span />
          ) : (
            <Button variant="subtle" color="red" onClick={() => void attempt(undefined)}>
              {t('visibility.removeOffer')}
            </Button>
          )}
          <Group>
            <Button variant="default" onClick={onClose}>
              {t('shell.cancel')}
            </Button>
            <Button type="submit">{t('shell.save')}</Button>
          </Group>
        </Group>
      </form>
    </Dialog>
  );
}
