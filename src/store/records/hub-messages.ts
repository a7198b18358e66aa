/**
 * The ledger of messages to the Hub Santé: each message with its state, those that go out again, and answers that were
 * not understood. The states are sent (written, offered to the broker), taken (the broker confirmed), and then
 * acknowledged by the LRM, failed, or expired. Spec: 6.6
 */
import type { Database } from '../engine/database.ts';
import { announceOutbox } from '../delivery/outbox.ts';
import { toTimestamp } from '../resources/row.ts';

export const HUB = 'hub';

export type HubState = 'sent' | 'taken' | 'acknowledged' | 'failed' | 'expired';

export interface HubMessage {
  /** distributionID */
  id: string;
  /** Order of writing. */
  n: number;
  /** Id of the outbox message that it carries. */
  outbox: number;
  appointment: string;
  version: number;
  method: string;
  recipient: string | undefined;
  state: HubState;
  code: number | undefined;
  error: string | undefined;
  body: string | undefined;
  /** How often the same message was sent before. */
  repeats: number;
  /** Epoch milliseconds, like the others. */
  sentAt: number;
  expiresAt: number;
  takenAt: number | undefined;
  endedAt: number | undefined;
  againAt: number | undefined;
  replacedBy: string | undefined;
}

/**
 * The payload of the outbox for the Hub: a version of an Appointment. `replaces`: the message that is sent again.
 */
export interface HubOrder {
  appointment: string;
  version: number;
  /** `CreateAppointment` or `UpdateAppointment`, in any case. */
  method: string;
  replaces?: string;
  repeats?: number;
}

export interface Aside {
  id: number;
  at: number;
  queue: string;
  reason: string;
  body: string;
}

type Row = Record<string, unknown> & { [K in 'id' | 'appointment' | 'method']: string } & {
  n: number;
  outbox: number;
  version: number;
  repeats: number;
  state: HubState;
  sent: number;
  expires: number;
};

const epoch = (column: string): string => `extract(epoch FROM ${column})::float8 * 1000`;
const COLUMNS = `id, n, outbox, appointment, version, method, recipient, state, code, error, body, repeats, replaced_by,
  ${epoch('sent_at')} AS sent, ${epoch('expires_at')} AS expires, ${epoch('taken_at')} AS taken,
  ${epoch('ended_at')} AS ended, ${epoch('again_at')} AS again`;

export class HubMessages {
  readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Before the message leaves. Marks the message that it replaces in the same statement. */
  async write(
    message: Omit<HubMessage, 'n' | 'code' | 'takenAt' | 'endedAt' | 'againAt' | 'replacedBy'>,
    replaces?: string,
  ): Promise<void> {
    const { id, outbox, appointment, version, method, recipient, state, error, body, repeats, sentAt, expiresAt } =
      message;
    await this.database.query(
      `WITH replaced AS (UPDATE hub_message SET replaced_by = $1, again_at = NULL WHERE id = $13)
       INSERT INTO hub_message (id, outbox, appointment, version, method, recipient, state, error, body, repeats,
         sent_at, expires_at, ended_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, CASE WHEN $7 = 'failed' THEN $11::timestamptz END)`,
      [
        id,
        outbox,
        appointment,
        version,
        method,
        recipient ?? null,
        state,
        error ?? null,
        body ?? null,
        repeats,
        toTimestamp(sentAt),
        toTimestamp(expiresAt),
        replaces ?? null,
      ],
    );
  }

  /** The broker has it. An acknowledgement may have been faster. */
  async taken(id: string, now: number): Promise<void> {
    await this.database.query(
      `UPDATE hub_message SET taken_at = $2, state = CASE WHEN state = 'sent' THEN 'taken' ELSE state END
       WHERE id = $1`,
      [id, toTimestamp(now)],
    );
  }

