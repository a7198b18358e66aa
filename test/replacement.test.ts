/** A locum takes the appointments of an agenda for some days: the agenda says so, and her rights end by themselves. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { parseResource } from '../src/fhir/json.ts';
import { AgendaReader } from '../src/store/resources/agenda-reader.ts';
import { ResourceReader } from '../src/store/resources/resource-reader.ts';
import { locumOf, withWhom } from '../src/sync/notice/locum.ts';
import { furnish, type Guest, type NewPractice, startNewPractice } from './new-practice.ts';

let opened: NewPractice;
let manager: Guest;
let ids: Record<string, string>;
let locum: string;

beforeAll(async () => {
  opened = await startNewPractice(['claire', 'awa']);
  manager = (await opened.join(await opened.code(), 'claire', 'Claire Martin')).guest;
  ids = await furnish(manager, 'Vasseur');
  const awa = { resourceType: 'Practitioner', name: [{ family: 'Diallo', given: ['Awa'] }] };
  locum = `Practitioner/${(await make(awa)).id}`;
  await make({
    ...{ resourceType: 'PractitionerRole', organization: { reference: ids['practice'] } },
    ...{ practitioner: { reference: locum }, location: [{ reference: ids['place'] }] },
  });
});
afterAll(() => opened.close());

async function make(resource: Json): Promise<Json> {
  const { status, json, text } = await manager.ask('POST', `/fhir/${resource.resourceType}`, resource);
  expect(status, text).toBe(201);
  return json;
}

const replacement = (first: string, last: string, sas = true): Json => ({
  url: 'urn:creneau:fhir:replacement',
  extension: [
    { url: 'practitioner', valueReference: { reference: locum, display: 'Awa Diallo' } },
    { url: 'first', valueDate: first },
    { url: 'last', valueDate: last },
    ...(sas ? [] : [{ url: 'sas', valueBoolean: false }]),
  ],
});

async function replace(...replacements: Json[]): Promise<{ status: number; json: Json }> {
  const { json: schedule } = await manager.ask('GET', `/fhir/${ids['schedule']}`);
  const others = schedule.extension.filter(({ url }: Json) => url !== 'urn:creneau:fhir:replacement');
  const extension = [...others, ...replacements];
  return manager.ask('PUT', `/fhir/${ids['schedule']}`, { ...schedule, extension });
}

describe('a replacement', () => {
  it('is refused when its days overlap, or are none', async () => {
    const twice = await replace(replacement('2026-11-25', '2026-11-27'), replacement('2026-11-27', '2026-11-30'));
    expect([twice.status, twice.json.issue[0].details.text]).toEqual([
      422,
      'Remplacement incompris : deux remplacements se recouvrent.',
    ]);
    expect((await replace(replacement('2026-11-27', '2026-11-25'))).status).toBe(422);
  });

  it('is told with the agenda on its days, and on no others', async () => {
    expect((await replace(replacement('2026-11-25', '2026-11-27'))).status).toBe(200);
    const named = async (start: string, end: string): Promise<Json[]> => {
      const { json } = await manager.ask('GET', `/fhir/${ids['schedule']}/$agenda?start=${start}&end=${end}`);
      return json.parameter.filter(({ name }: Json) => name === 'replacement');
    };
    expect(await named('2026-11-26', '2026-11-27')).toEqual([
      {
        name: 'replacement',
        part: [
          { name: 'practitioner', valueReference: { reference: locum, display: 'Awa Diallo' } },
          { name: 'first', valueDate: '2026-11-25' },
          { name: 'last', valueDate: '2026-11-27' },
        ],
      },
    ]);
    expect(await named('2026-12-01', '2026-12-02')).toEqual([]);
  });

  it('hides its days from the SAS only if the practitioner says so', async () => {
    const hidden = replacement('2026-11-25', '2026-11-27', false);
    const refused = await replace(hidden);
    expect([refused.status, refused.json.issue[0].details.text]).toEqual([
      403,
      'Ce que voit le SAS se décide par le praticien.',
    ]);
    const right = [
      { name: 'role', valueCode: 'practitioner' },
      { name: 'target', valueReference: { reference: ids['practitioner'] } },
    ];
    const granting = { resourceType: 'Parameters', parameter: [{ name: 'right', part: right }] };
    expect((await manager.ask('POST', `/fhir/${ids['practice']}/$grant`, granting)).status).toBe(200);
    expect((await replace(hidden)).status).toBe(200);
    expect((await replace(replacement('2026-11-25', '2026-11-27'))).status).toBe(200);
  });

  it('is named in the mails of patients', async () => {
    const { database } = opened.test.server;
    const parts = [new ResourceReader(database), new AgendaReader(database)] as const;
    const patient = await make({ resourceType: 'Patient', name: [{ family: 'Martin' }], birthDate: '1980-01-01' });
    const book = async (day: string): Promise<Json> =>
      make({
        ...{ resourceType: 'Appointment', status: 'booked' },
        ...{ start: `${day}T08:00:00+01:00`, end: `${day}T08:15:00+01:00` },
        participant: [ids['practitioner'], `Patient/${patient.id}`].map((reference) => ({
          actor: { reference },
          status: 'accepted',
        })),
      });
    const nameOn = async (day: string): Promise<string | undefined> =>
      locumOf(...parts, parseResource('Appointment', JSON.stringify(await book(day))));
    expect(await nameOn('2026-11-26')).toBe('Awa Diallo');
    expect(await nameOn('2026-11-30')).toBeUndefined();
    expect(withWhom('Dr Vasseur', 'Awa Diallo')).toEqual(['Avec Awa Diallo, en remplacement de Dr Vasseur']);
    expect(withWhom('Dr Vasseur', undefined)).toEqual(['Avec Dr Vasseur']);
  });
});

describe('the rights of a locum', () => {
  const FROM = '2026-11-25T00:00:00+01:00';
  const UNTIL = '2026-11-28T00:00:00+01:00';
  let guest: Guest;

  const invite = (from: string, until: string): Promise<{ status: number; json: Json }> =>
    manager.ask('POST', `/fhir/${ids['practice']}/$invite`, {
      resourceType: 'Parameters',
      parameter: [
        { name: 'name', valueString: 'Awa Diallo' },
        {
          name: 'right',
          part: [
            { name: 'role', valueCode: 'secretary' },
            { name: 'target', valueReference: { reference: ids['schedule'] } },
            { name: 'from', valueInstant: from },
            { name: 'until', valueInstant: until },
          ],
        },
      ],
    });
  const reads = async (): Promise<number> =>
    (await guest.ask('GET', `/fhir/${ids['schedule']}/$agenda?start=2026-11-26&end=2026-11-27`)).status;

  it('end after they begin', async () => {
    expect((await invite(UNTIL, FROM)).status).toBe(400);
  });

  it('open the agenda on its days, and neither before nor after', async () => {
    const { status, json } = await invite(FROM, UNTIL);
    expect(status).toBe(201);
    guest = (await opened.join(json.parameter[0].valueUrl.split('#')[1], 'awa')).guest;
    expect(await reads()).toBe(401);
    opened.test.clock.now = Date.parse('2026-11-25T08:00:00+01:00');
    guest = await opened.logIn('awa');
    expect(await reads()).toBe(200);
    opened.test.clock.now = Date.parse(UNTIL) - 1000;
    guest = await opened.logIn('awa');
    expect((await guest.ask('GET', '/auth/me')).json.person.agendas).toEqual([ids['schedule']]);
    opened.test.clock.now = Date.parse(UNTIL);
    expect((await guest.ask('GET', '/auth/me')).json.person?.agendas ?? []).toEqual([]);
    expect(await reads()).toBe(403);
  });

  it('are shown to the manager with their days', async () => {
    manager = await opened.logIn('claire');
    const { json } = await manager.ask('GET', `/fhir/${ids['practice']}/$people`);
    expect(JSON.stringify(json)).toContain('"name":"until","valueInstant":"2026-11-27T23:00:00.000Z"');
  });
});
