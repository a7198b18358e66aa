/** The condition that a search adds for a person. `test/people-reads.test.ts` holds what it lets through. */
import { expect, it } from 'vitest';
import { scopeSql } from './scope-sql.ts';
import { Sql } from './sql.ts';

it.each([
  ['Location', undefined],
  ['AuditEvent', 'false'],
  ['Subscription', 'false'],
  ['Unknown', 'false'],
  ['Patient', expect.stringContaining('patient_practice')],
])('%s', (type, expected) => {
  const scope = { agendas: ['a'], actors: ['Practitioner/a'], practice: ['Organization/p'] };
  expect(scopeSql(new Sql(), type, 'r', scope)).toEqual(expected);
});
