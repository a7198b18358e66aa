/**
 * FHIRPath Patch: a `Parameters` resource with operations add, insert, delete, replace and move.
 * https://hl7.org/fhir/R4/fhirpatch.html
 */
import { spend } from '../budgets.ts';
import type { Parameter } from '../foundation.ts';
import { FhirError, malformed, unprocessable } from '../issue.ts';
import { numberOf } from '../json.ts';
import type { Json, Resource } from '../resource.ts';
import { isType, list } from '../resources.ts';
import { type FoundElement, locate } from './locate.ts';
import { partsToValue } from './parts.ts';
import { childrenOf, toJson, toWhole } from './whole-elements.ts';

interface PatchOperation {
  type: string;
  path: string;
  name: string | undefined;
  /** The whole parameter: its value is read once the element's type is known. */
  value: Json;
  index: number | undefined;
  source: number | undefined;
  destination: number | undefined;
}

/** Applies a patch to a copy. Malformed: 400; a path that does not name one element: 422. */
export function applyFhirPathPatch(resource: Resource, parameters: Resource): Resource {
  const result: Resource = toWhole(resource, resource.resourceType);
  const operations = readOperations(parameters);
  spend('patchOperations', operations.length);
  for (const [i, operation] of operations.entries()) {
    try {
      apply(result, operation);
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      const place = `operation ${i} (${operation.type} ${operation.path.slice(0, 160)})`;
      throw new FhirError(error.code, `FHIRPath Patch ${place}: ${error.message}`, {
        expression: operation.path.slice(0, 160),
        text: `Le correctif n'a pas pu être appliqué (opération ${i + 1}) : ${error.issues[0]!.text}`,
        cause: error,
      });
    }
  }
  const patched: Resource = toJson(result);
  if (patched.resourceType !== resource.resourceType || patched.id !== resource.id) {
    throw unprocessable(
      'A patch cannot change resourceType or id',
      'Un correctif ne peut changer ni le type ni l’identifiant.',
    );
  }
  return patched;
}

function readOperations(patch: Resource): PatchOperation[] {
  requireParts(patch['parameter']);
  const all = isType(patch, 'Parameters') ? list(patch.parameter) : undefined;
  const operations = (all ?? []).filter(({ name }) => name === 'operation');
  // An empty patch changes nothing; anything else without an operation is a mistake.
  if (all === undefined || operations.length !== all.length) throw unreadable('there is no parameter named operation');
  return operations.map((parameter) => {
    const part = (name: string): Parameter | undefined => list(parameter.part).find((part) => part.name === name);
    const value = (name: string): Json => {
      const found: Json = part(name) ?? {};
      return found[Object.keys(found).find((key) => key.startsWith('value')) ?? ''];
    };
    const text = (name: string): string | undefined => (value(name) === undefined ? undefined : String(value(name)));
    const number = (name: string): number | undefined =>
      value(name) === undefined ? undefined : numberOf(value(name));
    const type = text('type');
    const path = text('path');
    if (type === undefined || !['add', 'insert', 'delete', 'replace', 'move'].includes(type)) {
      throw unreadable('type is add, insert, delete, replace or move');
    }
    if (path === undefined) throw unreadable('path is missing');
    const operation: PatchOperation = {
      type,
      path,
      name: text('name'),
      value: part('value'),
      index: number('index'),
      source: number('source'),
      destination: number('destination'),
    };
    if (['add', 'insert', 'replace'].includes(type) && operation.value === undefined)
      throw unreadable(`${type} needs a value`);
    if (type === 'add' && operation.name === undefined) throw unreadable('add needs a name');
    if (type === 'insert' && operation.index === undefined) throw unreadable('insert needs an index');
    if (type === 'move' && (operation.source === undefined || operation.destination === undefined))
      throw unreadable('move needs source and destination');
    return operation;
  });
}

/** The body of a PATCH is not stored, so no other check has seen that its parts are lists of parameters with names. */
function requireParts(parts: unknown): void {
  if (parts === undefined) return;
  if (!Array.isArray(parts)) throw unreadable('parameter and part are lists');
  for (const part of parts) {
    if (typeof part?.name !== 'string') throw unreadable('a parameter has a name');
    requireParts(part.part);
  }
}

