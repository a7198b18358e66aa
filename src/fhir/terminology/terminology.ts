/**
 * Looks codes up: membership of a value set, display, expansion. Over the built-in core, the R4 value sets of
 * the definitions, and whatever published lists were loaded. https://hl7.org/fhir/R4/terminology-service.html
 */
import { codesBySystem, displayOf, R4_VALUE_SETS } from '../definitions.ts';
import type { Json, Resource } from '../resource.ts';
import {
  type CodeSystem,
  type Concept,
  type ValueSetInclude,
  readCodeSystem,
  readValueSet,
  type ValueSet,
} from './code-system.ts';
import { CODE_SYSTEMS, VALUE_SETS } from './core.ts';

export interface SystemConcept extends Concept {
  system: string;
}

/** Those of a concept, a coding by itself, or a plain code, whose system is that of its set. */
function codingsOf(value: Json): Json[] {
  if (typeof value === 'string') return [{ code: value }];
  return value?.coding ?? (value?.code === undefined ? [] : [value]);
}

/** Deeper references from set to set are a circle. */
const MAX_DEPTH = 8;

export class Terminology {
  private readonly systems = new Map<string, CodeSystem>(CODE_SYSTEMS.map((system) => [system.url, system]));
  private readonly sets = new Map<string, ValueSet>(VALUE_SETS.map((set) => [set.url, set]));

  /**
   * A published CodeSystem or ValueSet; takes the place of a built-in one. False for another type, or when no codes
   * of it can be read.
   */
  load(resource: Resource): boolean {
    if (resource.resourceType === 'CodeSystem') {
      const read = readCodeSystem(resource);
      if (read.concepts.size > 0) this.systems.set(read.url, read);
      return read.concepts.size > 0;
    }
    if (resource.resourceType !== 'ValueSet') return false;
    const read = readValueSet(resource);
    if (read.include.length > 0) this.sets.set(read.url, read);
    return read.include.length > 0;
  }

  /**
   * Is the code, or one coding of the concept, in the set? `undefined`: the set, or its list of codes, is not known
   * here.
   */
  includes(valueSet: string, value: Json, depth = 0): boolean | undefined {
    const codings = codingsOf(value);
    const include = depth > MAX_DEPTH ? undefined : this.included(valueSet);
    if (include === undefined) return undefined;
    let isUnknown = false;
    for (const coding of codings) {
      for (const part of include) {
        const found = this.inInclude(part, coding, depth);
        if (found === true) return true;
        if (found === undefined) isUnknown = true;
      }
    }
    return isUnknown ? undefined : false;
  }

  /** Has the system the code? `undefined`: it is not known here, or not with all of its codes. */
  has(system: string, code: string | undefined): boolean | undefined {
    const [url = '', version] = system.split('|');
    if (version !== undefined || !this.systems.has(url)) return undefined;
    return code === undefined && this.systems.get(url)!.isComplete ? false : this.inSystem(url, undefined, `${code}`);
  }

  private inInclude(
    { system, codes, valueSets = [] }: ValueSetInclude,
    coding: Json,
    depth: number,
  ): boolean | undefined {
    let isUnknown = false;
    for (const other of valueSets) {
      const found = this.includes(other, coding, depth + 1);
      if (found === false) return false;
      if (found === undefined) isUnknown = true;
    }
    if (system === undefined) return isUnknown ? undefined : true;
    if (coding.system !== undefined && coding.system !== system) return false;
    const found = this.inSystem(system, codes, String(coding.code));
    return found === true && isUnknown ? undefined : found;
  }

  private inSystem(system: string, codes: readonly string[] | undefined, code: string): boolean | undefined {
    const known = this.systems.get(system);
    const same = (a: string): boolean =>
      a === code || (known?.caseInsensitive === true && a.toLowerCase() === code.toLowerCase());
    if (codes !== undefined) return codes.some(same);
    if (known === undefined) return undefined;
    if (known.concepts.has(code) || (known.caseInsensitive && [...known.concepts.keys()].some(same))) return true;
    return known.isComplete ? false : undefined;
  }

  private included(valueSet: string): readonly ValueSetInclude[] | undefined {
    const url = valueSet.split('|')[0]!;
    const own = this.sets.get(url);
    if (own !== undefined) return own.include;
    const r4 = codesBySystem(url);
    return r4 && Object.entries(r4).map(([system, codes]) => ({ system, codes }));
  }

  /** The display of a code; `undefined` when it is not known here. */
  lookup(system: string, code: string): SystemConcept | undefined {
    const known = this.systems.get(system);
    const found =
      known?.concepts.get(code) ??
      (known?.caseInsensitive
        ? [...known.concepts.values()].find((concept) => concept.code.toLowerCase() === code.toLowerCase())
        : undefined);
    if (found !== undefined) return { system, ...found };
    const display = displayOf(system, code);
    return display === undefined ? undefined : { system, code, display };
  }

  knowsSystem(system: string): boolean {
    return this.systems.has(system) || R4_VALUE_SETS.some((url) => codesBySystem(url)?.[system] !== undefined);
  }

  /** The codes of a set whose code or display contains the filter; `undefined` for an unknown set. */
  expand(valueSet: string, filter = ''): SystemConcept[] | undefined {
    const all = this.codesOf(valueSet, 0);
    const wanted = filter.toLowerCase();
    return all?.filter(
      ({ code, display = '' }) => code.toLowerCase().includes(wanted) || display.toLowerCase().includes(wanted),
    );
  }

  /** Is every code of the set listed, or does it name a system of which a few codes are known? */
  isComplete(valueSet: string): boolean {
    return (
      this.included(valueSet)?.every(
        ({ system, codes, valueSets = [] }) =>
          (codes !== undefined || system === undefined || this.systems.get(system)?.isComplete === true) &&
          valueSets.every((set) => this.isComplete(set)),
      ) ?? false
    );
  }

  private codesOf(valueSet: string, depth: number): SystemConcept[] | undefined {
    const include = depth > MAX_DEPTH ? undefined : this.included(valueSet);
    if (include === undefined) return undefined;
    const found = include.flatMap((part) => this.codesOfInclude(part, depth));
    return [...new Map(found.map((found) => [`${found.system}|${found.code}`, found])).values()];
  }

  private codesOfInclude({ system, codes, valueSets = [] }: ValueSetInclude, depth: number): SystemConcept[] {
    const others = valueSets.map((set) => this.codesOf(set, depth + 1) ?? []);
    const own = system === undefined ? (others.shift() ?? []) : this.codesOfSystem(system, codes);
    return own.filter((code) =>
      others.every((list) => list.some((other) => other.system === code.system && other.code === code.code)),
    );
  }

  private codesOfSystem(system: string, codes: readonly string[] | undefined): SystemConcept[] {
    if (codes === undefined)
      return [...(this.systems.get(system)?.concepts.values() ?? [])].map((concept) => ({ system, ...concept }));
    return codes.map((code) => this.lookup(system, code) ?? { system, code });
  }

  codeSystems(): CodeSystem[] {
    return [...this.systems.values()];
  }

  /** Those of the profiles and those that were loaded, without R4's own. */
  valueSets(): ValueSet[] {
    return [...this.sets.values()];
  }
}
