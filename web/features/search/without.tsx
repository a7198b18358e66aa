/** Who was looked for and has nothing free: said, for silence would look like a fault. */
import { useTranslation } from 'react-i18next';
import type { KnownPerson } from './directory.ts';
import type { Offer } from './offers.ts';

export function Without({ people, offers }: { people: readonly KnownPerson[]; offers: readonly Offer[] }) {
  const { t } = useTranslation();
  const found = new Set(offers.map((offer) => offer.id));
  const without = people.filter((person) => !found.has(person.id));
  if (without.length === 0) return null;
  return (
    <details className="sheet without">
      <summary>{t('search.without', { count: without.length })}</summary>
      <p className="soft">{t('search.withoutWhy')}</p>
      <ul>
        {without.map((one) => (
          <li key={one.id}>
            <bdi>{one.name}</bdi>
            {one.places[0] !== undefined && <span className="soft"> · {one.places[0].city}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}
