/**
 * The change feed: every version of every resource, numbered without gaps in an order in which the commits took place.
 * Numbers are given beside the commits (sql/number.sql), soon after each and at the latest when the feed is read. A
 * reader that continues after its last number misses nothing and reads nothing twice.
 */
import { FhirError } from '../../fhir/issue.ts';
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

export interface FeedQuery {
  /** The last number handled. */
  after: number;
  count: number;
  schedule?: string;
}

/** Versions numbered in one statement. */
const BATCH = 20_000;
/** Delay after a commit, with and without a reader that waits: many commits are numbered together. */
const SOON_MS = 20;
const LATER_MS = 1000;
/** How often to look for what other processes have written. */
const POLL_MS = 1000;

const feeds = new WeakMap<Database, Set<Feed>>();

/** Called after a commit that writes resources. */
export function announceChanges(database: Database): void {
  for (const feed of feeds.get(database) ?? []) feed.expect();
}

export class Feed {
  private readonly database: Database;
  private readonly listeners = new Set<(seq: number) => void>();
  private head = -1;
  private numbering: Promise<number> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private due = Number.POSITIVE_INFINITY;
  private closed = false;

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

  /** Numbers every version committed by now; returns the last number. */
  async number(): Promise<number> {
    // A caller may have committed after the numbering under way began: number again.
    await this.numbering?.catch(() => {});
    this.numbering ??= this.run().finally(() => (this.numbering = undefined));
    return this.numbering;
  }

  private async run(): Promise<number> {
    for (let before = this.head; ; ) {
      const [row] = await this.database.query<{ seq: number }>('SELECT number_changes($1, $2::text[]) AS seq', [
        BATCH,
        APART_TYPES,
      ]);
      const { seq } = row!;
      if (seq !== this.head) {
        this.head = seq;
        for (const listener of this.listeners) listener(seq);
      }
      if (seq - before < BATCH) return seq;
      before = seq;
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

  /** Throws `deleted` (410) for a number that was never given, or after which changes were dropped. */
  async check(after: number): Promise<void> {
    const last = await this.number();
    const [row] = await this.database.query<{ dropped: number }>('SELECT dropped FROM feed_mark');
    const dropped = row!.dropped;
    if (after >= dropped && after <= last) return;
    const reason =
      after > last
        ? `was never given here: the last one is ${last}`
        : `is older than what is kept (from ${dropped} on)`;
    throw new FhirError(
      'deleted',
      `The number ${after} ${reason}. Start again: take the number of _history?_after=latest, read everything once, ` +
        'then follow from that number',
      {
        status: 410,
        expression: '_after',
        text:
          `Le numéro ${after} ${after > last ? "n'a jamais été donné ici" : "n'est plus conservé"} : ` +
          'repartez de zéro. Prenez le numéro de _history?_after=latest, relisez tout une fois, ' +
          'puis suivez à partir de ce numéro.',
      },
    );
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
   * Agendas whose free time changes with that of these: themselves, and those that share a person, a room or a device.
   */
  async sharing(schedules: readonly string[]): Promise<Map<string, string[]>> {
    const rows = await this.database.query<{ schedule: string; shared: string[] }>(
      `SELECT a.schedule,
         ARRAY(SELECT b.schedule FROM agenda b WHERE b.keys && a.keys AND NOT b.deleted ORDER BY 1) AS shared
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
