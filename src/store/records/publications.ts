/** The pages of practices for the public: their addresses, their state, and what they say beside the resources. */
import { type Database, sqlState } from '../engine/database.ts';

export type PublicationState = 'draft' | 'published' | 'withdrawn';

export interface Publication {
  /** `Organization/x`. */
  practice: string;
  /** `Practitioner/x`; empty for the page of the practice itself. */
  practitioner: string;
  slug: string;
  state: PublicationState;
  /** Search engines may list it. */
  isIndexed: boolean;
  /** When the practitioner agreed to be published, epoch milliseconds; null: not yet. */
  consentAt: number | null;
  /** Its words and facts beside the resources, as JSON text. */
  profile: string;
  /** Epoch milliseconds. */
  changedAt: number;
}

export type PageKey = Pick<Publication, 'practice' | 'practitioner'>;
export type PageContent = PageKey & Pick<Publication, 'slug' | 'isIndexed' | 'profile'>;

const COLUMNS = (table: string): string =>
  ['practice', 'practitioner', 'slug', 'state', 'profile'].map((column) => `${table}.${column}`).join(', ') +
  `, ${table}.indexed AS "isIndexed", (extract(epoch FROM ${table}.consent_at) * 1000)::float8 AS "consentAt",
   (extract(epoch FROM ${table}.changed_at) * 1000)::float8 AS "changedAt"`;

type Row = Publication & Record<string, unknown>;

export class PublicationStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** The page of a practice, and with `practitioner` that of one of its practitioners, in one query. */
  async find(practice: string, practitioner = ''): Promise<Publication[]> {
    return this.database.query<Row>(
      `WITH own AS (SELECT p.practice FROM publication p WHERE p.slug = $1 AND p.practitioner = '')
       SELECT ${COLUMNS('p')} FROM publication p JOIN own ON own.practice = p.practice
       WHERE p.practitioner = '' OR (p.slug = $2 AND p.practitioner <> '') ORDER BY p.practitioner`,
      [practice, practitioner],
    );
  }

  /** The pages of a practice and of its practitioners, whatever their state. */
  async ofPractice(practice: string): Promise<Publication[]> {
    return this.database.query<Row>(
      `SELECT ${COLUMNS('p')} FROM publication p WHERE p.practice = $1 ORDER BY p.practitioner`,
      [practice],
    );
  }

  /** The published practitioners of published practices, each after the page of its practice. */
  async published(): Promise<Publication[]> {
    return this.database.query<Row>(
      `SELECT ${COLUMNS('p')} FROM publication p JOIN publication own
         ON own.practice = p.practice AND own.practitioner = '' AND own.state = 'published'
       WHERE p.state = 'published' ORDER BY p.practice, p.practitioner`,
    );
  }

  /**
   * Creates the page as a draft, or changes what it says. Its address stays once it was published. False: another page
   * has the address.
   */
  async write(page: PageContent, now: number): Promise<boolean> {
    const { practice, practitioner, slug, isIndexed, profile } = page;
    try {
      await this.database.query(
        `INSERT INTO publication AS p (practice, practitioner, slug, state, indexed, profile, changed_at)
         VALUES ($1, $2, $3, 'draft', $4, $5, $6::timestamptz)
         ON CONFLICT (practice, practitioner) DO UPDATE SET indexed = excluded.indexed, profile = excluded.profile,
           changed_at = excluded.changed_at,
           slug = CASE WHEN p.state = 'draft' THEN excluded.slug ELSE p.slug END`,
        [practice, practitioner, slug, isIndexed, profile, stamp(now)],
      );
      return true;
    } catch (error) {
      if (sqlState(error) === '23505') return false;
      throw error;
    }
  }

  /** The practitioner agrees to be published. False: there is no such page. */
  async consent({ practice, practitioner }: PageKey, now: number): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE publication SET consent_at = $3::timestamptz WHERE practice = $1 AND practitioner = $2
       AND practitioner <> '' RETURNING slug`,
      [practice, practitioner, stamp(now)],
    );
    return rows.length > 0;
  }

  /** Puts the page on line. False: there is none, or its practitioner does not agree. */
  async publish({ practice, practitioner }: PageKey, now: number): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE publication SET state = 'published', changed_at = $3::timestamptz WHERE practice = $1
       AND practitioner = $2 AND (practitioner = '' OR consent_at IS NOT NULL) RETURNING slug`,
      [practice, practitioner, stamp(now)],
    );
    return rows.length > 0;
  }

  /** Takes the page off line; a draft stays one. `endsConsent`: its practitioner does not agree any more. */
  async withdraw({ practice, practitioner }: PageKey, endsConsent: boolean, now: number): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE publication SET state = CASE WHEN state = 'published' THEN 'withdrawn' ELSE state END,
         consent_at = CASE WHEN $4 THEN NULL ELSE consent_at END, changed_at = $3::timestamptz
       WHERE practice = $1 AND practitioner = $2 RETURNING slug`,
      [practice, practitioner, stamp(now), endsConsent],
    );
    return rows.length > 0;
  }
}

function stamp(instant: number): string {
  return new Date(instant).toISOString();
}
