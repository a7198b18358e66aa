/** The counts of appointments as rows by day and partner. Pure. */
import type { Parts } from '../../fhir/parameters.ts';
import { addDays } from '../../fhir/zone.ts';

export interface Count {
  /** `YYYY-MM-DD` */
  day: string;
  partner: string;
  count: number;
}

/** The day, and the count of every partner under its name. */
export type DayRow = Parts;

/** Names of the partners, the one with the most appointments first. */
export function partnersOf(counts: readonly Count[]): string[] {
  const totals = new Map<string, number>();
  for (const { partner, count } of counts) totals.set(partner, (totals.get(partner) ?? 0) + count);
  return [...totals].sort(([a, few], [b, many]) => many - few || a.localeCompare(b)).map(([partner]) => partner);
}

export function rowsByDay(counts: readonly Count[]): DayRow[] {
  const rows = new Map<string, DayRow>();
  for (const { day, partner, count } of counts) rows.set(day, { ...(rows.get(day) ?? { day }), [partner]: count });
  return [...rows.values()].sort((a, b) => (a['day'] < b['day'] ? -1 : 1));
}

/** Bars of a chart. */
const MAX_DAYS = 92;

/** Every day of the period; of a long period, only the days with appointments. */
export function barRows(rows: readonly DayRow[], from: string, to: string): DayRow[] {
  const days = daysBetween(from, to);
  if (days.length > MAX_DAYS) return [...rows];
  return days.map((day) => rows.find((row) => row['day'] === day) ?? { day });
}

/** At most one day more than fit. */
function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let day = from; day <= to && days.length <= MAX_DAYS; day = addDays(day, 1)) days.push(day);
  return days;
}
