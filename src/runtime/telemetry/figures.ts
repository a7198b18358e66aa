/** The figures of `/metrics` in the form of OpenTelemetry: one definition of each, wherever it goes. */
import type { HrTime } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { FigureFamily } from '../metrics.ts';

/** The other members of a data point: they say when the counting began and when it was read. */
interface Period {
  startTime: HrTime;
  endTime: HrTime;
}

type Labels = Record<string, string | number>;

/** Figures that cannot be read now (NaN) are left out. */
export function metricData(families: readonly FigureFamily[], period: Period): MetricData[] {
  return families.map((family) => toData(family, period)).filter(({ dataPoints }) => dataPoints.length > 0);
}

function toData(family: FigureFamily, period: Period): MetricData {
  const common = {
    descriptor: { name: family.name, description: family.help, unit: unitOf(family.name), valueType: 1 },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (family.type === 'histogram')
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: distributions(family, period) };
  const dataPoints = family.values
    .filter(({ value }) => Number.isFinite(value))
    .map(({ value, labels }) => ({ ...period, attributes: labels, value }));
  return family.type === 'counter'
    ? { ...common, dataPointType: DataPointType.SUM, dataPoints, isMonotonic: true }
    : { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
}

type HistogramData = Extract<MetricData, { dataPointType: DataPointType.HISTOGRAM }>;

/** Prometheus counts everything up to a bound; OpenTelemetry what lies between two. */
function distributions({ name, values }: FigureFamily, period: Period): HistogramData['dataPoints'] {
  const groups = new Map<string, { labels: Labels; upTo: [bound: number, count: number][]; sum: number }>();
  for (const { value, labels, metricName } of values) {
    const { le, ...others } = labels;
    const key = JSON.stringify(others);
    const group = groups.get(key) ?? { labels: others, upTo: [], sum: 0 };
    groups.set(key, group);
    if (le !== undefined) group.upTo.push([le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), value]);
    else if (metricName === `${name}_sum`) group.sum = value;
  }
  return [...groups.values()].map(({ labels, upTo, sum }) => {
    upTo.sort(([a], [b]) => a - b);
    const counts = upTo.map(([, count], at) => count - (upTo[at - 1]?.[1] ?? 0));
    const boundaries = upTo.map(([bound]) => bound).filter(Number.isFinite);
    return {
      ...period,
      attributes: labels,
      value: { sum, count: upTo.at(-1)?.[1] ?? 0, buckets: { boundaries, counts } },
    };
  });
}

function unitOf(name: string): string {
  const [, unit = ''] = /_(seconds|bytes)(?:_total)?$/.exec(name) ?? [];
  return { seconds: 's', bytes: 'By' }[unit] ?? '';
}
