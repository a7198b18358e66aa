/** Values inside a resource with their path and type: the validator moves from one to the next. */
import { type ElementDefinition, elementsOf } from '../definitions.ts';
import type { Json } from '../resource.ts';

export interface LocatedValue {
  value: Json;
  /** FHIR type: `Coding`, `code`, `Slot`, `Slot.participant`. */
  type: string;
  /** FHIRPath from the resource: `Slot.serviceType[0].coding[1]`. */
  path: string;
}

/** The values of an element of an object; of a choice (`value[x]`), whichever is there. */
export function valuesOf({ value, type, path }: LocatedValue, name: string): LocatedValue[] {
  if (value === null || typeof value !== 'object') return [];
  const found: LocatedValue[] = [];
  for (const element of propertiesOf(type, name)) {
    const held = value[element.property] ?? withoutValue(value[`_${element.property}`]);
    if (held === undefined) continue;
    if (Array.isArray(held)) {
      for (let i = 0; i < held.length; i++)
        found.push({ value: held[i], type: typeOf(held[i], element), path: `${path}.${element.property}[${i}]` });
    } else found.push({ value: held, type: typeOf(held, element), path: `${path}.${element.property}` });
  }
  return found;
}

/** A primitive that has no value is there, if it has extensions: they say why. */
function withoutValue(extended: Json): Json {
  if (extended === undefined) return undefined;
  return Array.isArray(extended) ? extended.map(() => null) : null;
}

function typeOf(value: Json, element: ElementDefinition): string {
  return element.type === 'Resource' && typeof value?.resourceType === 'string' ? value.resourceType : element.type;
}

const cache = new Map<string, Map<string, readonly ElementDefinition[]>>();

function propertiesOf(type: string, name: string): readonly ElementDefinition[] {
  let ofType = cache.get(type);
  if (ofType === undefined) {
    ofType = new Map();
    cache.set(type, ofType);
  }
  let found = ofType.get(name);
  if (found === undefined) {
    const bare = name.replace(/\[x\]$/, '');
    found = [...elementsOf(type).values()].filter((element) => element.name === bare || element.property === bare);
    ofType.set(name, found);
  }
  return found;
}

/** Values at a discriminator's path: `coding.system`, `$this`, `extension('url').value`, `reference.resolve()`. */
export function valuesAt(
  start: LocatedValue,
  path: string,
  resolve: (reference: Json) => LocatedValue | undefined,
): LocatedValue[] {
  let places = [start];
  for (const step of steps(path)) {
    if (step === '$this') continue;
    const extension = /^extension\(['"](.+)['"]\)$/.exec(step)?.[1];
    const ofType = /^ofType\((\w+)\)$/.exec(step)?.[1];
    if (extension !== undefined)
      places = places
        .flatMap((place) => valuesOf(place, 'extension'))
        .filter((value) => value.value?.url === extension);
    else if (ofType !== undefined) places = places.filter((place) => place.type === ofType);
    else if (step === 'resolve()') places = places.flatMap((place) => resolve(place.value) ?? []);
    else places = places.flatMap((place) => valuesOf(place, step));
  }
  return places;
}

const split = new Map<string, string[]>();

function steps(path: string): string[] {
  let found = split.get(path);
  if (found === undefined) {
    found = path.match(/extension\(['"][^'"]+['"]\)|ofType\(\w+\)|resolve\(\)|\$this|[\w-]+/g) ?? [];
    split.set(path, found);
  }
  return found;
}

/** Is every part of the pattern in the value? Lists: each item of the pattern is matched by some item. */
export function fits(value: Json, pattern: Json): boolean {
  if (Array.isArray(pattern))
    return Array.isArray(value) && pattern.every((wanted) => value.some((held) => fits(held, wanted)));
  if (pattern !== null && typeof pattern === 'object') {
    if (value === null || typeof value !== 'object') return false;
    return Object.keys(pattern).every((key) => fits(value[key], pattern[key]));
  }
  return value === pattern;
}

/** Exactly equal, whatever the order of the properties. */
export function equals(a: Json, b: Json): boolean {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => equals(a[key], b[key]));
}
