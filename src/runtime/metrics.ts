/** The figures of `/metrics` in the format of Prometheus, through prom-client (its only door). */
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Siblings } from './siblings.ts';

export type Across = 'sum' | 'min' | 'max';

/** A figure as it is now, with its values by label. */
export interface FigureFamily {
  name: string;
  help: string;
  type: string;
  /** `metricName`: of the parts of a histogram, `..._bucket`, `..._sum`, `..._count`. */
  values: { value: number; labels: Record<string, string | number>; metricName?: string }[];
}

export interface Metrics {
  /** Counts one finished exchange. */
  observe(method: string, route: string, status: number, seconds: number): void;
  /** Counts one search at one partner. `outcome`: how it ended, `ok` or a code. */
  observePartner(partner: string, outcome: string, seconds: number): void;
  /**
   * Adds a gauge that is read at scrape time. `across`: its value for several processes. Without it each process sees
   * the same thing, and the largest is given.
   */
  gauge(name: string, help: string, read: () => number | Promise<number>, across?: Across): void;
  text(): Promise<{ type: string; body: string }>;
  /** The figures of this process alone. */
  figures(): Promise<readonly FigureFamily[]>;
}

const READ_MS = 2_000;

/** A figure that cannot be read now, because the database is away, is NaN; the others are given all the same. */
async function readInTime(read: () => number | Promise<number>): Promise<number> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<number>((resolve) => {
    limit = setTimeout(() => resolve(Number.NaN), READ_MS);
  });
  try {
    return await Promise.race([read(), late]);
  } catch {
    return Number.NaN;
  } finally {
    clearTimeout(limit);
  }
}

/** `siblings`: the other processes of this server, whose figures are given with its own. */
export function openMetrics(siblings?: Siblings): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'creneau_requests_total',
    help: 'HTTP exchanges',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'creneau_request_seconds',
    help: 'Duration of HTTP exchanges',
    labelNames: ['method', 'route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 7],
    registers: [registry],
  });
  const partnerRequests = new Counter({
    name: 'creneau_partner_requests_total',
    help: 'Searches at a partner',
    labelNames: ['partner', 'outcome'],
    registers: [registry],
  });
  const partnerDurations = new Histogram({
    name: 'creneau_partner_request_seconds',
    help: 'Duration of the searches at a partner',
    labelNames: ['partner'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7],
    registers: [registry],
  });
  siblings?.report(() => registry.getMetricsAsJSON());
  const ofAll = async (): Promise<Registry> =>
    siblings === undefined ? registry : AggregatorRegistry.aggregate((await siblings.gather()) as object[]);
  return {
    observe(method, route, status, seconds) {
      requests.inc({ method, route, status: String(status) });
      durations.observe({ method, route }, seconds);
    },
    observePartner(partner, outcome, seconds) {
      partnerRequests.inc({ partner, outcome });
      // A partner that rests was not asked.
      if (outcome !== 'breaker-open') partnerDurations.observe({ partner }, seconds);
    },
    gauge(name, help, read, across = 'max') {
      new Gauge({
        name,
        help,
        registers: [registry],
        aggregator: across,
        async collect() {
          this.set(await readInTime(read));
        },
      });
    },
    text: async () => ({ type: registry.contentType, body: await (await ofAll()).metrics() }),
    figures: async () => (await registry.getMetricsAsJSON()) as unknown as FigureFamily[],
  };
}