function apply(resource: Resource, operation: PatchOperation): void {
  const found = locate(operation.path, resource);
  switch (operation.type) {
    case 'add':
      add(resource, single(found), operation);
      return;
    case 'replace': {
      const target = single(found);
      const { parent, key, element } = siteOf(resource, target);
      const { property, value } = partsToValue(operation.value, element);
      if (property !== key && typeof key === 'string') delete parent[key];
      parent[typeof key === 'number' ? key : property] = value;
      return;
    }
    case 'delete': {
      if (found.length === 0) return;
      remove(resource, single(found).place);
      return;
    }
    case 'insert': {
      const { items, element } = listAt(resource, found, operation.path);
      const index = operation.index!;
      if (!Number.isInteger(index) || index < 0 || index > items.length) throw outOfRange(index, items.length);
      items.splice(index, 0, partsToValue(operation.value, element).value);
      return;
    }
    default: {
      const { items } = listAt(resource, found, operation.path);
      const { source, destination } = operation as { source: number; destination: number };
      for (const index of [source, destination])
        if (!Number.isInteger(index) || index < 0 || index >= items.length) throw outOfRange(index, items.length - 1);
      items.splice(destination, 0, items.splice(source, 1)[0]);
    }
  }
}

function add(resource: Resource, target: FoundElement, { name, value }: PatchOperation): void {
  const type = typeAt(resource, target.place);
  const { property, value: added, isList } = partsToValue(value, { type, name: name! });
  const parent = target.value;
  if (isList) {
    parent[property] ??= [];
    parent[property].push(added);
  } else if (parent[property] === undefined) parent[property] = added;
  else throw unprocessable(`${name} is there already and does not repeat: use replace`, 'l’élément existe déjà.');
}

/** Where an element stands: its container, its key, and which element of which type it is. */
function siteOf(
  resource: Resource,
  { place }: FoundElement,
): { parent: Json; key: string | number; element: { type: string; name: string } } {
  if (place.length === 0)
    throw unprocessable('the resource itself cannot be replaced', 'la ressource entière ne peut pas être remplacée.');
  const parent = valueAt(resource, place.slice(0, -1));
  const key = place.at(-1)!;
  const property = String(typeof key === 'number' ? place.at(-2) : key);
  const owner = place.slice(0, typeof key === 'number' ? -2 : -1);
  const type = typeAt(resource, owner);
  const element = childrenOf(type).get(property);
  return { parent, key, element: { type, name: element?.name ?? property } };
}

/** The list that a path to a repeating element names; all its elements must be found. */
function listAt(
  resource: Resource,
  found: FoundElement[],
  path: string,
): { items: Json[]; element: { type: string; name: string } } {
  const [first] = found;
  if (first === undefined) throw unprocessable('the path names nothing', 'le chemin ne désigne rien.');
  const at = typeof first.place.at(-1) === 'number' ? first.place.slice(0, -1) : first.place;
  const items = valueAt(resource, at);
  const isSame = found.every((found) => found.place.slice(0, -1).join('/') === at.join('/'));
  if (!Array.isArray(items) || !isSame)
    throw unprocessable(`${path.slice(0, 80)} is not one list`, 'le chemin ne désigne pas une liste.');
  const element = childrenOf(typeAt(resource, at.slice(0, -1))).get(String(at.at(-1)));
  return { items, element: { type: typeAt(resource, at.slice(0, -1)), name: element?.name ?? String(at.at(-1)) } };
}

/** FHIR type of the object at a place; a contained or bundled resource starts anew. */
function typeAt(resource: Resource, place: readonly (string | number)[]): string {
  let type = resource.resourceType;
  let value: Json = resource;
  for (const step of place) {
    value = value[step];
    if (typeof step === 'string') type = childrenOf(type).get(step)?.type ?? type;
    if (type === 'Resource' && typeof value?.resourceType === 'string') type = value.resourceType;
  }
  return type;
}

function valueAt(resource: Json, place: readonly (string | number)[]): Json {
  return place.reduce((value, step) => value[step], resource);
}

/** Removes an element, and the containers that it leaves empty: FHIR has no empty elements. */
function remove(resource: Json, place: readonly (string | number)[]): void {
  if (place.length === 0)
    throw unprocessable('the resource itself cannot be deleted', 'la ressource entière ne peut pas être supprimée.');
  const parent = valueAt(resource, place.slice(0, -1));
  const key = place.at(-1)!;
  if (Array.isArray(parent)) parent.splice(key as number, 1);
  else delete parent[key];
  const isEmpty = Array.isArray(parent) ? parent.length === 0 : Object.keys(parent).length === 0;
  if (isEmpty && place.length > 1) remove(resource, place.slice(0, -1));
}

function single(found: FoundElement[]): FoundElement {
  if (found.length === 1) return found[0]!;
  throw unprocessable(
    `the path names ${found.length} elements, it must name one`,
    'le chemin doit désigner un seul élément.',
  );
}

function outOfRange(index: number, last: number): FhirError {
  return unprocessable(`index ${index} is outside 0 to ${last}`, 'position hors de la liste.');
}

function unreadable(reason: string): FhirError {
  return malformed(
    `The FHIRPath Patch cannot be read: ${reason}`,
    'Correctif FHIRPath illisible.',
    'Parameters.parameter',
  );
}
