/**
 * Keeps trouble with one destination from the others: a destination that fails again and again is tried rarely, with
 * one message at a time. Known to one process only; the delays of the messages themselves are in the database.
 */

/** Failures in a row after which a destination is in trouble. */
const FAILURES = 3;
const MAX_PAUSE_MS = 30_000;

interface Trouble {
  failures: number;
  /** By `performance.now()`. */
  pausedUntil: number;
}

export class DestinationBreaker {
  private readonly troubles = new Map<string, Trouble>();

  /** A message was taken: in trouble, nothing more is sent until its outcome is known. */
  began(destination: string): void {
    const trouble = this.troubles.get(destination);
    if (trouble !== undefined && trouble.failures >= FAILURES) trouble.pausedUntil = Number.POSITIVE_INFINITY;
  }

  succeeded(destination: string): void {
    this.troubles.delete(destination);
  }

  failed(destination: string, delayMs: number): void {
    const failures = (this.troubles.get(destination)?.failures ?? 0) + 1;
    const pausedUntil = failures < FAILURES ? 0 : performance.now() + Math.min(delayMs, MAX_PAUSE_MS);
    this.troubles.set(destination, { failures, pausedUntil });
  }

  /** Destinations that get nothing now, and those that get one message at a time. */
  state(): { paused: string[]; cautious: string[] } {
    const now = performance.now();
    const inTrouble = [...this.troubles].filter(([, { failures }]) => failures >= FAILURES);
    return {
      paused: inTrouble.filter(([, { pausedUntil }]) => pausedUntil > now).map(([destination]) => destination),
      cautious: inTrouble.filter(([, { pausedUntil }]) => pausedUntil <= now).map(([destination]) => destination),
    };
  }
}
