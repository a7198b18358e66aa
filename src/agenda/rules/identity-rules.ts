/**
 * The write rule of the identity of patients: a name that a person types is never official, and INS, status and
 * confirmed traits change by an act that confirms them ($insi, $check-identity), never in passing. Programs that keep
 * identities themselves (the administration of a hospital) write what they have confirmed.
 */
import { confirmedPart, withUsualNames } from '../../fhir/french/identity.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { list, type Patient } from '../../fhir/resources.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';

/** The roles of people who may say that two records are of one person. */
const MERGING: readonly string[] = ['practitioner', 'practice-manager'];

/** Completes the change, or throws (403, 422). */
export function checkIdentity({ person, roles, confirmsIdentity, loading }: Context, change: Change): void {
  const { before, after } = sidesOf(change, 'Patient');
  if (person === undefined || confirmsIdentity || loading || after === undefined) return;
  if (linksOf(before) !== linksOf(after) && !roles.some((role) => MERGING.includes(role)))
    throw new FhirError('forbidden', 'Practitioners and managers of the practice merge records of patients', {
      expression: 'Patient.link',
      text: 'Rapprocher deux fiches revient au praticien ou au gestionnaire du cabinet.',
    });
  const confirmed = confirmedPart(before);
  if (confirmed !== confirmedPart(after))
    throw new FhirError('business-rule', 'INS, status and confirmed traits change by $insi or $check-identity', {
      expression: 'Patient',
      text: "L'INS, le statut et les traits confirmés se changent par INSi ou au vu d'une pièce d'identité.",
    });
  if (confirmed === '') change.after = withUsualNames(after);
}

function linksOf(patient: Patient | undefined): string {
  return JSON.stringify(list(patient?.link));
}
