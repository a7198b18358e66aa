/**
 * How a search ended at one partner, as an OperationOutcome that begins with the partner's name: a partner without
 * slots is never silently missing.
 */
import { type Issue, type IssueCode, issue, toOperationOutcome } from '../../../fhir/issue.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Partner } from '../partners/partner.ts';
import type { FailureCode, PartnerFailure } from '../partners/partner-link.ts';

/** `disabled`: the partner may have slots, but an operator has taken it out of the searches. */
export type OutcomeCode = 'ok' | FailureCode | 'disabled';

export interface PartnerOutcome {
  partner: Partner;
  code: OutcomeCode;
  /** Until its last answer, or until the platform gave it up. */
  delayMs: number;
  /** Slots in the answer. */
  count: number;
  /** Entries left out: wrong or not asked for. */
  invalid: number;
  /** Duplicate slots, of its own answer or of another partner's. */
  folded: number;
  /** Requests of 25 identifiers: how many were answered, of how many. */
  batches: { ok: number; of: number };
  failure: PartnerFailure | undefined;
}

/** Sub-extensions: partner, fate, delay (ms), count, invalid, folded, batchesAnswered, batches. */
const EXTENSION = 'urn:creneau:fhir:partner-fate';

const ISSUE_CODE: Record<OutcomeCode, IssueCode> = {
  ok: 'informational',
  timeout: 'timeout',
  error: 'transient',
  'breaker-open': 'throttled',
  invalid: 'structure',
  disabled: 'not-supported',
};

export function toOutcomeResource(outcome: PartnerOutcome): Resource {
  const { partner, code, delayMs, count, invalid, folded, batches } = outcome;
  const numbers = { delay: delayMs, count, invalid, folded, batchesAnswered: batches.ok, batches: batches.of };
  return {
    ...toOperationOutcome([outcomeIssue(outcome)]),
    extension: [
      {
        url: EXTENSION,
        extension: [
          { url: 'partner', valueString: partner.id },
          { url: 'fate', valueCode: code },
          ...Object.entries(numbers).map(([url, valueInteger]) => ({ url, valueInteger })),
        ],
      },
    ],
  };
}

export function outcomeIssue(outcome: PartnerOutcome): Issue {
  const { partner, code, delayMs, count, invalid, folded, batches, failure } = outcome;
  const severity = code === 'ok' ? (invalid > 0 ? 'warning' : 'information') : count > 0 ? 'warning' : 'error';
  const english = [
    `partner=${partner.id} fate=${code} delayMs=${delayMs} count=${count} invalid=${invalid} folded=${folded}`,
    ` batches=${batches.ok}/${batches.of}`,
    failure === undefined ? '' : `: ${failure.message}`,
  ];
  return issue(severity, ISSUE_CODE[code], english.join(''), { text: `${partner.name} : ${inFrench(outcome)}.` });
}

function inFrench({ code, delayMs, count, invalid, folded, batches, failure }: PartnerOutcome): string {
  const slots = `${count} ${count > 1 ? 'créneaux' : 'créneau'}`;
  const parts = [
    code === 'ok'
      ? `${slots} en ${delayMs} ms`
      : code === 'disabled'
        ? 'éditeur désactivé, non interrogé'
        : `${failure!.french} (après ${delayMs} ms)`,
    ...(batches.ok < batches.of && batches.ok > 0
      ? [`réponse partielle : ${batches.ok} demandes sur ${batches.of}, ${slots}`]
      : []),
    ...(invalid > 0 ? [`${invalid} ${invalid > 1 ? 'éléments invalides écartés' : 'élément invalide écarté'}`] : []),
    ...(folded > 0 ? [`${folded} ${folded > 1 ? 'doublons retirés' : 'doublon retiré'}`] : []),
  ];
  return parts.join(' ; ');
}
