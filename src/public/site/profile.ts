/** The words and facts of a page beside the resources: the practice or the practitioner has typed them. */

export const SECTORS = ['1', 'optam', '2', 'none'] as const;
export const PAYMENTS = ['card', 'cheque', 'cash', 'transfer'] as const;
export const THIRD_PARTY = ['everybody', 'law'] as const;

/** Every part may be absent: the gate says which of them a page needs. */
export interface PublicProfile {
  presentation?: string;
  /** Of the national health insurance. */
  sector?: (typeof SECTORS)[number];
  /** The fees in words: one line for each. */
  fees?: string;
  payments?: (typeof PAYMENTS)[number][];
  /** For whom the practitioner is paid by the insurance instead of the patient. */
  thirdParty?: (typeof THIRD_PARTY)[number];
  /** The practitioner states that beneficiaries of the CSS pay no more than the fees of the national agreement. */
  css?: boolean;
  /** Codes of the languages that are spoken, `fr` among them. */
  languages?: string[];
  /** Of a practice: the sites that may show its pages in a frame, as origins. */
  sites?: string[];
}

/** It was checked when it was written. */
export function readProfile(text: string): PublicProfile {
  return JSON.parse(text) as PublicProfile;
}
