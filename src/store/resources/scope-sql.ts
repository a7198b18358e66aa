/**
 * The part of a type that a person may read (`read-rights.ts`), as one more condition on every table that a search
 * meets on its way, so that a hidden resource neither is found nor leads to another: appointments whose last version
 * is about one of the person's agendas, their answers and attachments, the patients who come to them, those without
 * appointment whom the person's practice created or has in its custody, and their relatives.
 */
import type { PersonScope } from '../../fhir/search/request.ts';
import { type OwnType, personReads } from './read-rights.ts';
import { tableOf } from './schema.ts';
import type { Sql } from './sql.ts';

const OWN: Record<OwnType, (sql: Sql, alias: string, scope: PersonScope) => string> = {
  Appointment: (sql, alias, { agendas, actors }) =>
    `EXISTS (SELECT FROM history h WHERE h.type = 'Appointment' AND h.id = ${alias}.id AND h.version = ${alias}.version
        AND COALESCE(h.agendas && ${sql.bind(agendas, 'text[]')}, ${alias}.actor && ${sql.bind(actors, 'text[]')},
          false))`,

  AppointmentResponse: (sql, alias, scope) => {
    const appointment = sql.alias();
    return `EXISTS (SELECT FROM ${tableOf('Appointment')} ${appointment}
        WHERE ${appointment}.id IN (SELECT substr(unnest(${alias}.appointment), ${'Appointment/'.length + 1}))
          AND ${OWN.Appointment(sql, appointment, scope)})`;
  },

  DocumentReference: (sql, alias, scope) => {
    const appointment = sql.alias();
    return `EXISTS (SELECT FROM ${tableOf('Appointment')} ${appointment}
        WHERE ${appointment}.id IN (SELECT substr(r, ${'Appointment/'.length + 1}) FROM unnest(${alias}.related) r
            WHERE r LIKE 'Appointment/%')
          AND ${OWN.Appointment(sql, appointment, scope)})`;
  },

  // A deleted one has no content, and so nobody who may read it.
  Binary: (sql, alias, scope) => {
    const appointment = sql.alias();
    return `EXISTS (SELECT FROM binary_content c JOIN ${tableOf('Appointment')} ${appointment}
        ON ${appointment}.id = c.appointment
        WHERE c.id = ${alias}.id AND ${OWN.Appointment(sql, appointment, scope)})`;
  },

  // An aggregate, not EXISTS: PostgreSQL takes an overlap of arrays for frequent, and would walk through all
  // appointments in the hope of an early end.
  Patient: (sql, alias, scope) => {
    const appointment = sql.alias();
    const practice = sql.bind(scope.practice, 'text[]');
    return `COALESCE((SELECT bool_or(${OWN.Appointment(sql, appointment, scope)})
      FROM ${tableOf('Appointment')} ${appointment}
        WHERE NOT ${appointment}.deleted AND ${appointment}.patient && ARRAY['Patient/' || ${alias}.id]),
      COALESCE(${alias}.organization && ${practice}, false) OR EXISTS (SELECT FROM patient_practice p
        WHERE p.patient = ${alias}.id AND p.practice && ${practice}))`;
  },

  RelatedPerson: (sql, alias, scope) => {
    const patient = sql.alias();
    return `EXISTS (SELECT FROM ${tableOf('Patient')} ${patient}
        WHERE ${patient}.id IN (SELECT substr(unnest(${alias}.patient), ${'Patient/'.length + 1}))
          AND ${OWN.Patient(sql, patient, scope)})`;
  },
};

/** The condition on one table alias; `undefined`: all resources of the type. */
export function scopeSql(sql: Sql, type: string, alias: string, scope: PersonScope): string | undefined {
  switch (personReads(type)) {
    case 'all':
      return undefined;
    case 'own':
      return OWN[type as OwnType](sql, alias, scope);
    case 'none':
      return 'false';
  }
}
