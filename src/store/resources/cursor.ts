/**
 * Where a page of results starts: the sort keys of the last row of the page before it. Pages stay stable while others
 * write, and a cursor that a caller invents finds nothing that the search would not find.
 */
import { type FhirError, wrongValue } from '../../fhir/issue.ts';
import { sqlState } from '../engine/database.ts';
import type { Sql } from './sql.ts';

/** "After the row whose sort keys are these", key by key; keeps pages stable while others write. */
export function afterCursor(
  sql: Sql,
  keys: { sql: string; type: string; descending: boolean }[],
  cursor: string,
): string {
  const marks = decodeCursor(cursor);
  if (marks.length !== keys.length) throw badCursor();
  const bound = keys.map((key, i) => sql.bind(marks[i], key.type));
  const any = keys.map((key, i) => {
    const equal = keys.slice(0, i).map((before, j) => `${before.sql} = ${bound[j]}`);
    return `(${[...equal, `${key.sql} ${key.descending ? '<' : '>'} ${bound[i]}`].join(' AND ')})`;
  });
  return `(${any.join(' OR ')})`;
}

export function encodeCursor(marks: string[]): string {
  return Buffer.from(JSON.stringify(marks)).toString('base64url');
}

export function decodeCursor(cursor: string): string[] {
  try {
    const marks = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
    if (Array.isArray(marks) && marks.every((mark) => typeof mark === 'string' && !mark.includes('\0'))) return marks;
  } catch {
    // Falls through to the refusal.
  }
  throw badCursor();
}

/** A search from a cursor, whose marks the database reads: what it cannot read was never one of ours. */
export async function fromCursor<T>(cursor: string | undefined, search: () => Promise<T>): Promise<T> {
  try {
    return await search();
  } catch (error) {
    // Class 22: a text that has another form than its type, or lies out of its range.
    if (cursor !== undefined && sqlState(error)?.startsWith('22') === true) throw badCursor();
    throw error;
  }
}

export function badCursor(): FhirError {
  return wrongValue(
    'The page link is not one of ours, or its search was changed',
    'Ce lien de page est invalide : relancez la recherche.',
    '_cursor',
  );
}
