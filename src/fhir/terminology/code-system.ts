/**
 * Code systems and value sets in memory: built in, or read from published resources.
 * https://hl7.org/fhir/R4/terminology-module.html
 */
import type { Json } from '../resource.ts';
import { list } from '../resources.ts';

export interface Concept {
  code: string;
  display?: string;
}

export interface CodeSystem {
  url: string;
  title?: string;
  /** Codes are compared without regard to case (TRE_R314). */
  caseInsensitive?: boolean;
  /** False: a few codes of a larger list; others are neither right nor wrong. */
  isComplete: boolean;
  concepts: ReadonlyMap<string, Concept>;
}

/** A part of a value set: a system, whole or some of its codes, or the codes of other sets. */
export interface ValueSetInclude {
  system?: string;
  /** Absent: every code of the system. */
  codes?: readonly string[];
  /** Other sets: a code must be in each. */
  valueSets?: readonly string[];
}

export interface ValueSet {
  url: string;
  title?: string;
  include: readonly ValueSetInclude[];
}

/** A published CodeSystem; children of concepts are concepts too. */
export function readCodeSystem(resource: Json): CodeSystem {
  const concepts = new Map<string, Concept>();
  const walk = (children: Json[] | undefined): void => {
    for (const { code, display, concept } of list(children)) {
      if (typeof code === 'string') concepts.set(code, { code, ...(display ? { display } : {}) });
      walk(concept);
    }
  };
  walk(resource.concept);
  return {
    url: bare(resource.url),
    ...(resource.title ? { title: resource.title } : {}),
    caseInsensitive: resource.caseSensitive === false,
    isComplete: resource.content === 'complete',
    concepts,
  };
}

/**
 * A published ValueSet: its composition, or its expansion where the composition filters or excludes. Empty when it has
 * neither.
 */
export function readValueSet(resource: Json): ValueSet {
  const compose: Json = resource.compose ?? {};
  const composed: Json[] = compose.include ?? [];
  const isPlain =
    composed.length > 0 && compose.exclude === undefined && composed.every(({ filter }) => filter === undefined);
  const bySystem = new Map<string, string[]>();
  const walk = (children: Json[] | undefined): void => {
    for (const { system, code, abstract, contains } of list(children)) {
      if (typeof system === 'string' && typeof code === 'string' && abstract !== true)
        bySystem.set(system, [...(bySystem.get(system) ?? []), code]);
      walk(contains);
    }
  };
  if (!isPlain) walk(resource.expansion?.contains);
  return {
    url: bare(resource.url),
    ...(resource.title ? { title: resource.title } : {}),
    include: isPlain ? composed.map(readInclude) : [...bySystem].map(([system, codes]) => ({ system, codes })),
  };
}

function readInclude({ system, concept, valueSet }: Json): ValueSetInclude {
  return {
    ...(system ? { system } : {}),
    ...(concept ? { codes: concept.map(({ code }: Json) => code) } : {}),
    ...(valueSet ? { valueSets: valueSet.map(bare) } : {}),
  };
}

function bare(url: unknown): string {
  return String(url).split('|')[0]!;
}
