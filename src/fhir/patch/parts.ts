/**
 * The value of a FHIRPath Patch operation: a `value[x]`, or `part`s for the types that R4's Parameters lacks, nested as
 * deep as needed. Which properties are lists, and the suffix of a choice, come from the definitions.
 */
import { type FhirError, malformed, unprocessable } from '../issue.ts';
import type { Json } from '../resource.ts';
import { childrenOf, deep, WholePrimitive } from './whole-elements.ts';

/** `element` is where the value goes: `name` of an object of `type`. */
export function partsToValue(
  parameter: Json,
  element: { type: string; name: string },
): { property: string; value: Json; isList: boolean } {
  const key = Object.keys(parameter)
    .find((key) => /^_?value/.test(key))
    ?.replace(/^_/, '');
  const suffix = key?.slice('value'.length);
  const { property, type, isList, isPrimitive } = propertyFor(element, suffix);
  if (key !== undefined && isPrimitive)
    return { property, value: new WholePrimitive(parameter[key], parameter[`_${key}`]), isList };
  if (key !== undefined) return { property, value: deep(parameter[key], type), isList };
  if (parameter.resource !== undefined) return { property, value: deep(parameter.resource, 'Resource'), isList };
  if (parameter.part === undefined) throw unreadable(`the value of ${element.name} is missing`);
  return { property, value: partsToObject(parameter.part, type), isList };
}

function partsToObject(parts: Json[], type: string): Json {
  const object: Json = {};
  for (const part of parts) {
    const { property, value, isList } = partsToValue(part, { type, name: part.name });
    if (isList) {
      object[property] ??= [];
      object[property].push(value);
    } else if (object[property] === undefined) object[property] = value;
    else throw unreadable(`${part.name} is given twice and does not repeat`);
  }
  return object;
}

/**
 * The JSON property of an element: of a choice, the one for the given type. Names like `valueExtension` are met too.
 */
function propertyFor(
  { type, name }: { type: string; name: string },
  suffix: string | undefined,
): { property: string; type: string; isList: boolean; isPrimitive: boolean } {
  const elements = childrenOf(type);
  const bare = name.replace(/\[x\]$/, '');
  const found = elements.get(name) ?? (suffix === undefined ? undefined : elements.get(bare + suffix));
  // An id and the text of a narrative have no extensions: they are plain values.
  if (found !== undefined) return { ...found, isPrimitive: found.shadow !== undefined };
  throw unprocessable(`${type} has no element ${name}`, `l'élément « ${name} » n'existe pas.`);
}

function unreadable(reason: string): FhirError {
  return malformed(`The FHIRPath Patch cannot be read: ${reason}`, 'valeur illisible.');
}
