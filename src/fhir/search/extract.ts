/**
 * The values by which a resource is found: one per search parameter, in the form that the columns hold.
 * Used to write the columns of a stored resource, and by the slot search on computed slots.
 * https://hl7.org/fhir/R4/search.html
 */
import { parseDateRange } from '../date.ts';
import { equivalentTokens } from '../french/identifiers.ts';
import { isExtension } from '../french/fr-extensions.ts';
import { numberOf } from '../json.ts';
import { localReference } from '../local-reference.ts';
import type { Json, Resource } from '../resource.ts';
import { MARK } from './index-entry.ts';
import { type SearchParameter, searchParameters } from './parameters.ts';
import { normalise } from './text.ts';

/**
 * Column -> value. Tokens, references and uris are lists; dates a range in milliseconds (`null` = open); strings one
 * text.
 */
export type IndexValue = string[] | { start: number | null; end: number | null } | string | number | null;
export type IndexRow = Record<string, IndexValue>;

export function extract(resource: Resource): IndexRow {
  const row: IndexRow = {};
  for (const parameter of searchParameters(resource.resourceType).values()) {
    if (parameter.name !== '_id' && parameter.name !== '_lastUpdated') write(row, parameter, resource);
  }
  return row;
}

/** The columns of one parameter. */
export function extractParameter(resource: Resource, parameter: SearchParameter): IndexRow {
  const row: IndexRow = {};
  write(row, parameter, resource);
  return row;
}

function write(row: IndexRow, parameter: SearchParameter, resource: Resource): void {
  const found = parameter.paths.flatMap((path) => elementsAt(resource, path));
  const column = parameter.column;
  switch (parameter.kind) {
    case 'token':
      row[column] = [...new Set(found.flatMap(parameter.form === 'identifier' ? identifierTokens : tokens))];
      if (parameter.form !== 'code') row[`${column}_text`] = marked(found.flatMap(tokenTexts));
      return;
    case 'reference':
      row[column] = [...new Set(found.flatMap((found) => references(found, parameter.targets)))];
      return;
    case 'uri':
      row[column] = found.filter((found) => typeof found === 'string');
      return;
    case 'string': {
      const texts = found.flatMap(stringTexts);
      row[column] = marked(texts);
      row[`${column}_exact`] = texts;
      return;
    }
    case 'date':
      row[column] = hull(found.map(dateRange).filter((range) => range !== null));
      return;
    case 'near': {
      const position = found[0];
      row.latitude = position?.latitude === undefined ? null : numberOf(position.latitude);
      row.longitude = position?.longitude === undefined ? null : numberOf(position.longitude);
    }
  }
}

/**
 * Values at a dotted path, through arrays. `name[x]` keeps the telecoms of a system, the contained resources of a type
 * or the participants of a code.
 */
export function elementsAt(root: Json, path: string): Json[] {
  let nodes: Json[] = [root];
  for (const step of steps(path)) {
    const next: Json[] = [];
    for (const node of nodes) {
      if (step.extension !== undefined) {
        for (const extension of node.extension ?? []) {
          if (extension.url === step.extension || isExtension(extension, step.extension))
            next.push(step.isComplex && extension.extension ? flatten(extension) : extension);
        }
        continue;
      }
      const value = node?.[step.name];
      if (value === undefined || value === null) continue;
      for (const item of Array.isArray(value) ? value : [value]) {
        if (item === null) continue;
        if (step.filter !== undefined && !isOfKind(item, step.filter)) continue;
        next.push(item);
      }
    }
    nodes = next;
  }
  return nodes;
}

function isOfKind({ system, resourceType, type }: Json, kind: string): boolean {
  if (system === kind || resourceType === kind) return true;
  return Array.isArray(type) && type.some(({ coding }) => coding?.some(({ code }: Json) => code === kind));
}

/** A complex extension read like an element: its sub-extensions become properties. */
function flatten(extension: Json): Json {
  const flat: Json = {};
  for (const sub of extension.extension ?? []) {
    const key = Object.keys(sub).find((name) => name.startsWith('value'));
    if (key !== undefined) flat[sub.url] = sub[key];
  }
  return flat;
}

