/**
 * Does a resource have the shape of R4? Unknown elements, wrong JSON types, cardinality, lexical rules, codes of
 * required bindings, and the rules that hold everywhere (ele-1, ext-1). One linear walk over the definitions, of
 * bounded depth. Profiles and FHIRPath constraints are another matter.
 * https://hl7.org/fhir/R4/json.html, https://hl7.org/fhir/R4/datatypes.html
 */
import { type ElementDefinition, isResourceType, type TypeDefinition, typeDefinition } from './definitions.ts';
import type { Issue } from './issue.ts';
import { isDecimal } from './json.ts';
import { checkPrimitive, kindOf } from './primitive.ts';
import type { Json } from './resource.ts';
import { Faults, isQuiet, oneOf, quote, WORDS } from './structure-fault.ts';

export interface StructureOptions {
  /** Objects inside objects, the resource itself being the first. */
  maxDepth?: number;
  /** Faults reported at once; a resource with more is wrong enough. */
  limit?: number;
}

interface Walk {
  readonly faults: Faults;
  readonly maxDepth: number;
}

/** Where the walk is. */
interface Spot {
  readonly path: string;
  readonly depth: number;
  /** Values found here are not repeated in a message. */
  readonly quiet: boolean;
}

const ELEMENT = typeDefinition('Element')!;

/** The faults of a resource; none when it has the shape of R4. */
export function checkStructure(resource: Json, { maxDepth = 64, limit = 20 }: StructureOptions = {}): Issue[] {
  const walk: Walk = { faults: new Faults(limit), maxDepth };
  const type = resource?.resourceType;
  const path = typeof type === 'string' && isResourceType(type) ? type : 'Resource';
  checkResource(walk, resource, { path, depth: 0, quiet: false });
  return walk.faults.issues;
}

function checkResource(walk: Walk, resource: Json, place: Spot): void {
  const { faults } = walk;
  const type: Json = isObject(resource) ? resource.resourceType : undefined;
  const path = `${place.path}.resourceType`;
  if (!isObject(resource)) faults.add('structure', place.path, kindOf(resource), WORDS.resource);
  else if (type === undefined) faults.add('structure', path, WORDS.noType, WORDS.typeName);
  else if (typeof type !== 'string') faults.add('structure', path, kindOf(type), WORDS.typeName);
  else if (isResourceType(type)) checkObject(walk, resource, typeDefinition(type)!, place);
  else faults.add('structure', path, WORDS.unknownName, WORDS.typeName);
}

/** The elements of an object: of a resource, of a complex type, or of what completes a primitive. */
function checkObject(walk: Walk, value: Json, type: TypeDefinition, place: Spot): void {
  const { faults, maxDepth } = walk;
  const depth = place.depth + 1;
  if (depth > maxDepth) {
    faults.add('structure', place.path, WORDS.deeper, {
      en: `at most ${maxDepth} levels`,
      fr: `${maxDepth} niveaux au plus`,
    });
    return;
  }
  const quiet = place.quiet || isQuiet(type.name);
  let choices: Map<string, string> | undefined;
  let count = 0;
  for (const property of Object.keys(value)) {
    if (faults.isFull) return;
    if (value[property] === undefined || (property === 'resourceType' && type.kind === 'resource')) continue;
    count++;
    const isShadow = property.charCodeAt(0) === 0x5f;
    const name = isShadow ? property.slice(1) : property;
    const element = type.elements.get(name);
    if (element === undefined || (isShadow && element.shadow === undefined)) {
      faults.unknown(place.path, property, type);
      continue;
    }
    const inside: Spot = { path: `${place.path}.${name}`, depth, quiet };
    if (element.isChoice) {
      choices ??= new Map();
      checkChoice(faults, choices, element, inside.path);
    }
    if (isShadow) checkShadow(walk, value[property], value[name], element, inside);
    else checkElement(walk, value[property], element.shadow && value[element.shadow], element, inside);
  }
  if (type.kind !== 'resource') checkContent(faults, value, count, type, place.path);
  checkRequired(faults, value, type, choices, place.path);
  if (type.name === 'Extension') checkExtension(faults, value, choices !== undefined, place.path);
}

/** One type only of a `value[x]`. */
function checkChoice(
  faults: Faults,
  choices: Map<string, string>,
  { name, property }: ElementDefinition,
  path: string,
): void {
  const other = choices.get(name) ?? property;
  choices.set(name, property);
  if (other === property) return;
  const found = { en: `a second type beside ${other}`, fr: `un second type à côté de ${other}` };
  faults.add('structure', path, found, { en: `one ${name}[x]`, fr: `un seul ${name}[x]` });
}

