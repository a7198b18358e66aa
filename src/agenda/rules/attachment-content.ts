/** A Binary whole, as it is read: its octets lie apart from it (ADR 0031). */
import type { Existing } from '../../fhir/interaction.ts';
import { deleted } from '../../fhir/issue.ts';
import { parseResource, stringifyJson } from '../../fhir/json.ts';
import type { Database } from '../../store/engine/database.ts';
import { readContent } from '../../store/records/binary-content.ts';

/** Throws `deleted` (410) if the octets were erased meanwhile. */
export async function withContent(database: Database, binary: Existing): Promise<Existing> {
  const data = await readContent(database, binary.id);
  if (data === undefined) throw deleted('Binary', binary.id);
  return { ...binary, body: stringifyJson({ ...parseResource('Binary', binary.body), data }) };
}
