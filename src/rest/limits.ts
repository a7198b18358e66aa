/**
 * Every limit of the HTTP server and the searches, in one place. Each is an option (`runtime/options/limits.ts`), and a
 * request beyond it gets a clear error.
 */
export interface Limits {
  /** Bytes of a body. */
  body: number;
  /** Bytes of a body of the type `text/calendar`. */
  calendar: number;
  /** Characters of a URL. */
  url: number;
  defaultPage: number;
  maxPage: number;
  /** Included resources of one answer. */
  includes: number;
  /** OR-values of one parameter. */
  orValues: number;
  /** Days of one slot search. */
  windowDays: number;
  /** Entries of a batch or transaction. */
  batchEntries: number;
  /** Milliseconds one request may take. */
  deadlineMs: number;
}
