/**
 * Searches on replicas (`--database-replicas`): a search goes to a replica that has everything the primary had when it
 * began, so it sees every write that anybody was told of before; else it goes to the primary. ADR 0028
 */
import type { Log } from '../../runtime/log.ts';
import type { DatabaseClient } from './client.ts';
import { type Connections, openConnections } from './connections.ts';
import type { ReplicaHealth, Row } from './database.ts';
import { withDeadline } from './deadline.ts';
import { type Errand, Errands } from './errand.ts';
import { readHosts } from './hosts.ts';

/** How long a search waits for a replica that is a little behind, in ms. */
const MAX_WAIT_MS = 100;
const LOOK_AGAIN_MS = 10;
/** A replica or a primary that takes longer to tell its position is not asked. */
const MAX_ANSWER_MS = 500;
const PROBE_EVERY_MS = 1_000;

/** A place in the log of one branch of history. */
interface Position {
  /** See `current_origin()`: another one after each promotion. */
  origin: string;
  lsn: bigint;
}

/** Where a replica was last seen. */
interface Seen extends Position {
  /** The process of PostgreSQL: another one behind the same address is another replica. */
  instance: string;
}

/** Where the statements of one search go. */
interface Place {
  replica: Replica;
  instance: string;
}

export interface Replicas {
  /** Statements of `work` may go to a replica as fresh as the primary is now. */
  reading<T>(work: () => Promise<T>, hasLeft?: () => boolean): Promise<T>;
  /** Runs a statement on the replica of this search; `undefined`: the primary is to be asked. */
  query<T extends Row>(run: (client: DatabaseClient) => Promise<T[]>): Promise<T[] | undefined>;
  health(): ReplicaHealth;
  close(): Promise<void>;
}

export interface ReplicaOptions {
  connections: number;
  statementTimeoutMs: number;
  log: Log | undefined;
}

const PRIMARY = `SELECT current_origin() AS origin, pg_current_wal_insert_lsn()::text AS lsn`;
const INSTANCE = `concat_ws('/', host(inet_server_addr()), inet_server_port(), pg_postmaster_start_time())`;
/** A standby of another branch has no incarnation of the primary's origin. */
const REPLICA = `SELECT pg_is_in_recovery() AS "isStandby", pg_last_wal_replay_lsn()::text AS lsn,
  ${INSTANCE} AS instance,
  (SELECT origin FROM incarnation ORDER BY n DESC LIMIT 1) AS origin`;

/** `primary`: asks the primary one statement. */
export function openReplicas(
  urls: readonly string[],
  primary: (sql: string) => Promise<Row[]>,
  options: ReplicaOptions,
): Replicas {
  const replicas = urls.map((url) => new Replica(url, options));
  const errands = new Errands<Place>();
  const position = inGroups(async (): Promise<Position> => {
    const [row] = await withDeadline(primary(PRIMARY), MAX_ANSWER_MS);
    return { origin: String(row!['origin']), lsn: lsnOf(String(row!['lsn'])) };
  });
  let turn = 0;
  let taken = 0;
  let left = 0;

  const choose = async (): Promise<Place | undefined> => {
    const usable = replicas.filter((replica) => replica.isUsable);
    if (usable.length === 0) return undefined;
    const replica = usable[turn++ % usable.length]!;
    try {
      const instance = await replica.reach(await position());
      return instance === undefined ? undefined : { replica, instance };
    } catch {
      return undefined;
    }
  };

  return {
    async reading(work, hasLeft = () => false) {
      const place = await choose();
      if (urls.length > 0) place === undefined ? left++ : taken++;
      return errands.run({ hasLeft, place }, work);
    },
    async query(run) {
      const errand: Errand<Place> | undefined = errands.current();
      const place = errand?.place;
      if (errand === undefined || place === undefined) return undefined;
      try {
        return await place.replica.query(place.instance, run);
      } catch (error) {
        if (isOwnFault(error)) throw error;
        // Never back to it: what a search has seen must not be undone by its next statement.
        errand.place = undefined;
        return undefined;
      }
    },
    health: () => ({ usable: replicas.filter((replica) => replica.isUsable).length, taken, left }),
    async close() {
      await Promise.all(replicas.map((replica) => replica.close()));
    },
  };
}

