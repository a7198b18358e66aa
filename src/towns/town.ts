/**
 * Towns, found by name, postcode or nearness, as people write them: "st etienne", "97400", "le mans". A list is held in
 * memory; the complete
 * one has 35,000 communes, and a search reads it through in a few milliseconds. Pure. What it finds is told as FHIR
 * Locations.
 */
import { kilometresBetween, type Position } from '../fhir/distance.ts';
import type { Resource } from '../fhir/resource.ts';
import { normalise } from '../fhir/search/text.ts';

export interface Place {
  /** INSEE code of the commune or arrondissement. */
  code: string;
  name: string;
  postcodes: readonly string[];
  population: number;
  /** Degrees, WGS84; `null` where nothing is known. */
  latitude: number | null;
  longitude: number | null;
  /** The position is that of its surroundings. */
  approximate?: boolean;
}

export interface PlaceQuery {
  text?: string;
  near?: Position;
  count: number;
}

const INSEE = 'urn:oid:1.2.250.1.213.2.12';
const ACCURACY = 'urn:creneau:fhir:approximate';

export class PlaceIndex {
  private readonly places: readonly { place: Place; name: string }[];

  constructor(places: readonly Place[]) {
    this.places = places
      .map((place) => ({ place, name: spell(place.name) }))
      .sort((a, b) => b.place.population - a.place.population);
  }

  /**
   * The best first: a name that is the text, begins with it, has a word that does; the largest town first among equals;
   * else the nearest.
   */
  find({ text = '', near, count }: PlaceQuery): Place[] {
    const wanted = spell(text);
    if (wanted === '')
      return near === undefined
        ? []
        : nearest(
            this.places.map((place) => place.place),
            near,
          ).slice(0, count);
    const ranks: Place[][] = [[], [], []];
    const isPostcode = /^\d{2,5}$/.test(wanted);
    for (const { place, name } of this.places) {
      const rank = isPostcode
        ? place.postcodes.some((postcode) => postcode.startsWith(wanted))
          ? 0
          : -1
        : rankOf(name, wanted);
      if (rank >= 0) ranks[rank]!.push(place);
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

/** As `normalise`, with the abbreviations of place names written out and without the article that begins them. */
function spell(text: string): string {
  return normalise(text)
    .replace(/\bst\b/g, 'saint')
    .replace(/\bste\b/g, 'sainte')
    .replace(/^(le|la|les|l) (?=.)/, '');
}

function nearest(places: readonly Place[], near: Position): Place[] {
  return places
    .filter((place) => place.latitude !== null)
    .map((place) => ({ place, distance: kilometresBetween(near, place as Position) }))
    .sort((a, b) => a.distance - b.distance)
    .map((one) => one.place);
}

export function toLocation({ code, name, postcodes, latitude, longitude, approximate }: Place): Resource {
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
