/**
 * Messages to others: written in the transaction of the data (`Unit.send`), delivered afterwards until acknowledged. No
 * message is ever dropped: a refused message stays, is shown, and can be replayed. Messages of one destination and
 * ordering key are handed out one at a time, in the order of their commits; a refused message does not hold up the
 * next.
 */
import { type Database, PRESENCE } from '../engine/database.ts';

export type OutboxState = 'waiting' | 'delivered' | 'failed';

export interface OutboxItem {
  id: number;
  destination: string;
  orderingKey: string;
  payload: string;
  state: OutboxState;
  /** Deliveries begun, the present one included. */
  attempts: number;
  /** Epoch milliseconds. */
  createdAt: number;
  nextAttemptAt: number;
  endedAt: number | undefined;
  lastError: string | undefined;
}

interface OutboxRow extends Record<string, unknown> {
  id: number;
  destination: string;
  ordering_key: string;
  payload: string;
  attempts: number;
  created: number;
  next: number;
  delivered: number | null;
  failed: number | null;
  last_error: string | null;
}

const COLUMNS = `id, destination, ordering_key, payload, attempts, last_error,
  extract(epoch FROM created_at)::float8 * 1000 AS created, extract(epoch FROM next_attempt_at)::float8 * 1000 AS next,
  extract(epoch FROM delivered_at)::float8 * 1000 AS delivered, extract(epoch FROM failed_at)::float8 * 1000 AS failed`;

const STATE: Record<OutboxState, string> = {
  waiting: 'delivered_at IS NULL AND failed_at IS NULL',
  delivered: 'delivered_at IS NOT NULL',
  failed: 'failed_at IS NOT NULL',
};

/** The state of a row as SQL. */
export const MESSAGE_STATE = `CASE ${Object.entries(STATE)
  .map(([state, test]) => `WHEN ${test} THEN '${state}'`)
  .join(' ')} END`;

/** Called at once after a commit of this process; other processes poll. */
const listeners = new WeakMap<Database, Set<() => void>>();

/** Called after a commit that sends something. */
export function announceOutbox(database: Database): void {
  for (const listener of listeners.get(database) ?? []) listener();
}

/** Destinations in trouble (`breaker.ts`). */
interface Without {
  /** Get nothing. */
  paused?: readonly string[];
  /** Get one message, their first. */
  cautious?: readonly string[];
}

const SWEPT_AT_ONCE = 5000;

export class Outbox {
  readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Calls back after each commit of this process that sends something. Returns what ends it. */
  onSend(listener: () => void): () => void {
    const known = listeners.get(this.database) ?? new Set();
    listeners.set(this.database, known.add(listener));
    return () => known.delete(listener);
  }

  /**
   * Messages that are due, at most one of each destination and ordering key. This process has them for `leaseMs` at
   * most; if it dies, `giveBack` makes them due again. `destination`: a name, or a prefix that ends with `%`.
   */
  async take(destination: string, limit: number, leaseMs: number, without: Without = {}): Promise<OutboxItem[]> {
    const rows = await this.database.query<OutboxRow>(
      `UPDATE outbox SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + $3 * interval '1 millisecond',
         holder = $4
       WHERE id IN (
         SELECT o.id FROM outbox o
         WHERE o.destination LIKE $1 AND o.delivered_at IS NULL AND o.failed_at IS NULL
           AND o.next_attempt_at <= clock_timestamp() AND o.destination <> ALL($5::text[])
           AND (o.destination <> ALL($6::text[]) OR o.id = (SELECT min(f.id) FROM outbox f
             WHERE f.destination = o.destination AND f.delivered_at IS NULL AND f.failed_at IS NULL
               AND f.next_attempt_at <= clock_timestamp()))
           AND NOT EXISTS (SELECT FROM outbox e WHERE e.destination = o.destination
             AND e.ordering_key = o.ordering_key AND e.id < o.id
                             AND e.delivered_at IS NULL AND e.failed_at IS NULL)
         ORDER BY o.next_attempt_at, o.id LIMIT $2 FOR UPDATE SKIP LOCKED)
       RETURNING ${COLUMNS}`,
      [destination, limit, leaseMs, await this.database.presence(), without.paused ?? [], without.cautious ?? []],
    );
    return rows.map(toItem).sort((a, b) => a.id - b.id);
  }

  async delivered(id: number): Promise<void> {
    await this.database.query(
      'UPDATE outbox SET delivered_at = clock_timestamp(), failed_at = NULL, last_error = NULL WHERE id = $1',
      [id],
    );
  }

  /** Not now: tried again after the delay. */
  async later(id: number, error: string, delayMs: number): Promise<void> {
    await this.database.query(
      `UPDATE outbox SET holder = NULL, next_attempt_at = clock_timestamp() + $3 * interval '1 millisecond',
       last_error = $2 WHERE id = $1 AND delivered_at IS NULL`,
      [id, error, delayMs],
    );
  }

  /** Refused for good: kept and shown until an operator replays it. */
  async failed(id: number, error: string): Promise<void> {
    await this.database.query(
      'UPDATE outbox SET failed_at = clock_timestamp(), last_error = $2 WHERE id = $1 AND delivered_at IS NULL',
      [id, error],
    );
  }

