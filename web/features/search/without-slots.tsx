/** The practitioners of the search who have nothing free. They are named: silence would look like a fault. */
import { useTranslation } from 'react-i18next';
import type { ConsultationPlace } from './consultation-places.ts';
import type { DirectoryPractitioner } from './directory.ts';

export interface WithoutSlotsProps {
  practitioners: readonly DirectoryPractitioner[];
  places: readonly ConsultationPlace[];
}

export function WithoutSlots({ practitioners, places }: WithoutSlotsProps) {
  const { t } = useTranslation();
  const withSlots = new Set(places.map((place) => place.id));
  const without = practitioners.filter(({ id }) => !withSlots.has(id));
  if (without.length === 0) return null;
  return (
    <details className="sheet without">
      <summary>{t('search.without', { count: without.length })}</summary>
      <p className="soft">{t('search.withoutWhy')}</p>
      <ul>
        {without.map(({ id, name, places: [place] }) => (
          <li key={id}>
            <bdi>{name}</bdi>
            {place !== undefined && <span className="soft"> · {place.city}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}
