/** The words that the exchanges INT_R03 and INT_L02 have for an appointment. Spec: 4.2, 6.5, 6.6 */
import { extensionsOf } from '../../fhir/extension.ts';
import type { CodeableConcept, Resource } from '../../fhir/resource.ts';
import { CONTRACT, type OrientationCategory } from './contract.ts';
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

const CATEGORY_OF: Readonly<Record<string, OrientationCategory>> = Object.assign(
  {},
  ...Object.values(CONTRACT).map(({ orientationCategories }) => orientationCategories),
);

/**
 * How the patient was oriented, as the appointment itself says: by the extension, or by the profile of SOS Médecins.
 */
export function orientationOf(appointment: Resource): OrientationCategory | undefined {
  const concept = extensionsOf(appointment, 'orientationCategory')[0]?.extension['valueCodeableConcept'] as
    | CodeableConcept
    | undefined;
  const category = concept?.coding
    ?.map((coding) => CATEGORY_OF[coding.code ?? ''])
    .find((category) => category !== undefined);
  return category ?? (isSosAppointment(appointment) ? 'SOS' : undefined);
}
