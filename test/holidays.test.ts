/** Public holidays on a server: what a practice decides reaches its agendas, and nobody has to act again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { timezone, weekly } from '../src/demo/shapes.ts';
import type { Json } from '../src/fhir/resource.ts';
import { startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.close());

const put = async (resource: Json, expected: number[] = [200, 201]): Promise<Json> => {
  const { status, json, text } = await test.request('PUT', `${resource.resourceType}/${resource.id}`, resource);
  expect(expected, text).toContain(status);
  return json;
};

const holidays = (state: string, ...days: Json[]): Json => ({
  url: 'urn:creneau:fhir:holidays',
  extension: [{ url: 'state', valueCode: state }, ...days],
});

/** A practice with one agenda, open from 08:00 to 10:00 on all days, where the postal code says. */
async function practice(id: string, postalCode: string, extension: Json[] = [], zone = 'Europe/Paris'): Promise<void> {
  await put({ resourceType: 'Organization', id, name: id, ...(extension.length > 0 ? { extension } : {}) });
  await put({
    ...{ resourceType: 'Location', id, name: id, managingOrganization: { reference: `Organization/${id}` } },
    address: { line: ['1 rue'], postalCode, city: 'Ville' },
    extension: [timezone(zone)],
  });
  await put({ resourceType: 'Practitioner', id, name: [{ family: id }] });
  await put({
    ...{ resourceType: 'PractitionerRole', id, practitioner: { reference: `Practitioner/${id}` } },
    organization: { reference: `Organization/${id}` },
    location: [{ reference: `Location/${id}` }],
  });
  await put({
    ...{ resourceType: 'Schedule', id, active: true, actor: [{ reference: `PractitionerRole/${id}` }] },
    extension: [
      weekly({
        id: 'all',
        days: ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'],
        from: '08:00',
        to: '10:00',
        first: '2026-11-02',
        offset: '+01:00',
      }),
    ],
  });
}

async function freeOn(id: string, day: string, offset = '+01:00'): Promise<number> {
  const zone = encodeURIComponent(offset);
  const { json } = await test.request(
    'GET',
    `Slot?schedule=Schedule/${id}&status=free&start=ge${day}T00:00:00${zone}&start=lt${day}T23:59:59${zone}&_count=100`,
  );
  return json.total ?? (json.entry ?? []).length;
}

describe('the public holidays of a practice', () => {
  it('are days like any other until somebody decides', async () => {
    await practice('plain', '35000');
    expect(await freeOn('plain', '2026-12-25')).toBeGreaterThan(0);
  });

  it('close its agendas at once, and open them again', async () => {
    await practice('rennes', '35000');
    const all = await freeOn('rennes', '2026-12-24');
    await put({ resourceType: 'Organization', id: 'rennes', name: 'rennes', extension: [holidays('closed')] });
    expect(await freeOn('rennes', '2026-12-25')).toBe(0);
    expect(await freeOn('rennes', '2026-12-24')).toBe(all);
    expect(await freeOn('rennes', '2026-12-26')).toBe(all);
    await put({ resourceType: 'Organization', id: 'rennes', name: 'rennes' });
    expect(await freeOn('rennes', '2026-12-25')).toBe(all);
  });

  it('are those of the place, and move with it', async () => {
    await practice('place', '67000', [holidays('closed')]);
    expect(await freeOn('place', '2026-12-26')).toBe(0);
    await put({
      ...{ resourceType: 'Location', id: 'place', name: 'place' },
      managingOrganization: { reference: 'Organization/place' },
      address: { line: ['1 rue'], postalCode: '35000', city: 'Rennes' },
      extension: [timezone('Europe/Paris')],
    });
    expect(await freeOn('place', '2026-12-26')).toBeGreaterThan(0);
    expect(await freeOn('place', '2026-12-25')).toBe(0);
  });

  it('give way to the choice of one agenda', async () => {
    await practice('one', '35000', [holidays('closed')]);
    const { json: schedule } = await test.request('GET', 'Schedule/one');
    const hours = [
      { url: 'date', valueDate: '2026-12-25' },
      { url: 'state', valueCode: 'hours' },
      { url: 'from', valueTime: '09:00:00' },
      { url: 'to', valueTime: '09:30:00' },
    ];
    const own = { url: 'urn:creneau:fhir:holidays', extension: [{ url: 'day', extension: hours }] };
    await put({ ...schedule, extension: [...schedule.extension, own] });
    const there = await freeOn('one', '2026-12-25');
    expect(there).toBeGreaterThan(0);
    expect(there).toBeLessThan(await freeOn('one', '2026-12-24'));
    expect(await freeOn('one', '2027-01-01')).toBe(0);
  });

  it('show the appointments that they hit, and their names', async () => {
    await practice('hit', '35000');
    await put({ resourceType: 'Patient', id: 'hit', name: [{ family: 'Martin' }], birthDate: '1980-01-01' });
    const booked = await test.request('POST', 'Appointment', {
      ...{ resourceType: 'Appointment', status: 'booked' },
      ...{ start: '2026-12-25T08:00:00+01:00', end: '2026-12-25T08:15:00+01:00' },
      participant: [
        { actor: { reference: 'PractitionerRole/hit' }, status: 'accepted' },
        { actor: { reference: 'Patient/hit' }, status: 'accepted' },
      ],
    });
    expect(booked.status, booked.text).toBe(201);
    await put({ resourceType: 'Organization', id: 'hit', name: 'hit', extension: [holidays('closed')] });
    const window = 'start=2026-12-24T00:00:00Z&end=2026-12-27T00:00:00Z';
    const { json } = await test.request('GET', `Schedule/hit/$agenda?${window}`);
    const named = (name: string): Json[] => json.parameter.filter((parameter: Json) => parameter.name === name);
    expect(named('closed-over')).toHaveLength(1);
    expect(named('holiday')).toEqual([
      {
        name: 'holiday',
        part: [
          { name: 'date', valueDate: '2026-12-25' },
          { name: 'name', valueString: 'Noël' },
          { name: 'state', valueCode: 'closed' },
        ],
      },
    ]);
    const [closure] = named('closure');
    expect(closure.part.map((part: Json) => part.name)).toEqual(['start', 'end', 'reason']);
  });

  it('that cannot be understood are refused with words', async () => {
    const faulty = holidays('closed', { url: 'day', extension: [{ url: 'state', valueCode: 'open' }] });
    const { status, json } = await test.request('PUT', 'Organization/odd', {
      ...{ resourceType: 'Organization', id: 'odd', name: 'odd' },
      extension: [faulty],
    });
    expect(status).toBe(422);
    expect(json.issue[0]).toMatchObject({ expression: ['Organization.extension[0].extension[1]'] });
    expect(json.issue[0].details.text).toContain('Jours fériés incompris');
  });
});
