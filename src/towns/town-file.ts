/**
 * Reads the official lists of communes in the forms of their publishers: JSON or GeoJSON of the geographic API (`nom`,
 * `code`, `codesPostaux`, `centre`, `population`), or the CSV of postcodes (columns for code, name, postcode and
 * position, several lines for a commune). Pure.
 */
import type { Json } from '../fhir/resource.ts';
import type { Town } from './town.ts';

/** Throws an Error that names the line or entry that cannot be read. */
export function readTowns(text: string): Town[] {
  const start = text.replace(/^\uFEFF/, '').trimStart();
  return /^[[{]/.test(start) ? fromJson(JSON.parse(start)) : fromCsv(start);
}

function fromJson(content: Json): Town[] {
  const list: Json[] = Array.isArray(content)
    ? content
    : (content.features?.map((feature: Json) => ({
        centre: feature.geometry,
        ...feature.properties,
      })) ?? []);
  if (list.length === 0) throw new Error('the list holds no commune');
  return list.map((entry, i) => {
    const name = entry.nom ?? entry.name;
    if (typeof entry.code !== 'string' || typeof name !== 'string')
      throw new Error(`entry ${i + 1} has no code or no name (nom)`);
    const [longitude = null, latitude = null] = (entry.centre?.coordinates as number[] | undefined) ?? [
      entry.longitude,
      entry.latitude,
    ];
    return {
      code: entry.code,
      name,
      postcodes: entry.codesPostaux ?? entry.postcodes ?? [],
      population: Number(entry.population ?? 0),
      ...position(latitude, longitude),
    };
  });
}

/** Names of columns. */
const COLUMNS = {
  code: /^#?code.?(commune.?)?insee$|^insee$|^code_commune$/,
  name: /^nom.?(de.?la.?)?commune|^nom_standard$|^nom$|^libelle/,
  postcode: /^code.?postal$|^codes?_postaux$/,
  population: /^population/,
  point: /geopoint|geo_point|coordonnees|^_geopoint$/,
  latitude: /^latitude/,
  longitude: /^longitude/,
};

function fromCsv(text: string): Town[] {
  const [head = '', ...lines] = text.split(/\r?\n/);
  const separator = (head.match(/;/g)?.length ?? 0) >= (head.match(/,/g)?.length ?? 0) ? ';' : ',';
  const names = cells(head, separator).map((cell) =>
    cell
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      .trim()
      .toLowerCase(),
  );
  const at = Object.fromEntries(
    Object.entries(COLUMNS).map(([key, pattern]) => [key, names.findIndex((name) => pattern.test(name))]),
  ) as Record<keyof typeof COLUMNS, number>;
  if (at.code < 0 || at.name < 0 || at.postcode < 0)
    throw new Error(
      'line 1: columns for the INSEE code, the name and the postcode are required; ' +
        `found ${names.join(', ').slice(0, 200)}`,
    );
  const towns = new Map<string, Town & { postcodes: string[] }>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const row = cells(line, separator);
    const code = row[at.code] && row[at.code]!.padStart(5, '0');
    const name = row[at.name];
    if (!code || !/^[0-9][0-9AB]\d{3}$/.test(code) || !name) throw new Error(`line ${i + 2}: no INSEE code or no name`);
    const [latitude, longitude] =
      at.point >= 0 ? (row[at.point] ?? '').split(/[,\s]+/) : [row[at.latitude], row[at.longitude]];
    const known = towns.get(code) ?? {
      code,
      name: isCapitals(name) ? capitalised(name) : name,
      postcodes: [],
      population: Number(row[at.population] || 0),
      ...position(latitude, longitude),
    };
    for (const part of (row[at.postcode] ?? '').split(/[,/ ]+/))
      if (/^\d{4,5}$/.test(part) && !known.postcodes.includes(part.padStart(5, '0')))
        known.postcodes.push(part.padStart(5, '0'));
    towns.set(code, known);
  }
  if (towns.size === 0) throw new Error('the list holds no commune');
  return [...towns.values()];
}

function cells(line: string, separator: string): string[] {
  const found: string[] = [];
  for (const [, quoted, bare = ''] of `${separator}${line}`.matchAll(
    new RegExp(`${separator}(?:"((?:[^"]|"")*)"|([^${separator}]*))`, 'g'),
  ))
    found.push((quoted?.replaceAll('""', '"') ?? bare).trim());
  return found;
}

function position(latitude: unknown, longitude: unknown): Pick<Town, 'latitude' | 'longitude'> {
  const [north, east] = [latitude, longitude].map((value) =>
    value === null || value === undefined || value === '' ? Number.NaN : Number(value),
  ) as [number, number];
  return Math.abs(north) <= 90 && Math.abs(east) <= 180
    ? { latitude: north, longitude: east }
    : { latitude: null, longitude: null };
}

const isCapitals = (name: string): boolean => name === name.toUpperCase();

/** Writes `ST ETIENNE` as `St Etienne`: the postal file has capitals only. */
function capitalised(name: string): string {
  return name
    .toLowerCase()
    .replace(/(^|[\s'-])(\p{L})/gu, (_match, before: string, letter: string) => before + letter.toUpperCase());
}
