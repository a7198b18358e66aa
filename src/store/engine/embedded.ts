/**
 * The embedded database: PGlite in a worker thread, behind a lock file, vacuuming itself.
 * For trial, demonstration and tests: it survives a kill, but PGlite never calls fsync on Node, so a power cut
 * may lose the last commits. Real bookings want a PostgreSQL server.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { databaseNow } from './clock.ts';
import { type Database, databaseError, type Row, SESSION } from './database.ts';
import { Errands } from './errand.ts';
import { takeLock } from './lock-file.ts';

/** PGlite has no autovacuum: dead rows and the pending lists of GIN indexes would slow every search down. */
const VACUUM_EVERY_MS = 5 * 60_000;
const VACUUM_AFTER_WRITES = 2_000;

/** PostgreSQL's "admin shutdown": transient. */
const STOPPED = '57P01';

interface Pending {
  resolve(rows: Row[]): void;
  reject(error: Error): void;
}

/** An empty database of this version, made when the program is built. */
const IMAGE = fileURLToPath(new URL('../../../dist/empty-database.tar', import.meta.url));

/** Writes the image that new databases start from. `database`: a new one, in memory, brought to this version. */
export async function writeImage(database: Database): Promise<void> {
  // Nobody makes further databases from these: a third of the image, which every new database carries along.
  await database.query('UPDATE pg_database SET datistemplate = false');
  for (const name of ['template0', 'template1']) await database.query(`DROP DATABASE ${name}`);
  // A log without the past: its records lie in another order when the machine is busy.
  await database.query('SET wal_recycle = off');
  await database.query('SELECT pg_switch_wal()');
  await database.query('CHECKPOINT');
  await database.query('image', [IMAGE]);
}

/** `folder` undefined: everything in memory. Throws FhirError('conflict') when another process holds the folder. */
export async function openEmbedded(folder: string | undefined): Promise<Database> {
  if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = folder === undefined ? undefined : takeLock(folder);
  let engine = startEngine(folder);
  try {
    await engine.ready;
  } catch (cause) {
    lock?.release();
    throw databaseError(cause);
  }
  /**
   * A thread that has ended is started anew, on what it had written; what was in memory only is gone, and stays
   * refused.
   */
  const send = (sql: string, params?: unknown[]): Promise<Row[]> => {
    if (engine.hasEnded() && folder !== undefined) engine = startEngine(folder);
    return engine.send(sql, params);
  };

  let writes = 0;
  const vacuum = (): void => {
    if (writes < VACUUM_AFTER_WRITES) return;
    writes = 0;
    send('VACUUM ANALYZE').catch(() => {});
  };
  const timer = setInterval(vacuum, VACUUM_EVERY_MS);
  timer.unref();

  const errands = new Errands<never>();
  const query = async <T extends Row>(sql: string, params: unknown[] = []): Promise<T[]> => {
    errands.current();
    if (sql.startsWith('SELECT commit_unit')) writes++;
    try {
      return (await send(sql, params)) as T[];
    } catch (cause) {
      throw databaseError(cause);
    }
  };
  const script = async (sql: string): Promise<void> => {
    try {
      await send(sql.startsWith('VACUUM') ? sql : `BEGIN;\n${sql}\n;COMMIT`);
    } catch (cause) {
      throw databaseError(cause);
    }
  };
  let number: number | undefined;

  return {
    kind: 'embedded',
    reading: (work, hasLeft = () => false) => errands.run({ hasLeft, place: undefined }, work),
    query,
    queryWithin: (_limitMs, sql, params) => query(sql, params),
    script,
    session: (work) => work({ query, script }),
    arrive: async () => {},
    now: () => databaseNow(undefined),
    health: () => ({
      connections: { open: 1, idle: 0, waiting: 0, waitMs: 0, lost: 0 },
      isWritable: !engine.hasEnded(),
      skewMs: 0,
    }),
    async presence() {
      number ??= (await query<{ number: number }>(`SELECT nextval('presence') AS number`))[0]!.number;
      return number;
    },
    async close() {
      clearInterval(timer);
      await engine.close();
      lock?.release();
    },
  };
}

interface Engine {
  /** Settles when the database answers. */
  ready: Promise<unknown>;
  send(sql: string, params?: unknown[]): Promise<Row[]>;
  hasEnded(): boolean;
  close(): Promise<void>;
}

/** One life of the worker thread. */
function startEngine(folder: string | undefined): Engine {
  // Always the compiled worker: a thread of Node 20 cannot load TypeScript.
  const file = new URL('../../../dist/store/engine/embedded-worker.js', import.meta.url);
  const worker = new Worker(file, {
    workerData: { folder: folder === undefined ? undefined : join(folder, 'pg'), image: IMAGE, session: SESSION },
  });
  const pending = new Map<number, Pending>();
  let next = 1;
  let end: Error | undefined;

  const fail = (cause: Error): void => {
    end ??= cause;
    for (const query of pending.values()) query.reject(end);
    pending.clear();
  };
  worker.on('message', ({ id, rows, error }) => {
    const query = pending.get(id);
    pending.delete(id);
    if (error) query?.reject(Object.assign(new Error(error.message), { code: error.code }));
    else query?.resolve(rows);
  });
  const stopped = { code: STOPPED, answerLost: true };
  worker.on('error', (cause) => fail(Object.assign(cause, stopped)));
  worker.on('exit', () => fail(Object.assign(new Error('the embedded database has stopped'), stopped)));

  const send = (sql: string, params?: unknown[]): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      // Not sent: whoever asks knows that nothing was done.
      if (end !== undefined) return reject(Object.assign(new Error(end.message), { code: STOPPED }));
      const id = next++;
      pending.set(id, { resolve, reject });
      worker.postMessage({ id, sql, params });
    });
  const ready = new Promise<Row[]>((resolve, reject) => pending.set(0, { resolve, reject }));
  // A failed start is told to whoever asks next, too.
  ready.catch((cause) => fail(cause));
  return {
    ready,
    send,
    hasEnded: () => end !== undefined,
    async close() {
      await send('close').catch(() => {});
      await worker.terminate();
    },
  };
}
