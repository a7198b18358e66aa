/**
 * The connection by which the database knows that this process is there: it holds the advisory lock of the process's
 * number, and tells every two seconds what the clock of the database says and whether it accepts writes. When it is
 * lost, another one takes its place, under the same number where the lost one can be ended, else under a fresh one.
 */
import type { Log } from '../../runtime/log.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { DatabaseClient } from './client.ts';
import type { Connections } from './connections.ts';
import { type ClockReading, clockSkew, databaseNow } from './clock.ts';
import { databaseError, PRESENCE } from './database.ts';
import { withDeadline } from './deadline.ts';

const BEAT_MS = 2_000;
/** Older signs of life say nothing. */
const MAX_BEAT_AGE_MS = 10_000;
const AGAIN_MS = 500;
/** How long a caller waits for the number, in ms. */
const WAIT_MS = 5_000;
/** Attempts to get the number of a lost connection, which the server may be ending. */
const LOCK_TRIES = 5;
const LOCK_PAUSE_MS = 200;

export interface Presence {
  /** Throws `transient` when the database does not answer in time. */
  number(): Promise<number>;
  /** The database's clock, epoch milliseconds. */
  now(): number;
  health(): { isWritable: boolean; skewMs: number };
  /** A write was refused as read-only. */
  noteReadOnly(): void;
  close(): Promise<void>;
}

/** A clock that is so far from the database's is told to the log, at most every ten minutes. */
const MAX_SKEW_MS = 1_000;
const TELL_SKEW_EVERY_MS = 600_000;

export function openPresence(connections: Connections, log: Log | undefined): Presence {
  let own: number | undefined;
  /** Of the connection that holds the number, or held it last. */
  let backend: number | undefined;
  let current: DatabaseClient | undefined;
  let arriving: Promise<number> | undefined;
  let beat: (ClockReading & { isReadOnly: boolean }) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let skewToldAt = Number.NEGATIVE_INFINITY;

  const query = async <Row>(client: DatabaseClient, text: string, values: unknown[] = []): Promise<Row> =>
    (await connections.during(client, () => client.query(text, values))).rows[0];

  const arrive = async (): Promise<number> => {
    const client = await connections.open('creneau presence');
    try {
      const number = await takeNumber(client);
      // Closed meanwhile, or lost before it was known.
      if (isClosed) throw new Error('the database was closed');
      client.once('end', () => leave(client));
      [own, backend, current] = [number, client.backend, client];
      await look(client);
      return number;
    } catch (error) {
      client.cut();
      throw error;
    }
  };
  const takeNumber = async (client: DatabaseClient): Promise<number> => {
    if (own !== undefined) {
      await endLost(client, own);
      for (let tries = 0; tries < LOCK_TRIES; tries++) {
        if (await isTaken(client, own)) return own;
        await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS));
      }
    }
    for (;;) {
      const { number } = await query<{ number: number }>(client, `SELECT nextval('presence') AS number`);
      if (await isTaken(client, number)) return number;
    }
  };
  /** The lost connection may live on at the other end, with the lock: nobody else's is ended. */
  const endLost = async (client: DatabaseClient, number: number): Promise<void> => {
    await query(
      client,
      `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
       WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.granted
         AND l.classid::bigint = $1 AND l.objid::bigint = $2 AND l.pid = $3`,
      [PRESENCE, number, backend ?? 0],
    );
  };
  const isTaken = async (client: DatabaseClient, number: number): Promise<boolean> =>
    (await query<{ taken: boolean }>(client, 'SELECT pg_try_advisory_lock($1, $2) AS taken', [PRESENCE, number])).taken;

  /** Only the present connection counts: an earlier one may end after it was replaced. */
  const leave = (client: DatabaseClient): void => {
    if (current !== client) return;
    current = undefined;
    schedule(0);
  };
  const look = async (client: DatabaseClient): Promise<void> => {
    const sentAt = performance.now();
    const row = await query<{ now: number; isReadOnly: boolean }>(
      client,
      `SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now,
         pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS "isReadOnly"`,
    );
    const atMs = performance.now();
    // The clock was read half-way between question and answer, as far as anybody can know.
    const databaseMs = row.now + (atMs - sentAt) / 2;
    beat = { atMs, databaseMs, isReadOnly: row.isReadOnly };
    if (beat.isReadOnly) connections.leaveReadOnly();
    const skewMs = clockSkew(beat);
    if (Math.abs(skewMs) > MAX_SKEW_MS && atMs - skewToldAt > TELL_SKEW_EVERY_MS) {
      skewToldAt = atMs;
      const message = "this machine's clock differs from the database's, which is used; check NTP";
      log?.warn({ skewSeconds: Math.round(skewMs / 1000) }, message);
    }
  };
  const schedule = (ms: number): void => {
    clearTimeout(timer);
    if (isClosed) return;
    timer = setTimeout(() => {
      const work: Promise<unknown> = current === undefined ? come() : look(current);
      work.then(
        () => schedule(BEAT_MS),
        () => schedule(AGAIN_MS),
      );
    }, ms);
    timer.unref();
  };
  const come = (): Promise<number> => {
    if (current !== undefined) return Promise.resolve(own!);
    if (arriving === undefined) {
      arriving = arrive().finally(() => (arriving = undefined));
      arriving.then(
        () => schedule(BEAT_MS),
        () => schedule(AGAIN_MS),
      );
    }
    return arriving;
  };

  connections.onLeave(() => current?.cut());

  return {
    async number() {
      try {
        return await withDeadline(come(), WAIT_MS);
      } catch (cause) {
        throw cause instanceof FhirError ? cause : databaseError(cause);
      }
    },
    now: () => databaseNow(beat),
    health() {
      const isFresh = current !== undefined && beat !== undefined && performance.now() - beat.atMs < MAX_BEAT_AGE_MS;
      return { isWritable: isFresh && !beat!.isReadOnly, skewMs: beat === undefined ? 0 : clockSkew(beat) };
    },
    noteReadOnly() {
      if (beat !== undefined) beat.isReadOnly = true;
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await current?.end().catch(() => {});
      current = undefined;
    },
  };
}
