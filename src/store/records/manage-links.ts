/**
 * The links by which a patient sees, moves and cancels an appointment without an account. Each mail has a new one. Only
 * the hash of a token is stored; `until` is when its row goes.
 */
import { hashOf, newToken } from './calendar-links.ts';
import type { Database } from '../engine/database.ts';
import { toTimestamp } from '../resources/row.ts';

export interface ManageLink {
  /** Id of the Appointment. */
  appointment: string;
  /** `Patient/1`, `RelatedPerson/1` */
  person: string;
}

export class ManageLinks {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** The token, which is told nowhere else. `until`: epoch ms; the other links of the appointment last as long now. */
  async create({ appointment, person }: ManageLink, until: number): Promise<string> {
    const token = newToken();
    await this.database.query(
      'INSERT INTO manage_link (token_hash, appointment, person, until) VALUES ($1, $2, $3, $4::timestamptz)',
      [hashOf(token), appointment, person, toTimestamp(until)],
    );
    await this.keep(appointment, until);
    return token;
  }

  async find(token: string): Promise<ManageLink | undefined> {
    const [row] = await this.database.query<ManageLink & Record<string, unknown>>(
      'SELECT appointment, person FROM manage_link WHERE token_hash = $1',
      [hashOf(token)],
    );
    return row;
  }

  /** The links of an appointment that moves last longer, or less long. */
  async keep(appointment: string, until: number): Promise<void> {
    await this.database.query(
      'UPDATE manage_link SET until = $2::timestamptz WHERE appointment = $1 AND until <> $2::timestamptz',
      [appointment, toTimestamp(until)],
    );
  }

  /** Ids of appointments whose links have come to their end, `most` of them. */
  async ended(now: number, most: number): Promise<string[]> {
    const rows = await this.database.query<{ appointment: string }>(
      `SELECT DISTINCT appointment FROM manage_link WHERE until <= $1::timestamptz ORDER BY appointment LIMIT ${most}`,
      [toTimestamp(now)],
    );
    return rows.map(({ appointment }) => appointment);
  }

  async drop(appointments: readonly string[]): Promise<void> {
    await this.database.query('DELETE FROM manage_link WHERE appointment = ANY($1::text[])', [appointments]);
  }
}
