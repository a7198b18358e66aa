/**
 * The fields of an offer to the SAS: who sees its slots, how and how many patients come, where one books. They are the
 * same on an availability and on the page of offers.
 */
import { Button, Checkbox, Group, NativeSelect, TextInput } from '@mantine/core';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Reference } from '../../src/fhir/resource.ts';
import { search } from '../fhir/client.ts';
import { actorName } from '../fhir/names.ts';
import { Choice, type ChoiceOption } from '../ui/choice.tsx';
import { APPOINTMENT_TYPES, MODES, type SlotOffer, VISIBILITIES } from './slot-offers.ts';

export interface SlotOfferFieldsProps {
  offer: SlotOffer;
  onChange: (offer: SlotOffer) => void;
}

export function SlotOfferFields({ offer, onChange }: SlotOfferFieldsProps) {
  const { t } = useTranslation();
  const set = (changes: Partial<SlotOffer>) => onChange({ ...offer, ...changes });
  return (
    <>
      <Checkbox.Group
        label={t('visibility.seenBy')}
        value={offer.visibility}
        onChange={(visibility) => set({ visibility: visibility as SlotOffer['visibility'] })}
      >
        <Group mt="xs">
          {VISIBILITIES.map((visibility) => (
            <Checkbox key={visibility} value={visibility} label={t(`seenBy.${visibility}`)} />
          ))}
        </Group>
      </Checkbox.Group>
      <Checkbox.Group
        label={t('visibility.modes')}
        value={offer.mode}
        onChange={(mode) => set({ mode: mode as SlotOffer['mode'] })}
      >
        <Group mt="xs">
          {MODES.map((mode) => (
            <Checkbox key={mode} value={mode} label={t(`modes.${mode}`)} />
          ))}
        </Group>
      </Checkbox.Group>
      {offer.visibility.includes('CPTS') && <Cpts chosen={offer.cpts} onChange={(cpts) => set({ cpts })} />}
      <VisitLimits offer={offer} onChange={onChange} />
      <TextInput
        label={t('visibility.reason')}
        maxLength={200}
        value={offer.reason}
        onChange={(event) => set({ reason: event.currentTarget.value })}
      />
      <TextInput
        type="url"
        label={t('visibility.bookingUrl')}
        description={t('visibility.bookingUrlHelp')}
        maxLength={500}
        value={offer.bookingUrl}
        onChange={(event) => set({ bookingUrl: event.currentTarget.value })}
      />
    </>
  );
}

/** With or without an appointment, how many patients a slot takes, how many a day. */
function VisitLimits({ offer, onChange }: SlotOfferFieldsProps) {
  const { t } = useTranslation();
  const set = (changes: Partial<SlotOffer>) => onChange({ ...offer, ...changes });
  return (
    <div className="fields">
      <NativeSelect
        label={t('visibility.appointmentType')}
        value={offer.appointmentType}
        onChange={(event) => set({ appointmentType: event.currentTarget.value as SlotOffer['appointmentType'] })}
        data={APPOINTMENT_TYPES.map((value) => ({ value, label: t(`appointmentType.${value}`) }))}
      />
      <TextInput
        type="number"
        min={1}
        label={t('visibility.capacity')}
        description={t('visibility.capacityHelp')}
        value={offer.capacity}
        onChange={(event) => set({ capacity: event.currentTarget.value })}
      />
      <TextInput
        type="number"
        min={1}
        label={t('visibility.quota')}
        description={t('visibility.quotaHelp')}
        value={offer.dailyQuota}
        onChange={(event) => set({ dailyQuota: event.currentTarget.value })}
      />
    </div>
  );
}

async function findCpts(text: string, signal: AbortSignal): Promise<ChoiceOption[]> {
  const { matches } = await search('HealthcareService', { 'name:contains': text, _count: '8' }, signal);
  return matches.map((service) => ({ value: `HealthcareService/${service.id}`, label: actorName(service) }));
}

/** The CPTS that the offer is for. */
function Cpts({ chosen, onChange }: { chosen: readonly Reference[]; onChange: (chosen: Reference[]) => void }) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const add = ({ value, label }: ChoiceOption) =>
    onChange([...chosen.filter((service) => service.reference !== value), { reference: value, display: label }]);
  const remove = (service: Reference) => {
    // The button of the service goes with it.
    box.current?.querySelector('input')?.focus();
    onChange(chosen.filter((other) => other !== service));
  };
  return (
    <div ref={box}>
      <Choice
        label={t('visibility.cpts')}
        description={t('visibility.cptsHelp')}
        name="cpts"
        find={findCpts}
        onChoose={add}
      />
      <ul className="chips" aria-label={t('visibility.cptsChosen')}>
        {chosen.map((service) => (
          <li key={service.reference}>
            <Button
              variant="light"
              size="compact-sm"
              aria-label={t('visibility.cptsRemove', { name: service.display ?? service.reference })}
              onClick={() => remove(service)}
            >
              {service.display ?? service.reference} ×
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
