/**
 * The connections of one process to its database: a pool, and connections of their own for those who keep one. Where
 * several servers are named, they go to one that accepts writes, and leave it when it is lost or no longer does.
 */
import type { Log } from '../../runtime/log.ts';
import { type DatabaseHealth, READ_ONLY } from './database.ts';
import { type DatabaseHost, readHosts } from './hosts.ts';
import {
  type DatabaseClient,
  isConnectionError,
  openClient,
  openPool,
  type Pool,
  type PooledClient,
} from './client.ts';
import { openWatch, type Watch } from './watch.ts';

/** How long a caller waits for a connection, in ms. */
const ACQUIRE_MS = 5_000;
/** How long one server among several may take to answer. */
const ELECT_MS = 2_000;
/** The same when this process has used none yet: a slow primary must not lose to a former one that answers at once. */
const FIRST_ELECT_MS = 10_000;
const RETRY_MS = 100;
/** How long the server may take to say what it is at work on. */
const ASK_MS = 2_000;
/** A statement is cancelled by the server after `statementTimeoutMs`; its answer may take so much longer. */
const MARGIN_MS = 5_000;

export interface ConnectionOptions {
  max: number;
  statementTimeoutMs: number;
  log: Log | undefined;
}

export interface Connections {
  /** Runs `work` on a connection of the pool. */
  use<T>(work: (client: DatabaseClient) => Promise<T>): Promise<T>;
  /** A connection of its own, to be closed by the caller; `name` is shown on the server. */
  open(name: string, session?: Record<string, string>): Promise<DatabaseClient>;
  /** Runs `work` on such a connection; it is cut when no answer can come any more. */
  during<T>(client: DatabaseClient, work: () => Promise<T>): Promise<T>;
  /** The server in use was found to refuse writes: it is left, where there are others. */
  leaveReadOnly(): void;
  /** Calls back when the server in use was left for another one. */
  onLeave(listener: () => void): void;
  counts(): DatabaseHealth['connections'];
  close(): Promise<void>;
}

/** PostgreSQL's code of a connection too many. */
const TOO_MANY = '53300';

/** The number of its promotion, in hexadecimal of fixed length. */
const TIMELINE = `SELECT CASE WHEN pg_is_in_recovery() THEN ''
  ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS timeline`;

function refusesWrites({ name }: DatabaseHost): Error {
  return Object.assign(new Error(`the server ${name} accepts no writes`), { code: READ_ONLY });
}

/** Transient like a server that refuses writes: the one that was promoted last may come back. */
function isFormer({ name }: DatabaseHost, timeline: string, used: string): Error {
  const message = `the server ${name} is on timeline ${timeline}, before ${used} that was in use`;
  return Object.assign(new Error(message), { code: READ_ONLY });
}

/** Since when callers have waited for a connection, the first to come first. */
function openWaits(): { during<T>(work: Promise<T>): Promise<T>; longestMs(): number } {
  const since = new Map<symbol, number>();
  return {
    during(work) {
      const key = Symbol('wait');
      since.set(key, performance.now());
      return work.finally(() => since.delete(key));
    },
    longestMs() {
      for (const start of since.values()) return performance.now() - start;
      return 0;
    },
  };
}

