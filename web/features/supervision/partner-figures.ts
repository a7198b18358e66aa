/** The history of the partners as totals, and as the rows and series of the charts. Pure. */
import type { Parts } from '../../fhir/parameters.ts';
import { MAX_SERIES, type Series } from './charts.tsx';

/** The partners now, each with the totals of its history. Those that fail come first. */
export function partnersWithTotals(partners: readonly Parts[], points: readonly Parts[], language: string): Parts[] {
  return partners
    .map(
      (partner): Parts => ({
        ...partner,
        ...totalsOf(points.filter((point) => point['partner'] === partner['id'])),
      }),
    )
    .sort(
      (a, b) =>
        rankOf(a) - rankOf(b) || String(a['name']).localeCompare(String(b['name']), language, { numeric: true }),
    );
}

function rankOf(partner: Parts): number {
  if (partner['enabled'] === false) return 2;
  return partner['state'] === 'breaker-open' ? 0 : 1;
}

function totalsOf(points: readonly Parts[]): Parts {
  const sum = (value: (point: Parts) => number): number => points.reduce((total, point) => total + value(point), 0);
  const answers = sum((point) => point['answers']);
  const delays = sum((point) => (point['meanDelay'] ?? 0) * point['answers']);
  return {
    answers,
    failures: sum((point) => point['failures']),
    mean: answers === 0 ? undefined : Math.round(delays / answers),
    worst: Math.max(0, ...points.map((point) => point['maxDelay'] ?? 0)),
  };
}

/** The partners of one chart: those with the largest total. Forty lines would say nothing. */
export function largest(partners: readonly Parts[], total: 'mean' | 'failures'): Parts[] {
  return partners
    .filter((partner) => partner['answers'] + partner['failures'] > 0)
    .sort((a, b) => (b[total] ?? -1) - (a[total] ?? -1))
    .slice(0, MAX_SERIES);
}

const MAX_NAME_LENGTH = 40;

/** `looks`: the ids of all partners that are drawn, so that one looks the same in every chart. */
export function seriesOf(partners: readonly Parts[], looks: readonly string[]): Series[] {
  return partners.map(({ id, name }) => ({
    key: id,
    name: name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name,
    look: looks.indexOf(id),
  }));
}

/** One row for each step of time, with the value of every partner; `empty` stands for partners that nobody asked. */
export function rowsOf(
  points: readonly Parts[],
  value: (point: Parts) => number | undefined,
  empty: Parts = {},
): Parts[] {
  const rows = new Map<string, Parts>();
  for (const point of points) {
    const row = rows.get(point['at']) ?? { ...empty, at: Date.parse(point['at']) };
    rows.set(point['at'], { ...row, [point['partner']]: value(point) });
  }
  return [...rows.values()];
}
