/**
 * The table `dates.txt`, through the server: parsed, stored as columns, compared in SQL; on computed slots compared in
 * memory.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { parseSearch } from '../src/fhir/search/parse.ts';
import { startTest } from '../src/agenda/slots/slot-window.ts';
import { formatInstant } from '../src/scheduling/zone.ts';
import { startTestServer, type TestServer } from './harness.ts';

const rows = readFileSync(join(import.meta.dirname, 'dates.txt'), 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => line.trim().split(/\s+/) as [string, string, 'yes' | 'no']);

let test: TestServer;
const ids = new Map<string, string>();
beforeAll(async () => {
  test = await startTestServer();
  for (const stored of new Set(rows.map(([written]) => written))) {
    const { status, json, text } = await test.request('POST', 'Appointment', {
      resourceType: 'Appointment',
      status: 'cancelled',
      created: stored,
      participant: [{ actor: { display: 'x' }, status: 'accepted' }],
    });
    if (status !== 201) throw new Error(`${stored}: ${text}`);
    ids.set(stored, json.id);
  }
});
afterAll(() => test.close());

describe('dates', () => {
  it('has at least 150 rows', () => expect(rows.length).toBeGreaterThanOrEqual(150));

  it.each(rows)('%s created=%s: %s', async (stored, asked, expected) => {
    const { status, json } = await test.request(
      'GET',
      `Appointment?_id=${ids.get(stored)}&created=${encodeURIComponent(asked)}&_summary=count`,
    );
    expect([status, json.total]).toEqual([200, expected === 'yes' ? 1 : 0]);
  });

  const instants = rows.filter(([stored]) => /T\d\d:\d\d:\d\d/.test(stored));
  it.each(instants)('a computed slot at %s, start=%s: %s', (stored, asked, expected) => {
    const [criterion] = parseSearch('Slot', `start=${encodeURIComponent(asked)}`).criteria;
    // A stored second without milliseconds covers that second; a slot starts at its first millisecond.
    if (criterion?.is !== 'parameter' || (!stored.includes('.') && /:\d\d\.\d/.test(asked))) return;
    expect(startTest([criterion])(Date.parse(stored))).toBe(expected === 'yes');
  });

  it.each([
    '0000',
    '0000-01-01',
    '2026-13',
    '2026-02-30',
    '2026-00-10',
    '2026-1-1',
    '26',
    '2026-05-17T25:00',
    '2026-05-17T10:61',
    '2026-05-17T10:00+25:00',
    'tomorrow',
    'ge',
    'xx2026',
    '2026-05-17T',
    '+2026',
    '2026-05-17 10:00x',
  ])('%s is not a date: 400', async (asked) => {
    const { status, json } = await test.request('GET', `Appointment?created=${encodeURIComponent(asked)}`);
    expect([status, json.issue?.[0].code]).toEqual([400, 'value']);
  });
});

describe('dates without a zone, asked of agendas overseas', () => {
  const ZONES = [
    'Europe/Paris',
    'Indian/Reunion',
    'America/Guadeloupe',
    'America/Cayenne',
    'America/Miquelon',
    'Pacific/Noumea',
    'Pacific/Tahiti',
  ];
  const agendas = new Map<string, string>();

  beforeAll(async () => {
    for (const zone of ZONES) {
      const place = { resourceType: 'Location', name: zone, address: { city: zone } };
      const location = (await test.request('POST', 'Location', place)).json.id;
      const { json, text } = await test.request('POST', 'Schedule', dayAndNight(zone, location));
      if (json.id === undefined) throw new Error(text);
      agendas.set(zone, json.id);
    }
  });

  const dayAndNight = (zone: string, location: string): Json => ({
    resourceType: 'Schedule',
    active: true,
    extension: [
      { url: 'http://hl7.org/fhir/StructureDefinition/timezone', valueCode: zone },
      {
        url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time',
        extension: [
          { url: 'identifier', valueIdentifier: { system: 'urn:x-dispo', value: zone } },
          {
            url: 'type',
            valueCoding: { system: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-schedule-type', code: 'free' },
          },
          { url: 'start', valueDateTime: '2026-11-25T00:00:00Z' },
          { url: 'end', valueDateTime: '2026-12-15T00:00:00Z' },
        ],
      },
    ],
    actor: [{ reference: `Location/${location}` }],
  });

  /** The starts of the first and of the last slot, as the clocks of each agenda show them. */
  const shown = (starts: readonly string[], zone: string): string[] => {
    const local = starts.map((start) => formatInstant(Date.parse(start), zone).slice(0, 16)).sort();
    return local.length === 0 ? [] : [local[0]!, local.at(-1)!];
  };

  const everywhere = (first: string, last: string): [string, string[]][] => ZONES.map((zone) => [zone, [first, last]]);

  it.each([
    ['start=2026-12-01', '2026-12-01T00:00', '2026-12-01T23:45'],
    ['start=ge2026-12-01&start=lt2026-12-02', '2026-12-01T00:00', '2026-12-01T23:45'],
    ['start=ge2026-12-01&start=le2026-12-02', '2026-12-01T00:00', '2026-12-02T23:45'],
    ['start=gt2026-12-01&start=lt2026-12-03T08:00', '2026-12-02T00:00', '2026-12-03T07:45'],
    ['start=ge2026-12-01T08:20&start=le2026-12-01T10:00', '2026-12-01T08:30', '2026-12-01T10:00'],
    ['start=2026-12-01,2026-12-02', '2026-12-01T00:00', '2026-12-02T23:45'],
    ['start=ge2026-12-01', '2026-12-01T00:00', '2026-12-07T23:45'],
  ])('Slot?%s: the same hours on the clocks of each agenda', async (query, first, last) => {
    const ids = [...agendas.values()].join(',');
    const { json } = await test.request(
      'GET',
      `Slot?schedule=${ids}&status=free&_count=5000&_elements=start,schedule&${query}`,
    );
    const slots: Json[] = json.entry.map((entry: Json) => entry.resource);
    const found = [...agendas].map(([zone, id]): [string, string[]] => {
      const own = slots.filter(({ schedule }) => schedule.reference === `Schedule/${id}`);
      return [
        zone,
        shown(
          own.map(({ start }) => start),
          zone,
        ),
      ];
    });
    expect(found).toEqual(everywhere(first, last));
    const named = slots.find(({ schedule }) => schedule.reference === `Schedule/${agendas.get('Pacific/Tahiti')}`)!;
    const again = await test.request('GET', `Slot?_id=${named.id}&${query}`);
    expect(again.json.total).toBe(1);
  });

  it('an offset is taken as it is, wherever the agenda is', async () => {
    for (const id of agendas.values()) {
      const { json } = await test.request(
        'GET',
        `Slot?schedule=${id}&start=ge2026-12-01T12:00Z&start=lt2026-12-01T12:15Z`,
      );
      expect(json.entry.map((entry: Json) => Date.parse(entry.resource.start))).toEqual([
        Date.parse('2026-12-01T12:00Z'),
      ]);
    }
  });

  it('_has, $find, $agenda and $sas-preview read them so as well', async () => {
    for (const [zone, id] of agendas) {
      const range = 'start=2026-12-01&end=2026-12-02';
      const agenda = await test.request('GET', `Schedule/${id}/$agenda?${range}`);
      const opening: Json[] = agenda.json.parameter.find(({ name }: Json) => name === 'opening').part;
      expect(opening.filter(({ name }) => name !== 'availability').map(({ valueDateTime }) => valueDateTime)).toEqual([
        expect.stringMatching(/^2026-12-01T00:00/),
        expect.stringMatching(/^2026-12-02T00:00/),
      ]);
      const preview = await test.request('GET', `Schedule/${id}/$sas-preview?${range}`);
      const withheld: Json[] = preview.json.parameter[0].part.filter(({ name }: Json) => name === 'withheld');
      const starts = withheld.map(({ part }) => part.find(({ name }: Json) => name === 'start').valueInstant);
      expect(shown(starts, zone)).toEqual(['2026-12-01T00:00', '2026-12-02T23:45']);
      const has = await test.request('GET', `Schedule?_id=${id}&_has:Slot:schedule:start=2026-12-14T23:45`);
      const inside = formatInstant(Date.parse('2026-12-15T00:00Z'), zone) > '2026-12-15T00';
      expect(has.json.total).toBe(inside ? 1 : 0);
    }
    const found = await test.request(
      'GET',
      'Appointment/$find?location-string=America,Pacific,Indian,Europe&start=2026-12-01&end=2026-12-01&_count=1000',
    );
    const byPlace = new Map<string, string[]>();
    for (const { resource } of found.json.entry) {
      const place = resource.participant[0].actor.reference as string;
      byPlace.set(place, [...(byPlace.get(place) ?? []), resource.start]);
    }
    const zoneOf = (start: string): string => start.slice(19);
    expect(byPlace.size).toBe(ZONES.length);
    for (const starts of byPlace.values()) {
      const local = starts.map((start) => start.slice(0, 16)).sort();
      expect([zoneOf(starts[0]!), local[0], local.at(-1)]).toEqual([
        zoneOf(starts[0]!),
        '2026-12-01T00:00',
        '2026-12-01T23:45',
      ]);
    }
  });
});
