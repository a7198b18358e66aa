/**
 * The processor time of a batch or transaction. Each entry is within the budgets of a request of its own, and others
 * are served between two of them; a thousand of them are still one request, which may not keep the processor for
 * itself.
 */
import { BUDGETS, spend } from '../../fhir/budgets.ts';
import type { Meter } from '../exchange.ts';

/** Other requests compute meanwhile, but a crowd of them does not make a batch free. */
const MAX_SHARERS = 4;

export class BatchBudget {
  private readonly meter: Meter;
  private readonly spentMs = { batchReadMs: 0, batchWriteMs: 0 };

  constructor(meter: Meter) {
    this.meter = meter;
  }

  /** Throws `too-costly` (400) when the time of such entries is spent. */
  require(kind: keyof BatchBudget['spentMs']): void {
    if (this.spentMs[kind] > BUDGETS[kind].most) spend(kind, Math.ceil(this.spentMs[kind]));
  }

  /** Does one entry. Throws `too-costly` (400) instead when the time of such entries is spent. */
  async run<T>(kind: keyof BatchBudget['spentMs'], work: () => Promise<T> | T): Promise<T> {
    this.require(kind);
    const start = process.cpuUsage();
    try {
      return await work();
    } finally {
      const { user, system } = process.cpuUsage(start);
      this.spentMs[kind] += (user + system) / 1000 / Math.min(Math.max(this.meter.sharers(), 1), MAX_SHARERS);
    }
  }
}
