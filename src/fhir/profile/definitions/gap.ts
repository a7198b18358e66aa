/** The profiles of the GAP guide: FR Core under names of their own, and the Bundles of its answers. Spec: 1.11 */
import type { ProfileDefinition } from '../definition.ts';
import { frCore } from './fr-core.ts';
import { type Line, profile, slicedBy } from './write.ts';

const GAP = 'https://interop.esante.gouv.fr/ig/fhir/gap/StructureDefinition';

/** Resource types of a slice, with the search mode. */
function answer(name: string, slices: Record<string, 'match' | 'include'>): ProfileDefinition {
  const lines: Record<string, Line> = { type: { pattern: 'searchset' }, entry: slicedBy('type', 'resource') };
  for (const [type, mode] of Object.entries(slices)) {
    lines[`entry:${type}`] = '0..*';
    lines[`entry:${type}.resource`] = { card: '1..1', types: [{ code: type }] };
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
