/**
 * People whom a practice manages itself: their rights, their invitations, and who leaves. Secrets are stored as hashes.
 * Instants are epoch milliseconds of the caller's clock.
 */
import { createHash, randomUUID } from 'node:crypto';
import { type Database, sqlState } from '../engine/database.ts';

export interface StoredRight {
  role: 'practice-manager' | 'practitioner' | 'secretary';
  /** `Organization/x`, `Practitioner/x`, `Location/x` or `Schedule/x`. */
  target: string;
  /** Of a secretary: `hours` opens those of the agendas. */
  powers: readonly string[];
  /** Epoch milliseconds; without them it holds from now on, and until it is withdrawn. */
  startsAt?: number | null;
  endsAt?: number | null;
}

export interface StoredPerson {
  id: string;
  name: string;
  email: string | null;
  /** `invited` until somebody has logged in with the invitation; `expired`: too late for that. */
  state: 'invited' | 'expired' | 'active' | 'withdrawn';
  /** Of the invitation, epoch milliseconds; null once there is none. */
  endsAt: number | null;
  rights: readonly StoredRight[];
}

export interface Newcomer {
  /** `Organization/x`. */
  practice: string;
  name: string;
  email?: string | undefined;
  rights: readonly StoredRight[];
}

/** A login, as its provider names it. */
export interface PersonLogin {
  issuer: string;
  subject: string;
}

/** An invitation that can be taken, or why it cannot. */
export type OpenInvitation =
  | { name: string; practice: string; roles: readonly string[] }
  | 'used'
  | 'expired'
  | undefined;

/** The rows of `person_right` in a parameter. */
const GIVEN = `jsonb_to_recordset($RIGHTS::jsonb)
  AS r(role text, target text, powers text[], "startsAt" float8, "endsAt" float8)`;
const VALUES = `r.role, r.target, r.powers, to_timestamp(r."startsAt" / 1000), to_timestamp(r."endsAt" / 1000)`;
const COLUMNS = 'person, role, target, powers, starts_at, ends_at';

const RIGHTS = `(SELECT coalesce(json_agg(json_build_object('role', r.role, 'target', r.target, 'powers', r.powers,
  'startsAt', extract(epoch FROM r.starts_at) * 1000, 'endsAt', extract(epoch FROM r.ends_at) * 1000)
  ORDER BY r.role, r.target), '[]') FROM person_right r WHERE r.person = p.id)`;

