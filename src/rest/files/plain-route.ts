/**
 * An address that is not FHIR: a GET that answers some text, with the same callers, the same limits and the same error
 * exit as the rest.
 */

export interface PlainRequest {
  /** Raw query, without `?`. */
  query: string;
  header(name: string): string | undefined;
  caller: string;
  roles: readonly string[];
  /** Epoch milliseconds. */
  now: number;
}

export interface PlainAnswer {
  /** Content-Type. */
  type: string;
  text: string;
}

/** Throws FhirError. */
export type PlainHandler = (request: PlainRequest) => Promise<PlainAnswer>;
