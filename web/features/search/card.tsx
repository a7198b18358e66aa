/** One practitioner at one place: three days of slots, each a link to the editor, where it is booked. */
import { Badge, Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addDays, dayIn, longDay, shortDay, timeIn } from '../../fhir/zone.ts';
import { language, t } from '../../ui/texts.ts';
import type { Card, FreeSlot } from './offers.ts';
import { PARIS, zoneOf } from './zone.ts';

const FEW = 6;
const DAYS = [0, 1, 2];

export function OfferCard({ card, now }: { card: Card; now: number }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const zone = zoneOf(card.place?.postalCode);
  const byDay = new Map<string, FreeSlot[]>(DAYS.map((i) => [addDays(dayIn(now, zone), i), []]));
  for (const slot of card.slots) byDay.get(dayIn(slot.start, zone))?.push(slot);
  const days = [...byDay].map(([day, slots]) => ({ day, slots }));
  const hidden = days.reduce((sum, day) => sum + Math.max(0, day.slots.length - FEW), 0);
  return (
    <article className="offer" id={card.anchor} aria-label={card.name}>
      <div className="offer-who">
        <h2 title={card.name}>
          <bdi>{card.name}</bdi>
        </h2>
        {card.specialty !== '' && <p>{card.specialty}</p>}
        {card.place !== undefined && (
          <p className="soft">
            {[card.place.name, card.place.line, `${card.place.postalCode} ${card.place.city}`]
              .filter((one) => one.trim() !== '')
              .join(', ')}
            {card.distance !== undefined && (
              <>
                {' '}
                ·{' '}
                {t('search.distance', {
                  km: card.distance.toLocaleString(language(), { maximumFractionDigits: card.distance < 10 ? 1 : 0 }),
                })}
              </>
            )}
          </p>
        )}
        {card.phone !== undefined && (
          <p>
            <a className="plain" href={`tel:${card.phone}`}>
              {spaced(card.phone)}
            </a>
          </p>
        )}
        <p className="badges">
          {distinct(card.slots, (one) => one.modes).map((one) => (
            <Badge key={one} variant="light" color="gray" tt="none">
              {t(`search.mode.${one as 'AMB'}`)}
            </Badge>
          ))}
          {distinct(card.slots, (one) => one.visibility).map((one) => (
            <Badge key={one} variant="outline" color="gray" tt="none">
              {t(`search.seen.${one as 'SNP'}`, { defaultValue: one })}
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
        {days.map(({ day, slots }) => (
          <div key={day}>
            <h3 aria-label={longDay(day)}>{shortDay(day)}</h3>
            {slots.length === 0 ? (
              <p className="soft">{t('search.noneThatDay')}</p>
            ) : (
              <ul>
                {(isOpen ? slots : slots.slice(0, FEW)).map((one) => (
                  <li key={one.id}>
                    <SlotLink slot={one} day={day} time={timeOf(one, slots, zone)} name={card.name} />
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
    </article>
  );
}

function SlotLink({ slot, day, time, name }: { slot: FreeSlot; day: string; time: string; name: string }) {
  const { t } = useTranslation();
  const details = [
    slot.partner,
    minutesOf(slot),
    slot.walkIn ? t('search.walkIn') : undefined,
    ...slot.modes.map((mode) => t(`search.mode.${mode as 'AMB'}`)),
    ...slot.visibility.map((one) => t(`search.seen.${one as 'SNP'}`, { defaultValue: one })),
    ...slot.reasons,
  ]
    .filter(Boolean)
    .join(', ');
  if (slot.url === undefined) {
    return (
      <span className="slot" title={details}>
        {time}
      </span>
    );
  }
  // The name is short, for it is heard at every slot; the details are the description.
  return (
    <a
      className="slot"
      href={slot.url}
      target="_blank"
      rel="noopener noreferrer"
      title={details}
      aria-label={t('search.bookAt', { time, day: longDay(day), name })}
    >
      {time}
    </a>
  );
}

/** Of two that begin together, each with its length. */
function timeOf(slot: FreeSlot, slots: readonly FreeSlot[], zone: string): string {
  const time = timeIn(slot.start, zone);
  return slots.some((one) => one !== slot && one.start === slot.start) ? `${time} (${minutesOf(slot)})` : time;
}

function minutesOf({ start, end }: FreeSlot): string {
  return t('booking.minutes', { count: Math.round((end - start) / 60_000) });
}

function distinct(slots: readonly FreeSlot[], of: (slot: FreeSlot) => string[]): string[] {
  return [...new Set(slots.flatMap(of))];
}

/** `+33386123456` as it is said in France: `03 86 12 34 56`. */
function spaced(phone: string): string {
  const [, ...pairs] = /^(?:\+33|0)(\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(phone.replace(/[\s.-]/g, '')) ?? [];
  return pairs.length === 0 ? phone : `0${pairs.join(' ')}`;
}
