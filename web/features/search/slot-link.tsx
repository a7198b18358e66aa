/** A free slot as a link to the editor, in a new tab. */
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { timeIn } from '../../fhir/zone.ts';
import { longDay } from '../../ui/dates.ts';
import type { PartnerSlot } from './consultation-places.ts';

const MINUTE_MS = 60_000;

export interface SlotLinkProps {
  slot: PartnerSlot;
  day: string;
  /** All slots of the day at this place. */
  sameDay: readonly PartnerSlot[];
  zone: string;
  /** Of the practitioner. */
  name: string;
}

export function SlotLink({ slot, day, sameDay, zone, name }: SlotLinkProps) {
  const { t } = useTranslation();
  const hasTwin = sameDay.some((other) => other !== slot && other.start === slot.start);
  // Two slots that begin together are told apart by their lengths.
  const time = hasTwin ? `${timeIn(slot.start, zone)} (${lengthOf(slot, t)})` : timeIn(slot.start, zone);
  const details = detailsOf(slot, t);
  if (slot.url === undefined) {
    return (
      <span className="slot" title={details}>
        {time}
      </span>
    );
  }
  // A screen reader says the name at every slot, so that it is short; the details are the description.
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

function detailsOf(slot: PartnerSlot, t: TFunction): string {
  return [
    slot.partner,
    lengthOf(slot, t),
    slot.isWalkIn ? t('search.walkIn') : '',
    ...slot.modes.map((mode) => t(`search.mode.${mode as 'AMB'}`)),
    ...slot.visibility.map((visibility) => t(`search.seen.${visibility as 'SNP'}`, { defaultValue: visibility })),
    ...slot.reasons,
  ]
    .filter((detail) => detail !== '')
    .join(', ');
}

function lengthOf({ start, end }: PartnerSlot, t: TFunction): string {
  return t('booking.minutes', { count: Math.round((end - start) / MINUTE_MS) });
}
