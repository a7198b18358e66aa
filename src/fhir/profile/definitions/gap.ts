/** The profiles of the GAP guide: FR Core under names of their own, and the Bundles of its answers. Spec: 1.11 */
import { type ProfileDefinition, R4_BASE } from '../definition.ts';
import { AS_ORGANIZATION, AS_PRACTITIONER, AS_PRACTITIONER_ROLE } from './annuaire.ts';
import { frCore } from './fr-core.ts';
import { type Line, profile, slicedBy } from './write.ts';

const GAP = 'https://interop.esante.gouv.fr/ig/fhir/gap/StructureDefinition';

/** The profile by which GAP knows a resource of an answer; a Device has none. */
const PROFILE: Readonly<Record<string, string>> = {
  Practitioner: AS_PRACTITIONER,
  PractitionerRole: AS_PRACTITIONER_ROLE,
  Organization: AS_ORGANIZATION,
  Device: `${R4_BASE}Device`,
};

/** Resource types of the slices, with the search mode. */
function answer(name: string, slices: Record<string, 'match' | 'include'>): ProfileDefinition {
  const lines: Record<string, Line> = { type: { pattern: 'searchset' }, entry: slicedBy('profile', 'resource') };
  for (const [type, mode] of Object.entries(slices)) {
    const profile = PROFILE[type] ?? frCore(type, 'new');
    lines[`entry:${type}`] = '0..*';
    lines[`entry:${type}.resource`] = { card: '1..1', types: [{ code: type, profile: [profile] }] };
    lines[`entry:${type}.search.mode`] = { pattern: mode };
    lines[`entry:${type}.request`] = '0..0';
    lines[`entry:${type}.response`] = '0..0';
  }
  return profile(`${GAP}/${name}`, 'Bundle', undefined, lines);
}

const AROUND = Object.fromEntries(
  [
    'Schedule',
    'Patient',
    'Practitioner',
    'PractitionerRole',
    'Device',
    'Location',
    'HealthcareService',
    'Organization',
    'RelatedPerson',
  ].map((type) => [type, 'include' as const]),
);

export const GAP_PROFILES: readonly ProfileDefinition[] = [
  profile(`${GAP}/gap-fr-schedule`, 'Schedule', frCore('Schedule', 'new'), {}),
  profile(`${GAP}/gap-fr-slot`, 'Slot', frCore('Slot', 'new'), {}),
  profile(`${GAP}/gap-fr-appointment`, 'Appointment', frCore('Appointment', 'new'), {}),
  answer('gap-bundle-reponse-demande-consult-dispo', { Slot: 'match', ...AROUND }),
  answer('gap-bundle-reponse-demande-consult-rdv', { Appointment: 'match', Slot: 'include', ...AROUND }),
];
