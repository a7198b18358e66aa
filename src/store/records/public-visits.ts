/**
 * Visits of the public pages that are on their way to a booking (ADR 0039): which time was chosen, what was typed
 * (sealed), and the code that was sent (its hash). The time that a visit holds is a row of `busy` and nothing else.
 * Instants are epoch milliseconds.
 */
import type { Secrets } from '../../runtime/secrets.ts';
import type { Database } from '../engine/database.ts';

export interface PublicVisit {
  /** Hash of the secret that the browser keeps. */
  id: string;
  network: string;
  /** The identifier of the appointment that it makes. */
  form: string;
  /** Of the practice, `/p/maison`, and of the screens of the practitioner. */
  practice: string;
  path: string;
  schedule: string;
  /** Key of the kind of visit. */
  kind: string;
  slot: string;
  /** JSON text of what was typed; `undefined`: nothing yet. */
  data: string | undefined;
  contact: string | undefined;
  person: string | undefined;
  code: string | undefined;
  codeUntil: number | undefined;
  tries: number;
  link: string | undefined;
  /** Its contact has been verified by a code or a link. */
  verified: boolean;
  /** Its hold was extended. */
  extended: boolean;
}

interface VisitRow extends Record<string, unknown> {
  id: string;
  network: string;
  form: string;
  practice: string;
  path: string;
  schedule: string;
  kind: string;
  slot: string;
  data: string | null;
  contact: string | null;
  person: string | null;
  code: string | null;
  codeUntil: number | null;
  tries: number;
  link: string | null;
  verified: boolean;
  extended: boolean;
}

/** An appointment that a contact or a person has made here, and that is to come. */
export interface ActiveBooking {
  appointment: string;
  practice: string;
  schedule: string;
  contact: string;
  person: string;
  start: number;
}

/** One form makes one booking, however often its button is pressed: its number is the appointment's identifier. */
export const FORM_SYSTEM = 'urn:creneau:fhir:booking-form';

/** Before its name in `busy.appointment`; no id of a resource has a colon. */
const HOLD = 'visit:';

/** A visit that has booked stays as it was. */
const NOT_BOOKED = `NOT EXISTS (SELECT FROM business_key k
  WHERE k.type = 'Appointment' AND k.system = '${FORM_SYSTEM}' AND k.value = public_visit.form::text)`;

const COLUMNS = `id, network, form, practice, path, schedule, kind, slot, data, contact, person, code,
  (extract(epoch FROM code_until) * 1000)::float8 AS "codeUntil", tries, link, verified, extended`;

export class PublicVisits {
  private readonly database: Database;
  private readonly secrets: Secrets;

  constructor(database: Database, secrets: Secrets) {
    this.database = database;
    this.secrets = secrets;
  }

  async find(id: string, now: number): Promise<PublicVisit | undefined> {
    return this.read('id = $1', [id], now);
  }

  /** The visit to which a link was sent. */
  async byLink(link: string, now: number): Promise<PublicVisit | undefined> {
    return this.read('link = $1', [link], now);
  }

  /** The visit whose booking has this identifier. */
  async byForm(form: string, now: number): Promise<PublicVisit | undefined> {
    return this.read('form::text = $1', [form], now);
  }

  private async read(condition: string, values: string[], now: number): Promise<PublicVisit | undefined> {
    const [row] = await this.database.query<VisitRow>(
      `SELECT ${COLUMNS} FROM public_visit WHERE ${condition} AND until > $2::timestamptz`,
      [...values, stamp(now)],
    );
    if (row === undefined) return undefined;
    const { data, contact, person, code, codeUntil, link, ...rest } = row;
    return {
      ...rest,
      data: data === null ? undefined : this.secrets.open(data, visitPlace(row.id)),
      contact: contact ?? undefined,
      person: person ?? undefined,
      code: code ?? undefined,
      codeUntil: codeUntil ?? undefined,
      link: link ?? undefined,
    };
  }

  /** Begins a visit with the time that was chosen, or chooses another one: a code for the one before is dead. */
  async choose(
    visit: Pick<PublicVisit, 'id' | 'network' | 'form' | 'practice' | 'path' | 'schedule' | 'kind' | 'slot'>,
    until: number,
  ): Promise<void> {
    const { id, network, form, practice, path, schedule, kind, slot } = visit;
    await this.database.query(
      `INSERT INTO public_visit (id, network, form, practice, path, schedule, kind, slot, until)
       VALUES ($1, $2, $3::uuid, $4, $9, $5, $6, $7, $8::timestamptz)
       ON CONFLICT (id) DO UPDATE SET practice = excluded.practice, path = excluded.path,
         schedule = excluded.schedule, kind = excluded.kind,
         slot = excluded.slot, code = NULL, code_until = NULL, link = NULL, extended = false, until = excluded.until`,
      [id, network, form, practice, schedule, kind, slot, stamp(until), path],
    );
  }

