/** An availability in few words: `lundi, mardi 08:30 – 12:00`. */
import { useTranslation } from 'react-i18next';
import { dayIn } from '../../fhir/zone.ts';
import type { availabilitiesOf } from '../../schedule/slot-offers.ts';
import { shortDay, timeSpan } from '../../ui/dates.ts';

type Availability = ReturnType<typeof availabilitiesOf>[number];

export function useAvailabilityText(zone: string): (availability: Availability) => string {
  const { t } = useTranslation();
  return ({ start, end, days }) => {
    const isWholeDay = !start.includes('T');
    const names = days.map((day) => t(`day.${day as 'MO'}`)).join(', ');
    const first = shortDay(isWholeDay ? start : dayIn(start, zone));
    return `${names === '' ? first : names} ${isWholeDay ? '' : timeSpan({ start, end }, zone)}`;
  };
}
