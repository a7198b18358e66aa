/**
 * Every limit of the door and the searches, in one place; each is a setting, whose value is in `runtime/config.ts`,
 * with a clear error.
 */
export interface Limits {
  /** Bytes of a body. */
  body: number;
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
