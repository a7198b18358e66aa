/**
 * Two active patients with one qualified INS are one person twice. The second is kept, because care does not wait, and
 * whoever writes it is told: only a person can say which of the two stays.
 */
import { qualifiedIns } from '../../fhir/french/identity.ts';
import type { Context } from '../../fhir/interaction.ts';
import { issue } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import { list, type Patient } from '../../fhir/resources.ts';
import { parseSearch } from '../../fhir/search/parse.ts';
import type { Unit } from '../../store/write/unit.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import { readScopeOf } from './read-scope.ts';
import type { RuleServices } from './services.ts';

/** As many are named; there should be none. */
const MAX_TWINS = 5;

/** Names only patients whom the caller may read. */
export async function tellTwins(services: RuleServices, context: Context, change: Change, unit: Unit): Promise<void> {
  const { before, after } = sidesOf(change, 'Patient');
  const ins = after && activeIns(after);
  if (after === undefined || ins === undefined) return;
  if (before !== undefined && activeIns(before) === ins) return;
  const { criteria } = parseSearch('Patient', `identifier=${encodeURIComponent(ins)}`, { strict: true });
  const readScope = await readScopeOf(services, context);
  const { rows } = await services.reader.search('Patient', criteria, {
    ...{ count: MAX_TWINS + 1, total: 'none' as const },
    readScope,
  });
  const linked = list(after.link).flatMap(({ other }) => localTarget(other) ?? []);
  const twins = rows
    .filter(({ id, body }) => id !== change.id && activeIns(parseResource('Patient', body!)) === ins)
    .map(({ id }) => `Patient/${id}`)
    .filter((twin) => !linked.includes(twin));
  for (const twin of twins.slice(0, MAX_TWINS))
    unit.warn(
      `Patient/${change.id}`,
      issue('warning', 'duplicate', `${twin} is active with the same qualified INS: link or merge the two`, {
        expression: 'Patient.identifier',
        text: `Un autre dossier actif porte la même INS qualifiée (${twin}) : rapprochez les deux.`,
      }),
    );
}

function activeIns(patient: Patient): string | undefined {
  return patient.active === false ? undefined : qualifiedIns(patient);
}
