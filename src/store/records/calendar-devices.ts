/** Devices that read and write agendas by CalDAV: their passwords, the events that they wrote, the states they saw. */
import { randomBytes } from 'node:crypto';
import type { Database } from '../engine/database.ts';
import { hashOf, newToken } from './calendar-links.ts';

export interface CalendarDevice {
  /** Its user name. */
  id: string;
  /** `Schedule`, or `Practitioner` for all agendas of one. */
  type: string;
  resource: string;
  /** Does it show patients' names? */
  names: boolean;
  /** JSON text: whose rights it has. */
  author: string;
}

/** A device that is not revoked, as people see it in a list. */
export interface ListedDevice extends CalendarDevice {
  label: string;
  /** Epoch milliseconds. */
  createdAt: number;
}

export interface CalendarObject {
  schedule: string;
  /** The last segment of its address. */
  name: string;
  uid: string;
  body: string;
  /** JSON text: who wrote it. */
  author: string;
}

/** States of a collection that are kept; a device that saw an older one reads everything anew. */
const KEPT_STATES = 50;

export class CalendarDevices {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Returns the user name and the password, which is stored nowhere. */
  async create(
    { type, resource, names, author }: Omit<CalendarDevice, 'id'>,
    label: string,
  ): Promise<{ id: string; password: string }> {
    const id = randomBytes(9).toString('hex');
    const password = newToken();
    await this.database.query(
      `INSERT INTO calendar_device (id, password_hash, type, resource, names, author, label)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, hashOf(password), type, resource, names, author, label],
    );
    return { id, password };
  }

  /** The comparison is one of hashes: its time tells nothing of the password. */
  async find(id: string, password: string): Promise<CalendarDevice | undefined> {
    const [device] = await this.database.query<CalendarDevice & Record<string, unknown>>(
      `SELECT id, type, resource, names, author FROM calendar_device
       WHERE id = $1 AND password_hash = $2 AND revoked_at IS NULL`,
      [id, hashOf(password)],
    );
    return device;
  }

  /** Those that still open the resource, the oldest first. */
  async of(type: string, resource: string): Promise<ListedDevice[]> {
    const rows = await this.database.query<
      Omit<ListedDevice, 'createdAt'> & { created_at: Date } & Record<string, unknown>
    >(
      `SELECT id, type, resource, names, author, label, created_at FROM calendar_device
       WHERE type = $1 AND resource = $2 AND revoked_at IS NULL ORDER BY created_at, id`,
      [type, resource],
    );
    return rows.map(({ created_at: createdAt, id, names, author, label }) => ({
      ...{ id, type, resource, names, author, label },
      createdAt: createdAt.getTime(),
    }));
  }

  /** One device, or all of a resource. Returns how many. */
  async revoke(type: string, resource: string, id?: string): Promise<number> {
    const rows = await this.database.query(
      `UPDATE calendar_device SET revoked_at = now() WHERE type = $1 AND resource = $2
       AND ($3::text IS NULL OR id = $3::text) AND revoked_at IS NULL RETURNING id`,
      [type, resource, id ?? null],
    );
    return rows.length;
  }
}

export class CalendarObjects {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  of(schedule: string): Promise<CalendarObject[]> {
    return this.database.query<CalendarObject & Record<string, unknown>>(
      'SELECT schedule, name, uid, body, author FROM calendar_object WHERE schedule = $1 ORDER BY name',
      [schedule],
    );
  }

  async put({ schedule, name, uid, body, author }: CalendarObject): Promise<void> {
    await this.database.query(
      `INSERT INTO calendar_object (schedule, name, uid, body, author) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (schedule, name) DO UPDATE SET uid = excluded.uid, body = excluded.body, written_at = now()`,
      [schedule, name, uid, body, author],
    );
  }

  async remove(schedule: string, name: string): Promise<void> {
    await this.database.query('DELETE FROM calendar_object WHERE schedule = $1 AND name = $2', [schedule, name]);
  }

  /** Keeps a state, as JSON text, for the device that will name its token. */
  async keepState(collection: string, token: string, objects: string): Promise<void> {
    await this.database.query(
      `INSERT INTO calendar_state (collection, token, objects) VALUES ($1, $2, $3)
       ON CONFLICT (collection, token) DO UPDATE SET seen_at = now()`,
      [collection, token, objects],
    );
    await this.database.query(
      `DELETE FROM calendar_state WHERE collection = $1 AND token NOT IN (
         SELECT token FROM calendar_state WHERE collection = $1 ORDER BY seen_at DESC LIMIT ${KEPT_STATES})`,
      [collection],
    );
  }

  async state(collection: string, token: string): Promise<string | undefined> {
    const [row] = await this.database.query<{ objects: string }>(
      'SELECT objects FROM calendar_state WHERE collection = $1 AND token = $2',
      [collection, token],
    );
    return row?.objects;
  }
}
