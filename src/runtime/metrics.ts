/** The figures of `/metrics` in the format of Prometheus, through prom-client (its only door). */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  /** Counts one finished exchange. */
  observe(method: string, route: string, status: number, seconds: number): void;
  /** Adds a gauge that is read at scrape time. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  text(): Promise<{ type: string; body: string }>;
}

const READ_MS = 2_000;

/** A figure that cannot be read now, because the database is away, is no number; the others are told all the same. */
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

export function openMetrics(): Metrics {
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
  return {
    observe(method, route, status, seconds) {
      requests.inc({ method, route, status: String(status) });
      durations.observe({ method, route }, seconds);
    },
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        async collect() {
          this.set(await readInTime(read));
        },
      });
    },
    text: async () => ({ type: registry.contentType, body: await registry.metrics() }),
  };
}
