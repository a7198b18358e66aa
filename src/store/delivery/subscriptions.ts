/**
 * Subscriptions at work: how far each has read the feed, its numbered events, and the messages that carry them in the
 * outbox. `sync/` delivers them.
 */
import type { Database } from '../engine/database.ts';
import { announceOutbox } from './outbox.ts';

/** Destinations in the outbox: this, and the id of the Subscription. */
export const SUBSCRIPTION = 'subscription:';

export type TopicName = 'schedule' | 'appointment' | 'availability';

/** The question of a Subscription. */
export interface Followed {
  id: string;
  version: number;
  status: string;
  topic: TopicName;
  /** Ids of Schedules; absent: all. */
  schedules: string[] | undefined;
  /** Keys of appointments (`subscription_keys` in subscription.sql); with neither, all. */
  appointments: string[] | undefined;
  /** Seconds. */
  heartbeat: number | undefined;
}

export interface SubscriptionState {
  status: string;
  topic: TopicName;
  /** The last event number. */
  events: number;
}

export interface SubscriptionEvent {
  number: number;
  /** Epoch milliseconds. */
  at: number;
  /** `Type/id`. */
  focus: string;
  /** Absent: as it is now. */
  version: number | undefined;
}

/** Changes looked at in one statement. */
const BATCH = 500;

export class Subscriptions {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Subscriptions that were written since they were last looked at; `body` undefined: deleted. */
  async changed(): Promise<{ id: string; version: number; body: string | undefined }[]> {
    const rows = await this.database.query<{ id: string; version: number; body: string | null }>(
      `SELECT s.id, s.version, s.body FROM subscription s LEFT JOIN subscription_state t ON t.id = s.id
       WHERE t.version IS DISTINCT FROM s.version`,
    );
    return rows.map((row) => ({ ...row, body: row.body ?? undefined }));
  }

  async settle({ id, version, status, topic, schedules, appointments, heartbeat }: Followed): Promise<void> {
    await this.database.query('SELECT settle_subscription($1, $2, $3, $4, $5::text[], $6, $7::text[])', [
      id,
      version,
      status,
      topic,
      schedules ?? null,
      heartbeat ?? null,
      appointments ?? null,
    ]);
    if (status === 'requested') announceOutbox(this.database);
  }

  /** Makes events of all numbered changes for each Subscription that is behind. False: there are no Subscriptions. */
  async dispatch(): Promise<boolean> {
    const all = await this.database.query<{ id: string; behind: boolean }>(
      `SELECT id, handled < (SELECT seq FROM feed_mark) AS behind FROM subscription_state WHERE status <> 'off'`,
    );
    for (const { id, behind } of all) {
      if (!behind) continue;
      for (;;) {
        const [row] = await this.database.query<{ seen: number }>('SELECT dispatch_events($1, $2) AS seen', [
          id,
          BATCH,
        ]);
        announceOutbox(this.database);
        if (row!.seen < BATCH) break;
      }
    }
    return all.length > 0;
  }

  /**
   * Sends a heartbeat to each active Subscription that got nothing for its period and has nothing on the way.
   */
  async beat(): Promise<void> {
    const rows = await this.database.query(
      `WITH silent AS (
         UPDATE subscription_state t SET told_at = now()
         WHERE status = 'active' AND heartbeat IS NOT NULL AND told_at <= now() - heartbeat * interval '1 second'
           AND NOT EXISTS (SELECT FROM outbox o WHERE o.destination = $1 || t.id AND o.delivered_at IS NULL
             AND o.failed_at IS NULL)
         RETURNING id)
       INSERT INTO outbox (destination, ordering_key, payload) SELECT $1 || id, id, '{"type":"heartbeat"}' FROM silent
         RETURNING id`,
      [SUBSCRIPTION],
    );
    if (rows.length > 0) announceOutbox(this.database);
  }

  async state(id: string): Promise<SubscriptionState | undefined> {
    const [row] = await this.database.query<SubscriptionState & Record<string, unknown>>(
      'SELECT status, topic, events FROM subscription_state WHERE id = $1',
      [id],
    );
    return row;
  }

  /** Events with numbers from `from` to `to`, both included, `most` of them. */
  async events(id: string, from: number, to: number, most: number): Promise<SubscriptionEvent[]> {
    const rows = await this.database.query<{ number: number; at: number; focus: string; version: number | null }>(
      `SELECT number, (extract(epoch FROM at) * 1000)::float8 AS at, focus, version FROM subscription_event
       WHERE subscription = $1 AND number >= $2 AND number <= $3 ORDER BY number LIMIT $4`,
      [id, from, to, most],
    );
    return rows.map((row) => ({ ...row, version: row.version ?? undefined }));
  }

  /** Forgets events made before this instant (epoch milliseconds). */
  async drop(before: number): Promise<void> {
    await this.database.query('DELETE FROM subscription_event WHERE at < $1::timestamptz', [
      new Date(before).toISOString(),
    ]);
  }
}
