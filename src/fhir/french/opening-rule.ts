/**
 * Rules of openings: the extension `urn:creneau:fhir:opening` on a Schedule says for some of its availabilities
 * which kinds of visit, in which modes, how many at a time, and who may come. ADR 0035
 */
import { extensionsOf, partValues } from '../extension.ts';
import type { Coding, Resource } from '../resource.ts';
import { type Audience, audiencesOf, codesOf, countOf, kindKey } from './visit-kind.ts';

export interface OpeningRule {
  /** Identifier values of the availabilities that it is for; empty: all. */
  availability: string[];
  /** Keys of the kinds that it takes; empty: all. */
  kinds: string[];
  /** AMB, HH, VR: kinds of other modes are not given then; empty: all are. */
  modes: string[];
  capacity: number;
  /** Only these may come; `undefined`: all whom the kinds are for. Only `desk` leaves nobody. */
  audiences: Audience[] | undefined;
}

export function readOpeningRules(schedule: Resource): OpeningRule[] {
  return extensionsOf(schedule, 'opening').map((whole) => ({
    availability: partValues(whole, 'availability').map((value) => String(value?.value ?? value)),
    kinds: partValues(whole, 'kind').map((coding: Coding) => kindKey(coding ?? {})),
    modes: codesOf(whole, 'mode').map((code) => code.toUpperCase()),
    capacity: Math.max(1, countOf(whole, 'capacity') ?? 1),
    audiences: codesOf(whole, 'audience').length === 0 ? undefined : audiencesOf(whole),
  }));
}

/** The rules for an opening of these availabilities. */
export function rulesFor(rules: readonly OpeningRule[], availabilityIds: readonly string[]): OpeningRule[] {
  return rules.filter(
    ({ availability }) => availability.length === 0 || availability.some((id) => availabilityIds.includes(id)),
  );
}

/** Do rules of an opening say which kinds it takes? It then takes no service type that is not a kind. */
export function namesKinds(rules: readonly OpeningRule[]): boolean {
  return rules.some(({ kinds }) => kinds.length > 0);
}

/** Is a kind given in an opening of these rules? */
export function takesKind(
  rules: readonly OpeningRule[],
  { key, modes }: { key: string; modes: readonly string[] },
): boolean {
  const given = rules.flatMap((rule) => rule.modes);
  return (
    (!namesKinds(rules) || rules.some(({ kinds }) => kinds.includes(key))) &&
    (given.length === 0 || modes.length === 0 || modes.some((mode) => given.includes(mode)))
  );
}
