/**
 * The write rule of the identity of patients: a name that a person types is never official, and INS, status and
 * confirmed traits change by an act that confirms them ($insi, $check-identity), never in passing. Programs that keep
 * identities themselves (the administration of a hospital) write what they have confirmed.
 */
import { confirmedPart, withUsualNames } from '../../fhir/french/identity.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';

/** Completes the change, or throws (422). */
export function checkIdentity({ person, confirmsIdentity, loading }: Context, change: Change): void {
  const { before, after } = sidesOf(change, 'Patient');
  if (person === undefined || confirmsIdentity || loading || after === undefined) return;
  const confirmed = confirmedPart(before);
  if (confirmed !== confirmedPart(after))
    throw new FhirError('business-rule', 'INS, status and confirmed traits change by $insi or $check-identity', {
      expression: 'Patient',
      text: "L'INS, le statut et les traits confirmés se changent par INSi ou au vu d'une pièce d'identité.",
    });
  if (confirmed === '') change.after = withUsualNames(after);
}
