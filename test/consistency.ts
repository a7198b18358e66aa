/**
 * What must hold in the database whatever was done to it, in SQL of its own: no double booking, no time without its
 * appointment.
 */
import { expect } from 'vitest';

interface Queries {
  sql<T = Record<string, unknown>>(text: string): Promise<T[]>;
}

const OVERLAPS = `
  SELECT a.resource, a.appointment AS one, b.appointment AS other
  FROM busy a JOIN busy b ON a.resource = b.resource AND a.id < b.id AND a.period && b.period
  WHERE a.lane IS NOT NULL AND b.lane IS NOT NULL AND (a.lane = b.lane OR a.schedule <> b.schedule)`;

/** Booked without time, or time without a living appointment that takes it. */
const ORPHANS = `
  SELECT b.appointment FROM busy b LEFT JOIN appointment a ON a.id = b.appointment
  WHERE a.id IS NULL OR a.deleted
    OR NOT (a.body::json->>'status' IN ('proposed', 'pending', 'booked', 'arrived', 'checked-in', 'fulfilled'))`;

const WITHOUT_TIME = `
  SELECT a.id FROM appointment a
  WHERE NOT a.deleted AND a.body::json->>'status' IN ('booked', 'arrived', 'checked-in', 'fulfilled')
    AND a.body::json->'slot' IS NOT NULL AND NOT EXISTS (SELECT FROM busy b WHERE b.appointment = a.id)`;

/** The time of the busy row is the appointment's. */
const OTHER_TIME = `
  SELECT b.appointment FROM busy b JOIN appointment a ON a.id = b.appointment
  WHERE b.period <> tstzrange((a.body::json->>'start')::timestamptz, (a.body::json->>'end')::timestamptz)`;

/** Every agenda of the appointment holds every resource that it occupies. */
const PARTIAL = `
  SELECT b.appointment, b.schedule FROM busy b JOIN agenda g ON g.schedule = b.schedule
  GROUP BY b.appointment, b.schedule, g.keys HAVING count(*) <> cardinality(g.keys)`;

/** The newest version in the history is the current one. */
const LOST_VERSION = `
  SELECT h.type, h.id
  FROM (SELECT type, id, max(version) AS version FROM history WHERE type = 'Appointment' GROUP BY type, id) h
  LEFT JOIN appointment a ON a.id = h.id WHERE a.version IS DISTINCT FROM h.version`;

export async function expectConsistent(database: Queries): Promise<void> {
  const found: Record<string, unknown[]> = {};
  for (const [name, sql] of Object.entries({ OVERLAPS, ORPHANS, WITHOUT_TIME, OTHER_TIME, PARTIAL, LOST_VERSION }))
    found[name] = await database.sql(sql);
  expect(found).toEqual({ OVERLAPS: [], ORPHANS: [], WITHOUT_TIME: [], OTHER_TIME: [], PARTIAL: [], LOST_VERSION: [] });
}