  /** The LRM has the message: a final state, whatever came before. `false`: there is no such message. */
  async acknowledged(id: string, now: number): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE hub_message
       SET state = 'acknowledged', ended_at = COALESCE(CASE WHEN state = 'acknowledged' THEN ended_at END, $2),
       again_at = NULL, code = NULL, error = NULL WHERE id = $1 RETURNING id`,
      [id, toTimestamp(now)],
    );
    return rows.length > 0;
  }

  async read(id: string): Promise<HubMessage | undefined> {
    const [row] = await this.database.query<Row>(`SELECT ${COLUMNS} FROM hub_message WHERE id = $1`, [id]);
    return row && toMessage(row);
  }

  /** The message was refused or is too late; `againAt`: when it goes out again. A final state stays. */
  async ended(
    id: string,
    state: 'failed' | 'expired',
    now: number,
    { code, error, againAt }: { code?: number; error: string; againAt?: number | undefined },
  ): Promise<void> {
    await this.database.query(
      `UPDATE hub_message SET state = $2, ended_at = $3, code = $4, error = $5, again_at = $6 WHERE id = $1
       AND state IN ('sent', 'taken')`,
      [id, state, toTimestamp(now), code ?? null, error, againAt === undefined ? null : toTimestamp(againAt)],
    );
  }

  /** The last message that was written for an outbox message. */
  async ofOutbox(outbox: number): Promise<HubMessage | undefined> {
    const [row] = await this.database.query<Row>(
      `SELECT ${COLUMNS} FROM hub_message WHERE outbox = $1 ORDER BY n DESC LIMIT 1`,
      [outbox],
    );
    return row && toMessage(row);
  }

  /**
   * The message about a later version of the appointment, if one is under way or has arrived: no older version may
   * follow it.
   */
  async later(appointment: string, version: number): Promise<string | undefined> {
    const [row] = await this.database.query<{ id: string }>(
      `SELECT id FROM hub_message WHERE appointment = $1 AND version > $2
       AND (state IN ('sent', 'taken', 'acknowledged') OR again_at IS NOT NULL) ORDER BY version DESC, n DESC LIMIT 1`,
      [appointment, version],
    );
    return row?.id;
  }

  /** A message stands for another that is not sent again. */
  async supersede(id: string, by: string): Promise<void> {
    await this.database.query('UPDATE hub_message SET replaced_by = $2, again_at = NULL WHERE id = $1', [id, by]);
  }

  /** The recipient of the first message of the appointment that arrived: an appointment stays with its SAMU. */
  async recipientOf(appointment: string): Promise<string | undefined> {
    const [row] = await this.database.query<{ recipient: string }>(
      `SELECT recipient FROM hub_message WHERE appointment = $1 AND state IN ('taken', 'acknowledged') ORDER BY n
       LIMIT 1`,
      [appointment],
    );
    return row?.recipient;
  }

  /** Taken messages whose time has passed without a word from the LRM. */
  async silent(before: number): Promise<HubMessage[]> {
    return (
      await this.database.query<Row>(
        `SELECT ${COLUMNS} FROM hub_message WHERE state = 'taken' AND expires_at < $1 ORDER BY expires_at LIMIT 100`,
        [toTimestamp(before)],
      )
    ).map(toMessage);
  }

  /**
   * Puts the messages that are due again into the outbox; a creation of what is known (409, 701) becomes an update.
   * Returns how many.
   */
  async sendDue(now: number): Promise<number> {
    return this.sendAgain('again_at <= $1', [toTimestamp(now)]);
  }

  /** The same for messages that failed or expired, at the request of an operator. */
  async replay(ids: readonly string[]): Promise<number> {
    return this.sendAgain(`id = ANY($1::text[]) AND state IN ('failed', 'expired') AND replaced_by IS NULL`, [ids]);
  }

  private async sendAgain(which: string, params: unknown[]): Promise<number> {
    const rows = await this.database.query(
      `WITH due AS (
         UPDATE hub_message SET again_at = NULL WHERE id IN (SELECT id FROM hub_message WHERE ${which} ORDER BY n
           LIMIT 200 FOR UPDATE SKIP LOCKED) RETURNING id, n, appointment, version, method, code, repeats)
       INSERT INTO outbox (destination, ordering_key, payload)
       SELECT '${HUB}', appointment, json_build_object('appointment', appointment, 'version', version, 'method',
         CASE WHEN code IN (409, 701) THEN 'UpdateAppointment' ELSE method END,
         'replaces', id, 'repeats', repeats + 1)::text FROM due ORDER BY n RETURNING id`,
      params,
    );
    if (rows.length > 0) announceOutbox(this.database);
    return rows.length;
  }

  /** The newest first. `before`: the `n` where the page before ended. */
  async list({
    appointment,
    state,
    count = 100,
    before = Number.MAX_SAFE_INTEGER,
  }: {
    appointment?: string | undefined;
    state?: HubState | undefined;
    count?: number;
    before?: number | undefined;
  }): Promise<HubMessage[]> {
    const rows = await this.database.query<Row>(
      `SELECT ${COLUMNS} FROM hub_message WHERE n < $1 AND ($2::text IS NULL OR appointment = $2)
       AND ($3::text IS NULL OR state = $3) ORDER BY n DESC LIMIT $4`,
      [before, appointment ?? null, state ?? null, count],
    );
    return rows.map(toMessage);
  }

  async counts(): Promise<Partial<Record<HubState, number>>> {
    const rows = await this.database.query<{ state: HubState; many: number }>(
      'SELECT state, count(*) AS many FROM hub_message WHERE replaced_by IS NULL GROUP BY state',
    );
    return Object.fromEntries(rows.map((row) => [row.state, row.many]));
  }

  /** Keeps a message that cannot be understood, byte for byte. */
  async putAside(queue: string, reason: string, body: Buffer, now: number): Promise<void> {
    await this.database.query(
      `INSERT INTO hub_aside (at, queue, reason, body) VALUES ($1, $2, $3, decode($4, 'base64'))`,
      [toTimestamp(now), queue, reason, body.toString('base64')],
    );
  }

  /** The newest first. */
  async asides({
    count = 100,
    before = Number.MAX_SAFE_INTEGER,
  }: {
    count?: number;
    before?: number | undefined;
  }): Promise<Aside[]> {
    const rows = await this.database.query<{ id: number; at: number; queue: string; reason: string; body: string }>(
      `SELECT id, ${epoch('at')} AS at, queue, reason, encode(body, 'base64') AS body FROM hub_aside WHERE id < $1
       ORDER BY id DESC LIMIT $2`,
      [before, count],
    );
    return rows.map((row) => ({ ...row, body: Buffer.from(row.body, 'base64').toString() }));
  }
}

function toMessage({ sent, expires, taken, ended, again, replaced_by, ...row }: Row): HubMessage {
  const given = (value: unknown): never => (value ?? undefined) as never;
  return {
    ...row,
    recipient: given(row.recipient),
    code: given(row.code),
    error: given(row.error),
    body: given(row.body),
    sentAt: sent,
    expiresAt: expires,
    takenAt: given(taken),
    endedAt: given(ended),
    againAt: given(again),
    replacedBy: given(replaced_by),
  };
}
