/**
 * A circuit breaker: a partner that failed several times in a row is left alone for a while, then tried with a single
 * request. So a partner that is down costs its callers nothing, and is not flooded when it comes back.
 */
const MAX_FAILURES = 5;
const FIRST_REST_MS = 5000;
const MAX_REST_MS = 60_000;

export class Breaker {
  private failures = 0;
  private restMs = FIRST_REST_MS;
  private restUntil = 0;
  private isTrying = false;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Whether a request may go. After a yes, the caller reports how the request ended. */
  allows(): boolean {
    if (!this.isOpen) return true;
    if (this.isTrying || this.now() < this.restUntil) return false;
    this.isTrying = true;
    return true;
  }

  /** Milliseconds until the next try; 0 while requests go. */
  get restsFor(): number {
    return this.isOpen ? Math.max(0, this.restUntil - this.now()) : 0;
  }

  get isOpen(): boolean {
    return this.failures >= MAX_FAILURES;
  }

  succeeded(): void {
    this.failures = 0;
    this.restMs = FIRST_REST_MS;
    this.isTrying = false;
  }

  failed(): void {
    const wasTry = this.isTrying;
    this.isTrying = false;
    this.failures++;
    if (!this.isOpen) return;
    // Requests that were under way when the breaker opened do not prolong the rest.
    if (this.failures === MAX_FAILURES) this.restUntil = this.now() + this.restMs;
    else if (wasTry) {
      this.restMs = Math.min(this.restMs * 2, MAX_REST_MS);
      this.restUntil = this.now() + this.restMs;
    }
  }

  /** The request ended neither well nor badly: its caller left. */
  abandoned(): void {
    this.isTrying = false;
  }
}
