/**
 * `$accesses`: who had access to an agenda or to a patient. Practitioners and secretaries ask about their own agendas
 * and the patients who come to them. The events are those of the audit trail, narrowed to what was asked about: they
 * tell nothing about other patients, and no network address of a colleague.
 */
import { auditEventOf } from '../../fhir/audit/balp.ts';
import type { AuditFact } from '../../fhir/audit/fact.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, notFound } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import { parseSearch } from '../../fhir/search/parse.ts';
import type { FactReader } from '../../rest/audit/audit-resources.ts';
import type { Operation, OperationCall } from '../../rest/backend.ts';
import { ownOf, readScopeOf, requireSeen } from '../rules/read-scope.ts';
import type { RuleServices } from '../rules/services.ts';

const TYPES = ['Schedule', 'Patient'] as const;
const DEFAULT_COUNT = 100;
const MAX_COUNT = 1_000;

export function accessesOperation(services: RuleServices, facts: FactReader): Operation {
  return {
    name: 'accesses',
    on: TYPES,
    level: 'instance',
    safe: true,
    description:
      'Qui a consulté ou modifié cet agenda, ou les données de ce patient : AuditEvent, ' +
      'du plus récent au plus ancien (date, subtype, action, agent, _count).',
    async run(context, call) {
      const reference = `${call.type}/${call.id}`;
      // The accesses to a deleted resource remain.
      if ((await services.reader.read(call.type!, call.id!)) === undefined) throw notFound(call.type!, call.id!);
      await requireOwn(services, context, call);
      const { criteria, count = DEFAULT_COUNT, cursor } = parseSearch('AuditEvent', call.query, { base: context.base });
      const page = await facts.search({
        criteria,
        count: Math.min(count, MAX_COUNT),
        cursor,
        withTotal: true,
        about: { type: call.type as (typeof TYPES)[number], id: call.id! },
      });
      return { resource: searchset(context, reference, call.query, page) };
    },
  };
}

/** Throws `forbidden` (403), or what a read of the patient would throw. */
async function requireOwn(services: RuleServices, context: Context, { type, id }: OperationCall): Promise<void> {
  if (context.roles.includes('operator')) return;
  if (type === 'Patient') return requireSeen(services, context, `Patient/${id}`);
  if ((await readScopeOf(services, context)) === undefined) return;
  const { agendas } = await ownOf(services, context);
  if (agendas.includes(id!)) return;
  throw new FhirError('forbidden', 'This agenda is not one of yours', {
    text: "Cet agenda n'est pas l'un des vôtres : seuls ceux qui le tiennent voient qui l'a consulté.",
  });
}

function searchset(
  { base }: Context,
  reference: string,
  query: string,
  { total, facts, cursor }: { total: number | undefined; facts: readonly AuditFact[]; cursor: string | undefined },
): Resource {
  const kept = query.split('&').filter((pair) => pair !== '' && !pair.startsWith('_cursor='));
  const address = `${base}/${reference}/$accesses`;
  const entry = facts.map((fact) => ({
    fullUrl: `${base}/AuditEvent/${fact.id}`,
    resource: auditEventOf(narrowed(fact, reference)),
    search: { mode: 'match' },
  }));
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total,
    link: [
      { relation: 'self', url: query === '' ? address : `${address}?${query}` },
      ...(cursor === undefined
        ? []
        : [{ relation: 'next', url: `${address}?${[...kept, `_cursor=${cursor}`].join('&')}` }]),
    ],
    ...(entry.length === 0 ? {} : { entry }),
  };
}

/** Keepers of an agenda learn all that a write has changed there, but not what else a reader saw. */
function narrowed(fact: AuditFact, reference: string): AuditFact {
  const { address: _, ...agent } = fact.agent;
  const { query: _query, ...rest } = fact;
  const isAbout = (name: string): boolean => name.split('/_history/')[0] === reference;
  const isWrite = fact.action !== 'R' && fact.action !== 'E' && reference.startsWith('Schedule/');
  return {
    ...rest,
    agent,
    patients: isWrite ? fact.patients : fact.patients.filter(isAbout),
    entities: isWrite ? fact.entities : fact.entities.filter(isAbout),
  };
}
