/**
 * Sends traces and figures to a collector through OpenTelemetry (its only door, with `figures.ts`). This file is loaded
 * only where the settings name a collector.
 */
import { randomUUID } from 'node:crypto';
import {
  type Context,
  type Tracer as Library,
  ROOT_CONTEXT,
  SpanKind as Kind,
  type Span as LibrarySpan,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, emptyResource, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, type MetricProducer, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { metricData } from './figures.ts';
import type { Span, SpanAttributes, SpanKind, Tracer } from './trace.ts';

export interface Telemetry {
  tracer: Tracer;
  /** Sends what is left, for a few seconds at most. */
  close(): Promise<void>;
}

export interface TelemetrySource {
  /** `creneau-agenda`. */
  service: string;
  version: string;
  metrics: Metrics;
  log: Log;
}

export interface Collector {
  /** Its base: `/v1/traces` and `/v1/metrics` are added. */
  url: string;
  headers: Record<string, string>;
  /** Between two sendings of the figures. */
  intervalMs: number;
  /** Share of the traces that begin here, 0 to 1. */
  traceRatio: number;
}

/** A request that sends thousands of statements does not fill the collector. */
const MAX_CHILDREN = 500;
/** How long a sending may take, and what is left when the server stops. */
const SEND_MS = 5_000;
const CLOSE_MS = 3_000;
const SPANS_EVERY_MS = 2_000;
/** A collector that is away is logged once in so long. */
const TELL_EVERY_MS = 60_000;

export function openOtlp(collector: Collector, source: TelemetrySource): Telemetry {
  const { url, headers } = collector;
  const exporting = (signal: string) => ({ url: `${url}/v1/${signal}`, headers, timeoutMillis: SEND_MS });
  const resource = resourceFromAttributes({
    'service.name': source.service,
    'service.version': source.version,
    'service.instance.id': randomUUID(),
  }).merge(detectResources({ detectors: [envDetector] }));
  const spans = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(collector.traceRatio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(exporting('traces')),
        scheduledDelayMillis: SPANS_EVERY_MS,
      }),
    ],
  });
  const figures = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(exporting('metrics')),
        exportIntervalMillis: collector.intervalMs,
        exportTimeoutMillis: Math.min(collector.intervalMs, SEND_MS),
        metricProducers: [producerOf(source)],
      }),
    ],
  });
  const stopTelling = tellFailures(source.log);
  return {
    tracer: tracerOf(spans.getTracer('creneau', source.version)),
    async close() {
      await inTime(Promise.allSettled([spans.shutdown(), figures.shutdown()]));
      stopTelling();
    },
  };
}

function producerOf({ metrics, version }: TelemetrySource): MetricProducer {
  const startTime = hrTimeNow();
  return {
    async collect() {
      const data = metricData(await metrics.figures(), { startTime, endTime: hrTimeNow() });
      const scopeMetrics = [{ scope: { name: 'creneau', version }, metrics: data }];
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
    },
  };
}

/** The machine's clock, as the spans have it: seconds and nanoseconds. */
function hrTimeNow(): [number, number] {
  const ms = performance.timeOrigin + performance.now();
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}

/** The logs of the servers of this process: the library has one place for failures. */
const logs = new Set<Log>();
let toldAt = Number.NEGATIVE_INFINITY;

function tellFailures(log: Log): () => void {
  logs.add(log);
  setGlobalErrorHandler((error) => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    const reason = error instanceof Error ? error.message : String(error);
    for (const each of logs) each.warn({ reason }, 'traces or figures do not reach the collector');
  });
  return () => logs.delete(log);
}

async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}

const propagator = new W3CTraceContextPropagator();
const KINDS: Record<SpanKind, Kind> = { server: Kind.SERVER, client: Kind.CLIENT };

type Headers = Readonly<Record<string, string | string[] | undefined>>;
const getter = {
  keys: (headers: Headers) => Object.keys(headers),
  get: (headers: Headers, name: string) => headers[name],
};
const setter = {
  set(headers: Record<string, string>, name: string, value: string) {
    headers[name] = value;
  },
};

function tracerOf(library: Library): Tracer {
  return {
    start(name, headers) {
      const parent = propagator.extract(ROOT_CONTEXT, headers, getter);
      return new RequestSpan(library, library.startSpan(name, { kind: Kind.SERVER }, parent), { children: 0 });
    },
  };
}

class RequestSpan implements Span {
  private readonly maker: Library;
  private readonly span: LibrarySpan;
  private readonly context: Context;
  /** Of the whole request. */
  private readonly count: { children: number };
  private hasEnded = false;

  constructor(maker: Library, span: LibrarySpan, count: { children: number }) {
    this.maker = maker;
    this.span = span;
    this.context = trace.setSpan(ROOT_CONTEXT, span);
    this.count = count;
  }

  set(attributes: SpanAttributes): void {
    if (!this.hasEnded) this.span.setAttributes(attributes);
  }

  fail(type: string): void {
    if (this.hasEnded) return;
    this.span.setAttribute('error.type', type);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.span.end();
  }

  headers(): Record<string, string> {
    const headers: Record<string, string> = {};
    propagator.inject(this.context, headers, setter);
    return headers;
  }

  child(name: string, kind: SpanKind, attributes: SpanAttributes): Span | undefined {
    if (this.hasEnded || this.count.children >= MAX_CHILDREN) return undefined;
    this.count.children++;
    const span = this.maker.startSpan(name, { kind: KINDS[kind], attributes }, this.context);
    return new RequestSpan(this.maker, span, this.count);
  }
}
