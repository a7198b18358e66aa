/** One practitioner at one place: three days of slots, each a link to the editor, where it is booked. */
import { Badge, Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { language } from '../shell/texts.ts';
import type { Card, FreeSlot } from './offers.ts';
import { dayIn, dayName, PARIS, timeIn, zoneOf } from './zone.ts';

const FEW = 6;
const DAYS = 3;
const DAY_MS = 86_400_000;

export function OfferCard({ card, now }: { card: Card; now: number }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const zone = zoneOf(card.place?.postalCode);
  const days = Array.from({ length: DAYS }, (_, i) => {
    const at = now + i * DAY_MS;
    return { at, slots: card.slots.filter((one) => dayIn(one.start, zone) === dayIn(at, zone)) };
  });
  const hidden = days.reduce((sum, one) => sum + Math.max(0, one.slots.length - FEW), 0);
  const modes = [...new Set(card.slots.flatMap((one) => one.modes))];
  return (
    <article className="offer" id={`offer-${card.key}`} aria-label={card.name}>
      <div className="offer-who">
        <h2>{card.name}</h2>
        {card.specialty !== '' && <p>{card.specialty}</p>}
        {card.place !== undefined && (
          <p className="soft">
            {card.place.name !== '' && <>{card.place.name}, </>}
            {card.place.postalCode} {card.place.city}
            {card.distance !== undefined && <> · {t('search.distance', { km: card.distance.toLocaleString(language(), { maximumFractionDigits: card.distance < 10 ? 1 : 0 }) })}</>}
          </p>
        )}
        {card.phone !== undefined && (
          <p>
            <a href={`tel:${card.phone}`}>{card.phone}</a>
          </p>
        )}
        <p className="badges">
          {modes.map((one) => (
            <Badge key={one} variant="light" color="gray" tt="none">
              {t(`search.mode.${one as 'AMB'}`)}
            </Badge>
          ))}
          {zone !== PARIS && (
            <Badge variant="light" color="orange" tt="none">
              {t('search.localTime')}
            </Badge>
          )}
        </p>
      </div>
      <div className="offer-days">
        {days.map(({ at, slots }) => (
          <div key={at}>
            <h3>{dayName(at, zone, language())}</h3>
            {slots.length === 0 ? (
              <p className="soft">{t('search.noneThatDay')}</p>
            ) : (
              <ul>
                {(isOpen ? slots : slots.slice(0, FEW)).map((one) => (
                  <li key={one.id}>
                    <SlotLink slot={one} card={card} zone={zone} />
                  </li>
                ))}
              </ul>
            )}
          </div>
        ))}
      </div>
      {hidden > 0 && (
        <Button variant="subtle" size="compact-sm" onClick={() => setOpen(!isOpen)} aria-expanded={isOpen}>
          {isOpen ? t('search.fewer') : t('search.more', { count: hidden })}
        </Button>
      )}
    </article>
  );
}

function SlotLink({ slot, card, zone }: { slot: FreeSlot; card: Card; zone: string }) {
  const { t } = useTranslation();
  const time = timeIn(slot.start, zone, language());
  const details = [slot.partner, slot.walkIn ? t('search.walkIn') : undefined, ...slot.modes.map((one) => t(`search.mode.${one as 'AMB'}`)), ...slot.visibility.map((one) => t(`search.seen.${one as 'SNP'}`)), ...slot.reasons].filter(Boolean).join(', ');
  if (slot.url === undefined) return <span className="slot" title={details}>{time}</span>;
  return (
    <a className="slot" href={slot.url} target="_blank" rel="noopener noreferrer" title={details} aria-label={t('search.bookAt', { time, day: dayName(slot.start, zone, language()), name: card.name, details })}>
      {time}
    </a>
  );
}
