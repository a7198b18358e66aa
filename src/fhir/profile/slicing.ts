/**
 * Which slice a value belongs to, by the discriminators of the slicing.
 * https://hl7.org/fhir/R4/profiling.html#discriminator
 */
import type { Json } from '../resource.ts';
import type { Discriminator, ElementType } from './definition.ts';
import { equals, fits, type LocatedValue, valuesAt } from './located-value.ts';
import type { PlanNode } from './plan.ts';

export interface SliceTools {
  resolve(reference: Json): LocatedValue | undefined;
  /** Is the code in the value set? `undefined`: the value set is not known. */
  inValueSet(valueSet: string, value: Json): boolean | undefined;
  /** Has the code system the code? `undefined`: not all of its codes are known here. */
  inSystem(system: string, code: string | undefined): boolean | undefined;
  /**
   * The R4 types that a Reference may lead to; `undefined`: any (a target profile that is not known here may be about
   * any type).
   */
  targets(types: readonly ElementType[]): ReadonlySet<string> | undefined;
  /** Does the resource conform to the profile? */
  conforms(place: LocatedValue, profile: string): boolean;
}

/** The name of the slice, or `undefined` when none fits. */
export function sliceOf(place: LocatedValue, sliced: PlanNode, tools: SliceTools): string | undefined {
  const { discriminator } = sliced.slicing!;
  for (const [name, slice] of sliced.slices) {
    if (discriminator.length > 0 && discriminator.every((part) => satisfies(place, slice, part, tools))) return name;
  }
  return undefined;
}

function satisfies(place: LocatedValue, slice: PlanNode, { type, path }: Discriminator, tools: SliceTools): boolean {
  const found = valuesAt(place, path, tools.resolve);
  const expected = nodesAt(slice, path);
  const isResolved = path.endsWith('resolve()');
  switch (type) {
    case 'exists': {
      const [leaf] = expected;
      return leaf?.max === 0 ? found.length === 0 : (leaf?.min ?? 0) > 0 ? found.length > 0 : true;
    }
    case 'type': {
      // Behind `resolve()`, it is the target of the reference that has the type, or the profile.
      if (isResolved)
        return expected.some((expected) =>
          found.some(({ type: target }) => tools.targets(expected.types ?? [])?.has(target) === true),
        );
      const codes = expected.flatMap((expected) => expected.types?.map(({ code }) => code) ?? []);
      return found.some((found) => codes.includes(found.type));
    }
    case 'profile': {
      const profiles = expected.flatMap(
        (expected) =>
          expected.types?.flatMap(({ profile, targetProfile }) => (isResolved ? targetProfile : profile) ?? []) ?? [],
      );
      return found.some((found) =>
        profiles.some((profile) => declares(found.value, profile) || tools.conforms(found, profile)),
      );
    }
    default:
      return matchesValue(found, slice, expected, path, tools);
  }
}

/**
 * `value` and `pattern` alike: a fixed value, a pattern, the URL of an extension's profile, or the codes of a required
 * binding.
 */
function matchesValue(
  found: readonly LocatedValue[],
  slice: PlanNode,
  expected: readonly PlanNode[],
  path: string,
  tools: SliceTools,
): boolean {
  if (path === 'url') {
    const urls = slice.types?.flatMap(({ profile }) => profile ?? []) ?? [];
    if (urls.length > 0) return found.some((found) => urls.includes(found.value));
  }
  let isTold = false;
  for (const rule of expected) {
    if (rule.fixed !== undefined) {
      isTold = true;
      if (!found.some((place) => equals(place.value, rule.fixed))) return false;
    } else if (rule.pattern !== undefined) {
      isTold = true;
      if (!found.some((place) => fits(place.value, rule.pattern))) return false;
    } else if (rule.binding?.strength === 'required') {
      isTold = true;
      if (!found.some((place) => tools.inValueSet(rule.binding!.valueSet, place.value) === true)) return false;
    }
  }
  // A slice without a rule at the discriminator matches nothing (trap C32).
  return isTold;
}

/** The rules of the slice at the path; a pattern or fixed value above it speaks for what is below. */
function nodesAt(slice: PlanNode, path: string): PlanNode[] {
  const steps = path.split('.').filter((part) => part !== '$this' && part !== 'resolve()');
  let at: PlanNode | undefined = slice;
  for (const [i, step] of steps.entries()) {
    const above: PlanNode = at;
    const extension = /^extension\(['"](.+)['"]\)/.exec(step)?.[1];
    at = above.children.get(extension === undefined ? step.replace(/\(.*\)$/, '') : 'extension');
    const stated = above.fixed ?? above.pattern;
    if (at === undefined && stated !== undefined) {
      const below = steps
        .slice(i)
        .reduce<Json>((value, name) => (Array.isArray(value) ? value[0]?.[name] : value?.[name]), stated);
      return below === undefined ? [] : [{ name: step, children: new Map(), slices: new Map(), pattern: below }];
    }
    if (at === undefined) return [];
  }
  return [at];
}

function declares(resource: Json, profile: string): boolean {
  return resource?.meta?.profile?.includes(profile) === true;
}
