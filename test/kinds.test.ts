/** Kinds of visit on a server: visitors book the listed times, the desk is warned, the database keeps buffers. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freeTimesOfKind, judgeBooking, kindsOffered, kindWithKey } from '../src/agenda/kinds/kind-times.ts';
import type { LoadedAgenda } from '../src/agenda/agendas.ts';
import { openRuleServices, type RuleServices } from '../src/agenda/rules/services.ts';
import { readAgendaSettings } from '../src/agenda/settings.ts';
import { AUDIENCES, KIND_SYSTEM, type Visitor } from '../src/fhir/french/visit-kind.ts';
import type { Context } from '../src/fhir/interaction.ts';
import { FhirError } from '../src/fhir/issue.ts';
import { parseResource } from '../src/fhir/json.ts';
import type { Json } from '../src/fhir/resource.ts';
import { neutralSummary } from '../src/sync/ical/out/appointment-event.ts';
import { expectConsistent } from './consistency.ts';
import { NOW, startTestServer, type TestServer, testConfig } from './harness.ts';

const SYSTEM = 'urn:test:motif';
const MINUTE = 60_000;
const DAY = 86_400_000;
const DURATION = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-service-type-duration';
const AVAILABILITY = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time';
/** 08:00 on the day of the tests, in Paris. */
const EIGHT = Date.parse('2026-11-26T08:00:00+01:00');

let test: TestServer;
let services: RuleServices;
beforeAll(async () => {
  test = await startTestServer();
  services = openRuleServices(test.server.database, readAgendaSettings(testConfig(undefined)));
});
afterAll(() => test.close());

const coding = (code: string, display = code): Json => ({ system: SYSTEM, code, display });
const part = (url: string, value: Json): Json => {
  if (Array.isArray(value)) return { url, extension: value };
  if (typeof value === 'boolean') return { url, valueBoolean: value };
  return typeof value === 'number' ? { url, valuePositiveInt: value } : { url, valueCode: value };
};
const entry = (code: string, ...parts: Json[]): Json => ({
  url: 'urn:creneau:fhir:visit-kind',
  extension: [{ url: 'kind', valueCoding: coding(code) }, ...parts],
});
const audience = (...codes: string[]): Json[] => codes.map((code) => part('audience', code));

/** A practice with kinds, a practitioner who gives them from 08:00 to 12:00, urgent ones alone from 11:00. */
async function practice(id: string, catalogue: Json[], minutes: Record<string, number>): Promise<LoadedAgenda> {
  const free = (name: string, from: string, to: string): Json => ({
    url: AVAILABILITY,
    extension: [
      { url: 'identifier', valueIdentifier: { value: name } },
      { url: 'type', valueCoding: { code: 'free' } },
      { url: 'start', valueDateTime: `2026-11-02T${from}:00+01:00` },
      { url: 'end', valueDateTime: `2026-11-02T${to}:00+01:00` },
      { url: 'rrule', extension: [{ url: 'freq', valueCoding: { code: 'DAILY' } }] },
    ],
  });
  await put(
    { resourceType: 'Organization', id, name: id, ...(catalogue.length > 0 ? { extension: catalogue } : {}) },
    { resourceType: 'Practitioner', id, name: [{ family: id }] },
    {
      resourceType: 'PractitionerRole',
      id,
      practitioner: { reference: `Practitioner/${id}` },
      organization: { reference: `Organization/${id}` },
      extension: Object.entries(minutes).map(([code, value]) => ({
        url: DURATION,
        extension: [
          { url: 'serviceType', valueCodeableConcept: { coding: [coding(code)] } },
          { url: 'duration', valueDuration: { value, code: 'min', system: 'http://unitsofmeasure.org' } },
        ],
      })),
    },
    {
      resourceType: 'Schedule',
      id,
      actor: [{ reference: `PractitionerRole/${id}` }],
      extension: [
        free('morning', '08:00', '11:00'),
        free('noon', '11:00', '12:00'),
        {
          url: 'urn:creneau:fhir:opening',
          extension: [
            { url: 'availability', valueString: 'noon' },
            { url: 'kind', valueCoding: coding('urgent') },
          ],
        },
      ],
    },
  );
  return load(id);
}

async function put(...resources: Json[]): Promise<void> {
  for (const resource of resources) {
    const { status, text } = await test.request('PUT', `${resource.resourceType}/${resource.id}`, resource);
    expect([status < 300, text.slice(0, 300)]).toEqual([true, expect.anything()]);
  }
}

async function load(id: string): Promise<LoadedAgenda> {
  const [loaded] = await services.agendas.load(await services.agendas.stored.rows([id]));
  return loaded!;
}

