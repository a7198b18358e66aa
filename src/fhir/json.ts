/**
 * JSON text <-> values, with FHIR decimals digit for digit: `1.50` stays `1.50`. The only door to `lossless-json`.
 * Numbers that a JS number carries without loss stay JS numbers; the others become `LosslessNumber`.
 * https://hl7.org/fhir/R4/json.html
 */
import {
  isLosslessNumber,
  LosslessNumber,
  parse as losslessParse,
  stringify as losslessStringify,
} from 'lossless-json';
import { type FhirError, malformed, wrongValue } from './issue.ts';
import type { Json, Resource } from './resource.ts';
import type { ResourceTypes } from './resources.ts';

/** Deeper nesting is refused before any recursion. */
const MAX_DEPTH = 100;

export function parseJson(text: string): Json {
  const scan = scanJson(text);
  if (scan.tooDeep !== undefined)
    throw malformed(
      `The JSON is nested deeper than ${MAX_DEPTH} levels: ${lineOf(text, scan.tooDeep)}`,
      'Contenu JSON trop imbriqué.',
    );
  let value: Json;
  try {
    value = scan.hasDecimals ? losslessParse(text, undefined, toNumber) : JSON.parse(text);
  } catch (cause) {
    throw notJson(text, cause as Error);
  }
  if (scan.hasEscapes || scan.hasSurrogates)
    checkStrings(
      value,
      typeof value?.resourceType === 'string' && /^\w{1,64}$/.test(value.resourceType) ? value.resourceType : '$this',
    );
  return value;
}

/**
 * The same for a text that a caller sent: a property that is there twice is refused, since
 * readers would differ; so is `__proto__`, which copies would take for something else.
 */
export function parseReceivedJson(text: string): Json {
  const value = parseJson(text);
  const members = countMembers(value);
  if (members === scanJson(text).members) return value;
  if (Number.isNaN(members))
    throw malformed('No property is called __proto__', 'Une propriété porte un nom interdit : __proto__.');
  throw malformed(
    'The body is not valid JSON: a property is there twice in one object',
    'Le contenu n’est pas du JSON valide : une propriété y figure deux fois.',
  );
}

function countMembers(value: Json): number {
  if (value === null || typeof value !== 'object' || isLosslessNumber(value)) return 0;
  if (Object.hasOwn(value, '__proto__')) return Number.NaN;
  const held = Object.values(value as object);
  const inside = held.reduce((sum: number, item: Json) => sum + countMembers(item), 0);
  return inside + (Array.isArray(value) ? 0 : held.length);
}

/** The resource of a finished text whose type is known from where it was stored. */
export function parseResource<T extends keyof ResourceTypes>(type: T, text: string): ResourceTypes[T] {
  const resource: Json = parseJson(text);
  if (resource.resourceType !== type) throw new Error(`This is not the text of a resource of type ${type}`);
  return resource;
}

/** The resource of a finished text, of whichever type. `isType` and `asType` narrow it. */
export function parseAnyResource(text: string): Resource {
  const resource: Json = parseJson(text);
  if (typeof resource?.resourceType !== 'string') throw new Error('This is not the text of a resource');
  return resource;
}

export function stringifyJson(value: Json, pretty = false): string {
  const indent = pretty ? 2 : undefined;
  return holdsLossless(value) ? losslessStringify(value, undefined, indent)! : JSON.stringify(value, undefined, indent);
}

export function isDecimal(value: Json): boolean {
  return typeof value === 'number' || isLosslessNumber(value);
}

/** The JS number nearest to a FHIR decimal. */
export function numberOf(value: Json): number {
  return typeof value === 'number' ? value : Number(String(value));
}

/** A decimal from its text, keeping digits that a JS number would lose. */
export function toNumber(text: string): Json {
  const value = Number(text);
  return String(value) === text ? value : new LosslessNumber(text);
}

