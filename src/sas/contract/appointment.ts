/** The words that the exchanges INT_R03 and INT_L02 have for an appointment. Spec: 4.2, 6.5, 6.6 */
import { extensionsOf } from '../../fhir/extension.ts';
import type { Coding, Resource } from '../../fhir/resource.ts';
import { canonicalSystem } from './code-system.ts';
import { CONTRACT, type Contract, type OrientationCategory } from './contract.ts';
import { isSosAppointment } from './profile.ts';

/** `pending`: reported by SOS Médecins only. */
export const SAS_STATUSES = ['booked', 'fulfilled', 'noshow', 'cancelled', 'pending'] as const;
export type SasStatus = (typeof SAS_STATUSES)[number];

/** FHIR's statuses of appointments that are made or ended. */
export const STATUS_OF: Readonly<Record<string, SasStatus>> = {
  booked: 'booked',
  arrived: 'booked',
  'checked-in': 'booked',
  fulfilled: 'fulfilled',
  noshow: 'noshow',
  cancelled: 'cancelled',
  'entered-in-error': 'cancelled',
};

const CATEGORY_OF: ReadonlyMap<string, OrientationCategory> = new Map(
  Object.values(CONTRACT).flatMap(({ orientationCategories }) => Object.entries(orientationCategories)),
);

/**
 * How the patient was oriented, as the appointment itself says: by the extension, or by the profile of SOS Médecins.
 */
export function orientationOf(appointment: Resource): OrientationCategory | undefined {
  const category = codingsOf(appointment)
    .map((coding) => CATEGORY_OF.get(coding.code ?? ''))
    .find((category) => category !== undefined);
  return category ?? (isSosAppointment(appointment) ? 'SOS' : undefined);
}

/** The coding of the orientation that this version of the guide knows, without what an editor added to it. */
export function orientationCoding({ orientationCategories }: Contract, appointment: Resource): Coding | undefined {
  const coding = codingsOf(appointment).find(({ code = '' }) => Object.hasOwn(orientationCategories, code));
  return (
    coding && { ...(coding.system === undefined ? {} : { system: canonicalSystem(coding.system) }), code: coding.code! }
  );
}

function codingsOf(appointment: Resource): Coding[] {
  return extensionsOf(appointment, 'orientationCategory')[0]?.extension.valueCodeableConcept?.coding ?? [];
}
