/** Connections to a PostgreSQL server through `pg` (its only door): one alone, or a pool of them. */
import { Socket } from 'node:net';
import pg from 'pg';
import { SESSION } from './database.ts';

const INT8 = 20;
const getTypeParser = ((oid: number, format: never) =>
  oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser;

/** How long a connection may take to open, in ms. */
const CONNECT_MS = 5_000;

export interface ClientSettings {
  url: string;
  /** How the session is named on the server. */
  name: string;
  /** A statement that runs longer is cancelled by the server, in ms; 0: never. */
  statementTimeoutMs: number;
  /** Settings of the session. */
  session?: Record<string, string>;
  connectMs?: number;
}

/**
 * The server notices within half a minute that a process is gone which cannot say so any more, and lets go of what
 * that one held. These have no effect on a socket of the same machine.
 */
const KEEP_ALIVE = { tcp_keepalives_idle: '10', tcp_keepalives_interval: '5', tcp_keepalives_count: '3' };

/** Of PostgreSQL's classes, these end the connection: lost connections and shutdowns. So does every fatal error. */
const ENDS = /^(08|57P)/;
const FATAL = new Set(['FATAL', 'PANIC']);

/** A connection whose bytes are counted, so that its silence is noticed (`watch.ts`). */
export class DatabaseClient extends pg.Client {
  readonly socket: Socket;
  /** By `performance.now()`. */
  readonly openedAt = performance.now();
  /** The server's process that serves it; `undefined` where something in between hides it. */
  backend: number | undefined;

  constructor(config: pg.ClientConfig) {
    const socket = new Socket();
    super({ ...config, stream: () => socket });
    this.socket = socket;
    this.on('error', () => {}); // The next query gets the error.
  }

  /** Ends it at once: nothing that it waits for will come. */
  cut(): void {
    this.socket.destroy();
  }
}

/** `isReadOnly`: the server refuses writes. */
export async function openClient(settings: ClientSettings): Promise<{ client: DatabaseClient; isReadOnly: boolean }> {
  const client = new DatabaseClient(configOf(settings));
  try {
    await client.connect();
    return { client, isReadOnly: await greet(client) };
  } catch (error) {
    client.cut();
    throw error;
  }
}

export interface PoolSettings extends ClientSettings {
  max: number;
  /** Called for each new connection; what it throws refuses it. */
  onConnect: (isReadOnly: boolean) => void;
  /** Called when the server closes a connection that nobody uses. */
  onLost: (error: Error) => void;
}

export interface Pool {
  connect(): Promise<PooledClient>;
  /** Ends the connections as they come back; settles when all are. */
  end(): Promise<void>;
  /** Open, of these unused, and callers who wait for one. */
  counts(): { open: number; idle: number; waiting: number };
}

export interface PooledClient {
  client: DatabaseClient;
  /** Gives it back, or ends it. */
  release(isBroken: boolean): void;
}

export function openPool({ max, onConnect, onLost, ...settings }: PoolSettings): Pool {
  const pool = new pg.Pool({
    ...configOf(settings),
    max,
    Client: DatabaseClient as unknown as new () => pg.ClientBase,
    // `pg` waits for the promise, which its types do not say.
    onConnect: (async (client: DatabaseClient) => onConnect(await greet(client))) as unknown as () => void,
  });
  pool.on('error', onLost);
  return {
    async connect() {
      const client = (await pool.connect()) as pg.PoolClient & DatabaseClient;
      return { client, release: (isBroken) => client.release(isBroken) };
    },
    end: () => (pool.ending ? Promise.resolve() : pool.end()),
    counts: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
  };
}

/** Finds out who serves the connection; tells whether that one refuses writes. */
async function greet(client: DatabaseClient): Promise<boolean> {
  const limit = setTimeout(() => client.cut(), CONNECT_MS);
  const { rows } = await client
    .query(
      `SELECT pg_backend_pid() AS pid,
         pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS "isReadOnly"`,
    )
    .finally(() => clearTimeout(limit));
  const { processID } = client as unknown as { processID: number };
  client.backend = rows[0].pid === processID ? processID : undefined;
  return rows[0].isReadOnly;
}

/** Is this one connection of no more use? Statements that the server refused leave it as it was. */
export function isConnectionError(error: unknown): boolean {
  const { code, severity } = error as { code?: string; severity?: string };
  return severity === undefined || FATAL.has(severity) || ENDS.test(code ?? '');
}

function configOf({ url, name, statementTimeoutMs, session, connectMs }: ClientSettings): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: connectMs ?? CONNECT_MS,
    statement_timeout: statementTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: Object.entries({ ...SESSION, ...KEEP_ALIVE, ...session })
      .map(([setting, value]) => `-c ${setting}=${value}`)
      .join(' '),
    types: { getTypeParser },
  };
}