export function cloneJson<T extends Json>(value: T): T {
  if (Array.isArray(value)) return value.map((item: Json) => cloneJson(item)) as T;
  if (value === null || typeof value !== 'object' || isLosslessNumber(value)) return value;
  const copy: Record<string, Json> = {};
  for (const key of Object.keys(value)) copy[key] = cloneJson((value as Record<string, Json>)[key]);
  return copy as T;
}

interface Scan {
  /** Where the nesting goes too deep. */
  tooDeep: number | undefined;
  /** A number whose text JS would write differently. */
  hasDecimals: boolean;
  /** Names of properties, of all objects together. */
  members: number;
  hasEscapes: boolean;
  hasSurrogates: boolean;
}

const NUMBER = /-?\d[\d.eE+-]*/y;

/** One linear pass over the text: depth, numbers outside strings, escapes inside. */
function scanJson(text: string): Scan {
  const scan: Scan = { tooDeep: undefined, hasDecimals: false, members: 0, hasEscapes: false, hasSurrogates: false };
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      let end = text.indexOf('"', i + 1);
      while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
      if (end < 0) return scan;
      i = end;
    } else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_DEPTH) {
        scan.tooDeep = i;
        return scan;
      }
    } else if (c === 0x7d || c === 0x5d) depth--;
    else if (c === 0x3a) scan.members++;
    else if (c === 0x2d || (c >= 0x30 && c <= 0x39)) {
      NUMBER.lastIndex = i;
      const number = NUMBER.exec(text)?.[0] ?? '';
      if (String(Number(number)) !== number) scan.hasDecimals = true;
      i += Math.max(number.length - 1, 0);
    }
  }
  scan.hasEscapes = text.includes('\\u');
  scan.hasSurrogates = /[\ud800-\udfff]/.test(text);
  return scan;
}

/** Is the quote at `at` preceded by an odd number of backslashes? */
function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++;
  return slashes % 2 === 1;
}

/** No NUL and no half of a surrogate pair: neither FHIR nor the database holds them. */
export function isText(value: string): boolean {
  return !value.includes('\u0000') && value.isWellFormed();
}

function checkStrings(value: Json, path: string): void {
  if (typeof value === 'string') {
    if (!isText(value)) {
      throw wrongValue(
        'A string holds U+0000 or half of a surrogate pair',
        'Un texte contient un caractère interdit.',
        path,
      );
    }
  } else if (Array.isArray(value)) value.forEach((item, i) => void checkStrings(item, `${path}[${i}]`));
  else if (value !== null && typeof value === 'object') {
    for (const key of Object.keys(value)) {
      checkStrings(key, path);
      checkStrings(value[key], `${path}.${key}`);
    }
  }
}

function holdsLossless(value: Json): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.some(holdsLossless);
  if (isLosslessNumber(value)) return true;
  for (const key in value) if (holdsLossless(value[key])) return true;
  return false;
}

/**
 * With the place, which engines do not always tell, and the lossless parser does; never with the text itself, which may
 * hold a name.
 */
function notJson(text: string, error: Error): FhirError {
  const at = positionIn(error) ?? positionOf(text);
  const why = /[Dd]uplicate key/.test(error.message) ? ': a property is there twice' : '';
  if (at === undefined) return malformed(`The body is not valid JSON${why}`, 'Le contenu n’est pas du JSON valide.');
  return malformed(
    `The body is not valid JSON: ${lineOf(text, at)}${why}`,
    `Le contenu n’est pas du JSON valide, à la ligne ${text.slice(0, at).split('\n').length}.`,
  );
}

function positionOf(text: string): number | undefined {
  try {
    losslessParse(text);
  } catch (error) {
    return positionIn(error as Error);
  }
  return undefined;
}

function positionIn({ message }: Error): number | undefined {
  const [, at] = /position (\d+)/.exec(message) ?? [];
  return at === undefined ? undefined : Number(at);
}

function lineOf(text: string, at: number): string {
  const before = text.slice(0, at).split('\n');
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
}
