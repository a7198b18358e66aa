/** Time that was recorded beside the places of an agenda, with what it overlaps; and agendas to be computed again. */
import type { Database } from '../engine/database.ts';

/** Time that an appointment takes although somebody else had it. */
export interface Overlap {
  appointment: string;
  schedule: string;
  /** Epoch milliseconds, half-open. */
  start: number;
  end: number;
  /** People, rooms, devices and agendas that both have, as references. */
  resources: string[];
  /** The other appointments. */
  others: string[];
}

/**
 * Those that end after an instant, by start. `schedules`: on these agendas only. The agenda of a patient is left out:
 * it records whatever the patient does.
 */
export function overlapsAfter(
  database: Database,
  afterMs: number,
  maxCount: number,
  schedules: readonly string[] | undefined,
): Promise<Overlap[]> {
  return database.query(
    `SELECT b.appointment, b.schedule, date_part('epoch', lower(b.period)) * 1000 AS start,
       date_part('epoch', upper(b.period) - make_interval(secs => b.buffer)) * 1000 AS "end",
       COALESCE(array_agg(DISTINCT b.resource) FILTER (WHERE o.id IS NOT NULL), '{}') AS resources,
       COALESCE(array_agg(DISTINCT o.appointment) FILTER (WHERE o.id IS NOT NULL), '{}') AS others
     FROM busy b JOIN schedule s ON s.id = b.schedule
       LEFT JOIN busy o ON o.resource_key = b.resource_key AND o.period && b.period AND o.appointment <> b.appointment
         -- A visitor of the public pages who is still typing (ADR 0039).
         AND o.appointment NOT LIKE 'visit:%'
     WHERE b.lane IS NULL AND upper(b.period) > $1::timestamptz AND ($3::text[] IS NULL OR b.schedule = ANY($3::text[]))
       AND EXISTS (SELECT FROM unnest(s.actor) a WHERE a !~ '^(Patient|RelatedPerson)/')
     GROUP BY b.appointment, b.schedule, b.period, b.buffer
     ORDER BY lower(b.period), b.appointment, b.schedule LIMIT $2`,
    [new Date(afterMs).toISOString(), maxCount, schedules ?? null],
  ) as unknown as Promise<Overlap[]>;
}

/** Ids of Schedules whose keys were computed by an older rule. */
export async function outdatedAgendas(database: Database, keyRule: number, maxCount: number): Promise<string[]> {
  const rows = await database.query<{ schedule: string }>(
    'SELECT schedule FROM agenda WHERE NOT deleted AND key_rule < $1 ORDER BY key_rule, schedule LIMIT $2',
    [keyRule, maxCount],
  );
  return rows.map(({ schedule }) => schedule);
}
