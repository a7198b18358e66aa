/**
 * Looking codes up: is it in the set, what does it mean, what does the set hold. Over the built-in core, the R4 sets of the definitions, and
 * whatever published lists were loaded. https://hl7.org/fhir/R4/terminology-service.html
 */
import { codesBySystem } from '../definitions.ts';
import type { Json, Resource } from '../resource.ts';
import { type CodeSystem, type Concept, readCodeSystem, readValueSet, type ValueSet } from './code-system.ts';
import { CODE_SYSTEMS, VALUE_SETS } from './core.ts';

export interface Found extends Concept {
  system: string;
}

export class Terminology {
  private readonly systems = new Map<string, CodeSystem>(CODE_SYSTEMS.map((one) => [one.url, one]));
  private readonly sets = new Map<string, ValueSet>(VALUE_SETS.map((one) => [one.url, one]));

  /** A published CodeSystem or ValueSet; takes the place of a built-in one. True when it was one. */
  load(resource: Resource): boolean {
    if (resource.resourceType === 'CodeSystem') {
      const read = readCodeSystem(resource);
      if (read.concepts.size > 0) this.systems.set(read.url, read);
    } else if (resource.resourceType === 'ValueSet') {
      const read = readValueSet(resource);
      if (read.include.length > 0) this.sets.set(read.url, read);
    } else return false;
    return true;
  }

  /** Is the code, or one coding of the concept, in the set? `undefined`: the set, or its list of codes, is not known here. */
  includes(valueSet: string, value: Json): boolean | undefined {
    const codings: Json[] = value?.coding ?? (value?.code !== undefined ? [value] : []);
    const include = this.included(valueSet);
    if (include === undefined) return undefined;
    let isUnknown = false;
    for (const { system, code } of codings) {
      for (const one of include) {
        if (system !== undefined && system !== one.system) continue;
        const found = this.inSystem(one, String(code));
        if (found === true) return true;
        if (found === undefined) isUnknown = true;
      }
    }
    return isUnknown ? undefined : false;
  }

  private inSystem({ system, codes }: ValueSet['include'][number], code: string): boolean | undefined {
    const known = this.systems.get(system);
    const same = (a: string): boolean => a === code || (known?.caseInsensitive === true && a.toLowerCase() === code.toLowerCase());
    if (codes !== undefined) return codes.some(same);
    if (known === undefined) return undefined;
    if (known.concepts.has(code) || (known.caseInsensitive && [...known.concepts.keys()].some(same))) return true;
    return known.isComplete ? false : undefined;
  }

  private included(valueSet: string): ValueSet['include'] | undefined {
    const own = this.sets.get(valueSet.split('|')[0]!);
    if (own !== undefined) return own.include;
    const r4 = codesBySystem(valueSet);
    return r4 && Object.entries(r4).map(([system, codes]) => ({ system, codes }));
  }

  /** What a code means; `undefined` when it is not known here. */
  lookup(system: string, code: string): Found | undefined {
    const known = this.systems.get(system);
    const found = known?.concepts.get(code) ?? (known?.caseInsensitive ? [...known.concepts.values()].find((one) => one.code.toLowerCase() === code.toLowerCase()) : undefined);
    return found && { system, ...found };
  }

  knowsSystem(system: string): boolean {
    return this.systems.has(system);
  }

  /** The codes of a set whose code or display contains the filter; `undefined` for an unknown set. */
  expand(valueSet: string, filter = ''): Found[] | undefined {
    const include = this.included(valueSet);
    if (include === undefined) return undefined;
    const wanted = filter.toLowerCase();
    return include
      .flatMap(({ system, codes }): Found[] => {
        const known = this.systems.get(system);
        if (codes !== undefined) return codes.map((code) => ({ system, code, ...(known?.concepts.get(code)?.display ? { display: known.concepts.get(code)!.display! } : {}) }));
        return [...(known?.concepts.values() ?? [])].map((one) => ({ system, ...one }));
      })
      .filter(({ code, display = '' }) => code.toLowerCase().includes(wanted) || display.toLowerCase().includes(wanted));
  }

  codeSystems(): CodeSystem[] {
    return [...this.systems.values()];
  }

  valueSets(): ValueSet[] {
    return [...this.sets.values()];
  }
}
