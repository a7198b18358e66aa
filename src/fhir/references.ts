/**
 * References inside a transaction: temporary ones (`urn:uuid:...`) and conditional ones (`Patient?identifier=...`)
 * become literal.
 * https://hl7.org/fhir/R4/http.html#trules, https://hl7.org/fhir/R4/bundle.html#references
 */
import type { Json, Resource } from './resource.ts';

/** Elements of type uri and url that may name an entry, besides `reference`. */
const URLS = new Set(['reference', 'url', 'valueUri', 'valueUrl', 'valueUuid', 'valueOid']);

/** A copy in which every reference that `to` knows is replaced, in narratives too. */
export function replaceReferences<T extends Json>(value: T, to: ReadonlyMap<string, string>): T {
  if (Array.isArray(value)) return value.map((item) => replaceReferences(item, to)) as T;
  // Decimals are objects of their own class: they stay as they are.
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const copy: Record<string, Json> = {};
  for (const [key, held] of Object.entries(value as Record<string, Json>)) {
    if (typeof held !== 'string') copy[key] = replaceReferences(held, to);
    else if (URLS.has(key)) copy[key] = replaced(held, to);
    else if (key === 'div')
      copy[key] = held.replace(/\b(href|src)="([^"]+)"/g, (_match, name, url) => `${name}="${replaced(url, to)}"`);
    else copy[key] = held;
  }
  return copy as T;
}

/** A fragment or a version after the entry's URL is kept. */
function replaced(text: string, to: ReadonlyMap<string, string>): string {
  const [, base = text, rest = ''] = /^([^#]*?)((?:\/_history\/[^/#]+)?(?:#.*)?)$/.exec(text) ?? [];
  const known = to.get(base);
  return known === undefined ? text : known + rest;
}

/** Conditional references of a resource, each once. */
export function conditionalReferences(resource: Resource): string[] {
  return referencesLike(resource, /^[A-Z][A-Za-z]+\?/);
}

/** Temporary references of a resource, each once. After the replacement, those that remain lead nowhere. */
export function temporaryReferences(resource: Resource): string[] {
  return referencesLike(resource, /^urn:uuid:/);
}

/** References of a resource to others by `Type/id`, each once. */
export function plainReferences(resource: Resource): string[] {
  return referencesLike(resource, /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/);
}

function referencesLike(resource: Resource, pattern: RegExp): string[] {
  const found = new Set<string>();
  const walk = (value: Json): void => {
    if (value === null || typeof value !== 'object') return;
    if (typeof value.reference === 'string' && pattern.test(value.reference)) found.add(value.reference);
    for (const item of Object.values(value)) walk(item);
  };
  walk(resource);
  return [...found];
}
