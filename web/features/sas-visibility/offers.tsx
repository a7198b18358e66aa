/** The offers of an agenda to the SAS, each with the facts that it gives. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schedule } from '../../../src/fhir/resources.ts';
import { search } from '../../fhir/client.ts';
import { actorName } from '../../fhir/names.ts';
import { availabilitiesOf, NEW_OFFER, offersOf, type SlotOffer } from '../../schedule/slot-offers.ts';
import { notify } from '../../ui/notify.tsx';
import { useAvailabilityText } from './availability-text.ts';
import { OfferDialog } from './offer-dialog.tsx';

export interface OffersProps {
  schedule: Schedule;
  zone: string;
  mayWrite: boolean;
  onChange: () => void;
}

/** An offer under edit, at its position in the Schedule. */
interface Edited {
  position: number;
  offer: SlotOffer;
  isNew: boolean;
}

export function Offers({ schedule, zone, mayWrite, onChange }: OffersProps) {
  const { t } = useTranslation();
  const offers = offersOf(schedule);
  const nameOf = useServiceNames(offers);
  const [edited, setEdited] = useState<Edited>();
  return (
    <section>
      <div className="bar">
        <h2>{t('visibility.offers')}</h2>
        <span className="grow" />
        {mayWrite && (
          <Button onClick={() => setEdited({ position: offers.length, offer: NEW_OFFER, isNew: true })}>
            {t('visibility.newOffer')}
          </Button>
        )}
      </div>
      <p className="dim">{t('visibility.offersHelp')}</p>
      {offers.length === 0 && <p>{t('visibility.noOffer')}</p>}
      <ul className="sas-offers">
        {offers.map((offer, position) => (
          <li key={JSON.stringify(offer)} className="sheet">
            <h3>{t('visibility.offerNumber', { number: position + 1 })}</h3>
            <OfferFacts offer={offer} schedule={schedule} zone={zone} nameOf={nameOf} />
            {mayWrite && (
              <Button variant="light" size="xs" mt="xs" onClick={() => setEdited({ position, offer, isNew: false })}>
                {t('visibility.changeOffer')}
                <span className="sr-only"> {position + 1}</span>
              </Button>
            )}
          </li>
        ))}
      </ul>
      {edited && (
        <OfferDialog
          schedule={schedule}
          zone={zone}
          {...edited}
          onClose={() => setEdited(undefined)}
          onWritten={(isRemoved) => {
            setEdited(undefined);
            notify({ title: isRemoved ? t('visibility.removed') : t('visibility.saved') });
            onChange();
          }}
        />
      )}
    </section>
  );
}

/** Names of the HealthcareServices of the offers, by reference. */
function useServiceNames(offers: readonly SlotOffer[]): (reference: string) => string | undefined {
  const ids = offers.flatMap((offer) => offer.cpts.flatMap(({ reference }) => reference?.split('/')[1] ?? []));
  const { data } = useQuery({
    queryKey: ['services', ids],
    enabled: ids.length > 0,
    queryFn: async ({ signal }) => (await search('HealthcareService', { _id: ids.join(',') }, signal)).matches,
  });
  const names = new Map((data ?? []).map((service) => [`HealthcareService/${service.id}`, actorName(service)]));
  return (reference) => names.get(reference);
}

interface OfferFactsProps {
  offer: SlotOffer;
  schedule: Schedule;
  zone: string;
  nameOf: (reference: string) => string | undefined;
}

function OfferFacts({ offer, schedule, zone, nameOf }: OfferFactsProps) {
  const { t } = useTranslation();
  const text = useAvailabilityText(zone);
  const hours = availabilitiesOf(schedule)
    .filter(({ id }) => offer.availability.includes(id))
    .map(text)
    .join(' ; ');
  const cpts = offer.cpts.map(({ reference, display }) => display ?? nameOf(reference ?? '') ?? reference).join(', ');
  return (
    <dl className="facts">
      <Fact title={t('visibility.for')}>{offer.availability.length === 0 ? t('visibility.all') : hours}</Fact>
      <Fact title={t('visibility.seenBy')}>
        {offer.visibility.map((code) => t(`seenBy.${code}`)).join(', ') || '–'}
      </Fact>
      <Fact title={t('visibility.modes')}>{offer.mode.map((code) => t(`modes.${code}`)).join(', ') || '–'}</Fact>
      <Fact title={t('visibility.appointmentType')}>
        {offer.appointmentType === 'WALKIN' && t('appointmentType.WALKIN')}
      </Fact>
      <Fact title={t('visibility.cptsChosen')}>{cpts}</Fact>
      <Fact title={t('visibility.capacityTitle')}>
        {offer.capacity !== '' && t('visibility.capacityIs', { count: Number(offer.capacity) })}
      </Fact>
      <Fact title={t('visibility.quotaTitle')}>
        {offer.dailyQuota !== '' && t('visibility.quotaIs', { count: Number(offer.dailyQuota) })}
      </Fact>
      <Fact title={t('visibility.reason')}>{offer.reason}</Fact>
      <Fact title={t('visibility.bookingUrl')}>{offer.bookingUrl}</Fact>
    </dl>
  );
}

/** Nothing to say: nothing is shown. */
function Fact({ title, children }: { title: string; children: ReactNode }) {
  if (children === '' || children === false) return null;
  return (
    <>
      <dt>{title}</dt>
      <dd dir="auto">{children}</dd>
    </>
  );
}
