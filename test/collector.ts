/** A collector of OpenTelemetry for tests: takes what servers send over HTTP, and shows it flat. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from '../src/fhir/resource.ts';

export interface CollectedSpan {
  service: string;
  name: string;
  trace: string;
  id: string;
  parent: string | undefined;
  /** 2: answers a request; 3: asks another program. */
  kind: number;
  attributes: Record<string, string | number | boolean>;
  isError: boolean;
}

export interface CollectedFigure {
  service: string;
  name: string;
  type: 'sum' | 'gauge' | 'histogram';
  points: { attributes: Record<string, string | number | boolean>; value: number; buckets?: number[] }[];
}

export interface Collector {
  url: string;
  spans: CollectedSpan[];
  figures: CollectedFigure[];
  /** Every body, as it came. */
  bodies: string[];
  headers: Record<string, unknown>[];
  close(): Promise<void>;
}

/** `status`: how it answers. */
export async function startCollector(status = 200): Promise<Collector> {
  const collected: Pick<Collector, 'spans' | 'figures' | 'bodies' | 'headers'> = {
    ...{ spans: [], figures: [], bodies: [], headers: [] },
  };
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      collected.headers.push(request.headers);
      collected.bodies.push(text);
      const body = JSON.parse(text) as Json;
      for (const resource of body.resourceSpans ?? []) collected.spans.push(...spansOf(resource));
      for (const resource of body.resourceMetrics ?? []) collected.figures.push(...figuresOf(resource));
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...collected,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function spansOf({ resource, scopeSpans }: Json): CollectedSpan[] {
  return scopeSpans.flatMap(({ spans }: Json) =>
    spans.map((span: Json) => ({
      service: attributesOf(resource.attributes)['service.name'],
      name: span.name,
      trace: span.traceId,
      id: span.spanId,
      parent: span.parentSpanId || undefined,
      kind: span.kind,
      attributes: attributesOf(span.attributes),
      isError: span.status?.code === 2,
    })),
  );
}

function figuresOf({ resource, scopeMetrics }: Json): CollectedFigure[] {
  const service = attributesOf(resource.attributes)['service.name'] as string;
  return scopeMetrics.flatMap(({ metrics }: Json) =>
    metrics.map((metric: Json) => {
      const type = (['sum', 'gauge', 'histogram'] as const).find((kind) => metric[kind] !== undefined)!;
      const points = metric[type].dataPoints.map((point: Json) => ({
        attributes: attributesOf(point.attributes),
        value: Number(point.asDouble ?? point.asInt ?? point.count),
        ...(type === 'histogram' ? { buckets: point.bucketCounts.map(Number) } : {}),
      }));
      return { service, name: metric.name, type, points };
    }),
  );
}

function attributesOf(list: Json[] = []): Record<string, string | number | boolean> {
  return Object.fromEntries(
    list.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? Number(value.intValue ?? value.doubleValue),
    ]),
  );
}
