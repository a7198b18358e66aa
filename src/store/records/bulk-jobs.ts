/**
 * Bulk exports: the request, its progress, and its files in parts. A part never changes once it is written; finished
 * jobs are deleted after a while.
 */
import { randomUUID } from 'node:crypto';
import type { Database } from '../engine/database.ts';
import { toTimestamp } from '../resources/row.ts';
import { announceOutbox } from '../delivery/outbox.ts';
import { tableOf } from '../resources/schema.ts';

export interface BulkJob {
  id: string;
  owner: string;
  request: string;
  types: string[];
  /** Epoch milliseconds. */
  since: number | undefined;
  at: number;
  state: 'waiting' | 'done' | 'failed';
  doneTypes: string[];
  expires: number;
}

export interface BulkFile {
  type: string;
  part: number;
  count: number;
}

type JobRow = {
  id: string;
  owner: string;
  request: string;
  types: string[];
  since: number | null;
  at: number;
  state: BulkJob['state'];
  done_types: string[];
  expires: number;
};

const COLUMNS = `id, owner, request, types, state, done_types, extract(epoch FROM since)::float8 * 1000 AS since,
  extract(epoch FROM at)::float8 * 1000 AS at, extract(epoch FROM expires)::float8 * 1000 AS expires`;
const KEPT = `interval '24 hours'`;
/** Where jobs wait in the outbox. */
export const BULK = 'bulk';

export class BulkJobs {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Writes the job and the message that starts it in one statement. */
  async begin({
    owner,
    request,
    types,
    since,
    at,
  }: Pick<BulkJob, 'owner' | 'request' | 'types' | 'since' | 'at'>): Promise<string> {
    const id = randomUUID();
    const instant = (value: number | undefined): string | null => (value === undefined ? null : toTimestamp(value));
    await this.database.query('DELETE FROM bulk_job WHERE expires < clock_timestamp()');
    await this.database.query(
      `WITH job AS (INSERT INTO bulk_job (id, owner, request, types, since, at, expires)
       VALUES ($1::text, $2, $3, $4::text[], $5::timestamptz, $6::timestamptz, clock_timestamp() + ${KEPT})
       RETURNING id)
       INSERT INTO outbox (destination, ordering_key, payload) SELECT '${BULK}', id, id FROM job`,
      [id, owner, request, types, instant(since), instant(at)],
    );
    announceOutbox(this.database);
    return id;
  }

  async find(id: string): Promise<BulkJob | undefined> {
    const [row] = await this.database.query<JobRow>(
      `SELECT ${COLUMNS} FROM bulk_job WHERE id = $1 AND expires >= clock_timestamp()`,
      [id],
    );
    return row && { ...row, since: row.since ?? undefined, doneTypes: row.done_types };
  }

  async cancel(id: string): Promise<boolean> {
    return (await this.database.query('DELETE FROM bulk_job WHERE id = $1 RETURNING id', [id])).length > 0;
  }

  async files(job: string): Promise<BulkFile[]> {
    return this.database.query('SELECT type, part, count FROM bulk_file WHERE job = $1 ORDER BY type, part', [
      job,
    ]) as unknown as Promise<BulkFile[]>;
  }

  async body(job: string, type: string, part: number): Promise<string | undefined> {
    const [row] = await this.database.query<{ body: string }>(
      'SELECT body FROM bulk_file WHERE job = $1 AND type = $2 AND part = $3',
      [job, type, part],
    );
    return row?.body;
  }

  /**
   * Writes the next part of a type; false when there was nothing left to write. Goes on after the last part, whoever
   * wrote it.
   */
  async writePart({ id, since }: BulkJob, type: string, most: number): Promise<boolean> {
    const [last] = await this.database.query<{ part: number; body: string }>(
      'SELECT part, body FROM bulk_file WHERE job = $1 AND type = $2 ORDER BY part DESC LIMIT 1',
      [id, type],
    );
    const after = last === undefined ? '' : (JSON.parse(last.body.trimEnd().split('\n').at(-1)!) as { id: string }).id;
    const rows = await this.database.query<{ body: string }>(
      `SELECT body FROM ${tableOf(type)} WHERE NOT deleted AND id > $1 AND ($2::timestamptz IS NULL
       OR updated_at >= $2::timestamptz) ORDER BY id LIMIT ${most}`,
      [after, since === undefined ? null : toTimestamp(since)],
    );
    if (rows.length === 0) return false;
    // A job that was cancelled meanwhile gets no more parts.
    await this.database.query(
      `INSERT INTO bulk_file (job, type, part, count, body)
       SELECT $1::text, $2::text, $3::integer, $4::integer, $5::text WHERE EXISTS (SELECT FROM bulk_job
       WHERE id = $1::text) ON CONFLICT DO NOTHING`,
      [id, type, (last?.part ?? 0) + 1, rows.length, `${rows.map((row) => row.body).join('\n')}\n`],
    );
    return rows.length === most;
  }

  /** Ends the job; its files are deleted. */
  async fail(id: string): Promise<void> {
    await this.database.query(`UPDATE bulk_job SET state = 'failed' WHERE id = $1`, [id]);
    await this.database.query('DELETE FROM bulk_file WHERE job = $1', [id]);
  }

  async typeDone(id: string, type: string): Promise<void> {
    await this.database.query(
      `UPDATE bulk_job SET done_types = array_append(done_types, $2),
       state = CASE WHEN cardinality(done_types) + 1 >= cardinality(types) THEN 'done' ELSE state END WHERE id = $1
       AND NOT ($2 = ANY(done_types))`,
      [id, type],
    );
  }
}
