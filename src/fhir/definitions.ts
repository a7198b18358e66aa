/**
 * The R4 definitions of the served types (generated at build time by tools/definitions.mjs), read by JSON property:
 * what elements a type has, in the standard's order, with their types, cardinality, bindings and constraints.
 * An inline type is named by its path (`Appointment.participant`). https://hl7.org/fhir/R4/
 */
import r4, { type RawElement } from '#generated/r4.js';

/** One JSON property of a type: of a choice (`value[x]`), the property of one of its types (`valueString`). */
export interface ElementDefinition {
  /** Without the type suffix of a choice: `value`. */
  readonly name: string;
  /** JSON property and XML name: `valueString`. */
  readonly property: string;
  /** Datatype, `Resource` for any resource, or the path of an inline type (`Appointment.participant`). */
  readonly type: string;
  readonly min: number;
  readonly isList: boolean;
  readonly isChoice: boolean;
  readonly isPrimitive: boolean;
  /** `_property`, which completes a primitive with an id and extensions; XML attributes and XHTML have none. */
  readonly shadow: string | undefined;
  readonly isModifier: boolean;
  readonly isSummary: boolean;
  /** XML attribute: `id` of an element, `url` of an extension. */
  readonly isAttribute: boolean;
  readonly binding: { readonly strength: string; readonly valueSet: string } | undefined;
  /** Codes of a required binding, where they can be listed. */
  readonly codes: ReadonlySet<string> | undefined;
  /** Resource types that a Reference or canonical may lead to; `undefined` or `Resource` = any. */
  readonly targets: readonly string[] | undefined;
  readonly maxLength: number | undefined;
  /** Keys of the constraints stated on this element; its type has its own (`typeInvariants`). */
  readonly invariants: readonly string[];
  /** Place among its siblings, for XML. The properties of one choice share it. */
  readonly order: number;
}

export interface TypeDefinition {
  readonly name: string;
  readonly kind: 'resource' | 'complex' | 'primitive';
  /** The type that this one specialises: `DomainResource`, `BackboneElement`, `uri`... */
  readonly base: string | undefined;
  /** By JSON property, in the order of the standard; empty for a primitive type. */
  readonly elements: ReadonlyMap<string, ElementDefinition>;
  /** The mandatory elements, one per choice. */
  readonly required: readonly ElementDefinition[];
  /**
   * Keys of the constraints of the type and of its bases, except ele-1, ext-1, txt-1 and txt-2: the structure check
   * holds them.
   */
  readonly invariants: readonly string[];
}

/** A constraint in FHIRPath, repaired where the published one is faulty (see `ERRATA` in tools/definitions.mjs). */
export interface Invariant {
  readonly severity: 'error' | 'warning';
  readonly human: string;
  readonly expression: string;
  /** Advice that most resources do not follow (`dom-6`: have a narrative). */
  readonly bestPractice?: true;
}

/** The resource types that have a definition: every type that the server stores, answers or reads. */
export const SERVED_TYPES: readonly string[] = r4.served;

/** Every concrete resource type of R4. */
export const RESOURCE_TYPES: readonly string[] = [...r4.served, ...r4.others];

/** The repairs of the published definitions, with their reasons. */
export const ERRATA: readonly { of: string; reason: string }[] = r4.errata;

const STRUCTURAL = new Set(['ele-1', 'ext-1', 'txt-1', 'txt-2']);
const NO_ELEMENTS: ReadonlyMap<string, ElementDefinition> = new Map();

const types = new Map<string, TypeDefinition>();
const codes = new Map<string, ReadonlySet<string>>();
const served = new Set(SERVED_TYPES);
const resources = new Set(RESOURCE_TYPES);

/**
 * The definition of a resource type, a datatype or an inline type; `undefined` for an unknown one. Built when it is
 * first asked for: most types of R4 never are.
 */
export function typeDefinition(name: string): TypeDefinition | undefined {
  const known = types.get(name);
  if (known !== undefined || !Object.hasOwn(r4.types, name)) return known;
  const built = build(name);
  types.set(name, built);
  return built;
}

/** Elements of a type by JSON property, in the order of the standard. Empty for an unknown type. */
export function elementsOf(type: string): ReadonlyMap<string, ElementDefinition> {
  return typeDefinition(type)?.elements ?? NO_ELEMENTS;
}

