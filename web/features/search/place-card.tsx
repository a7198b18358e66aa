/** One practitioner at one place: three days of slots, each a link to the editor, where it is booked. */
import { Badge, Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addDays, dayIn, FRANCE } from '../../fhir/zone.ts';
import { longDay, shortDay } from '../../ui/dates.ts';
import { language } from '../../ui/texts.ts';
import type { Card } from './cards.ts';
import type { PartnerSlot } from './consultation-places.ts';
import { zoneOf } from '../../fhir/place-zone.ts';
import { SlotLink } from './slot-link.tsx';

/** Slots of a day before the person asks for more. */
const FEW_SLOTS = 6;
const DAYS = [0, 1, 2];

export function PlaceCard({ card, now }: { card: Card; now: number }) {
  const zone = zoneOf(card.place?.postalCode);
  return (
    <article className="offer" id={card.anchor} aria-label={card.name}>
      <div className="offer-who">
        <h2 title={card.name}>
          <bdi>{card.name}</bdi>
        </h2>
        {card.specialty !== '' && <p>{card.specialty}</p>}
        <Place card={card} />
        {card.phone !== undefined && (
          <p>
            <a className="plain" href={`tel:${card.phone}`}>
              {spacedPhone(card.phone)}
            </a>
          </p>
        )}
        <Badges slots={card.slots} isElsewhere={zone !== FRANCE} />
      </div>
      <Days card={card} now={now} zone={zone} />
    </article>
  );
}

function Place({ card: { place, distance } }: { card: Card }) {
  const { t } = useTranslation();
  if (place === undefined) return null;
  const address = [place.name, place.line, `${place.postalCode} ${place.city}`].filter((part) => part.trim() !== '');
  const digits = { maximumFractionDigits: distance !== undefined && distance < 10 ? 1 : 0 };
  return (
    <p className="soft">
      {address.join(', ')}
      {distance !== undefined && ` · ${t('search.distance', { km: distance.toLocaleString(language(), digits) })}`}
    </p>
  );
}

function Badges({ slots, isElsewhere }: { slots: readonly PartnerSlot[]; isElsewhere: boolean }) {
  const { t } = useTranslation();
  return (
    <div className="badges">
      {distinct(slots.flatMap((slot) => slot.modes)).map((mode) => (
        <Badge key={mode} variant="light" color="gray" tt="none">
          {t(`search.mode.${mode as 'AMB'}`)}
        </Badge>
      ))}
      {distinct(slots.flatMap((slot) => slot.visibility)).map((visibility) => (
        <Badge key={visibility} variant="outline" color="gray" tt="none">
          {t(`search.seen.${visibility as 'SNP'}`, { defaultValue: visibility })}
        </Badge>
      ))}
      {isElsewhere && (
        <Badge variant="light" color="orange" tt="none">
          {t('search.localTime')}
        </Badge>
      )}
    </div>
  );
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}

function Days({ card, now, zone }: { card: Card; now: number; zone: string }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const days = DAYS.map((i) => addDays(dayIn(now, zone), i)).map((day) => ({
    day,
    slots: card.slots.filter((slot) => dayIn(slot.start, zone) === day),
  }));
  const hidden = days.reduce((sum, { slots }) => sum + Math.max(0, slots.length - FEW_SLOTS), 0);
  return (
    <div className="offer-days">
      {days.map(({ day, slots }) => (
        <div key={day}>
          <h3 aria-label={longDay(day)}>{shortDay(day)}</h3>
          {slots.length === 0 ? (
            <p className="soft">{t('search.noneThatDay')}</p>
          ) : (
            <ul>
              {(isOpen ? slots : slots.slice(0, FEW_SLOTS)).map((slot) => (
                <li key={slot.id}>
                  <SlotLink slot={slot} day={day} sameDay={slots} zone={zone} name={card.name} />
                </li>
              ))}
            </ul>
          )}
        </div>
      ))}
      {hidden > 0 && (
        <Button
          className="offer-more"
          variant="subtle"
          size="compact-sm"
          onClick={() => setOpen(!isOpen)}
          aria-expanded={isOpen}
        >
          {isOpen ? t('search.fewer') : t('search.more', { count: hidden })}
        </Button>
      )}
    </div>
  );
}

/** `+33386123456` as French people say it: `03 86 12 34 56`. */
function spacedPhone(phone: string): string {
  const [, ...pairs] = /^(?:\+33|0)(\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(phone.replace(/[\s.-]/g, '')) ?? [];
  return pairs.length === 0 ? phone : `0${pairs.join(' ')}`;
}