/** Where the server has no room for one connection more, one of those that are open becomes free. */
async function whenRoom<T>(connect: () => Promise<T>): Promise<T> {
  const until = performance.now() + ACQUIRE_MS;
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      if ((error as { code?: string }).code !== TOO_MANY || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

export function openConnections(url: string, options: ConnectionOptions): Connections {
  const { list, mustWrite } = readHosts(url);
  let current: { host: DatabaseHost; pool: Pool } | undefined;
  const leaveListeners: (() => void)[] = [];
  let electing: Promise<DatabaseHost> | undefined;
  /** The latest timeline that this process has used: it never goes back to an earlier one. */
  let latest: string | undefined;
  let lastDeathAt = 0;
  let lost = 0;
  const waits = openWaits();
  let isClosed = false;

  const settingsOf = (host: DatabaseHost, name: string) => ({
    ...{ url: host.url, name, statementTimeoutMs: options.statementTimeoutMs },
  });
  const notice = (error: Error): void => {
    lost++;
    options.log?.warn({ error: error.message.slice(0, 200) }, 'a connection to the database was lost');
  };
  /** Leaves the server, where there are others. */
  const leave = (pool: Pool): void => {
    if (list.length === 1 || current?.pool !== pool) return;
    current = undefined;
    void pool.end();
    for (const listener of leaveListeners) listener();
  };
  const poolOn = (host: DatabaseHost): Pool => {
    const pool: Pool = openPool({
      ...settingsOf(host, 'creneau'),
      ...(list.length > 1 ? { connectMs: ELECT_MS } : {}),
      max: options.max,
      onConnect(isReadOnly) {
        if (isReadOnly && mustWrite) throw refusesWrites(host);
      },
      onLost(error) {
        notice(error);
        leave(pool);
      },
    });
    return pool;
  };
  const tryHost = async (host: DatabaseHost): Promise<{ host: DatabaseHost; timeline: string }> => {
    const connectMs = latest === undefined ? FIRST_ELECT_MS : ELECT_MS;
    const { client, isReadOnly } = await openClient({ ...settingsOf(host, 'creneau'), connectMs });
    try {
      if (isReadOnly && mustWrite) throw refusesWrites(host);
      const { timeline } = (await client.query(TIMELINE)).rows[0] as { timeline: string };
      if (timeline !== '' && latest !== undefined && timeline < latest) throw isFormer(host, timeline, latest);
      return { host, timeline };
    } finally {
      client.end().catch(() => {});
    }
  };
  /**
   * Of the servers that will do, the one that was promoted last: a former primary that comes back takes nobody away. Of
   * several, the first in the list.
   */
  const elect = async (): Promise<DatabaseHost> => {
    const tried = await Promise.allSettled(list.map(tryHost));
    const fit = tried.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    const best = fit.sort((a, b) => (a.timeline < b.timeline ? 1 : a.timeline > b.timeline ? -1 : 0))[0];
    if (best === undefined) throw (tried[0] as PromiseRejectedResult).reason;
    if (latest === undefined || best.timeline > latest) latest = best.timeline;
    options.log?.info({ database: best.host.name, timeline: best.timeline }, 'this database server is used');
    return best.host;
  };
  const server = async (): Promise<{ host: DatabaseHost; pool: Pool }> => {
    if (isClosed) throw new Error('the database was closed');
    if (current !== undefined) return current;
    electing ??= (list.length === 1 ? Promise.resolve(list[0]!) : elect()).finally(() => (electing = undefined));
    const host = await electing;
    current ??= { host, pool: poolOn(host) };
    return current;
  };
  /** Waits for another server to take over, where there are several. */
  const onServer = async <T>(work: (server: { host: DatabaseHost; pool: Pool }) => Promise<T>): Promise<T> => {
    const until = performance.now() + ACQUIRE_MS;
    for (;;) {
      let used: { host: DatabaseHost; pool: Pool } | undefined;
      try {
        used = await server();
        return await work(used);
      } catch (error) {
        const isFull = (error as Error).message === 'timeout exceeded when trying to connect';
        if (used !== undefined && !isFull) leave(used.pool);
        if (list.length === 1 || isFull || isClosed || performance.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  };
  /** One that was there when another one died may have died with it. */
  const acquire = async (pool: Pool): Promise<PooledClient> => {
    for (;;) {
      const pooled = await waits.during(whenRoom(() => pool.connect()));
      if (pooled.client.openedAt > lastDeathAt) return pooled;
      pooled.release(true);
    }
  };
  const watch: Watch = openWatch({
    async atWork(backends) {
      const { host } = await server();
      const opened = await openClient({ ...settingsOf(host, 'creneau watch'), connectMs: ASK_MS }).catch((error) => {
        // A server that has no room for one more connection lives, and may be at work.
        if ((error as { code?: string }).code === TOO_MANY) return undefined;
        throw error;
      });
      if (opened === undefined) return new Set(backends);
      const { client } = opened;
      const limit = setTimeout(() => client.cut(), ASK_MS);
      try {
        const { rows } = await client.query(
          `SELECT pid FROM pg_stat_activity
           WHERE pid = ANY($1::integer[]) AND state = 'active' AND wait_event IS DISTINCT FROM 'ClientWrite'`,
          [backends],
        );
        return new Set(rows.map((row) => row.pid as number));
      } finally {
        clearTimeout(limit);
        client.end().catch(() => {});
      }
    },
    onDead() {
      lastDeathAt = performance.now();
      notice(new Error('no answer can come any more'));
      if (current !== undefined) leave(current.pool);
    },
  });

  return {
    async use(work) {
      const { pool, client, release } = await onServer(async ({ pool }) => ({ pool, ...(await acquire(pool)) }));
      let isBroken = false;
      try {
        return await watch.during(client, options.statementTimeoutMs + MARGIN_MS, () => work(client));
      } catch (error) {
        isBroken = isConnectionError(error);
        if (isBroken) notice(Object.assign(error as Error, { answerLost: true }));
        if (isBroken || (error as { code?: string }).code === READ_ONLY) leave(pool);
        throw error;
      } finally {
        release(isBroken || client.openedAt <= lastDeathAt);
      }
    },
    async open(name, session) {
      return onServer(async ({ host }) => {
        const settings = { ...settingsOf(host, name), statementTimeoutMs: 0, ...(session ? { session } : {}) };
        const { client, isReadOnly } = await whenRoom(() => openClient(settings));
        if (!isReadOnly || !mustWrite) return client;
        client.cut();
        throw refusesWrites(host);
      });
    },
    during: (client, work) => watch.during(client, undefined, work),
    leaveReadOnly() {
      if (mustWrite && current !== undefined) leave(current.pool);
    },
    onLeave: (listener) => void leaveListeners.push(listener),
    counts() {
      const counts = current?.pool.counts() ?? { open: 0, idle: 0, waiting: 0 };
      // While connections are being made, or a server is chosen, nobody waits for somebody else to be done.
      return { ...counts, waitMs: counts.waiting > 0 && counts.open >= options.max ? waits.longestMs() : 0, lost };
    },
    async close() {
      isClosed = true;
      watch.close();
      await current?.pool.end();
    },
  };
}
