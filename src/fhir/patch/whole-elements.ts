/**
 * A resource whose primitives are whole elements: value, id and extensions in one object, in lists too. JSON writes
 * them as two properties (`birthDate`, `_birthDate`), which a patch must move, insert and delete together.
 * https://hl7.org/fhir/R4/json.html#primitive
 */
import { elementsOf, typeDefinition } from '../definitions.ts';
import type { ElementDefinition } from '../definitions.ts';
import type { Json } from '../resource.ts';

const VALUE = '@value';

/** A primitive with all that belongs to it; `@value` is absent where it has extensions only. */
export class WholePrimitive {
  [VALUE]?: Json;
  id?: Json;
  extension?: Json;

  constructor(value: Json, shadow: Json) {
    if (value !== undefined && value !== null) this[VALUE] = value;
    if (shadow?.id !== undefined) this.id = shadow.id;
    if (shadow?.extension !== undefined) this.extension = toWhole(shadow, 'Element').extension;
  }

  get shadow(): Json {
    const { id, extension } = this;
    if (id === undefined && extension === undefined) return null;
    return {
      ...(id === undefined ? {} : { id }),
      ...(extension === undefined ? {} : { extension: toJson(extension) }),
    };
  }
}

/** The value of an element, whole or not. */
export function heldBy(element: Json): Json {
  return element instanceof WholePrimitive ? element[VALUE] : element;
}

/** The elements of a type; a primitive has those of any element. */
export function childrenOf(type: string): ReadonlyMap<string, ElementDefinition> {
  return elementsOf(typeDefinition(type)?.kind === 'primitive' ? 'Element' : type);
}

/** Makes primitives whole, everywhere below an object of this type. The result shares nothing with it. */
export function toWhole(object: Json, type: string): Json {
  const whole: Json = {};
  const own = type === 'Resource' && typeof object.resourceType === 'string' ? object.resourceType : type;
  const elements = elementsOf(own);
  for (const key of Object.keys(object)) {
    const element = elements.get(key.replace(/^_/, ''));
    if (element?.shadow === undefined) whole[key] = mapped(object[key], (item) => deep(item, element?.type));
    else whole[element.property] ??= wholePrimitives(object[element.property], object[element.shadow]);
  }
  return whole;
}

function wholePrimitives(value: Json, shadow: Json): Json {
  if (!Array.isArray(value) && !Array.isArray(shadow)) return new WholePrimitive(value, shadow);
  const length = Math.max(value?.length ?? 0, shadow?.length ?? 0);
  return Array.from({ length }, (_, i) => new WholePrimitive(value?.[i], shadow?.[i]));
}

/** A value of a type: an object becomes whole below, a primitive stays as it is. */
export function deep(value: Json, type: string | undefined): Json {
  const isObject =
    type !== undefined && value !== null && typeof value === 'object' && typeDefinition(type) !== undefined;
  return isObject ? toWhole(value, type) : value;
}

/** Back to JSON: two properties for a primitive, lists of the same length. */
export function toJson(value: Json): Json {
  if (Array.isArray(value)) return value.map(toJson);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const json: Json = {};
  for (const key of Object.keys(value)) {
    const held = value[key];
    const items: Json[] = Array.isArray(held) ? held : [held];
    if (!(items[0] instanceof WholePrimitive)) {
      json[key] = toJson(held);
      continue;
    }
    const values = items.map((item) => heldBy(item) ?? null);
    const shadows = items.map((item: WholePrimitive) => item.shadow);
    if (values.some((item) => item !== null)) json[key] = Array.isArray(held) ? values : values[0];
    if (shadows.some((item) => item !== null)) json[`_${key}`] = Array.isArray(held) ? shadows : shadows[0];
  }
  return json;
}

function mapped(held: Json, each: (item: Json) => Json): Json {
  return Array.isArray(held) ? held.map(each) : each(held);
}
