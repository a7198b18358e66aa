/** Whether an availability is offered to the SAS by an offer of its own, and how. */
import { Checkbox, Fieldset } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { SlotOfferFields } from '../../schedule/slot-offer-fields.tsx';
import { NEW_OFFER, type offeredAs, type SlotOffer } from '../../schedule/slot-offers.ts';

export interface OfferFieldsetProps {
  offered: ReturnType<typeof offeredAs>;
  /** `undefined`: as it was; `null`: taken away. */
  changed: SlotOffer | null | undefined;
  onChange: (offer: SlotOffer | null) => void;
}

export function OfferFieldset({ offered, changed, onChange }: OfferFieldsetProps) {
  const { t } = useTranslation();
  const offer = changed === undefined ? offered.own : (changed ?? undefined);
  return (
    <Fieldset legend={t('visibility.title')}>
      <div className="stack">
        {offered.shared > 0 && <p className="dim">{t('visibility.sharedOffer', { count: offered.shared })}</p>}
        <Checkbox
          label={t('visibility.offerThese')}
          checked={offer !== undefined}
          onChange={(event) => onChange(event.currentTarget.checked ? (offered.own ?? NEW_OFFER) : null)}
        />
        {offer !== undefined && <SlotOfferFields offer={offer} onChange={onChange} />}
      </div>
    </Fieldset>
  );
}
