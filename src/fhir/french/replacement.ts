/**
 * Replacements of the practitioner of an agenda: the extension `urn:creneau:fhir:replacement` on its Schedule says who
 * takes the appointments, from which day to which, and whether the SAS goes on seeing the slots. The agenda stays that
 * of its practitioner. ADR 0040
 */
import { extensionsOf, type LocatedExtension, partsOf, partValue } from '../extension.ts';
import { type Issue, issue } from '../issue.ts';
import { localTarget } from '../local-reference.ts';
import type { Reference, Resource } from '../resource.ts';

export interface Replacement {
  /** `Practitioner/x` */
  practitioner: string;
  /** As it was written: `Dr Awa Diallo`; '' : unknown. */
  name: string;
  /** Days on the clock of the agenda, both included. */
  first: string;
  last: string;
  /** The SAS sees no slot of these days. */
  isHiddenFromSas: boolean;
}

const MAX_REPLACEMENTS = 100;
const DAY = /^\d{4}-\d\d-\d\d$/;

export function readReplacements(schedule: Resource): Replacement[] {
  return extensionsOf(schedule, 'replacement').flatMap((whole) => {
    const reference: Reference = partValue(whole, 'practitioner') ?? {};
    const [first, last] = daysOf(whole);
    const practitioner = localTarget(reference);
    if (practitioner === undefined || first === undefined || last === undefined) return [];
    const isHiddenFromSas = partValue(whole, 'sas') === false;
    return [{ practitioner, name: reference.display ?? '', first, last, isHiddenFromSas }];
  });
}

/** The one of a day. */
export function replacementOn(replacements: readonly Replacement[], day: string): Replacement | undefined {
  return replacements.find(({ first, last }) => first <= day && day <= last);
}

function daysOf(whole: LocatedExtension): (string | undefined)[] {
  return ['first', 'last'].map((name) => {
    const day: unknown = partValue(whole, name);
    return typeof day === 'string' && DAY.test(day) && !Number.isNaN(Date.parse(day)) ? day : undefined;
  });
}

/** The faults for which a write is refused. */
export function checkReplacements(schedule: Resource): Issue[] {
  const all = extensionsOf(schedule, 'replacement');
  if (all.length > MAX_REPLACEMENTS)
    return [fault(all[MAX_REPLACEMENTS]!.path, `at most ${MAX_REPLACEMENTS}`, `${MAX_REPLACEMENTS} au plus`)];
  const seen: Replacement[] = [];
  return all.flatMap((whole) => {
    const { path } = whole;
    const [practitioner] = partsOf(whole, 'practitioner');
    const target = localTarget(partValue(whole, 'practitioner') ?? {});
    const [first, last] = daysOf(whole);
    if (practitioner === undefined || target?.startsWith('Practitioner/') !== true)
      return [fault(path, 'practitioner is a Practitioner of this server', 'un praticien de ce serveur est attendu')];
    if (first === undefined || last === undefined || last < first)
      return [fault(path, 'first and last are days in this order', 'le dernier jour suit le premier')];
    const isTaken = seen.some((other) => other.first <= last && first <= other.last);
    seen.push({ practitioner: target, name: '', first, last, isHiddenFromSas: false });
    return isTaken ? [fault(path, 'two replacements overlap', 'deux remplacements se recouvrent')] : [];
  });
}

function fault(expression: string, diagnostics: string, text: string): Issue {
  return issue('error', 'business-rule', `replacement: ${diagnostics}`, {
    expression,
    text: `Remplacement incompris : ${text}.`,
  });
}
