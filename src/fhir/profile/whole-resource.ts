/** A resource as a whole, beside its rules and profiles: its id, and the types of which only the shape is judged. */
import { isJudgedWhole } from '../definitions.ts';
import { type Issue, issue } from '../issue.ts';
import type { Json, Resource } from '../resource.ts';
import { notJudged } from './base-check.ts';

/** `update` wants an id, `create` none. */
export function modeIssues(resource: Resource, mode: string | undefined): Issue[] {
  if (mode === 'update' && resource.id === undefined)
    return [
      issue('error', 'required', 'An update needs an id', {
        expression: `${resource.resourceType}.id`,
        text: 'Une mise à jour demande un identifiant.',
      }),
    ];
  if (mode === 'create' && resource.id !== undefined)
    return [
      issue('warning', 'value', 'A create ignores the id', {
        expression: `${resource.resourceType}.id`,
        text: 'À la création, l’identifiant est ignoré.',
      }),
    ];
  return [];
}

/** The resources in a resource, itself included, of which only the shape is judged. */
export function shapesOnly(value: Json, path: string): Issue[] {
  if (value === null || typeof value !== 'object') return [];
  const { resourceType } = value;
  const own =
    typeof resourceType === 'string' && !isJudgedWhole(resourceType)
      ? [notJudged(`the rules and codes of ${resourceType}`, `règles et codes de ${resourceType}`, path)]
      : [];
  const inner = Object.entries(value).flatMap(([property, held]) =>
    Array.isArray(held)
      ? held.flatMap((item, i) => shapesOnly(item, `${path}.${property}[${i}]`))
      : shapesOnly(held, `${path}.${property}`),
  );
  return [...own, ...inner];
}
