/** `__explain=true`: the plan of a search, for operators. */
import type { Context, SearchResult } from '../fhir/interaction.ts';
import { forbidden, issue } from '../fhir/issue.ts';

/** A plan estimates from everything that is stored, hidden or not. */
export function requireOperator({ roles }: Context): void {
  if (roles.some((role) => ['operator', 'manager', '*'].includes(role))) return;
  throw forbidden('Only operators see plans', "Seul un exploitant voit le plan d'une requête.", '__explain');
}

/** `__explain=true`: adds the plan of the database (in a slot search: for the agendas). */
export function withPlan(result: SearchResult, plan: readonly string[]): SearchResult {
  const text = issue('information', 'informational', plan.join('\n'), {
    expression: '__explain',
    text: 'Plan de la requête.',
  });
  return { ...result, issues: [...(result.issues ?? []), text] };
}
