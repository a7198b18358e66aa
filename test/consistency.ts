/** The invariants of the database after any work on it: `creneau check` finds nothing. */
import { expect } from 'vitest';
import { checkDatabase } from '../src/store/check/check-database.ts';
import type { Database } from '../src/store/engine/database.ts';

export async function expectConsistent(database: Database): Promise<void> {
  const findings = await checkDatabase(database);
  expect(Object.fromEntries(findings.map(({ check, found }) => [check.name, found]))).toEqual({});
}
