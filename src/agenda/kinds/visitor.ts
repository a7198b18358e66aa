/** For whom a caller books, as far as kinds of visit ask. ADR 0035 */
import type { Visitor } from '../../fhir/french/visit-kind.ts';
import type { Context } from '../../fhir/interaction.ts';

const DESK_ROLES = ['practitioner', 'secretary', 'practice-manager'];

/** Programs act for the desk of a practice; regulators and visitors of its pages for themselves. */
export function visitorOf({ visitor, roles }: Context): Visitor {
  if (visitor !== undefined) return visitor;
  const isRegulator = roles.includes('regulator') && !roles.some((role) => DESK_ROLES.includes(role));
  return { as: isRegulator ? 'regulators' : 'desk' };
}