const contextOf = (visitor: Visitor): Context => ({
  ...{ now: test.clock.now, requestId: 'test', caller: 'page', roles: ['*'], strict: false, base: test.base },
  ...(visitor.as === 'desk' ? {} : { visitor }),
});

let patients = 0;
/** `undefined` if it was booked; otherwise the code of the refusal. */
async function book(
  loaded: LoadedAgenda,
  code: string | undefined,
  visitor: Visitor,
  start: number,
  minutes: number,
): Promise<string | undefined> {
  const patient = `p${patients++}`;
  await put({ resourceType: 'Patient', id: patient, name: [{ family: patient }] });
  const appointment: Json = {
    resourceType: 'Appointment',
    identifier: [{ system: 'urn:test', value: randomUUID() }],
    status: 'booked',
    ...(code === undefined ? {} : { serviceType: [{ coding: [coding(code)] }] }),
    start: new Date(start).toISOString(),
    end: new Date(start + minutes * MINUTE).toISOString(),
    participant: [...loaded.actors, `Patient/${patient}`].map((reference) => ({
      actor: { reference },
      status: 'accepted',
    })),
  };
  try {
    await test.server.backend.create(contextOf(visitor), appointment as never);
    return undefined;
  } catch (error) {
    if (error instanceof FhirError) return error.code;
    throw error;
  }
}

const listed = async (loaded: LoadedAgenda, code: string, visitor: Visitor): Promise<number[]> => {
  const kind = kindWithKey(loaded, `${SYSTEM}|${code}`)!;
  const window = { start: EIGHT - 8 * 60 * MINUTE, end: EIGHT + 16 * 60 * MINUTE };
  const [fresh] = await services.agendas.load(await services.agendas.stored.rows([loaded.schedule]));
  return (await freeTimesOfKind(services, fresh!, kind, visitor, window, test.clock.now)).map(({ start }) => start);
};
const clock = (start: number): string => new Date(start + 60 * MINUTE).toISOString().slice(11, 16);

const CATALOGUE = [
  entry('visit', ...audience('everyone', 'patients'), part('buffer', 5), part('newPatients', false)),
  entry('first', ...audience('everyone'), part('limit', [part('perDay', 2)])),
  entry('shot', ...audience('everyone', 'colleagues'), part('places', 3)),
  entry('urgent', ...audience('regulators'), part('limit', [part('horizonDays', 3)])),
];
const MINUTES = { visit: 15, first: 30, shot: 10, urgent: 15 };

describe('the catalogue of a practice', () => {
  it('reaches the agendas of its practitioners, and changes with it', async () => {
    const loaded = await practice('cat', CATALOGUE, MINUTES);
    const names = (visitor: Visitor, agenda = loaded): string[] =>
      kindsOffered(agenda, visitor).map(({ name }) => name);
    expect(names({ as: 'everyone' })).toEqual(['first', 'shot']);
    expect(names({ as: 'patients' })).toEqual(['visit', 'first', 'shot']);
    expect(names({ as: 'colleagues' })).toEqual(['first', 'shot']);
    expect(names({ as: 'regulators' })).toEqual(['first', 'shot', 'urgent']);
    const closed = [entry('visit', ...audience('everyone')), entry('first', part('retired', true))];
    await put({ resourceType: 'Organization', id: 'cat', name: 'cat', extension: closed });
    const now = await load('cat');
    expect(names({ as: 'everyone' }, now)).toEqual(['visit']);
    expect(names({ as: 'desk' }, now)).toEqual(['visit']);
  });

  it('that cannot be understood is refused with its place', async () => {
    const faulty = [entry('visit', part('audience', 'world'))];
    const { status, json } = await test.request('PUT', 'Organization/odd', {
      ...{ resourceType: 'Organization', id: 'odd', name: 'odd', extension: faulty },
    });
    expect([status, json.issue[0].expression]).toEqual([422, ['Organization.extension[0].extension[1]']]);
  });

  it('an agenda without kinds offers nothing to anybody, and its slots stay', async () => {
    const loaded = await practice('plain', [], MINUTES);
    for (const as of AUDIENCES) expect(kindsOffered(loaded, { as })).toEqual([]);
    const { json } = await test.request('GET', 'Slot?schedule=plain&start=ge2026-11-26&start=lt2026-11-27&status=free');
    // An opening takes what it names, so nothing is left at noon: 12 of a quarter, 6 of a half hour, 18 of ten minutes.
    expect(json.entry).toHaveLength(36);
    expect(await book(loaded, 'visit', { as: 'desk' }, EIGHT, 15)).toBeUndefined();
  });
});