/**
 * The element behind a JSON property: `status`, `valueString`, and `_status` as well where `status` can be extended.
 */
export function elementOf(type: string, property: string): ElementDefinition | undefined {
  if (!property.startsWith('_')) return elementsOf(type).get(property);
  const element = elementsOf(type).get(property.slice(1));
  return element?.shadow === property ? element : undefined;
}

/** Is it a concrete resource type of R4? */
export function isResourceType(type: string): boolean {
  return resources.has(type);
}

/** Is its definition whole? Of other types, only the shape is known: constraints and bindings are not judged. */
export function isJudgedWhole(type: string): boolean {
  return served.has(type);
}

/** Is it marked as a summary element (`_summary=true`)? */
export function isSummaryElement(type: string, property: string): boolean {
  return elementOf(type, property)?.isSummary === true;
}

/** Keys of the constraints of a type and its bases, without the structural ones. */
export function typeInvariants(type: string): readonly string[] {
  return typeDefinition(type)?.invariants ?? [];
}

export function invariantOf(key: string): Invariant | undefined {
  return Object.hasOwn(r4.constraints, key) ? r4.constraints[key] : undefined;
}

/** The codes of a value set that a required binding of a served type names; `undefined` where they cannot be listed. */
export function codesOf(valueSet: string): ReadonlySet<string> | undefined {
  const bySystem = codesBySystem(valueSet);
  if (bySystem === undefined) return undefined;
  const known = codes.get(valueSet) ?? new Set(Object.values(bySystem).flat());
  codes.set(valueSet, known);
  return known;
}

/** The same by code system: `{ 'http://hl7.org/fhir/slotstatus': ['busy', 'free', ...] }`. */
export function codesBySystem(valueSet: string): Readonly<Record<string, readonly string[]>> | undefined {
  return Object.hasOwn(r4.valueSets, valueSet) ? r4.valueSets[valueSet] : undefined;
}

/** The value sets of R4 whose codes can be listed. */
export const R4_VALUE_SETS: readonly string[] = Object.keys(r4.valueSets);

/** The English display of a code of these sets. */
export function displayOf(system: string, code: string): string | undefined {
  const words = Object.hasOwn(r4.displays, system) ? r4.displays[system]! : {};
  return Object.hasOwn(words, code) ? words[code] : undefined;
}

function build(name: string): TypeDefinition {
  const raw = r4.types[name]!;
  const elements = new Map<string, ElementDefinition>();
  const required: ElementDefinition[] = [];
  for (const [order, element] of (raw.elements ?? []).entries()) {
    for (const type of element.types) {
      const property = toElement(element, type, order);
      elements.set(property.property, property);
    }
    if (element.min) required.push([...elements.values()].at(-1)!);
  }
  const invariants: string[] = [];
  for (let at: string | undefined = name; at !== undefined; at = r4.types[at]?.base) {
    invariants.unshift(...(r4.types[at]?.constraints ?? []).filter((key) => !STRUCTURAL.has(key)));
  }
  return { name, kind: raw.kind, base: raw.base, elements, required, invariants };
}

function toElement(raw: RawElement, type: string, order: number): ElementDefinition {
  const property = raw.choice ? raw.name + type[0]!.toUpperCase() + type.slice(1) : raw.name;
  const isPrimitive = r4.types[type]?.kind === 'primitive';
  return {
    name: raw.name,
    property,
    type,
    min: raw.min ?? 0,
    isList: raw.list ?? false,
    isChoice: raw.choice ?? false,
    isPrimitive,
    shadow: isPrimitive && !raw.attribute && type !== 'xhtml' ? `_${property}` : undefined,
    isModifier: raw.modifier ?? false,
    isSummary: raw.summary ?? false,
    isAttribute: raw.attribute ?? false,
    binding: raw.binding,
    codes: raw.binding?.strength === 'required' && type === 'code' ? codesOf(raw.binding.valueSet) : undefined,
    targets: raw.targets,
    maxLength: raw.maxLength,
    invariants: (raw.constraints ?? []).filter((key) => !STRUCTURAL.has(key)),
    order,
  };
}
