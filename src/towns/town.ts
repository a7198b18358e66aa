/**
 * Finds towns by name, postcode or distance, as people write them: "st etienne", "97400", "le mans". The list is in
 * memory. The complete list has 35,000 communes, and a search scans it in a few milliseconds. Pure. The results are
 * FHIR Locations.
 */
import { kilometresBetween, type Position } from '../fhir/distance.ts';
import type { Resource } from '../fhir/resource.ts';
import { normalise } from '../fhir/search/text.ts';

export interface Town {
  /** INSEE code of the commune or arrondissement. */
  code: string;
  name: string;
  postcodes: readonly string[];
  population: number;
  /** Degrees, WGS84; `null` when the position is unknown. */
  latitude: number | null;
  longitude: number | null;
  /** The position is the one of the surroundings. */
  approximate?: boolean;
}

export interface TownQuery {
  text?: string;
  near?: Position;
  count: number;
}

const INSEE = 'urn:oid:1.2.250.1.213.2.12';
const ACCURACY = 'urn:creneau:fhir:approximate';

export class TownIndex {
  private readonly towns: readonly { town: Town; name: string }[];

  constructor(towns: readonly Town[]) {
    this.towns = towns
      .map((town) => ({ town, name: spell(town.name) }))
      .sort((a, b) => b.town.population - a.town.population);
  }

  /**
   * By name, postcode or INSEE code. The best matches first: the name is the text, begins with it, or has a word that
   * begins with it. Among equals the largest town comes first or, with `near`, the nearest.
   */
  find({ text = '', near, count }: TownQuery): Town[] {
    const wanted = spell(text);
    if (wanted === '')
      return near === undefined
        ? []
        : nearest(
            this.towns.map((town) => town.town),
            near,
          ).slice(0, count);
    const ranks: Town[][] = [[], [], []];
    const isPostcode = /^\d{2,5}$|^2[ab]\d{3}$/i.test(wanted);
    for (const { town, name } of this.towns) {
      const rank = isPostcode
        ? town.postcodes.some((postcode) => postcode.startsWith(wanted))
          ? 0
          : town.code === text.trim().toUpperCase()
            ? 1
            : -1
        : rankOf(name, wanted);
      if (rank >= 0) ranks[rank]!.push(town);
    }
    const found = ranks.flatMap((rank) => (near === undefined ? rank : nearest(rank, near)));
    return found.slice(0, count);
  }
}

function rankOf(name: string, wanted: string): number {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  return name.includes(` ${wanted}`) ? 2 : -1;
}

/** Normalises a name, writes out abbreviations and drops a leading article. */
function spell(text: string): string {
  return normalise(text)
    .replace(/\bst\b/g, 'saint')
    .replace(/\bste\b/g, 'sainte')
    .replace(/^(le|la|les|l) (?=.)/, '');
}

function nearest(towns: readonly Town[], near: Position): Town[] {
  return towns
    .filter((town) => town.latitude !== null)
    .map((town) => ({ town, distance: kilometresBetween(near, town as Position) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ town }) => town);
}

export function toLocation({ code, name, postcodes, latitude, longitude, approximate }: Town): Resource {
  return {
    resourceType: 'Location',
    id: `commune-${code}`,
    ...(approximate === true ? { extension: [{ url: ACCURACY, valueBoolean: true }] } : {}),
    identifier: [{ system: INSEE, value: code }],
    name,
    address: { city: name, ...(postcodes[0] === undefined ? {} : { postalCode: postcodes[0] }), country: 'FR' },
    ...(latitude === null || longitude === null ? {} : { position: { longitude, latitude } }),
  };
}