  /**
   * Tries again at once what failed or waits; `undefined`: everything of the destination that failed. Returns how
   * many.
   */
  async replay(destination: string, ids?: readonly number[]): Promise<number> {
    const rows = await this.database.query(
      `UPDATE outbox SET failed_at = NULL, next_attempt_at = clock_timestamp()
       WHERE destination LIKE $1 AND delivered_at IS NULL
         AND ${ids === undefined ? 'failed_at IS NOT NULL' : 'id = ANY($2::bigint[])'} RETURNING id`,
      ids === undefined ? [destination] : [destination, ids],
    );
    if (rows.length > 0) announceOutbox(this.database);
    return rows.length;
  }

  /** Has a later message of the same destination and ordering key been delivered? */
  async isOvertaken({ id, destination, orderingKey }: OutboxItem): Promise<boolean> {
    const rows = await this.database.query(
      `SELECT 1 FROM outbox WHERE destination = $1 AND ordering_key = $2 AND id > $3 AND delivered_at IS NOT NULL
       LIMIT 1`,
      [destination, orderingKey, id],
    );
    return rows.length > 0;
  }

  /** The newest first. */
  async list({
    destination = '%',
    state,
    count = 100,
    before,
  }: {
    destination?: string;
    state?: OutboxState;
    count?: number;
    before?: number;
  } = {}): Promise<OutboxItem[]> {
    const rows = await this.database.query<OutboxRow>(
      `SELECT ${COLUMNS} FROM outbox
       WHERE destination LIKE $1 AND id < $2 AND ${state === undefined ? 'true' : STATE[state]}
       ORDER BY id DESC LIMIT $3`,
      [destination, before ?? Number.MAX_SAFE_INTEGER, count],
    );
    return rows.map(toItem);
  }

  /** By destination, how many are in each state. */
  async counts(): Promise<{ destination: string; waiting: number; failed: number; delivered: number }[]> {
    return this.database.query(
      `SELECT destination, count(*) FILTER (WHERE ${STATE.waiting}) AS waiting,
         count(*) FILTER (WHERE ${STATE.failed}) AS failed,
         count(*) FILTER (WHERE ${STATE.delivered}) AS delivered FROM outbox GROUP BY destination ORDER BY destination`,
    );
  }

  /** When the next message of a destination is due, epoch milliseconds. */
  async nextDue(destination: string): Promise<number | undefined> {
    const [row] = await this.database.query<{ at: number | null }>(
      `SELECT extract(epoch FROM min(next_attempt_at))::float8 * 1000 AS at FROM outbox WHERE destination LIKE $1
       AND ${STATE.waiting}`,
      [destination],
    );
    return row?.at ?? undefined;
  }

  /** Deletes messages that were delivered long ago, in batches: no statement holds many rows. Returns how many. */
  async sweep(olderThanMs: number): Promise<number> {
    for (let count = 0; ; ) {
      const rows = await this.database.query(
        `DELETE FROM outbox WHERE id IN (SELECT id FROM outbox
           WHERE delivered_at < clock_timestamp() - $1 * interval '1 millisecond' LIMIT ${SWEPT_AT_ONCE}) RETURNING id`,
        [olderThanMs],
      );
      count += rows.length;
      if (rows.length < SWEPT_AT_ONCE) return count;
    }
  }

  /**
   * Makes the messages of dead processes due again, `graceMs` after they were taken: a request of the dead process may
   * still be on its way. `leaseMs`: for how long they were taken.
   */
  async giveBack(destination: string, leaseMs: number, graceMs: number): Promise<void> {
    await this.database.query(
      `UPDATE outbox SET holder = NULL,
       next_attempt_at = next_attempt_at - ($3::float8 - $4::float8) * interval '1 millisecond'
       WHERE destination LIKE $1 AND ${STATE.waiting} AND holder <> $5 AND pg_try_advisory_xact_lock($2, holder)`,
      [destination, PRESENCE, leaseMs, Math.min(graceMs, leaseMs), await this.database.presence()],
    );
  }
}

export async function countWaiting(database: Database): Promise<number> {
  const [row] = await database.query<{ n: number }>(`SELECT count(*) AS n FROM outbox WHERE ${STATE.waiting}`);
  return row!.n;
}

/** How long the message that is due the longest has been due, in seconds; 0 when none is. */
export async function secondsLate(database: Database): Promise<number> {
  const [row] = await database.query<{ late: number | null }>(
    `SELECT extract(epoch FROM clock_timestamp() - min(next_attempt_at))::float8 AS late
     FROM outbox WHERE ${STATE.waiting}`,
  );
  return Math.max(row!.late ?? 0, 0);
}

function toItem(row: OutboxRow): OutboxItem {
  return {
    id: row.id,
    destination: row.destination,
    orderingKey: row.ordering_key,
    payload: row.payload,
    state: row.delivered !== null ? 'delivered' : row.failed !== null ? 'failed' : 'waiting',
    attempts: row.attempts,
    createdAt: row.created,
    nextAttemptAt: row.next,
    endedAt: row.delivered ?? row.failed ?? undefined,
    lastError: row.last_error ?? undefined,
  };
}