describe('listed is bookable', () => {
  const visitors: Visitor[] = [...AUDIENCES.map((as) => ({ as })), { as: 'everyone', isKnown: true }, { as: 'desk' }];
  it('for every visitor and kind, until nothing is left', { timeout: 120_000 }, async () => {
    const loaded = await practice('prop', CATALOGUE, MINUTES);
    let booked = 0;
    for (let round = 0; round < 3; round++)
      for (const visitor of visitors)
        for (const [code, minutes] of Object.entries(MINUTES)) {
          const open = await listed(loaded, code, visitor);
          const kind = kindWithKey(loaded, `${SYSTEM}|${code}`)!;
          const all = Array.from({ length: 50 }, (_, i) => EIGHT + i * 5 * MINUTE);
          for (const [i, start] of all.entries()) {
            if (i % 3 !== round) continue;
            const time = { start, end: start + minutes * MINUTE };
            const reason = await judgeBooking(services, loaded, kind, visitor, time, test.clock.now);
            expect([code, clock(start), reason === undefined]).toEqual([code, clock(start), open.includes(start)]);
          }
          const refused = all[(round * 17 + booked) % all.length]!;
          if (visitor.as !== 'desk' && !open.includes(refused))
            expect([code, clock(refused), await book(loaded, code, visitor, refused, minutes)]).toEqual([
              ...[code, clock(refused)],
              expect.stringMatching(/^(business-rule|conflict)$/),
            ]);
          const chosen = open[(round * 7 + booked) % Math.max(1, open.length)];
          if (chosen === undefined) continue;
          expect([code, clock(chosen), await book(loaded, code, visitor, chosen, minutes)]).toEqual([
            ...[code, clock(chosen)],
            undefined,
          ]);
          booked++;
        }
    expect(booked).toBeGreaterThan(15);
    await expectConsistent(test.server.database);
  });

  it('a limit passes between the list and the booking: the booking is refused, with the nearest times', async () => {
    const loaded = await practice(
      'late',
      [entry('visit', ...audience('everyone'), part('limit', [part('notice', 120)]))],
      {
        visit: 15,
      },
    );
    const start = Date.parse('2026-11-26T08:00:00+01:00');
    test.clock.now = start - 121 * MINUTE;
    expect(await listed(loaded, 'visit', { as: 'everyone' })).toContain(start);
    test.clock.now = start - 119 * MINUTE;
    const visitor = { visitor: { as: 'everyone' as const } };
    const appointment: Json = {
      resourceType: 'Appointment',
      status: 'booked',
      start: new Date(start).toISOString(),
      end: new Date(start + 15 * MINUTE).toISOString(),
      participant: [{ actor: { reference: 'PractitionerRole/late' }, status: 'accepted' }],
    };
    const refusal = await test.server.backend
      .create({ ...contextOf({ as: 'desk' }), ...visitor }, appointment as never)
      .catch((error: FhirError) => error);
    test.clock.now = NOW;
    expect(refusal).toBeInstanceOf(FhirError);
    expect((refusal as FhirError).issues.map(({ severity, text }) => [severity, text])).toEqual([
      ['error', 'Il est trop tard pour réserver cet horaire.'],
      ['information', expect.stringContaining('08:15')],
      ['information', expect.stringContaining('08:30')],
      ['information', expect.stringContaining('08:45')],
    ]);
  });
});

it('a calendar or a message does not name the kind of a visit', () => {
  const serviceType = [{ coding: [{ system: KIND_SYSTEM, code: 'k', display: 'Suivi de grossesse' }] }];
  expect(neutralSummary({ serviceType, status: 'booked' })).toBe('Rendez-vous');
  expect(neutralSummary({ serviceType: [{ text: 'Consultation' }], status: 'booked' })).toBe('Consultation');
});

it('$kinds shows the agenda as a visitor sees it, and says why a time is not there', async () => {
  await practice('shown', CATALOGUE, MINUTES);
  const ask = async (query: string): Promise<Json[]> =>
    (await test.request('GET', `Schedule/shown/$kinds?start=2026-11-26&end=2026-11-27&${query}`)).json.parameter;
  const partValue = ({ part: parts }: Json, name: string): Json =>
    Object.entries(parts.find((each: Json) => each.name === name) ?? {}).find(([key]) => key.startsWith('value'))?.[1];
  const found = await ask('audience=regulators');
  expect(found.map((each) => [partValue(each, 'name'), partValue(each, 'free-count')])).toEqual([
    ['first', 6],
    ['shot', 18],
    ['urgent', 16],
  ]);
  const reasons = await ask(`audience=everyone&at=${encodeURIComponent('2026-11-26T11:00:00+01:00')}`);
  expect(reasons.map((each) => partValue(each, 'reason'))).toEqual(['known-only', 'range', 'range', 'audience']);
  expect((await test.request('GET', 'Schedule/shown/$kinds?audience=x')).status).toBe(400);
});