export class PeopleStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** The rights of a login at an instant, in every practice. */
  async rightsOf({ issuer, subject }: PersonLogin, now: number): Promise<StoredRight[]> {
    return this.database.query<StoredRight & Record<string, unknown>>(
      `SELECT r.role, r.target, r.powers FROM person p JOIN person_right r ON r.person = p.id
       WHERE p.issuer = $1 AND p.subject = $2 AND p.withdrawn_at IS NULL
         AND (r.starts_at IS NULL OR r.starts_at <= $3::timestamptz)
         AND (r.ends_at IS NULL OR r.ends_at > $3::timestamptz)
       ORDER BY p.created_at, r.role, r.target`,
      [issuer, subject, stamp(now)],
    );
  }

  /** Has anybody logged in with an invitation or a set-up code? */
  async isAnybodyKnown(): Promise<boolean> {
    const [row] = await this.database.query<{ known: boolean }>(
      'SELECT EXISTS (SELECT FROM person WHERE subject IS NOT NULL) AS known',
    );
    return row!.known;
  }

  async list(practice: string, now: number): Promise<StoredPerson[]> {
    return this.database.query<StoredPerson & Record<string, unknown>>(
      `SELECT p.id, p.name, p.email, ${RIGHTS} AS rights,
         CASE WHEN p.withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN p.subject IS NOT NULL THEN 'active'
           WHEN i.ends_at > $2::timestamptz THEN 'invited' ELSE 'expired' END AS state,
         (extract(epoch FROM i.ends_at) * 1000)::float8 AS "endsAt"
       FROM person p LEFT JOIN LATERAL (SELECT max(ends_at) AS ends_at FROM invitation
         WHERE person = p.id AND used_at IS NULL) i ON true
       WHERE p.practice = $1 ORDER BY p.withdrawn_at IS NOT NULL, p.name, p.id`,
      [practice, stamp(now)],
    );
  }

  /** Returns the id of the new person. */
  async invite({ practice, name, email, rights }: Newcomer, secret: string, now: number, endsAt: number) {
    const id = randomUUID();
    await this.database.query(
      `WITH made AS (INSERT INTO person (id, practice, name, email, created_at)
         VALUES ($1, $2, $3, $4, $5::timestamptz) RETURNING id),
       invited AS (INSERT INTO invitation (id, person, ends_at) SELECT $6, id, $7::timestamptz FROM made)
       INSERT INTO person_right (${COLUMNS}) SELECT made.id, ${VALUES} FROM made, ${GIVEN.replace('$RIGHTS', '$8')}`,
      [id, practice, name, email ?? null, stamp(now), hash(secret), stamp(endsAt), JSON.stringify(rights)],
    );
    return id;
  }

  /** A new link in the place of the one before. False when nobody here waits for it. */
  async inviteAgain(practice: string, person: string, secret: string, endsAt: number): Promise<boolean> {
    const rows = await this.database.query(
      `WITH waiting AS (SELECT id FROM person WHERE id = $2 AND practice = $1 AND subject IS NULL
         AND withdrawn_at IS NULL FOR UPDATE),
       ended AS (DELETE FROM invitation WHERE person IN (SELECT id FROM waiting) AND used_at IS NULL)
       INSERT INTO invitation (id, person, ends_at) SELECT $3, id, $4::timestamptz FROM waiting RETURNING id`,
      [practice, person, hash(secret), stamp(endsAt)],
    );
    return rows.length > 0;
  }

  async look(secret: string, now: number): Promise<OpenInvitation> {
    const [row] = await this.database.query<{ name: string; practice: string; roles: string[]; state: string }>(
      `SELECT p.name, p.practice, ARRAY(SELECT DISTINCT role FROM person_right WHERE person = p.id) AS roles,
         CASE WHEN i.used_at IS NOT NULL THEN 'used'
           WHEN i.ends_at <= $2::timestamptz OR p.withdrawn_at IS NOT NULL THEN 'expired' ELSE 'open' END AS state
       FROM invitation i JOIN person p ON p.id = i.person WHERE i.id = $1`,
      [hash(secret), stamp(now)],
    );
    if (row === undefined) return undefined;
    const { state, ...invitation } = row;
    return state === 'open' ? invitation : (state as 'used' | 'expired');
  }

  /** Binds a login to the invited person; works once. `known`: this login is somebody else of the practice already. */
  async accept(secret: string, { issuer, subject }: PersonLogin, now: number): Promise<'done' | 'over' | 'known'> {
    const [row] = await this.unlessKnown(
      this.database.query(
        `WITH used AS (UPDATE invitation SET used_at = $2::timestamptz
           WHERE id = $1 AND used_at IS NULL AND ends_at > $2::timestamptz RETURNING person)
         UPDATE person p SET issuer = $3, subject = $4 FROM used
         WHERE p.id = used.person AND p.withdrawn_at IS NULL AND p.subject IS NULL RETURNING p.id`,
        [hash(secret), stamp(now), issuer, subject],
      ),
    );
    if (row === 'known') return row;
    return row === undefined ? 'over' : 'done';
  }

  /**
   * Ends every right of a person in this practice. The managers are locked first, so that two of them who remove each
   * other do not leave the practice without one.
   */
  async withdraw(practice: string, person: string, now: number): Promise<'done' | 'last-manager' | 'unknown'> {
    const [row] = await this.database.query<{ done: boolean }>(
      `WITH managers AS (SELECT p.id FROM person p WHERE p.practice = $1 AND p.withdrawn_at IS NULL
         AND p.subject IS NOT NULL AND EXISTS (SELECT FROM person_right r WHERE r.person = p.id
           AND r.role = 'practice-manager') ORDER BY p.id FOR UPDATE OF p),
       asked AS (SELECT id FROM person WHERE id = $2 AND practice = $1 AND withdrawn_at IS NULL),
       allowed AS (SELECT id FROM asked WHERE id NOT IN (SELECT id FROM managers)
         OR (SELECT count(*) FROM managers) > 1),
       left_now AS (UPDATE person SET withdrawn_at = $3::timestamptz WHERE id IN (SELECT id FROM allowed)
         AND withdrawn_at IS NULL RETURNING id)
       SELECT EXISTS (SELECT FROM left_now) AS done FROM asked`,
      [practice, person, stamp(now)],
    );
    if (row === undefined) return 'unknown';
    return row.done ? 'done' : 'last-manager';
  }

  /** Replaces every code that was not used. `secret`: what the console shows. */
  async openSetUp(secret: string, endsAt: number): Promise<void> {
    await this.database.query(
      `WITH ended AS (DELETE FROM setup_code WHERE used_at IS NULL)
       INSERT INTO setup_code (id, ends_at) VALUES ($1, $2::timestamptz)`,
      [hash(secret), stamp(endsAt)],
    );
  }

  async lookSetUp(secret: string, now: number): Promise<'open' | 'used' | 'expired' | undefined> {
    const [row] = await this.database.query<{ state: 'open' | 'used' | 'expired' }>(
      `SELECT CASE WHEN used_at IS NOT NULL THEN 'used' WHEN ends_at <= $2::timestamptz THEN 'expired' ELSE 'open' END
       AS state FROM setup_code WHERE id = $1`,
      [hash(secret), stamp(now)],
    );
    return row?.state;
  }

  /** Makes the first manager of the first practice; works once for a code, and never again once somebody is known. */
  async setUp(secret: string, login: PersonLogin, { name, practice }: Newcomer, now: number): Promise<boolean> {
    const rows = await this.database.query(
      `WITH used AS (UPDATE setup_code SET used_at = $2::timestamptz WHERE id = $1 AND used_at IS NULL
         AND ends_at > $2::timestamptz AND NOT EXISTS (SELECT FROM person WHERE subject IS NOT NULL) RETURNING id),
       made AS (INSERT INTO person (id, practice, name, issuer, subject, created_at)
         SELECT $3, $4, $5, $6, $7, $2::timestamptz FROM used RETURNING id)
       INSERT INTO person_right (person, role, target) SELECT id, 'practice-manager', $4 FROM made RETURNING person`,
      [hash(secret), stamp(now), randomUUID(), practice, name, login.issuer, login.subject],
    );
    return rows.length > 0;
  }

  /** Gives more rights to somebody of the practice; his or her id, `undefined` when there is no such person. */
  async grant(practice: string, who: PersonLogin | { id: string }, rights: readonly StoredRight[]) {
    const [id, issuer, subject] = 'id' in who ? [who.id, null, null] : [null, who.issuer, who.subject];
    const [row] = await this.database.query<{ person: string }>(
      `INSERT INTO person_right (${COLUMNS}) SELECT p.id, ${VALUES} FROM person p, ${GIVEN.replace('$RIGHTS', '$5')}
       WHERE p.practice = $1 AND (p.id = $2 OR (p.issuer = $3 AND p.subject = $4)) AND p.withdrawn_at IS NULL
       ON CONFLICT (person, role, target) DO UPDATE SET powers = excluded.powers,
         starts_at = excluded.starts_at, ends_at = excluded.ends_at RETURNING person`,
      [practice, id, issuer, subject, JSON.stringify(rights)],
    );
    return row?.person;
  }

  private async unlessKnown<T>(work: Promise<T[]>): Promise<(T | 'known')[]> {
    try {
      return await work;
    } catch (error) {
      // person_login: one login is one person of a practice.
      if (sqlState(error) === '23505') return ['known'];
      throw error;
    }
  }
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function stamp(instant: number): string {
  return new Date(instant).toISOString();
}
