/** Towns as people write them, and the official lists as their publishers do. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TownIndex, toLocation } from './town.ts';
import { readTowns } from './town-file.ts';

const index = new TownIndex(JSON.parse(readFileSync(new URL('../../generated/places.json', import.meta.url), 'utf8')));

describe('a town is found', () => {
  it.each([
    ['Saint-Étienne', 'Saint-Étienne', '42218'],
    ['st etienne', 'Saint-Étienne', '42218'],
    ['SAINT ETIENNE', 'Saint-Étienne', '42218'],
    ['le mans', 'Le Mans', '72181'],
    ["l'hay", "L'Haÿ-les-Roses", '94038'],
    ['mans', 'Le Mans', '72181'],
    ['97400', 'Saint-Denis', '97411'],
    ['saint-denis 9', undefined, undefined],
    ['69003', 'Lyon', '69123'],
    ['ste marie', 'Sainte-Marie', '97418'],
  ])('by "%s": %s', (text, name, code) => {
    const [first] = index.find({ text, count: 5 });
    expect([first?.name, first?.code]).toEqual([name, code]);
  });

  it('by nearness, among all towns or those that match the text', () => {
    const brest = { latitude: 48.39, longitude: -4.49 };
    expect(index.find({ near: brest, count: 30 }).map((town) => town.name)).toContain('Brest');
    expect(index.find({ text: 'plouz', near: brest, count: 1 })[0]!.code).toMatch(/^29/);
  });

  it('as a Location, marked when its position is that of its surroundings', () => {
    expect(toLocation(index.find({ text: 'Saint-Étienne', count: 1 })[0]!)).toEqual({
      resourceType: 'Location',
      id: 'commune-42218',
      identifier: [{ system: 'urn:oid:1.2.250.1.213.2.12', value: '42218' }],
      name: 'Saint-Étienne',
      address: { city: 'Saint-Étienne', postalCode: '42000', country: 'FR' },
      position: { longitude: 4.39, latitude: 45.43389 },
    });
    expect(
      toLocation(index.find({ text: '75115', count: 1 })[0] ?? index.find({ text: 'Paris 15e', count: 1 })[0]!)[
        'extension'
      ],
    ).toEqual([{ url: 'urn:creneau:fhir:approximate', valueBoolean: true }]);
  });
});

describe('an official list', () => {
  const brume = {
    code: '99001',
    name: 'Val-de-Brume',
    postcodes: ['99000', '99010'],
    population: 1200,
    latitude: 47.1,
    longitude: 2.3,
  };
  it.each([
    [
      'JSON of the geographic API',
      JSON.stringify([
        {
          nom: 'Val-de-Brume',
          code: '99001',
          codesPostaux: ['99000', '99010'],
          population: 1200,
          centre: { type: 'Point', coordinates: [2.3, 47.1] },
        },
      ]),
    ],
    [
      'GeoJSON',
      JSON.stringify({
        type: 'FeatureCollection',
        features: [
          {
            type: 'Feature',
            geometry: { type: 'Point', coordinates: [2.3, 47.1] },
            properties: { nom: 'Val-de-Brume', code: '99001', codesPostaux: ['99000', '99010'], population: 1200 },
          },
        ],
      }),
    ],
    [
      'CSV, a line for each postcode, a byte order mark',
      '\uFEFF#Code_commune_INSEE;Nom_de_la_commune;Code_postal;Population;_geopoint\r\n99001;Val-de-Brume;99000;1200;47.1,2.3\r\n99001;Val-de-Brume;99010;1200;47.1,2.3\r\n',
    ],
    [
      'CSV with commas and quotes',
      'code_commune_insee,nom_commune,code_postal,population,latitude,longitude\n99001,"Val-de-Brume",99000,1200,47.1,2.3\n99001,Val-de-Brume,99010,1200,47.1,2.3',
    ],
  ])('is read: %s', (_title, text) => expect(readTowns(text)).toEqual([brume]));

  it('keeps a commune without position, and writes capitals as names', () => {
    expect(readTowns('code_commune_insee;nom_commune;code_postal\n1001;L ABERGEMENT CLEMENCIAT;1400')).toEqual([
      {
        code: '01001',
        name: 'L Abergement Clemenciat',
        postcodes: ['01400'],
        population: 0,
        latitude: null,
        longitude: null,
      },
    ]);
  });

  it.each([
    ['no such columns', 'a;b\n1;2', /line 1/],
    ['a line without code', 'code_insee;nom;code_postal\n;X;01000', /line 2/],
    ['an entry without name', '[{"code":"01001"}]', /entry 1/],
    ['nothing', '[]', /no commune/],
  ])('is refused whole, with the town: %s', (_title, text, message) => expect(() => readTowns(text)).toThrow(message));
});
