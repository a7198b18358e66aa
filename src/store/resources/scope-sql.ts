/**
 * What somebody may see, as one more condition of every table that a search meets on its way, so that nothing is found
 * by what is hidden:
 * an appointment whose last version is about one of one's agendas, the people who come to them (or to nobody yet), who
 * consulted one's agendas.
 * Every other type is seen by everybody.
 */
import type { ReadScope } from '../../fhir/search/request.ts';
import { tableOf } from './schema.ts';
import type { Sql } from './search-sql.ts';

/** Types of which not everything is seen. */
export const CONFIDENTIAL: ReadonlySet<string> = new Set([
  'Appointment',
  'Patient',
  'RelatedPerson',
  'AuditEvent',
  'Subscription',
]);

/** `undefined`: all of it. */
export function scopeSql(sql: Sql, type: string, alias: string, sight: ReadScope): string | undefined {
  switch (type) {
    case 'Appointment':
      return `EXISTS (SELECT FROM history h WHERE h.type = 'Appointment' AND h.id = ${alias}.id AND h.version = ${alias}.version
        AND COALESCE(h.agendas && ${sql.bind(sight.agendas, 'text[]')}, ${alias}.actor && ${sql.bind(sight.actors, 'text[]')}, false))`;
    case 'Patient': {
      // An aggregate, not EXISTS: PostgreSQL takes an overlap of arrays for frequent, and would walk through all
      // appointments in the hope of an early end.
      const one = sql.alias();
      return `COALESCE((SELECT bool_or(${scopeSql(sql, 'Appointment', one, sight)}) FROM ${tableOf('Appointment')} ${one} WHERE NOT ${one}.deleted AND ${one}.patient && ARRAY['Patient/' || ${alias}.id]), true)`;
    }
    case 'RelatedPerson': {
      const patient = sql.alias();
      return `EXISTS (SELECT FROM ${tableOf('Patient')} ${patient} WHERE ${patient}.id IN (SELECT substr(unnest(${alias}.patient), ${'Patient/'.length + 1})) AND ${scopeSql(sql, 'Patient', patient, sight)})`;
    }
    case 'AuditEvent':
      return `COALESCE(${alias}.entity && ${sql.bind(
        sight.agendas.map((agenda) => `Schedule/${agenda}`),
        'text[]',
      )}, false)`;
    case 'Subscription':
      return 'false';
    default:
      return undefined;
  }
}
