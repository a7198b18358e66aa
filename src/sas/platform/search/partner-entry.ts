/**
 * One entry of a partner's answer: parsed once, checked once. Searches come back to the same practitioners and places
 * again and again, so what was parsed and checked is kept for a while.
 */
import { LRUCache } from 'lru-cache';
import { bufferBytes, type ByteText, bytesBuffer } from '../../../fhir/byte-text.ts';
import type { BundleEntry } from '../../../fhir/foundation.ts';
import type { Resource } from '../../../fhir/resource.ts';
import { checkStructure } from '../../../fhir/structure.ts';
import type { Slot } from '../../../fhir/resources.ts';
import type { Partner } from '../partners/partner.ts';
import { SOURCE } from './aggregated-query.ts';

export const ID = /^[A-Za-z0-9\-.]{1,64}$/;

/** Types of the resources that may come with slots. */
const SERVED = new Set([
  'Schedule',
  'Practitioner',
  'PractitionerRole',
  'Location',
  'Organization',
  'HealthcareService',
]);

/** Entries by their text; the size is the length of the texts. */
const parsed = new LRUCache<ByteText, BundleEntry>({
  maxSize: 30_000_000,
  sizeCalculation: (_entry, text) => text.length,
});
const valid = new WeakSet<Resource>();

/** Not to be changed: other answers share it. Throws when the text is not JSON. */
export function parseEntry(text: ByteText): BundleEntry {
  let entry = parsed.get(text);
  if (entry === undefined) {
    const buffer = bytesBuffer(text);
    const parsedEntry: BundleEntry = JSON.parse(buffer.toString('utf8'));
    entry = parsedEntry;
    // The key is a copy: a slice of a partner's answer would keep the whole answer in memory.
    if (entry?.resource?.resourceType !== 'Slot') parsed.set(bufferBytes(buffer), entry);
  }
  return entry;
}

/** A resource beside slots that may be served. */
export function isValid(resource: Resource | undefined): resource is Resource {
  if (resource === null || typeof resource !== 'object') return false;
  if (valid.has(resource)) return true;
  const { resourceType, id } = resource;
  const isServable = SERVED.has(resourceType) && typeof id === 'string' && ID.test(id) && !hasFaults(resource);
  if (isServable) valid.add(resource);
  return isServable;
}

export function hasFaults(resource: Resource): boolean {
  return checkStructure(resource).some(({ severity }) => severity === 'error' || severity === 'fatal');
}

export function withSource(partner: Partner, resource: Resource): Resource {
  return { ...resource, meta: { ...resource.meta, source: SOURCE + partner.id } };
}

/** The slot refers to more than its agenda: to the services of CPTS. */
export function hasReferences({ serviceType }: Slot): boolean {
  return serviceType?.some(({ extension }) => extension !== undefined) ?? false;
}
