/**
 * The calendars that agendas take closures and openings from: those elsewhere that they follow, and sent files. The
 * address of a calendar is a secret: with a key it is stored sealed, under its hash.
 */
import { createHash } from 'node:crypto';
import type { Secrets } from '../../runtime/secrets.ts';
import type { Database } from '../engine/database.ts';

export interface CalendarSource {
  schedule: string;
  url: string;
  everyMinutes: number;
  /** Validators of the last answer. */
  etag: string | undefined;
  modified: string | undefined;
  /** Readings in a row that failed. */
  failures: number;
  /** Names of availabilities that came from there before availabilities were tagged with their source. */
  uids: string[];
  /** Components of the files that were sent, as the text of a calendar. */
  kept: string | undefined;
  revision: number;
  /** JSON text: who followed it or sent the files; readings have that author's rights of their time. */
  author: string | undefined;
  /** Epoch milliseconds: single dates after it are not written yet. */
  horizon: number | undefined;
  /** When it was last read with success, epoch milliseconds. */
  readAt: number | undefined;
  /** When a reading was last tried. */
  triedAt: number | undefined;
  /** When it is read next; `undefined`: never by itself. */
  nextAt: number | undefined;
  outcome: string | undefined;
  /** JSON text: what the last reading had to say. */
  issues: string;
}

/** The result of a reading. `issues` is kept from the reading before when the calendar was not read. */
export interface Reading {
  outcome: string;
  waitMinutes: number;
  failures: number;
  success?: {
    etag: string | undefined;
    modified: string | undefined;
    horizon: number | undefined;
    issues: string;
  };
}

type SourceRow = {
  schedule: string;
  url: string;
  address: string | null;
  every_minutes: number;
  etag: string | null;
  modified: string | null;
  failures: number;
  uids: string[];
  kept: string | null;
  author: string | null;
  revision: number;
  horizon: number | null;
  read_at: number | null;
  tried_at: number | null;
  next_at: number | null;
  last_outcome: string | null;
  issues: string;
};

const epoch = (column: string, name: string): string =>
  `CASE WHEN isfinite(${column}) THEN date_part('epoch', ${column}) * 1000 END AS ${name}`;
const COLUMNS = [
  'schedule, url, address, every_minutes, etag, modified, failures, uids, kept, revision, author, last_outcome, issues',
  epoch('horizon', 'horizon'),
  epoch('read_at', 'read_at'),
  epoch('last_at', 'tried_at'),
  epoch('next_at', 'next_at'),
].join(', ');

export class CalendarSources {
  private readonly database: Database;
  private readonly secrets: Secrets;

  constructor(database: Database, secrets: Secrets) {
    this.database = database;
    this.secrets = secrets;
  }

  async follow(schedule: string, url: string, everyMinutes: number, author: string): Promise<void> {
    const { name, address } = sealedAddress(this.secrets, schedule, url);
    await this.database.query(
      'UPDATE calendar_source SET url = $3, address = $4 WHERE schedule = $1 AND url = ANY($2::text[])',
      [schedule, namesOf(url), name, address],
    );
    await this.database.query(
      `INSERT INTO calendar_source (schedule, url, every_minutes, next_at, author, address)
       VALUES ($1, $2, $3::integer, clock_timestamp() + $3::integer * interval '1 minute', $4, $5)
       ON CONFLICT (schedule, url) DO UPDATE SET every_minutes = excluded.every_minutes,
         next_at = excluded.next_at, author = excluded.author, failures = 0`,
      [schedule, name, everyMinutes, author, address],
    );
  }

  /** The availabilities that came from there stay. */
  async leave(schedule: string, url: string): Promise<boolean> {
    const rows = await this.database.query(
      'DELETE FROM calendar_source WHERE schedule = $1 AND url = ANY($2::text[]) RETURNING url',
      [schedule, namesOf(url)],
    );
    return rows.length > 0;
  }

  async find(schedule: string, url: string): Promise<CalendarSource | undefined> {
    const rows = await this.database.query<SourceRow>(
      `SELECT ${COLUMNS} FROM calendar_source WHERE schedule = $1 AND url = ANY($2::text[])`,
      [schedule, namesOf(url)],
    );
    return rows.map((row) => this.toSource(row))[0];
  }

  async of(schedule: string): Promise<CalendarSource[]> {
    const rows = await this.database.query<SourceRow>(
      `SELECT ${COLUMNS} FROM calendar_source WHERE schedule = $1 ORDER BY url`,
      [schedule],
    );
    return rows.map((row) => this.toSource(row));
  }

  /** Lent for five minutes: another process that looks meanwhile does not see them. */
  async due(count: number): Promise<CalendarSource[]> {
    const rows = await this.database.query<SourceRow>(
      `UPDATE calendar_source SET next_at = clock_timestamp() + interval '5 minutes' WHERE (schedule, url) IN (
         SELECT schedule, url FROM calendar_source WHERE next_at <= clock_timestamp()
         ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING ${COLUMNS}`,
      [count],
    );
    return rows.map((row) => this.toSource(row));
  }

