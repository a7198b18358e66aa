/**
 * JSON Patch (RFC 6902) through the `rfc6902` package, its only door, with what it lacks: the document is cloned (a
 * failed patch leaves it half changed), wrapped (the root can be replaced), and pointers are checked.
 */
import { applyPatch } from 'rfc6902';
import { isLosslessNumber } from 'lossless-json';
import { BUDGETS, spend } from '../budgets.ts';
import { countNodes } from '../resource-cost.ts';
import { type FhirError, malformed, unprocessable } from '../issue.ts';
import { numberOf, toNumber } from '../json.ts';
import type { Json, Resource } from '../resource.ts';

const MEMBERS: ReadonlyMap<unknown, readonly string[]> = new Map(
  Object.entries({
    add: ['path', 'value'],
    replace: ['path', 'value'],
    test: ['path', 'value'],
    remove: ['path'],
    move: ['from', 'path'],
    copy: ['from', 'path'],
  }),
);

/** Applies a patch to a copy. Malformed: 400; a failed `test` or an operation that cannot apply: 422. */
export function applyJsonPatch(resource: Resource, operations: Json): Resource {
  const result: Json = patchDocument(resource, operations);
  if (
    result === null ||
    typeof result !== 'object' ||
    result.resourceType !== resource.resourceType ||
    result.id !== resource.id
  ) {
    throw unprocessable(
      'A patch cannot change resourceType or id',
      'Un correctif ne peut changer ni le type ni l’identifiant.',
    );
  }
  return result;
}

/** Any JSON document; see `applyJsonPatch`. */
export function patchDocument(document: Json, operations: Json): Json {
  if (!Array.isArray(operations)) throw unreadable('a JSON Patch is an array of operations');
  spend('patchOperations', operations.length);
  const wrapped = { root: frozen(document) };
  let nodes = countNodes(document, BUDGETS.resourceNodes.most);
  for (const [i, operation] of operations.entries()) {
    const members = MEMBERS.get(operation?.op);
    if (members === undefined) throw unreadable(`operation ${i}: op is add, remove, replace, move, copy or test`);
    for (const member of members) {
      const value = operation[member];
      if (value === undefined) throw unreadable(`operation ${i}: ${member} is missing`);
      if (member !== 'value' && !isPointer(value)) throw unreadable(`operation ${i}: ${member} is not a JSON pointer`);
    }
    const inner = { ...operation, path: `/root${operation.path}` };
    if (operation.from !== undefined) inner.from = `/root${operation.from}`;
    if (operation.op === 'move' && `${inner.path}/`.startsWith(`${inner.from}/`) && inner.path !== inner.from) {
      throw cannotApply(i, operation, 'a value cannot move into itself');
    }
    if (operation.op === 'remove' && operation.path === '')
      throw cannotApply(i, operation, 'the whole resource cannot be removed');
    if (operation.op === 'test') {
      if (!sameAt(wrapped, inner.path, inner.value)) throw cannotApply(i, operation, 'the tested value is another one');
      continue;
    }
    if (inner.value !== undefined) inner.value = frozen(inner.value);
    // Before it is applied: a value that is copied into itself doubles each time.
    const added = operation.op === 'copy' ? valueAt(wrapped, inner.from) : inner.value;
    nodes += countNodes(added, BUDGETS.resourceNodes.most);
    spend('resourceNodes', nodes);
    const [error] = applyPatch(wrapped, [inner]);
    if (error)
      throw cannotApply(
        i,
        operation,
        error.name === 'MissingError' ? 'the path does not exist' : 'it cannot apply here',
      );
  }
  return thawed(wrapped.root);
}

/**
 * Marks a decimal that is kept digit for digit, while the package clones what it adds and copies; no FHIR string holds
 * U+0000.
 */
const MARK = '\u0000';

/** A copy that survives cloning by a library that knows plain JSON only. */
function frozen(value: Json): Json {
  if (isLosslessNumber(value)) return MARK + String(value);
  if (Array.isArray(value)) return value.map(frozen);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, frozen(member)]));
}

function thawed(value: Json): Json {
  if (typeof value === 'string') return value.startsWith(MARK) ? toNumber(value.slice(MARK.length)) : value;
  if (Array.isArray(value)) return value.map(thawed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, thawed(member)]));
}

function isPointer(text: unknown): boolean {
  return typeof text === 'string' && (text === '' || text.startsWith('/')) && !/~(?![01])/.test(text);
}

function sameAt(document: Json, pointer: string, expected: Json): boolean {
  const value = valueAt(document, pointer);
  return value !== undefined && same(thawed(value), expected);
}

/** `undefined` when there is nothing. */
function valueAt(document: Json, pointer: string): Json {
  let value = document;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) {
      if (!/^(0|[1-9]\d*)$/.test(name)) return undefined;
      value = value[Number(name)];
    } else if (value !== null && typeof value === 'object' && Object.hasOwn(value, name)) value = value[name];
    else return undefined;
  }
  return value;
}

/** Equality of RFC 6902 4.6: numbers by value, objects in any order. */
function same(a: Json, b: Json): boolean {
  if (typeof a === 'number' || typeof b === 'number' || isLosslessNumber(a) || isLosslessNumber(b)) {
    const isNumber = (value: Json): boolean => typeof value === 'number' || isLosslessNumber(value);
    return isNumber(a) && isNumber(b) && numberOf(a) === numberOf(b);
  }
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

function unreadable(reason: string): FhirError {
  return malformed(`The JSON Patch cannot be read: ${reason}`, 'Correctif JSON illisible.');
}

function cannotApply(index: number, operation: Json, reason: string): FhirError {
  return unprocessable(
    `JSON Patch operation ${index} (${operation.op} ${String(operation.path).slice(0, 120)}): ${reason}`,
    `Le correctif n'a pas pu être appliqué (opération ${index + 1}).`,
    String(operation.path).slice(0, 120),
  );
}
