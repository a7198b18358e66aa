/**
 * A profile as the validator reads it: what it adds to its base, element by element. Our own profiles are written in
 * this form (`definitions/`); published StructureDefinitions are read into it. https://hl7.org/fhir/R4/profiling.html
 */
import { invariantOf } from '../definitions.ts';
import type { Json } from '../resource.ts';

export interface Binding {
  strength: 'required' | 'extensible' | 'preferred' | 'example';
  valueSet: string;
}

export interface Discriminator {
  type: 'value' | 'pattern' | 'type' | 'profile' | 'exists';
  path: string;
}

export interface Slicing {
  discriminator: Discriminator[];
  rules: 'open' | 'closed' | 'openAtEnd';
  ordered?: boolean;
}

export interface ElementType {
  code: string;
  /** Profiles of the value itself (an extension's URL, a resource's profile). */
  profile?: string[];
  /** Profiles or types that a Reference may lead to. */
  targetProfile?: string[];
  aggregation?: string[];
}

export interface Constraint {
  key: string;
  severity: 'error' | 'warning';
  human: string;
  expression: string;
}

/** One element of the differential; `id` as in StructureDefinition: `Slot.serviceType:mode.coding.system`. */
export interface ElementRule {
  id: string;
  min?: number;
  /** `Infinity` for `*`. */
  max?: number;
  types?: ElementType[];
  fixed?: Json;
  pattern?: Json;
  binding?: Binding;
  slicing?: Slicing;
  constraints?: Constraint[];
  maxLength?: number;
}

export interface ProfileDefinition {
  url: string;
  name: string;
  title?: string;
  /** Where several versions of a guide define the same URL: the one that this definition is of. */
  version?: string;
  /** Some rules of a definition that others publish whole: judged here, and not served as theirs. */
  isExcerpt?: true;
  /** Of an extension: the types and elements on which it may stand; absent: anywhere. */
  contexts?: readonly string[];
  /** The R4 type that it is about. */
  type: string;
  /** Parent profile, or the R4 type's own URL. */
  base: string;
  elements: ElementRule[];
}

export const R4_BASE = 'http://hl7.org/fhir/StructureDefinition/';

/**
 * Reads a published StructureDefinition. Its snapshot is used when `isKnown` does not know the parent, else the
 * differential.
 * Throws when it has neither.
 */
export function readStructureDefinition(resource: Json, isKnown: (url: string) => boolean): ProfileDefinition {
  const base = String(resource.baseDefinition);
  const parts =
    base.startsWith(R4_BASE) || isKnown(base)
      ? (resource.differential ?? resource.snapshot)
      : (resource.snapshot ?? resource.differential);
  if (parts === undefined) throw new Error(`${resource.url} has neither snapshot nor differential`);
  return {
    url: String(resource.url),
    name: String(resource.name),
    ...(resource.title ? { title: String(resource.title) } : {}),
    type: String(resource.type),
    base: isKnown(base) || base.startsWith(R4_BASE) ? base : R4_BASE + resource.type,
    elements: parts.element.map(readElement),
  };
}

/** A snapshot repeats the constraints of R4, which are checked anyway. */
function isOfR4(key: string): boolean {
  return invariantOf(key) !== undefined || ['ele-1', 'ext-1', 'txt-1', 'txt-2'].includes(key);
}

function readElement(element: Json): ElementRule {
  const choiceOf = (prefix: string): Json => {
    const key = Object.keys(element).find(
      (name) => name.startsWith(prefix) && /^[A-Z]/.test(name.slice(prefix.length)),
    );
    return key === undefined ? undefined : element[key];
  };
  const rule: ElementRule = { id: element.id ?? element.path };
  if (element.min !== undefined) rule.min = element.min;
  if (element.max !== undefined) rule.max = element.max === '*' ? Number.POSITIVE_INFINITY : Number(element.max);
  const fixed = choiceOf('fixed');
  if (fixed !== undefined) rule.fixed = fixed;
  const pattern = choiceOf('pattern');
  if (pattern !== undefined) rule.pattern = pattern;
  if (element.type !== undefined)
    rule.types = element.type.map(({ code, profile, targetProfile, aggregation }: Json) => ({
      code,
      ...(profile ? { profile } : {}),
      ...(targetProfile ? { targetProfile } : {}),
      ...(aggregation ? { aggregation } : {}),
    }));
  if (element.binding?.valueSet !== undefined)
    rule.binding = { strength: element.binding.strength, valueSet: String(element.binding.valueSet).split('|')[0]! };
  if (element.slicing !== undefined)
    rule.slicing = {
      discriminator: element.slicing.discriminator ?? [],
      rules: element.slicing.rules,
      ordered: element.slicing.ordered === true,
    };
  if (element.constraint !== undefined)
    rule.constraints = element.constraint
      .filter((constraint: Json) => constraint.expression !== undefined && !isOfR4(constraint.key))
      .map(({ key, severity, human, expression }: Json) => ({ key, severity, human, expression }));
  if (element.maxLength !== undefined) rule.maxLength = element.maxLength;
  return rule;
}
