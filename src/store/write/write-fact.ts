/** The fact of the audit trail about one write: it is in the same commit. */
import { randomUUID } from 'node:crypto';
import { type AuditFact, factOf } from '../../fhir/audit/fact.ts';
import { patientsOf } from '../../fhir/audit/mentions.ts';
import type { Context } from '../../fhir/interaction.ts';
import type { Unit } from './unit.ts';
import type { Change } from './write-rules.ts';

const CODES = {
  POST: ['create', 'C'],
  PUT: ['update', 'U'],
  PATCH: ['patch', 'U'],
  DELETE: ['delete', 'D'],
} as const;

/** The agendas are those that the rules have named. */
export function writeFact(context: Context, change: Change, unit: Unit): AuditFact {
  const { method, type, id, version, before, after } = change;
  const [code, action] = before === undefined && method === 'PUT' ? (['update', 'C'] as const) : CODES[method];
  const agendas = unit.concerning().map((schedule) => `Schedule/${schedule}`);
  const own = `${type}/${id}`;
  const entities = [`${own}/_history/${version}`, ...agendas.filter((agenda) => agenda !== own)];
  return factOf(context, randomUUID(), [code], action, entities, patientsOf(before, after));
}
