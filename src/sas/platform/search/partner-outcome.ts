/**
 * What became of a question at one partner, as an OperationOutcome that opens with the partner's name: nothing is
 * silently empty.
 */
import { type Issue, type IssueCode, issue, toOperationOutcome } from '../../../fhir/issue.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Partner } from '../partners/partner.ts';
import type { Failing, PartnerFailure } from '../partners/partner-link.ts';

/** `disabled`: who would know has been taken out of the searches. */
export type Outcome = 'ok' | Failing | 'disabled';

export interface PartnerOutcome {
  partner: Partner;
  fate: Outcome;
  /** Until the last of its answers, or until it was given up. */
  delayMs: number;
  /** Slots in the answer. */
  count: number;
  /** Entries left out: wrong or not asked for. */
  invalid: number;
  /** Slots that were there twice, in its own answer or in another partner's. */
  folded: number;
  /** Requests of 25 identifiers: answered, of how many. */
  batches: { ok: number; of: number };
  failure: PartnerFailure | undefined;
}

/** Sub-extensions: partner, fate, delay (ms), count, invalid, folded, batchesAnswered, batches. */
const FATE_EXTENSION = 'urn:creneau:fhir:partner-fate';

const CODE: Record<Outcome, IssueCode> = {
  ok: 'informational',
  timeout: 'timeout',
  error: 'transient',
  'breaker-open': 'throttled',
  invalid: 'structure',
  disabled: 'not-supported',
};

export function fateOutcome(one: PartnerOutcome): Resource {
  const { partner, fate, delayMs, count, invalid, folded, batches } = one;
  const whole = { delay: delayMs, count, invalid, folded, batchesAnswered: batches.ok, batches: batches.of };
  return {
    ...toOperationOutcome([outcomeIssue(one)]),
    extension: [
      {
        url: FATE_EXTENSION,
        extension: [
          { url: 'partner', valueString: partner.id },
          { url: 'fate', valueCode: fate },
          ...Object.entries(whole).map(([url, valueInteger]) => ({ url, valueInteger })),
        ],
      },
    ],
  };
}

export function outcomeIssue({
  partner,
  fate,
  delayMs,
  count,
  invalid,
  folded,
  batches,
  failure,
}: PartnerOutcome): Issue {
  const severity = fate === 'ok' ? (invalid > 0 ? 'warning' : 'information') : count > 0 ? 'warning' : 'error';
  const slots = `${count} ${count > 1 ? 'créneaux' : 'créneau'}`;
  const parts = [
    fate === 'ok'
      ? `${slots} en ${delayMs} ms`
      : fate === 'disabled'
        ? 'éditeur désactivé, non interrogé'
        : `${failure!.french} (après ${delayMs} ms)`,
    ...(batches.ok < batches.of && batches.ok > 0
      ? [`réponse partielle : ${batches.ok} demandes sur ${batches.of}, ${slots}`]
      : []),
    ...(invalid > 0 ? [`${invalid} ${invalid > 1 ? 'éléments invalides écartés' : 'élément invalide écarté'}`] : []),
    ...(folded > 0 ? [`${folded} ${folded > 1 ? 'doublons retirés' : 'doublon retiré'}`] : []),
  ];
  const english = `partner=${partner.id} fate=${fate} delayMs=${delayMs} count=${count} invalid=${invalid} folded=${folded} batches=${batches.ok}/${batches.of}${failure === undefined ? '' : `: ${failure.message}`}`;
  return issue(severity, CODE[fate], english, { text: `${partner.name} : ${parts.join(' ; ')}.` });
}
