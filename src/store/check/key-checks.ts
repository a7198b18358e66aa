/** Business identifiers that are keys belong to living resources that carry them. */
import { SEARCHED_TYPES } from '../../fhir/search/parameters.ts';
import { tableOf } from '../resources/schema.ts';
import { type Check, list } from './check.ts';

const LOST = (type: string): string => `
  SELECT k.system, k.value, k.id FROM business_key k LEFT JOIN ${tableOf(type)} t ON t.id = k.id
  WHERE k.type = '${type}' AND (t.id IS NULL OR t.deleted OR NOT EXISTS (
    SELECT FROM json_array_elements(t.body::json->'identifier') i
    WHERE COALESCE(i->>'system', '') = k.system AND i->>'value' = k.value))`;

export const BUSINESS_KEYS: Check = {
  name: 'keys',
  french: 'un identifiant est réservé à une ressource qui ne le porte pas',
  english: 'an identifier is kept for a resource that does not carry it',
  async find(database) {
    const found: string[] = [];
    for (const type of SEARCHED_TYPES)
      found.push(...(await list(database, `SELECT DISTINCT '${type}/' || id AS what FROM (${LOST(type)}) lost`)));
    return found;
  },
  async repair(database, found) {
    for (const type of new Set(found.map((reference) => reference.split('/')[0]!))) {
      await database.query(
        `DELETE FROM business_key k USING (${LOST(type)}) lost
         WHERE k.type = '${type}' AND k.system = lost.system AND k.value = lost.value AND k.id = lost.id`,
      );
    }
  },
};
