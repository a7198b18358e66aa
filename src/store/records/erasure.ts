/** Erasing what was stored about somebody (`sql/erase.sql`), and finding it in whatever version it stands. */
import { searchParameter } from '../../fhir/search/parameters.ts';
import type { Database } from '../engine/database.ts';
import { tableOf } from '../resources/schema.ts';
import { toTimestamp } from '../resources/row.ts';

/** How much was erased. */
export interface Erased {
  resources: number;
  versions: number;
  /** Messages to others, and the notes that they were sent. */
  messages: number;
  /** Calendar links and devices. */
  addresses: number;
}

/** Versions looked through in one statement. */
const SCANNED = 20_000;

export class Erasure {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Ids of the resources of a type any version of which holds one of these references, living or not. */
  async mentioning(type: string, references: readonly string[]): Promise<string[]> {
    const found = new Set<string>();
    // Between quotes: an id may begin with another one.
    const marks = references.flatMap((reference) => [`%"${reference}"%`, `%"${reference}/_history/%`]);
    for (let after = { id: '', version: 0 }; ; ) {
      const [page] = await this.database.query<{ ids: string[] | null; id: string | null; version: number; n: number }>(
        `WITH page AS (SELECT id, version, body FROM history WHERE type = $1 AND (id, version) > ($2, $3)
             ORDER BY id, version LIMIT ${SCANNED})
         SELECT (SELECT array_agg(DISTINCT id) FROM page WHERE body LIKE ANY($4::text[])) AS ids, l.id, l.version,
           (SELECT count(*) FROM page) AS n
         FROM (SELECT 1) any_row
           LEFT JOIN (SELECT id, version FROM page ORDER BY id DESC, version DESC LIMIT 1) l ON true`,
        [type, after.id, after.version, marks],
      );
      for (const id of page!.ids ?? []) found.add(id);
      if (page!.n < SCANNED) return [...found];
      after = { id: page!.id!, version: page!.version };
    }
  }

  /** The versions of one resource that have a content. */
  versions(type: string, id: string): Promise<{ version: number; body: string }[]> {
    return this.database.query(
      'SELECT version, body FROM history WHERE type = $1 AND id = $2 AND body IS NOT NULL ORDER BY version',
      [type, id],
    );
  }

  /** Replaces the content of versions that are not current. */
  async rewrite(type: string, id: string, versions: readonly { version: number; body: string }[]): Promise<void> {
    await this.database.query(
      `UPDATE history h SET body = v.body FROM json_to_recordset($3::json) AS v(version integer, body text)
       WHERE h.type = $1 AND h.id = $2 AND h.version = v.version
         AND EXISTS (SELECT FROM history l WHERE l.type = $1 AND l.id = $2 AND l.version > h.version)`,
      [type, id, JSON.stringify(versions)],
    );
  }

  /** Only those of these `Type/id` that are deleted lose their content. */
  async erase(references: readonly string[]): Promise<Erased> {
    const [row] = await this.database.query<{ erased: Erased }>('SELECT erase_content($1::text[]) AS erased', [
      references,
    ]);
    return row!.erased;
  }

  /** Ids of living appointments or slots that began before an instant (epoch ms), `most` of them. */
  async begunBefore(type: 'Appointment' | 'Slot', instant: number, most: number): Promise<string[]> {
    const { column } = searchParameter(type, 'start')!;
    const rows = await this.database.query<{ id: string }>(
      `SELECT id FROM ${tableOf(type)} WHERE NOT deleted AND "${column}" << tstzrange($1::timestamptz, NULL)
       AND updated_at < $1::timestamptz ORDER BY id LIMIT ${most}`,
      [toTimestamp(instant)],
    );
    return rows.map(({ id }) => id);
  }

  /** Ids of living patients whom nobody has changed, and who have had no appointment, since an instant. */
  async unseenSince(instant: number, most: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT p.id FROM patient p WHERE NOT p.deleted AND p.updated_at < $1::timestamptz AND NOT EXISTS (
         SELECT FROM appointment a WHERE NOT a.deleted AND a.patient && ARRAY['Patient/' || p.id])
       ORDER BY p.id LIMIT ${most}`,
      [toTimestamp(instant)],
    );
    return rows.map(({ id }) => id);
  }

  /** `Type/id` of resources that were deleted before an instant, and still have a content. */
  async deletedBefore(type: string, instant: number, most: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT t.id FROM ${tableOf(type)} t WHERE t.deleted AND t.updated_at < $1::timestamptz
       AND EXISTS (SELECT FROM history h WHERE h.type = $2 AND h.id = t.id AND h.body IS NOT NULL) LIMIT ${most}`,
      [toTimestamp(instant), type],
    );
    return rows.map(({ id }) => `${type}/${id}`);
  }
}