  /** Writes down how a reading of a followed calendar went. */
  async seen(
    { schedule, url }: Pick<CalendarSource, 'schedule' | 'url'>,
    { outcome, waitMinutes, failures, success }: Reading,
  ): Promise<void> {
    await this.database.query(
      `UPDATE calendar_source SET last_at = clock_timestamp(), last_outcome = $3, failures = $4,
         next_at = clock_timestamp() + $5::float8 * interval '1 minute' WHERE schedule = $1 AND url = ANY($2::text[])`,
      [schedule, namesOf(url), outcome, failures, waitMinutes],
    );
    if (success === undefined) return;
    await this.database.query(
      `UPDATE calendar_source SET read_at = clock_timestamp(), uids = '{}', etag = $3, modified = $4,
         horizon = to_timestamp($5::float8 / 1000), issues = $6
       WHERE schedule = $1 AND url = ANY($2::text[])`,
      [schedule, namesOf(url), success.etag ?? null, success.modified ?? null, success.horizon ?? null, success.issues],
    );
  }

  /** An unchanged calendar was asked for: its validators and remarks stay. */
  async unchanged({ schedule, url }: Pick<CalendarSource, 'schedule' | 'url'>, waitMinutes: number): Promise<void> {
    await this.database.query(
      `UPDATE calendar_source SET last_at = clock_timestamp(), last_outcome = 'unchanged', failures = 0,
         next_at = clock_timestamp() + $3::float8 * interval '1 minute' WHERE schedule = $1 AND url = ANY($2::text[])`,
      [schedule, namesOf(url), waitMinutes],
    );
  }

  /**
   * Keeps what files have sent, unless another file was kept since `revision` was read. `nextAt` is when the dates
   * after the horizon are written; without it, never.
   */
  async keep(
    source: Pick<CalendarSource, 'schedule' | 'url' | 'revision' | 'horizon' | 'issues' | 'author'>,
    kept: string,
    outcome: string,
    now: number,
    nextAt: number | undefined,
  ): Promise<boolean> {
    const { schedule, url, revision, horizon, issues, author } = source;
    const at = 'to_timestamp($5::float8 / 1000)';
    const next = `coalesce(to_timestamp($6::float8 / 1000), 'infinity')`;
    const values = [
      schedule,
      url,
      kept,
      revision,
      now,
      nextAt ?? null,
      horizon ?? null,
      outcome,
      issues,
      author ?? null,
    ];
    const rows = await this.database.query(
      `INSERT INTO calendar_source AS s
         (schedule, url, every_minutes, kept, revision, read_at, last_at, next_at, horizon, last_outcome, issues,
          author)
       VALUES ($1, $2, 1440, $3, $4::integer + 1, ${at}, ${at}, ${next}, to_timestamp($7::float8 / 1000), $8, $9, $10)
       ON CONFLICT (schedule, url) DO UPDATE SET kept = excluded.kept, revision = excluded.revision,
         read_at = excluded.read_at, last_at = excluded.last_at, next_at = excluded.next_at,
         horizon = excluded.horizon, last_outcome = excluded.last_outcome, issues = excluded.issues,
         author = excluded.author, failures = 0
       WHERE s.revision = $4::integer RETURNING revision`,
      values,
    );
    return rows.length > 0;
  }

  private toSource(row: SourceRow): CalendarSource {
    const opened = row.address === null ? row.url : this.secrets.open(row.address, calendarPlace(row.schedule));
    // Without its key an address leads nowhere, and the reading fails.
    return { ...toSource(row), url: opened ?? row.url };
  }
}

/** Where a sealed address belongs. */
export function calendarPlace(schedule: string): string {
  return `calendar:${schedule}`;
}

/** How an address is stored; sent files and devices have plain names. */
export function sealedAddress(
  secrets: Secrets,
  schedule: string,
  url: string,
): { name: string; address: string | null } {
  if (!secrets.hasKey || url.startsWith('urn:')) return { name: url, address: null };
  return { name: hashOf(url), address: secrets.seal(url, calendarPlace(schedule)) };
}

/** An address as the column `url` may hold it: itself, or its hash once it is sealed. */
function namesOf(url: string): string[] {
  return [url, hashOf(url)];
}

function hashOf(url: string): string {
  return `sha256:${createHash('sha256').update(url).digest('hex')}`;
}

function toSource(row: SourceRow): CalendarSource {
  return {
    ...{ schedule: row.schedule, url: row.url, failures: row.failures, uids: row.uids, revision: row.revision },
    everyMinutes: row.every_minutes,
    etag: row.etag ?? undefined,
    modified: row.modified ?? undefined,
    kept: row.kept ?? undefined,
    author: row.author ?? undefined,
    horizon: row.horizon ?? undefined,
    readAt: row.read_at ?? undefined,
    triedAt: row.tried_at ?? undefined,
    nextAt: row.next_at ?? undefined,
    outcome: row.last_outcome ?? undefined,
    issues: row.issues,
  };
}
