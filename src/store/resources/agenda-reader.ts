/** Reading agendas and their time: the rows that bookings lock, the busy time, the one-off openings and closures. */
import type { Criterion, ReadScope } from '../../fhir/search/request.ts';
import type { Database } from '../engine/database.ts';
import { toRange, toTimestamp } from './row.ts';
import { everyMatch } from './search-page.ts';

export interface AgendaRow {
  schedule: string;
  /** Names the agenda in slot ids. */
  code: string;
  version: number;
  /** The resources that its appointments occupy. */
  keys: string[];
  /** The context that its actors give it, as JSON text. */
  context: string;
  /** Grows with everything that alters the agenda's slots. */
  changes: number;
}

/** A time that an appointment takes of a resource; instants in epoch milliseconds, half-open. */
export interface TakenTime {
  id: number;
  /** `null`: a deliberate overbooking. */
  lane: number | null;
  schedule: string;
  appointment: string;
  tentative: boolean;
  start: number;
  end: number;
  /** When a hold ends by itself; `null`: never. */
  expires: number | null;
  /** Kept free after the end. */
  bufferMs: number;
  /** Key of its kind of visit; `null`: none. */
  kind: string | null;
  /** How many its kind lets come at one time; `null`: its kind does not say. */
  places: number | null;
}

export interface StoredSlot {
  id: string;
  schedule: string;
  body: string;
}

const ROW = ['schedule', 'code', 'version', 'keys', 'context', 'changes'].map((name) => `a.${name}`).join(', ');
const [START, END, EXPIRES] = ['lower(period)', 'upper(period)', 'expires'].map(
  (instant) => `date_part('epoch', ${instant}) * 1000`,
);
const REAL_END = `(${END} - buffer * 1000)`;
const TIME =
  `id, lane, schedule, appointment, tentative, ${START} AS start, ${REAL_END} AS "end", ${EXPIRES} AS expires, ` +
  `buffer * 1000 AS "bufferMs", kind, places`;
/**
 * The same as a line of text. A full agenda has hundreds of rows a week: in rows of their own they cost eight times as
 * much (45,000 rows, embedded:
 * 900 ms; as one text for each agenda: 110 ms).
 */
const LINE = [
  'id',
  'coalesce(lane, -1)',
  'schedule',
  'appointment',
  'tentative::int',
  START,
  REAL_END,
  `coalesce(${EXPIRES}, -1)`,
  'buffer * 1000',
  'coalesce(places, -1)',
  // Last: it may hold spaces.
  `coalesce(kind, '')`,
].join(` || ' ' || `);

export class AgendaReader {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  rows(schedules: readonly string[]): Promise<AgendaRow[]> {
    return this.query(`SELECT ${ROW} FROM agenda a WHERE a.schedule = ANY($1::text[]) AND NOT a.deleted`, [schedules]);
  }

  /** The agenda that a slot id names. */
  async byCode(code: string): Promise<AgendaRow | undefined> {
    const [row] = await this.query<AgendaRow>(`SELECT ${ROW} FROM agenda a WHERE a.code = $1 AND NOT a.deleted`, [
      code,
    ]);
    return row;
  }

  /** Agendas of which one of these is an actor, or plays a role that is. */
  ofActors(actors: readonly string[]): Promise<AgendaRow[]> {
    return this.query(
      `SELECT ${ROW} FROM agenda a JOIN schedule s ON s.id = a.schedule
       WHERE NOT s.deleted AND s.actor && ($1::text[] || ARRAY(SELECT 'PractitionerRole/' || id FROM practitionerrole
         WHERE practitioner && $1::text[] AND NOT deleted))
       ORDER BY a.schedule`,
      [actors],
    );
  }

  /** Agendas whose Schedule matches, `most` of them. */
  matching(criteria: readonly Criterion[], most: number, readScope?: ReadScope): Promise<AgendaRow[]> {
    // By id: the planner knows how many rows an id has, and not how many match.
    return everyMatch(
      this.database,
      'Schedule',
      criteria,
      readScope,
      (from) =>
        `SELECT ${ROW} FROM agenda a WHERE NOT a.deleted
       AND a.schedule = ANY(ARRAY(SELECT r.id FROM ${from} LIMIT ${most}))`,
    );
  }

  /** Bodies of Schedules, with their versions. */
  schedules(ids: readonly string[]): Promise<{ id: string; version: number; body: string }[]> {
    return this.query('SELECT id, version, body FROM schedule WHERE id = ANY($1::text[]) AND NOT deleted', [ids]);
  }

