/**
 * The teleservice INSi, as the rest of the program sees it: traits in, identities out. `insi-connector.ts` reaches it,
 * `played-insi.ts` plays it.
 */
import type { NationalIdentity } from '../../fhir/french/identity.ts';

/** The traits that the teleservice asks for. */
export interface AskedTraits {
  family: string;
  given: string;
  gender: 'male' | 'female';
  birthDate: string;
  /** Code of the commune or country (COG), where it is known. */
  birthPlace?: string;
}

/** Return codes 00, 01 and 02 of the teleservice. */
export type InsiAnswer = { found: 'one'; identity: NationalIdentity } | { found: 'none' } | { found: 'several' };

export interface Insi {
  /** Throws a FhirError (`transient`) where the teleservice does not answer. */
  search(traits: AskedTraits): Promise<InsiAnswer>;
}
