/**
 * Texts that no resource may hold: U+0000 and halves of surrogate pairs. Versions of this program that took them from
 * calendars left resources that nothing can read or write any more.
 */
import { mendText } from '../../fhir/mend-text.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Database } from '../engine/database.ts';
import { toRow } from '../resources/row.ts';
import { STORED_TYPES, tableOf } from '../resources/schema.ts';
import type { Check } from './check.ts';

/** Bodies are written by `JSON.stringify`, which escapes these and no other surrogates. */
const SUSPECT = String.raw`(strpos(body, '\u0000') > 0 OR strpos(body, '\ud') > 0)`;

export const FORBIDDEN_TEXT: Check = {
  name: 'text',
  french: 'un texte contient un caractère interdit (U+0000) : la ressource ne peut plus être lue ni modifiée',
  english: 'a text holds a forbidden character (U+0000): the resource can be neither read nor changed',
  async find(database) {
    const found: string[] = [];
    for (const type of STORED_TYPES)
      for (const { id, body } of [...(await suspects(database, type)), ...(await pastSuspects(database, type))])
        if (mendText(body) !== body && !found.includes(`${type}/${id}`)) found.push(`${type}/${id}`);
    return found;
  },
  /** In its place: the text that a reader of today would have taken, in every version. */
  async repair(database, found) {
    for (const type of new Set(found.map((reference) => reference.split('/')[0]!))) {
      for (const { id, version, body } of await suspects(database, type)) {
        const mended = mendText(body);
        if (mended === body) continue;
        await database.query(`UPDATE ${tableOf(type)} SET body = $3 WHERE id = $1 AND version = $2`, [
          ...[id, version, mended],
        ]);
        const { search } = toRow(parseJson(mended));
        await database.query('SELECT refill_resources($1, $2::json)', [
          type,
          JSON.stringify([{ id, version, search }]),
        ]);
      }
      for (const { id, version, body } of await pastSuspects(database, type))
        await database.query('UPDATE history SET body = $4 WHERE type = $1 AND id = $2 AND version = $3', [
          ...[type, id, version, mendText(body)],
        ]);
    }
  },
};

interface Suspect extends Record<string, unknown> {
  id: string;
  version: number;
  body: string;
}

async function suspects(database: Database, type: string): Promise<Suspect[]> {
  return database.query<Suspect>(`SELECT id, version, body FROM ${tableOf(type)} WHERE ${SUSPECT}`);
}

async function pastSuspects(database: Database, type: string): Promise<Suspect[]> {
  return database.query<Suspect>(`SELECT id, version, body FROM history WHERE type = $1 AND ${SUSPECT}`, [type]);
}
