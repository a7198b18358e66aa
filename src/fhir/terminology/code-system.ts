/** Code systems and value sets in memory: built in, or read from published resources. https://hl7.org/fhir/R4/terminology-module.html */
import type { Json, Resource } from '../resource.ts';

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

/** Included systems, whole (`codes` absent) or some of their codes. */
export interface ValueSet {
  url: string;
  title?: string;
  include: { system: string; codes?: readonly string[] }[];
}

/** A published CodeSystem; children of concepts are concepts too. */
export function readCodeSystem(resource: Resource): CodeSystem {
  const concepts = new Map<string, Concept>();
  const walk = (list: Json[] | undefined): void => {
    for (const { code, display, concept } of list ?? []) {
      if (typeof code === 'string') concepts.set(code, { code, ...(display ? { display } : {}) });
      walk(concept);
    }
  };
  walk(resource['concept']);
  return { url: bare(resource['url']), ...(resource['title'] ? { title: resource['title'] } : {}), caseInsensitive: resource['caseSensitive'] === false, isComplete: resource['content'] === 'complete', concepts };
}

/** A published ValueSet: its composition by systems and codes, else its expansion. Filters and value sets of value sets are not understood. */
export function readValueSet(resource: Resource): ValueSet {
  const include = ((resource['compose']?.include as Json[] | undefined) ?? []).filter((one) => typeof one.system === 'string');
  const expanded = ((resource['expansion']?.contains as Json[] | undefined) ?? []).filter((one) => typeof one.system === 'string');
  const bySystem = new Map<string, string[]>();
  for (const { system, code } of expanded) bySystem.set(system, [...(bySystem.get(system) ?? []), code]);
  return {
    url: bare(resource['url']),
    ...(resource['title'] ? { title: resource['title'] } : {}),
    include: include.length > 0 ? include.map((one) => ({ system: one.system, ...(one.concept ? { codes: one.concept.map((concept: Json) => concept.code) } : {}) })) : [...bySystem].map(([system, codes]) => ({ system, codes })),
  };
}

function bare(url: unknown): string {
  return String(url).split('|')[0]!;
}
