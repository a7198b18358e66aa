/** The words of the public pages for what is stored as a code. */
import { frenchTime } from '../../scheduling/french-time.ts';
import type { CodeableConcept } from '../../fhir/resource.ts';
import { list, type Location } from '../../fhir/resources.ts';
import { extensionsOf } from '../../fhir/extension.ts';
import type { PAYMENTS, SECTORS, THIRD_PARTY } from './profile.ts';
import type { PractitionerPage } from './pages-found.ts';

export const SECTOR_WORDS: Readonly<Record<(typeof SECTORS)[number], string>> = {
  '1': 'Conventionné secteur 1',
  optam: 'Conventionné secteur 2, honoraires maîtrisés (OPTAM)',
  '2': 'Conventionné secteur 2, honoraires libres',
  none: 'Non conventionné',
};

export const PAYMENT_WORDS: Readonly<Record<(typeof PAYMENTS)[number], string>> = {
  card: 'carte bancaire',
  cheque: 'chèque',
  cash: 'espèces',
  transfer: 'virement',
};

export const THIRD_PARTY_WORDS: Readonly<Record<(typeof THIRD_PARTY)[number], string>> = {
  everybody: 'Tiers payant pratiqué pour tous les patients',
  law: 'Tiers payant dans les cas prévus par la loi',
};

export const CSS_WORDS = 'Aucun dépassement pour les bénéficiaires de la complémentaire santé solidaire';

export const LANGUAGE_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ fr: 'français', en: 'anglais', ar: 'arabe', es: 'espagnol', pt: 'portugais', de: 'allemand', it: 'italien' },
    ...{ tr: 'turc', ru: 'russe', uk: 'ukrainien', pl: 'polonais', ro: 'roumain', zh: 'chinois', vi: 'vietnamien' },
    ...{ ta: 'tamoul', fa: 'persan', ber: 'berbère', rcf: 'créole réunionnais', gcf: 'créole antillais' },
    fsl: 'langue des signes française',
  }),
);

export const ACCESS_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ramp: 'Rampe ou accès de plain-pied',
    lift: 'Ascenseur',
    toilet: 'Toilettes adaptées',
    loop: 'Boucle magnétique',
    lsf: 'Accueil en langue des signes',
    parking: 'Place de stationnement adaptée',
  }),
);

export const MODE_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    AMB: 'au cabinet',
    HH: 'à domicile',
    VR: 'en téléconsultation',
  }),
);

const ZONE_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'Indian/Reunion': 'heure de La Réunion',
    'Indian/Mayotte': 'heure de Mayotte',
    'America/Martinique': 'heure de la Martinique',
    'America/Guadeloupe': 'heure de la Guadeloupe',
    'America/Cayenne': 'heure de la Guyane',
    'America/Miquelon': 'heure de Saint-Pierre-et-Miquelon',
    'Pacific/Noumea': 'heure de Nouvelle-Calédonie',
    'Pacific/Tahiti': 'heure de Tahiti',
    'Pacific/Wallis': 'heure de Wallis-et-Futuna',
  }),
);

/** `jeudi 26 novembre 2026 à 10:00`, with the name of the clock where it is not that of Paris. */
export function timeWords(instant: number, zone: string): string {
  const words = frenchTime(instant, zone);
  return zone === 'Europe/Paris' ? words : `${words} (${ZONE_WORDS.get(zone) ?? 'heure du lieu'})`;
}

/** `Médecine générale`. */
export function specialtyOf({ roles }: Pick<PractitionerPage, 'roles'>): string {
  return (
    roles
      .flatMap(({ specialty, code }) => [...list(specialty), ...list(code)])
      .map(conceptText)
      .find((text) => text !== '') ?? ''
  );
}

export function conceptText({ text, coding = [] }: CodeableConcept): string {
  return text ?? coding.map(({ display }) => display ?? '').find((display) => display !== '') ?? '';
}

export function addressOf({ address }: Location): string {
  const { line = [], postalCode, city } = address ?? {};
  return [...line, [postalCode, city].filter(Boolean).join(' ')].filter(Boolean).join(', ');
}

/** Codes of the means that help people to come in. */
export function accessesOf(place: Location): string[] {
  return extensionsOf(place, 'access').map(({ extension }) => String(extension.valueCode));
}
