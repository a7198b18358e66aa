/**
 * The change feed: every version of every resource, numbered without gaps in an order in which the commits took place.
 * Numbers are given beside the commits (sql/number.sql), soon after each and at the latest when the feed is read. A
 * reader that continues after its last number misses nothing and reads nothing twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FhirError } from '../../fhir/issue.ts';
import { withDeadline } from '../engine/deadline.ts';
import type { Database } from '../engine/database.ts';
import { APART_TYPES } from '../resources/schema.ts';

/** One numbered change. */
export interface FeedItem {
  seq: number;
  type: string;
  id: string;
  version: number;
  method: string;
  /** Ids of the Schedules that it is about. */
  schedules: string[];
}

/** A branch of history: numbers up to `seq` are those of the branch before. */
interface Incarnation {
  id: string;
  seq: number;
}

interface Reason {
  english: string;
  french: string;
}

const RESTORED: Reason = {
  english: 'was given before this database was restored or promoted, and may name another change now',
  french: 'date d’avant une restauration de la base et peut désigner un autre changement',
};

const POSITION = /^(?:([0-9a-f]{8})\.)?(\d{1,15})$/;

export interface FeedQuery {
  /** The last number handled. */
  after: number;
  count: number;
  schedule?: string;
}

/** Versions numbered in one statement; fewer after one that took too long. */
const BATCH = 20_000;
const MIN_BATCH = 100;
/** Delay after a commit, with and without a reader that waits: many commits are numbered together. */
const SOON_MS = 20;
const LATER_MS = 1000;
/** Everybody waits for one statement: one that takes longer is given up, and the next caller begins anew. */
const NUMBERING_MS = 15_000;
/** A reader waits so long for many numbers; a reader who can do without them a moment. */
const WAIT_MS = 2_000;
const MOMENT_MS = 200;
/** How often to look for what other processes have written. */
const POLL_MS = 1000;

const feeds = new WeakMap<Database, Set<Feed>>();

/** Called after a commit that writes resources. */
export function announceChanges(database: Database): void {
  for (const feed of feeds.get(database) ?? []) feed.expect();
}

/** Versions committed that have no number yet. */
export async function countUnnumbered(database: Database): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    `SELECT count(*) AS n FROM history h, feed_mark m
     WHERE h.txid >= m.since AND h.n > m.n AND h.type <> ALL($1::text[])`,
    [APART_TYPES],
  );
  return row!.n;
}

export class Feed {
  private readonly database: Database;
  private incarnations: Incarnation[] = [{ id: '', seq: 0 }];
  private readonly listeners = new Set<(seq: number) => void>();
  private head = -1;
  private numbering: Promise<number> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private due = Number.POSITIVE_INFINITY;
  private batch = BATCH;
  private closed = false;
  /** Since when numbering has failed, by `performance.now()`. */
  private failingSince: number | undefined;

  constructor(database: Database) {
    this.database = database;
    feeds.set(database, (feeds.get(database) ?? new Set()).add(this));
  }

  /** Calls back with the last number whenever it has grown. Returns what ends it. */
  onChange(listener: (seq: number) => void): () => void {
    this.listeners.add(listener);
    this.wakeIn(SOON_MS);
    return () => this.listeners.delete(listener);
  }

  /** Something was committed in this process. */
  expect(): void {
    this.wakeIn(this.listeners.size > 0 ? SOON_MS : LATER_MS);
  }

  /**
   * Numbers every version committed by now; returns the last number. While very many are to be numbered, the last one
   * so far: nothing is missing before it.
   */
  async number(): Promise<number> {
    // A caller may have committed after the numbering under way began: number again.
    const before = this.numbering;
    await (before && this.inTime(before).catch(() => {}));
    if (this.numbering !== undefined && this.numbering === before) return this.head;
    this.numbering ??= this.run()
      .catch((error) => {
        this.failingSince ??= performance.now();
        throw error;
      })
      .finally(() => (this.numbering = undefined));
    return this.inTime(this.numbering);
  }

  /** The same, without waiting for more than a moment, nor for a database that fails. */
  async numberSoon(): Promise<void> {
    await Promise.race([this.number().catch(() => {}), sleep(MOMENT_MS, undefined, { ref: false })]);
  }

  /** The numbering, or after a while the last number that it has given so far. */
  private async inTime(numbering: Promise<number>): Promise<number> {
    const from = this.head;
    const waited = new AbortController();
    const sofar = sleep(WAIT_MS, undefined, { signal: waited.signal, ref: false }).then(
      () => (this.head > from ? this.head : numbering),
      () => numbering,
    );
    try {
      return await Promise.race([numbering, sofar]);
    } finally {
      waited.abort();
    }
  }

  /** Why changes have not reached their followers for a while, if so. */
  fault(): string | undefined {
    const failedMs = this.failingSince === undefined ? 0 : performance.now() - this.failingSince;
    return failedMs > NUMBERING_MS ? 'changes have had no numbers for a while' : undefined;
  }