interface Step {
  name: string;
  filter?: string;
  extension?: string;
  isComplex?: boolean;
}

const cache = new Map<string, Step[]>();

function steps(path: string): Step[] {
  const known = cache.get(path);
  if (known !== undefined) return known;
  const parsed: Step[] = [];
  for (const match of path.matchAll(/ext\(([^)]+)\)|(\w+)(?:\[(\w+)\])?/g)) {
    if (match[1] !== undefined)
      parsed.push({ name: 'extension', extension: match[1], isComplex: !match[1].includes(':') });
    else parsed.push({ name: match[2]!, ...(match[3] ? { filter: match[3] } : {}) });
  }
  cache.set(path, parsed);
  return parsed;
}

/**
 * `system|code`, `code`, `system|`, and `|code` when there is no system; an identifier also `type:system|code|value`.
 */
function tokens(value: Json): string[] {
  if (typeof value !== 'object') return [String(value), `|${String(value)}`];
  if (value.coding !== undefined || value.text !== undefined) return (value.coding ?? []).flatMap(tokens);
  const code = value.code ?? value.value;
  const system = value.system;
  const list: string[] = [];
  if (code !== undefined) list.push(String(code), `${system ?? ''}|${code}`);
  if (system !== undefined) list.push(`${system}|`);
  for (const type of value.type?.coding ?? []) list.push(`type:${type.system ?? ''}|${type.code}|${code}`);
  return list;
}

/**
 * An identifier, under every written form of a national number (with its prefix or without, by OID or by URL; trap I8).
 */
function identifierTokens(value: Json): string[] {
  const own = tokens(value);
  const others = equivalentTokens(value);
  return others.length === 1
    ? own
    : [
        ...own,
        ...others,
        ...others.map((other) => other.slice(other.indexOf('|') + 1)),
        ...others.map((other) => other.slice(0, other.indexOf('|') + 1)),
      ];
}

function tokenTexts(value: Json): string[] {
  if (typeof value !== 'object') return [];
  const concept = value.type ?? value;
  return [concept.text, value.display, ...(concept.coding ?? []).map((coding: Json) => coding.display)].filter(Boolean);
}

/** `Type/id` of a reference to this server; `#system|value` of an identifier, for `:identifier`. */
function references(value: Json, targets: readonly string[]): string[] {
  const list: string[] = [];
  const reading = localReference(value);
  if (reading.is === 'local' && (targets.length === 0 || targets.includes(reading.type)))
    list.push(`${reading.type}/${reading.id}`);
  if (value.identifier?.value !== undefined) {
    for (const token of identifierTokens(value.identifier)) list.push(`#${token}`);
  }
  return list;
}

const NAME_PARTS = ['text', 'family', 'given', 'prefix', 'suffix'];
const ADDRESS_PARTS = ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country'];

function stringTexts(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return [...NAME_PARTS, ...ADDRESS_PARTS.slice(1)]
    .flatMap((part) => value[part] ?? [])
    .filter((text) => typeof text === 'string');
}

function marked(texts: string[]): string | null {
  const normal = [...new Set(texts.map(normalise).filter((text) => text !== ''))];
  return normal.length === 0 ? null : MARK + normal.join(MARK) + MARK;
}

interface DateRange {
  /** Epoch milliseconds; `null`: open. */
  start: number | null;
  end: number | null;
}

/** From the first of several periods to the last. */
function hull(ranges: readonly DateRange[]): DateRange | null {
  if (ranges.length === 0) return null;
  const bound = (values: (number | null)[], most: (...values: number[]) => number): number | null =>
    values.some((value) => value === null) ? null : most(...(values as number[]));
  return {
    start: bound(
      ranges.map(({ start }) => start),
      Math.min,
    ),
    end: bound(
      ranges.map(({ end }) => end),
      Math.max,
    ),
  };
}

function dateRange(value: Json): DateRange | null {
  if (typeof value === 'string') return parseDateRange(value) ?? null;
  const start = value.start === undefined ? null : (parseDateRange(value.start)?.start ?? null);
  const end = value.end === undefined ? null : (parseDateRange(value.end)?.end ?? null);
  return start === null && end === null ? null : { start, end };
}