/** ele-1: an element has a value or children; an id is not enough. */
function checkContent(faults: Faults, value: Json, count: number, type: TypeDefinition, path: string): void {
  if (count === 0) faults.add('structure', path, WORDS.emptyObject, WORDS.content);
  else if (count === 1 && value.id !== undefined && type !== ELEMENT)
    faults.add('structure', path, WORDS.idAlone, WORDS.content);
}

function checkRequired(
  faults: Faults,
  value: Json,
  type: TypeDefinition,
  choices: Map<string, string> | undefined,
  path: string,
): void {
  for (const { name, property, isChoice, shadow } of type.required) {
    const isThere = value[property] !== undefined || (shadow !== undefined && value[shadow] !== undefined);
    if (isChoice ? !choices?.has(name) : !isThere) faults.missing(`${path}.${name}`, isChoice);
  }
}

/** ext-1: a value or extensions, not both, not neither. */
function checkExtension(faults: Faults, value: Json, hasValue: boolean, path: string): void {
  if (hasValue !== (value.extension !== undefined)) return;
  faults.add('structure', path, hasValue ? WORDS.both : WORDS.neither, WORDS.valueOrExtension);
}

function checkElement(walk: Walk, value: Json, shadow: Json, element: ElementDefinition, place: Spot): void {
  if (!element.isList) checkValue(walk, value, element, place);
  else if (!Array.isArray(value)) walk.faults.add('structure', place.path, kindOf(value), WORDS.list);
  else if (value.length === 0) walk.faults.add('structure', place.path, WORDS.emptyList, WORDS.list);
  else {
    const shadows: Json[] = Array.isArray(shadow) ? shadow : [];
    for (let i = 0; i < value.length && !walk.faults.isFull; i++) {
      // A null keeps the place of a primitive that has only an extension.
      if (value[i] === null && isObject(shadows[i])) continue;
      checkValue(walk, value[i], element, { path: `${place.path}[${i}]`, depth: place.depth, quiet: place.quiet });
    }
  }
}

function checkValue(walk: Walk, value: Json, element: ElementDefinition, place: Spot): void {
  const { type, isPrimitive } = element;
  if (isPrimitive) checkPrimitiveValue(walk.faults, value, element, place);
  else if (!isObject(value)) {
    const name = type.includes('.') ? '' : ` (${type})`;
    walk.faults.add('structure', place.path, kindOf(value), { en: `an object${name}`, fr: `un objet${name}` });
  } else if (type === 'Resource') checkResource(walk, value, place);
  else checkObject(walk, value, typeDefinition(type)!, place);
}

function checkPrimitiveValue(
  faults: Faults,
  value: Json,
  { type, codes, binding }: ElementDefinition,
  { path, quiet }: Spot,
): void {
  const fault = checkPrimitive(type, value);
  if (fault !== undefined)
    faults.add(fault.code, path, fault.found ?? quote(value, quiet || isQuiet(type)), fault.expected);
  else if (codes !== undefined && !codes.has(value))
    faults.add('code-invalid', path, quote(value, quiet), oneOf(codes, binding!.valueSet));
}

/** `_name`: the id and extensions of a primitive, or of each item of a list. */
function checkShadow(walk: Walk, shadow: Json, value: Json, element: ElementDefinition, place: Spot): void {
  const { faults } = walk;
  if (!element.isList) checkShadowValue(walk, shadow, value, place);
  else if (!Array.isArray(shadow)) faults.add('structure', place.path, kindOf(shadow), WORDS.list);
  else if (shadow.length === 0) faults.add('structure', place.path, WORDS.emptyList, WORDS.list);
  else if (Array.isArray(value) && value.length !== shadow.length)
    faults.add('structure', place.path, WORDS.unequal, WORDS.asMany);
  else {
    for (let i = 0; i < shadow.length && !faults.isFull; i++) {
      // A null keeps the place of a value that nothing completes.
      if (shadow[i] === null && Array.isArray(value)) continue;
      const inside = { path: `${place.path}[${i}]`, depth: place.depth, quiet: place.quiet };
      checkShadowValue(walk, shadow[i], Array.isArray(value) ? value[i] : undefined, inside);
    }
  }
}

function checkShadowValue(walk: Walk, shadow: Json, value: Json, place: Spot): void {
  const isAlone = value === undefined || value === null;
  if (!isObject(shadow)) walk.faults.add('structure', place.path, kindOf(shadow), WORDS.complement);
  else if (isAlone && shadow.id !== undefined && shadow.extension === undefined) {
    walk.faults.add('structure', place.path, WORDS.idAlone, WORDS.content);
  } else checkObject(walk, shadow, ELEMENT, place);
}

function isObject(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isDecimal(value);
}
