/**
 * A circuit breaker: who failed several times in a row is left alone for a while, then tried with one request. So a
 * partner that is down costs
 * its callers nothing, and is not hammered when it comes back.
 */
const FAILURES = 5;
const FIRST_REST = 5000;
const MAX_REST = 60_000;

export class Breaker {
  private failures = 0;
  private restMs = FIRST_REST;
  private restUntil = 0;
  private isTrying = false;
  private readonly now: () => number;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  /** May a request go? Who is told yes says afterwards how it went. */
  allows(): boolean {
    if (this.failures < FAILURES) return true;
    if (this.isTrying || this.now() < this.restUntil) return false;
    this.isTrying = true;
    return true;
  }

  /** Milliseconds until the next try; 0 when requests go. */
  get restsFor(): number {
    return this.failures < FAILURES ? 0 : Math.max(0, this.restUntil - this.now());
  }

  get isOpen(): boolean {
    return this.failures >= FAILURES;
  }

  succeeded(): void {
    this.failures = 0;
    this.restMs = FIRST_REST;
    this.isTrying = false;
  }

  failed(): void {
    const wasTry = this.isTrying;
    this.isTrying = false;
    this.failures++;
    if (this.failures < FAILURES) return;
    // Requests that were under way when it opened do not make it rest longer.
    if (this.failures === FAILURES) this.restUntil = this.now() + this.restMs;
    else if (wasTry) {
      this.restMs = Math.min(this.restMs * 2, MAX_REST);
      this.restUntil = this.now() + this.restMs;
    }
  }

  /** It went neither well nor badly: the caller left. */
  abandoned(): void {
    this.isTrying = false;
  }
}