  private async run(): Promise<number> {
    for (;;) {
      const read = this.database.query<{ head: { seq: number; more: boolean; incarnations: Incarnation[] } }>(
        'SELECT feed_head($1, $2::text[]) AS head',
        [this.batch, APART_TYPES],
      );
      const [row] = await withDeadline(read, NUMBERING_MS).catch((error) => {
        // A batch that was too much is not tried again.
        this.batch = Math.max(MIN_BATCH, Math.floor(this.batch / 4));
        throw error;
      });
      const { seq, more, incarnations } = row!.head;
      this.incarnations = incarnations;
      this.failingSince = undefined;
      if (seq !== this.head) {
        this.head = seq;
        for (const listener of this.listeners) listener(seq);
      }
      if (!more) {
        this.batch = BATCH;
        return seq;
      }
    }
  }

  private wakeIn(ms: number): void {
    const at = performance.now() + ms;
    if (this.closed || at >= this.due) return;
    clearTimeout(this.timer);
    this.due = at;
    this.timer = setTimeout(() => {
      this.due = Number.POSITIVE_INFINITY;
      this.number()
        .catch(() => {}) // The next look tries again; readers get the error themselves.
        .finally(() => {
          // An embedded database has no other writers: nothing to look for.
          if (this.listeners.size > 0 && this.database.kind === 'server') this.wakeIn(POLL_MS);
        });
    }, ms);
    this.timer.unref();
  }

  /** A number as followers keep it: `73`, or `4f1c09ab.73` since the database was restored or promoted. */
  positionOf(seq: number): string {
    const { id } = this.incarnations.at(-1)!;
    return id === '' ? String(seq) : `${id}.${seq}`;
  }

  /**
   * Reads the position of a follower. Throws `value` (400), and `deleted` (410) for a number that was never given here,
   * that was given on a branch of history that is lost, or after which changes were dropped.
   */
  async resume(position: string, expression = '_after'): Promise<number> {
    const [, id = '', number = ''] = POSITION.exec(position) ?? [];
    if (number === '')
      throw new FhirError('value', `${expression} must be the number of a change, not "${position.slice(0, 40)}"`, {
        expression,
        text: `${expression.replace('http.', '')} attend le numéro d’un changement.`,
      });
    const after = Number(number);
    const last = await this.number();
    const [row] = await this.database.query<{ dropped: number }>('SELECT dropped FROM feed_mark');
    const reason = this.lossOf(after, id, last, row!.dropped);
    if (reason === undefined) return after;
    throw new FhirError(
      'deleted',
      `The number ${position} ${reason.english}. Start again: take the number of _history?_after=latest, ` +
        'read everything once, then follow from that number',
      {
        status: 410,
        expression,
        text:
          `Le numéro ${position} ${reason.french} : repartez de zéro. Prenez le numéro de ` +
          '_history?_after=latest, relisez tout une fois, puis suivez à partir de ce numéro.',
      },
    );
  }

  private lossOf(after: number, id: string, last: number, dropped: number): Reason | undefined {
    const incarnation = this.incarnations.findIndex((known) => known.id === id);
    // Numbers up to the beginning of each later incarnation are common ground.
    const common = Math.min(last, ...this.incarnations.slice(incarnation + 1).map(({ seq }) => seq));
    if (incarnation < 0 || (after > common && common < last)) return RESTORED;
    if (after > last)
      return { english: `was never given here: the last one is ${last}`, french: "n'a jamais été donné ici" };
    if (after >= dropped) return undefined;
    return { english: `is older than what is kept (from ${dropped} on)`, french: "n'est plus conservé" };
  }

  /** The oldest first. */
  async read({ after, count, schedule }: FeedQuery): Promise<FeedItem[]> {
    return this.database.query<FeedItem & Record<string, unknown>>(
      `SELECT f.seq, f.type, f.id, f.version, h.method,
         ARRAY(SELECT a.schedule FROM feed_agenda a WHERE a.seq = f.seq ORDER BY 1) AS schedules
       FROM ${schedule === undefined ? 'feed f' : 'feed_agenda s JOIN feed f ON f.seq = s.seq'}
         JOIN history h ON h.type = f.type AND h.id = f.id AND h.version = f.version
       WHERE ${schedule === undefined ? 'f.seq > $1' : 's.schedule = $3 AND s.seq > $1'}
         ORDER BY ${schedule === undefined ? 'f' : 's'}.seq LIMIT $2`,
      schedule === undefined ? [after, count] : [after, count, schedule],
    );
  }

  /**
   * Agendas whose free time changes with that of these: themselves, those that share a person, a room or a device, and
   * those of the members of a team.
   */
  async sharing(schedules: readonly string[]): Promise<Map<string, string[]>> {
    const rows = await this.database.query<{ schedule: string; shared: string[] }>(
      `SELECT a.schedule,
         ARRAY(SELECT b.schedule FROM agenda b
           WHERE b.keys && (a.keys || members_of(a.context)) AND NOT b.deleted ORDER BY 1) AS shared
       FROM agenda a WHERE a.schedule = ANY($1::text[])`,
      [schedules],
    );
    return new Map(rows.map((row) => [row.schedule, row.shared]));
  }

  /** Forgets the numbers of versions made before this instant (epoch milliseconds). */
  async drop(before: number): Promise<void> {
    await this.database.query('SELECT drop_changes($1::timestamptz)', [new Date(before).toISOString()]);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    feeds.get(this.database)?.delete(this);
    await this.numbering?.catch(() => {});
  }
}
