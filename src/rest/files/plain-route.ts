/**
 * An address that does not speak FHIR: a GET that answers with a text. Callers, limits and the exit of errors are those
 * of every other address.
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
