/**
 * Programs whose token has scopes change only what the scopes open, before and after the change, and read only that
 * (`fhir/grants.ts`). The door has asked for the type already; here each resource is judged.
 */
import { isWithin, type Letters } from '../../fhir/grants.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Change } from '../../store/write/write-rules.ts';

/** Throws `forbidden` (403). */
export function requireGranted({ grants }: Context, letters: Letters, resource: Resource): void {
  const type = resource.resourceType;
  if (grants === undefined || isWithin(grants.limitOf(type, letters), resource)) return;
  throw new FhirError('forbidden', `The scopes of this token do not include this ${type}`, {
    expression: type,
    text: "Les droits (scopes) du jeton n'incluent pas cette ressource.",
  });
}

/** Both sides of the change, as they are now: asked before the rules of the type, and after they have completed it. */
export function checkGrants(context: Context, { id, before, after }: Change): void {
  if (context.grants === undefined) return;
  const letter = before === undefined ? 'c' : after === undefined ? 'd' : 'u';
  for (const side of [before, after]) if (side !== undefined) requireGranted(context, letter, { ...side, id });
}