describe('in the database', () => {
  it('a buffer keeps others away; the desk gives it up, and is warned', async () => {
    const loaded = await practice('buf', CATALOGUE, MINUTES);
    const known: Visitor = { as: 'patients' };
    expect(await book(loaded, 'visit', known, EIGHT, 15)).toBeUndefined();
    expect(await listed(loaded, 'first', known)).not.toContain(EIGHT);
    expect(await book(loaded, undefined, { as: 'everyone' }, EIGHT + 15 * MINUTE, 15)).toBe('business-rule');
    const next = {
      start: new Date(EIGHT + 15 * MINUTE).toISOString(),
      end: new Date(EIGHT + 30 * MINUTE).toISOString(),
    };
    const { status, headers } = await test.request('POST', 'Appointment', {
      ...{ resourceType: 'Appointment', status: 'booked', ...next, serviceType: [{ coding: [coding('visit')] }] },
      participant: [{ actor: { reference: 'PractitionerRole/buf' }, status: 'accepted' }],
    });
    expect([status, decodeURIComponent(headers['warning'] ?? '')]).toEqual([201, expect.stringContaining('kept free')]);
    const rows = await test.sql<{ length: number; buffer: number }>(
      `SELECT extract(epoch FROM upper(period) - lower(period))::int AS length, buffer FROM busy
       WHERE resource = 'Schedule/buf' ORDER BY lower(period)`,
    );
    expect(rows).toEqual([
      { length: 900, buffer: 0 },
      { length: 1200, buffer: 300 },
    ]);
    expect(await book(loaded, 'visit', { as: 'desk' }, EIGHT + 10 * MINUTE, 15)).toBe('conflict');
    await expectConsistent(test.server.database);
  });

  it('a slot that is kept free is not busy, and no appointment', async () => {
    const loaded = await practice('slots', CATALOGUE, MINUTES);
    await book(loaded, 'visit', { as: 'desk' }, EIGHT, 15);
    const { json } = await test.request('GET', 'Slot?schedule=slots&start=ge2026-11-26&start=lt2026-11-27&status=busy');
    expect(json.entry.map(({ resource }: Json) => [resource.start, resource.end])).toEqual([
      ['2026-11-26T08:00:00+01:00', '2026-11-26T08:15:00+01:00'],
    ]);
  });

  it('a quota holds against bookings at the same moment', async () => {
    const loaded = await practice('race', CATALOGUE, MINUTES);
    const starts = [0, 30, 60, 90, 120].map((minutes) => EIGHT + minutes * MINUTE);
    const found = await Promise.all(starts.map((start) => book(loaded, 'first', { as: 'everyone' }, start, 30)));
    expect(found.filter((code) => code === undefined)).toHaveLength(2);
    // The desk may book a third.
    expect(await book(loaded, 'first', { as: 'desk' }, EIGHT + 150 * MINUTE, 30)).toBeUndefined();
  });

  it('three come to a kind with three places, and nobody of another kind', async () => {
    const loaded = await practice('places', CATALOGUE, MINUTES);
    const found = await Promise.all([0, 1, 2, 3, 4].map(() => book(loaded, 'shot', { as: 'everyone' }, EIGHT, 10)));
    expect(found.filter((code) => code === undefined)).toHaveLength(3);
    expect(await book(loaded, 'first', { as: 'desk' }, EIGHT, 30)).toBe('conflict');
    expect(await book(loaded, 'first', { as: 'desk' }, EIGHT + 60 * MINUTE, 30)).toBeUndefined();
    expect(await book(loaded, 'shot', { as: 'desk' }, EIGHT + 60 * MINUTE, 10)).toBe('conflict');
  });

  it('an appointment keeps the words of its kind, and its time stays when the rules change', async () => {
    const loaded = await practice('words', CATALOGUE, MINUTES);
    await book(loaded, 'visit', { as: 'desk' }, EIGHT + DAY, 15);
    const renamed = [entry('visit', part('buffer', 60))];
    await put({ resourceType: 'Organization', id: 'words', name: 'words', extension: renamed });
    const { json } = await test.request('GET', 'Appointment?actor=PractitionerRole/words');
    const [{ resource }] = json.entry;
    expect(resource.serviceType[0].coding[0].display).toBe('visit');
    const { status } = await test.request('PUT', `Appointment/${resource.id}`, { ...resource, comment: 'x' });
    expect(status).toBe(200);
    const rows = await test.sql<{ buffer: number }>(`SELECT buffer FROM busy WHERE resource = 'Schedule/words'`);
    expect(rows).toEqual([{ buffer: 300 }]);
    expect(parseResource('Appointment', JSON.stringify(resource)).status).toBe('booked');
  });
});