  /** Time taken of any of these resources in a window; holds that have run out at `now` are left out. */
  async taken(resources: readonly string[], window: { start: number; end: number }, now: number): Promise<TakenTime[]> {
    const rows = await this.lines(
      resources,
      resources.map(() => null),
      window,
      now,
    );
    return rows.flatMap(timesIn);
  }

  /** The same by agenda: its own time, and the time of its people, rooms and devices in other agendas. */
  async busy(
    agendas: readonly Pick<AgendaRow, 'schedule' | 'keys'>[],
    window: { start: number; end: number },
    now: number,
  ): Promise<Map<string, TakenTime[]>> {
    const pairs = agendas.flatMap(({ schedule, keys }) => keys.map((key) => [key, schedule] as const));
    const found = new Map<string, TakenTime[]>(agendas.map(({ schedule }) => [schedule, []]));
    for (const row of await this.lines(
      pairs.map(([key]) => key),
      pairs.map(([, schedule]) => schedule),
      window,
      now,
    ))
      found.set(row.schedule!, [...found.get(row.schedule!)!, ...timesIn(row)]);
    return found;
  }

  /**
   * Each taking has a row for its agenda and one for each key of it: of an agenda's own the first are enough, of
   * others' the keys tell.
   */
  private lines(
    keys: readonly string[],
    schedules: readonly (string | null)[],
    window: { start: number; end: number },
    now: number,
  ): Promise<Lines[]> {
    const among = `busy b WHERE resource_key = hashtextextended(q.key, 0) AND period && $3::tstzrange
      AND (q.schedule IS NULL OR (b.schedule = q.schedule) = (q.key = 'Schedule/' || q.schedule))`;
    return this.query(
      `SELECT q.schedule, (SELECT string_agg(line, E'\\n') FROM (
         SELECT ${LINE} AS line FROM ${among} AND lane IS NOT NULL AND (expires IS NULL OR expires > $4::timestamptz)
         UNION ALL SELECT ${LINE} FROM ${among} AND lane IS NULL) taken) AS lines
       FROM unnest($1::text[], $2::text[]) q(key, schedule)`,
      [keys, schedules, toRange(window.start, window.end), new Date(now).toISOString()],
    );
  }

  /** The time that an appointment holds now, one row per agenda, by agenda. */
  heldBy(appointment: string): Promise<TakenTime[]> {
    return this.query(
      `SELECT ${TIME} FROM busy WHERE appointment = $1 AND resource = 'Schedule/' || schedule ORDER BY schedule`,
      [appointment],
    );
  }

  /** Slot resources that meet a window. */
  async explicitSlots(schedules: readonly string[], window: { start: number; end: number }): Promise<StoredSlot[]> {
    const rows = await this.query<{ id: string; schedule: string[]; body: string }>(
      `SELECT id, schedule, body FROM slot WHERE NOT deleted AND schedule && ARRAY(SELECT unnest($1::text[]))
       AND status && '{free,busy,busy-unavailable,busy-tentative}'
       AND (body::json->>'start')::timestamptz < $3::timestamptz
         AND (body::json->>'end')::timestamptz > $2::timestamptz`,
      [schedules.map((schedule) => `Schedule/${schedule}`), toTimestamp(window.start), toTimestamp(window.end)],
    );
    return rows.map((row) => ({ id: row.id, schedule: row.schedule[0]!.slice('Schedule/'.length), body: row.body }));
  }

  private query<T>(sql: string, params: unknown[]): Promise<T[]> {
    return this.database.query(sql, params) as unknown as Promise<T[]>;
  }
}

interface Lines {
  /** The agenda that was asked for, if one was. */
  schedule: string | null;
  lines: string | null;
}

function timesIn({ lines }: Lines): TakenTime[] {
  if (lines === null) return [];
  return lines.split('\n').map((line) => {
    const [id, lane, schedule = '', appointment = '', tentative, start, end, expires, buffer, places, ...kind] =
      line.split(' ');
    return {
      id: Number(id),
      lane: lane === '-1' ? null : Number(lane),
      schedule,
      appointment,
      tentative: tentative === '1',
      start: Number(start),
      end: Number(end),
      expires: expires === '-1' ? null : Number(expires),
      bufferMs: Number(buffer),
      kind: kind.join(' ') || null,
      places: places === '-1' ? null : Number(places),
    };
  });
}