  /** Keeps what was typed. Another contact is not verified. */
  async type(id: string, data: string, contact: string | undefined, person: string | undefined): Promise<void> {
    await this.database.query(
      `UPDATE public_visit SET data = $2, person = $4, contact = $3,
         verified = verified AND contact IS NOT DISTINCT FROM $3,
         code = CASE WHEN contact IS NOT DISTINCT FROM $3 THEN code END,
         link = CASE WHEN contact IS NOT DISTINCT FROM $3 THEN link END
       WHERE id = $1 AND ${NOT_BOOKED}`,
      [id, this.secrets.seal(data, visitPlace(id)), contact ?? null, person ?? null],
    );
  }

  /** A new code takes the place of the one before. */
  async send(id: string, code: string, link: string, until: number): Promise<void> {
    await this.database.query(
      `UPDATE public_visit SET code = $2, link = $3, code_until = $4::timestamptz, tries = 0 WHERE id = $1`,
      [id, code, link, stamp(until)],
    );
  }

  /** The code has not left. */
  async forgetCode(id: string): Promise<void> {
    await this.database.query('UPDATE public_visit SET code = NULL, code_until = NULL, link = NULL WHERE id = $1', [
      id,
    ]);
  }

  /** Counts a try at the code of this visit. `undefined`: there is none, it is over, or it was tried too often. */
  async attempt(id: string, most: number, now: number): Promise<{ code: string; left: number } | undefined> {
    const [row] = await this.database.query<{ code: string; tries: number }>(
      `UPDATE public_visit SET tries = tries + 1
       WHERE id = $1 AND code IS NOT NULL AND code_until > $3::timestamptz AND tries < $2 RETURNING code, tries`,
      [id, most, stamp(now)],
    );
    return row && { code: row.code, left: most - row.tries };
  }

  /** The code or the link has done its work; `false`: another contact or another code has taken its place. */
  async verify(id: string, contact: string | undefined, proof: string): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE public_visit SET verified = true, code = NULL
       WHERE id = $1 AND contact IS NOT DISTINCT FROM $2 AND (code = $3 OR link = $3) RETURNING id`,
      [id, contact ?? null, proof],
    );
    return rows.length > 0;
  }

  async extend(id: string): Promise<boolean> {
    const rows = await this.database.query(
      'UPDATE public_visit SET extended = true WHERE id = $1 AND NOT extended RETURNING id',
      [id],
    );
    return rows.length > 0;
  }

  /**
   * It is booked: `data` takes the place of what was typed, and the pseudonyms count until the appointment is over.
   */
  async booked(id: string, data: string, until: number): Promise<void> {
    await this.database.query(
      `UPDATE public_visit SET data = $3, code = NULL, code_until = NULL, until = $2::timestamptz WHERE id = $1`,
      [id, stamp(until), this.secrets.seal(data, visitPlace(id))],
    );
  }

  async end(id: string): Promise<void> {
    await this.database.query(`DELETE FROM public_visit WHERE id = $1 AND ${NOT_BOOKED}`, [id]);
  }

  /** The bookings to come that this contact has made, by whatever visit; those of the practice have the same path. */
  async activeOf(contact: string, now: number): Promise<ActiveBooking[]> {
    return (await this.database.query(
      `SELECT DISTINCT ON (a.id) a.id AS appointment, v.practice, v.schedule, v.contact, v.person,
         (extract(epoch FROM (a.body::json->>'start')::timestamptz) * 1000)::float8 AS start
       FROM public_visit v JOIN business_key k ON k.type = 'Appointment' AND k.system = $2 AND k.value = v.form::text
         JOIN appointment a ON a.id = k.id
       WHERE v.contact = $1 AND NOT a.deleted AND a.body::json->>'status' IN ('proposed', 'pending', 'booked')
         AND (a.body::json->>'end')::timestamptz > $3::timestamptz`,
      [contact, FORM_SYSTEM, stamp(now)],
    )) as unknown as ActiveBooking[];
  }

  /** The times that visits hold now: on this agenda, or of this network. */
  async holds(now: number): Promise<VisitHold[]> {
    return (await this.database.query(
      `SELECT appointment AS hold, split_part(appointment, ':', 2) AS network, schedule,
         (extract(epoch FROM lower(period)) * 1000)::float8 AS start,
         (extract(epoch FROM expires) * 1000)::float8 AS until
       FROM busy WHERE expires > $1::timestamptz AND appointment LIKE '${HOLD}%'
         AND resource = 'Schedule/' || schedule`,
      [stamp(now)],
    )) as unknown as VisitHold[];
  }

  /** Deletes visits that are over, and the time that nobody holds any more. */
  async sweep(now: number): Promise<void> {
    await this.database.query('DELETE FROM public_visit WHERE until <= $1::timestamptz', [stamp(now)]);
    await this.database.query(`DELETE FROM busy WHERE expires <= $1::timestamptz AND appointment LIKE '${HOLD}%'`, [
      stamp(now),
    ]);
  }
}

export interface VisitHold {
  /** Its name in `busy`. */
  hold: string;
  network: string;
  schedule: string;
  start: number;
  until: number;
}

/** The name of the time that a visit holds, in the place of that of an appointment. */
export function holdOf({ id, network }: Pick<PublicVisit, 'id' | 'network'>): string {
  return `${HOLD}${network}:${id}`;
}

/** Where the data of a visit is sealed. */
export function visitPlace(id: string): string {
  return `visit:${id}`;
}

function stamp(instant: number): string {
  return new Date(instant).toISOString();
}
