/**
 * Finds connections that have died without a word: a host that lost its power, a path that forgot them, an answer
 * that got lost. A statement that has heard nothing for a while is asked about over a connection of its own: where
 * the server is not at work on it, no answer will come, and the connection is cut. A statement that is only slow goes
 * on.
 */
import type { DatabaseClient } from './client.ts';

/** Silence after which the server is asked, in ms. */
const SILENCE_MS = 2_500;
const LOOK_EVERY_MS = 500;
/** The server must say twice that it does nothing: the first answer may have crossed the one of the statement. */
const MIN_DENIALS = 2;

interface Statement {
  client: DatabaseClient;
  heardAt: number;
  bytes: number;
  denials: number;
}

export interface Watch {
  /** Runs `work` on the client, which is cut when no answer can come any more, or after `limitMs`. */
  during<T>(client: DatabaseClient, limitMs: number | undefined, work: () => Promise<T>): Promise<T>;
  close(): void;
}

export interface WatchOptions {
  /** Which of these processes of the server are at work? Throws when the server does not answer. */
  atWork: (backends: readonly number[]) => Promise<ReadonlySet<number>>;
  /** A connection was found dead. */
  onDead: () => void;
}

export function openWatch({ atWork, onDead }: WatchOptions): Watch {
  const statements = new Set<Statement>();
  let isAsking = false;

  const silent = (): Statement[] => {
    const now = performance.now();
    return [...statements].filter((statement) => {
      const { bytesRead } = statement.client.socket;
      if (bytesRead !== statement.bytes) Object.assign(statement, { bytes: bytesRead, heardAt: now, denials: 0 });
      return statement.client.backend !== undefined && now - statement.heardAt > SILENCE_MS;
    });
  };
  const ask = async (suspects: Statement[]): Promise<void> => {
    // A server that does not answer at all is at work on nothing.
    const working = await atWork(suspects.map(({ client }) => client.backend!)).catch(() => new Set<number>());
    const stillSilent = new Set(silent());
    for (const statement of suspects) {
      if (!stillSilent.has(statement)) continue;
      if (working.has(statement.client.backend!)) {
        Object.assign(statement, { heardAt: performance.now(), denials: 0 });
        continue;
      }
      statement.denials++;
      if (statement.denials < MIN_DENIALS) continue;
      statement.client.cut();
      onDead();
    }
  };
  const timer = setInterval(() => {
    const suspects = silent();
    if (isAsking || suspects.length === 0) return;
    isAsking = true;
    ask(suspects).finally(() => (isAsking = false));
  }, LOOK_EVERY_MS);
  timer.unref();

  return {
    async during(client, limitMs, work) {
      const statement = { client, heardAt: performance.now(), bytes: client.socket.bytesRead, denials: 0 };
      statements.add(statement);
      const limit = limitMs === undefined ? undefined : setTimeout(() => client.cut(), limitMs);
      try {
        return await work();
      } finally {
        clearTimeout(limit);
        statements.delete(statement);
      }
    },
    close: () => clearInterval(timer),
  };
}