class Replica {
  private readonly connections: Connections;
  private readonly name: string;
  private readonly log: Log | undefined;
  private readonly instances = new WeakMap<DatabaseClient, string>();
  private readonly look: () => Promise<Seen>;
  private seen: Seen | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(url: string, { connections: max, statementTimeoutMs, log }: ReplicaOptions) {
    this.connections = openConnections(url, { max, statementTimeoutMs, log });
    this.name = readHosts(url).list[0]!.name;
    this.log = log;
    this.look = inGroups(() => withDeadline(this.ask(), MAX_ANSWER_MS));
    this.probeIn(0);
  }

  get isUsable(): boolean {
    return this.seen !== undefined;
  }

  /** The instance that has everything up to here; `undefined`: this replica is behind, or of another branch. */
  async reach(position: Position): Promise<string | undefined> {
    const until = performance.now() + MAX_WAIT_MS;
    while (this.seen !== undefined && !covers(this.seen, position) && performance.now() < until) {
      try {
        this.seen = await this.look();
      } catch (error) {
        this.rest(error as Error);
      }
      if (this.seen !== undefined && this.seen.lsn < position.lsn)
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
    return this.seen !== undefined && covers(this.seen, position) ? this.seen.instance : undefined;
  }

  async query<T>(instance: string, run: (client: DatabaseClient) => Promise<T>): Promise<T> {
    try {
      return await this.connections.use(async (client) => {
        if ((await this.instanceOf(client)) !== instance) throw new Error('another server answers at its address');
        return run(client);
      });
    } catch (error) {
      if (!isOwnFault(error)) this.rest(error as Error);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.seen = undefined;
    clearTimeout(this.timer);
    // A frozen server never says goodbye.
    await withDeadline(this.connections.close(), MAX_ANSWER_MS).catch(() => {});
  }

  private async instanceOf(client: DatabaseClient): Promise<string> {
    const known = this.instances.get(client);
    if (known !== undefined) return known;
    const instance = String((await client.query(`SELECT ${INSTANCE} AS instance`)).rows[0].instance);
    this.instances.set(client, instance);
    return instance;
  }

  private ask(): Promise<Seen> {
    return this.connections.use(async (client) => {
      const { isStandby, lsn, instance, origin } = (await client.query(REPLICA)).rows[0];
      if (!isStandby) throw new Error('it is a primary');
      this.instances.set(client, instance);
      return { instance, origin, lsn: lsnOf(lsn) };
    });
  }

  /** Leaves it alone until it answers again. */
  private rest(error: Error): void {
    if (this.seen !== undefined)
      this.log?.warn({ replica: this.name, reason: error.message.slice(0, 200) }, 'a replica is not used for now');
    this.seen = undefined;
    this.probeIn(PROBE_EVERY_MS);
  }

  private probeIn(ms: number): void {
    clearTimeout(this.timer);
    if (this.isClosed) return;
    this.timer = setTimeout(() => {
      this.look().then(
        (seen) => {
          if (this.isClosed) return;
          this.seen = seen;
          this.log?.info({ replica: this.name }, 'this replica takes searches');
        },
        () => this.probeIn(PROBE_EVERY_MS),
      );
    }, ms);
    this.timer.unref();
  }
}

function covers(seen: Position, position: Position): boolean {
  return seen.origin === position.origin && seen.lsn >= position.lsn;
}

/** `16/B374D848`: two halves in hexadecimal. */
function lsnOf(text: string): bigint {
  const [high = '', low = ''] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

/**
 * The statement itself is refused, here as on the primary: data, syntax, its time. A column that is missing comes from
 * a migration under way.
 */
function isOwnFault(error: unknown): boolean {
  return /^(22|42(?!703)|57014)/.test((error as { code?: string }).code ?? '');
}

/** Callers who wait for the same share one answer, which began to be found after each of them had asked. */
function inGroups<T>(find: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    next ??= running.then(() => {
      next = undefined;
      const found = find();
      running = found.catch(() => {});
      return found;
    });
    return next;
  };
}
