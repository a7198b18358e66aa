/** Counts of appointments by dimensions, made by the database from the columns of the table. */
import type { Database } from '../engine/database.ts';
import { toTimestamp } from '../resources/row.ts';

/** The dimensions of a count. The day is that of the start, by the clocks of Paris. */
export const DIMENSIONS = ['day', 'partner', 'status', 'category', 'regulator'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/**
 * A token column holds each token in several forms: a code alone is the one without a system; an identifier with its
 * system is the longest that does not begin with `type:`.
 */
const code = (column: string): string =>
  `(SELECT t FROM unnest(a."${column}") t WHERE t NOT LIKE '%|%' ORDER BY t LIMIT 1)`;
const identifier = (column: string): string =>
  `(SELECT t FROM unnest(a."${column}") t WHERE t NOT LIKE 'type:%' ORDER BY length(t) DESC, t LIMIT 1)`;

const COLUMN: Record<Dimension, string> = {
  day: `to_char(lower(a.date) AT TIME ZONE 'Europe/Paris', 'YYYY-MM-DD')`,
  partner: 'a."_source"[1]',
  status: code('status'),
  category: code('category'),
  regulator: identifier('operator'),
};

export type ActivityRow = Partial<Record<Dimension, string | null>> & { count: number };

/** Appointments that start in [from, to), epoch ms. Rows in the order of their dimensions. */
export async function countAppointments(
  database: Database,
  { from, to, by }: { from: number; to: number; by: readonly Dimension[] },
): Promise<ActivityRow[]> {
  const keys = by.map((dimension) => `${COLUMN[dimension]} AS ${dimension}`).join(', ');
  const places = by.map((_, i) => i + 1).join(', ');
  return database.query(
    `SELECT ${keys}${keys && ', '}count(*)::int AS count FROM appointment a
     WHERE NOT a.deleted AND a.date && tstzrange($1::timestamptz, $2::timestamptz) AND lower(a.date) >= $1::timestamptz
     ${places && `GROUP BY ${places} ORDER BY ${places}`}`,
    [toTimestamp(from), toTimestamp(to)],
  );
}
