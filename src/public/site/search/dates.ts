/** Days as a form gives them. */

/** Midnight of `YYYY-MM-DD` as a clock shows it; `undefined`: there is no such day. */
export function civilStart(day: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const start = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== day ? undefined : start;
}
