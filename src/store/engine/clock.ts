/**
 * The clocks of the store. Every decision about time is made by the clock of the database, which all servers share:
 * it is read with each sign of life (`presence.ts`) and carried on by the monotonic clock of this process, so that
 * nobody who sets this machine's clock moves it.
 */

/** A reading of the database's clock. */
export interface ClockReading {
  /** When it was made, by `performance.now()`. */
  atMs: number;
  /** The reading of the database's clock, in epoch milliseconds. */
  databaseMs: number;
}

/** The database's clock now, epoch milliseconds; this machine's before the first reading. */
export function databaseNow(reading: ClockReading | undefined): number {
  return reading === undefined ? Date.now() : Math.round(reading.databaseMs + performance.now() - reading.atMs);
}

/** How far the database's clock is ahead of this machine's, in ms. */
export function clockSkew(reading: ClockReading): number {
  return databaseNow(reading) - Date.now();
}
