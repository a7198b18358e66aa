/**
 * Every place of the database that holds sealed secrets, so that they are sealed with a new key while servers work, and
 * so that a check finds what is in clear. A row that somebody changes meanwhile is left: it is written with the first
 * key then.
 */
import type { Secrets } from '../../runtime/secrets.ts';
import type { Database } from '../engine/database.ts';
import { calendarPlace, sealedAddress } from './calendar-sources.ts';
import { answerPlace } from './idempotency.ts';
import { visitPlace } from './public-visits.ts';
import { placeOf } from './sessions.ts';

/** Counts of secrets. */
export interface SealedCounts {
  /** Sealed with the first key. */
  current: number;
  /** In clear, or with another key. */
  others: number;
  /** Of these: no key of the settings opens them. */
  lost: number;
}

export type Place =
  | 'session'
  | 'login'
  | 'idempotent answer'
  | 'calendar'
  | 'public visit'
  | 'subscription'
  | 'subscription history';

/** How a text is sealed anew; the same text: it is current; `undefined`: no key opens it. */
type Reseal = (text: string) => string | undefined;

interface Row {
  /** The text as it is stored now. */
  text: string;
  reseal: Reseal;
  write(database: Database, text: string): Promise<unknown>;
}

/**
 * Counts the secrets of each place; with `isWriting`, seals anew what is not current. `channel` reseals the stored text
 * of a Subscription with its headers.
 */
export async function resealAll(
  database: Database,
  secrets: Secrets,
  channel: Reseal,
  isWriting: boolean,
): Promise<Map<Place, SealedCounts>> {
  const places: [Place, Promise<Row[]>][] = [
    ['session', contents(database, secrets, 'session')],
    ['login', contents(database, secrets, 'login')],
    ['idempotent answer', answers(database, secrets)],
    ['calendar', calendars(database, secrets)],
    ['public visit', visits(database, secrets)],
    ['subscription', channels(database, channel)],
    ['subscription history', pastChannels(database, channel)],
  ];
  const counts = new Map<Place, SealedCounts>();
  for (const [place, rows] of places) {
    const count = { current: 0, others: 0, lost: 0 };
    for (const { text, reseal, write } of await rows) {
      const sealed = reseal(text);
      if (sealed === text) count.current++;
      else count.others++;
      if (sealed === undefined) count.lost++;
      else if (sealed !== text && isWriting) await write(database, sealed);
    }
    counts.set(place, count);
  }
  return counts;
}

async function contents(database: Database, secrets: Secrets, table: 'session' | 'login'): Promise<Row[]> {
  const rows = await database.query<{ id: string; data: string }>(`SELECT id, data FROM ${table}`);
  return rows.map(({ id, data }) => ({
    text: data,
    reseal: (text) => secrets.reseal(text, placeOf(table, id)),
    write: (base, text) => base.query(`UPDATE ${table} SET data = $2 WHERE id = $1 AND data = $3`, [id, text, data]),
  }));
}

async function answers(database: Database, secrets: Secrets): Promise<Row[]> {
  const rows = await database.query<{ caller: string; key: string; body: string }>(
    'SELECT caller, key, body FROM idempotency WHERE body IS NOT NULL',
  );
  return rows.map(({ caller, key, body }) => ({
    text: body,
    reseal: (text) => secrets.reseal(text, answerPlace(caller, key)),
    write: (base, text) =>
      base.query('UPDATE idempotency SET body = $3 WHERE caller = $1 AND key = $2 AND body = $4', [
        ...[caller, key, text, body],
      ]),
  }));
}

async function calendars(database: Database, secrets: Secrets): Promise<Row[]> {
  const rows = await database.query<{ schedule: string; url: string; address: string | null }>(
    `SELECT schedule, url, address FROM calendar_source WHERE url NOT LIKE 'urn:%'`,
  );
  return rows.map(({ schedule, url, address }) => ({
    text: address ?? url,
    reseal: (text) => secrets.reseal(text, calendarPlace(schedule)),
    write: (base, text) => {
      const name = address === null ? sealedAddress(secrets, schedule, url).name : url;
      return base.query(
        `UPDATE calendar_source SET url = $3, address = $4
         WHERE schedule = $1 AND url = $2 AND address IS NOT DISTINCT FROM $5`,
        [schedule, url, name, text, address],
      );
    },
  }));
}

async function visits(database: Database, secrets: Secrets): Promise<Row[]> {
  const rows = await database.query<{ id: string; data: string }>(
    'SELECT id, data FROM public_visit WHERE data IS NOT NULL',
  );
  return rows.map(({ id, data }) => ({
    text: data,
    reseal: (text) => secrets.reseal(text, visitPlace(id)),
    write: (base, text) =>
      base.query('UPDATE public_visit SET data = $2 WHERE id = $1 AND data = $3', [id, text, data]),
  }));
}

async function channels(database: Database, reseal: Reseal): Promise<Row[]> {
  const rows = await database.query<{ id: string; body: string }>(
    `SELECT id, body FROM subscriptionchannel WHERE body LIKE '%"header"%'`,
  );
  return rows.map(({ id, body }) => ({
    text: body,
    reseal,
    write: (base, text) =>
      base.query('UPDATE subscriptionchannel SET body = $2 WHERE id = $1 AND body = $3', [id, text, body]),
  }));
}

async function pastChannels(database: Database, reseal: Reseal): Promise<Row[]> {
  const rows = await database.query<{ id: string; version: number; body: string }>(
    `SELECT id, version, body FROM history WHERE type = 'SubscriptionChannel' AND body LIKE '%"header"%'`,
  );
  return rows.map(({ id, version, body }) => ({
    text: body,
    reseal,
    write: (base, text) =>
      base.query(`UPDATE history SET body = $3 WHERE type = 'SubscriptionChannel' AND id = $1 AND version = $2`, [
        ...[id, version, text],
      ]),
  }));
}
