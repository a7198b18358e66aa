/**
 * The gate in front of the public: what a page still lacks, item by item. Physicians who present their activity to the
 * public state fees, means of payment and the rules of the social insurance (public health code, article R. 4127-53).
 */
import { KIND_SYSTEM } from '../../fhir/french/visit-kind.ts';
import { IDNPS, prefixed } from '../../fhir/french/identifiers.ts';
import { list } from '../../fhir/resources.ts';
import { identifiersOf } from '../../fhir/shared-elements.ts';
import { kindsOf, phoneOfPractitioner, type PracticePage, type PractitionerPage } from './pages-found.ts';
import { forbiddenWord } from './word-check.ts';

/** In French, as a sentence goes on after « Il manque : ». */
export const MISSING_WORDS = {
  name: 'le nom du cabinet',
  phone: 'le numéro de téléphone',
  practitioner: 'le nom du praticien',
  identity: 'le numéro RPPS ou ADELI du praticien',
  place: "l'adresse complète du lieu (rue, code postal, commune)",
  kind: 'un motif ouvert à « Tout le monde »',
  fees: 'les honoraires',
  payments: 'les moyens de paiement',
  sector: 'le secteur conventionnel',
  thirdParty: 'le tiers payant',
  css: 'la mention sur la complémentaire santé solidaire',
  consent: "l'accord du praticien, qu'il donne lui-même",
  practice: 'la publication du cabinet lui-même',
  words: "un nom de motif sans mention de la couverture sociale ou de l'origine des patients",
} as const;

export type Missing = keyof typeof MISSING_WORDS;

export function missingOfPractice({ organization, phone }: PracticePage): Missing[] {
  return [
    ...((organization.name ?? '').trim() === '' ? (['name'] as const) : []),
    ...(phone === undefined ? (['phone'] as const) : []),
  ];
}

/** Everything but the consent and the practice itself, which the caller knows. */
export function missingOfPractitioner(page: PractitionerPage): Missing[] {
  const { profile } = page;
  const kinds = kindsOf(page, { as: 'everyone' });
  const absent: readonly (readonly [Missing, boolean])[] = [
    ['practitioner', page.name.trim() === ''],
    ['identity', !identifiersOf(page.practitioner).some((identifier) => prefixed(identifier)?.system === IDNPS)],
    ['place', !page.places.some(isComplete)],
    ['phone', phoneOfPractitioner(page) === undefined],
    ['kind', kinds.length === 0],
    ['words', kinds.some(({ name }) => forbiddenWord(name) !== undefined)],
    ['consent', page.publication.consentAt === null],
    ['practice', page.practice.publication.state !== 'published'],
    ...(isPhysician(page)
      ? ([
          ['fees', (profile.fees ?? '').trim() === ''],
          ['payments', (profile.payments ?? []).length === 0],
          ['sector', profile.sector === undefined],
          ['thirdParty', profile.thirdParty === undefined],
          // Without an agreement with the insurance there is no such obligation.
          ['css', profile.css !== true && profile.sector !== 'none'],
        ] as const)
      : []),
  ];
  return absent.flatMap(([missing, isAbsent]) => (isAbsent ? [missing] : []));
}

/** By the code of the profession (TRE_G15), a specialty of physicians (`SM..`), or a title of a physician. */
export function isPhysician({ roles, practitioner }: Pick<PractitionerPage, 'roles' | 'practitioner'>): boolean {
  const concepts = [
    ...roles.flatMap(({ code, specialty }) => [...list(code), ...list(specialty)]),
    ...list(practitioner.qualification).map(({ code }) => code),
  ];
  const codings = concepts.flatMap(({ coding }) => list(coding)).filter(({ system }) => system !== KIND_SYSTEM);
  return codings.some(({ system = '', code = '' }) => /^SM\d/.test(code) || (/G15/.test(system) && code === '10'));
}

function isComplete({ address }: PractitionerPage['places'][number]): boolean {
  return (address?.line ?? []).some((line) => line.trim() !== '') && !!address?.postalCode && !!address.city;
}
