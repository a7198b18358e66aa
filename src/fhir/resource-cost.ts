/** The cost of a resource that a caller sent: its values, its longest list, its contained resources. */
import { BUDGETS, spend } from './budgets.ts';
import type { Json } from './resource.ts';

/**
 * Throws `too-costly` (400) beyond the budgets of one resource. Those of the entries of a Bundle are checked when their
 * turn comes, one by one; their number has a limit of its own.
 */
export function requireCheap(sent: Json, path: string): void {
  const resource = sent?.resourceType === 'Bundle' ? { ...sent, entry: undefined } : sent;
  const left = { nodes: BUDGETS.resourceNodes.most };
  visit(resource, path, left);
}

/** The number of values, counted until there are too many. */
export function countNodes(value: Json, most: number): number {
  let count = 0;
  const walk = (inner: Json): void => {
    if (++count > most || inner === null || typeof inner !== 'object') return;
    for (const item of Object.values(inner as object)) walk(item);
  };
  walk(value);
  return count;
}

function visit(value: Json, path: string, left: { nodes: number }): void {
  if (--left.nodes < 0) spend('resourceNodes', BUDGETS.resourceNodes.most + 1);
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) {
    if (path.endsWith('.contained')) spend('containedResources', value.length, path);
    else spend('listItems', value.length, path);
    for (const item of value) visit(item, path, left);
    return;
  }
  for (const [key, item] of Object.entries(value as Record<string, Json>)) visit(item, `${path}.${key}`, left);
}
