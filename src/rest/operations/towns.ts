/**
 * `GET /fhir/$places?text=saint+etienne&near=45.4|4.4&_count=10`: towns as Locations, for fields in which people type
 * the name of a town.
 */
import { FhirError } from '../../fhir/issue.ts';
import { notWhole } from '../../fhir/refusals.ts';
import { type Town, type TownQuery, toLocation } from '../../towns/town.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import type { Bundle, BundleEntry } from '../../fhir/foundation.ts';
import type { Operation } from '../backend.ts';

const MAX_COUNT = 100;

export function townsOperation(find: (query: TownQuery) => Promise<Town[]>): Operation {
  return {
    name: 'places',
    on: 'system',
    level: 'system',
    safe: true,
    description: 'Communes par nom, code postal, code INSEE ou proximité (text, near=latitude|longitude, _count).',
    async run(_context, { query }) {
      const asked = new Map(parseQuery(query).map(({ name, value }) => [name, value]));
      const text = asked.get('text') ?? '';
      const near = asked.has('near') ? readNear(asked.get('near')!) : undefined;
      if (text.trim() === '' && near === undefined)
        throw new FhirError('required', 'text or near is required', {
          expression: 'text',
          text: 'Indiquez un nom de commune, un code postal ou un point.',
        });
      const found = await find({
        text: text.slice(0, 200),
        ...(near === undefined ? {} : { near }),
        count: readCount(asked.get('_count')),
      });
      const entry = found.map(entryOf);
      const resource: Bundle = {
        ...{ resourceType: 'Bundle', type: 'searchset', total: found.length },
        ...(entry.length > 0 ? { entry } : {}),
      };
      return { resource };
    },
  };
}

/** A commune is not a resource of this server: its address is a name. */
function entryOf(town: Town): BundleEntry {
  return { fullUrl: `urn:creneau:commune:${town.code}`, resource: toLocation(town), search: { mode: 'match' } };
}

function readNear(value: string): { latitude: number; longitude: number } {
  const [latitude = Number.NaN, longitude = Number.NaN] = value
    .split('|')
    .map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180))
    throw new FhirError('value', 'near must be latitude|longitude, in degrees', {
      expression: 'near',
      text: 'Point incompris : latitude|longitude, en degrés.',
    });
  return { latitude, longitude };
}

function readCount(value: string | undefined): number {
  if (value === undefined) return 10;
  if (!/^\d{1,4}$/.test(value) || Number(value) === 0) throw notWhole('_count', 1);
  return Math.min(Number(value), MAX_COUNT);
}
