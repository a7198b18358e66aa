/** The rights of a calendar that an agenda follows: those of its author, as they are when it is read. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoIdentity } from '../src/rest/access/people.ts';
import type { PersonEntry } from '../src/rest/access/person.ts';
import { calendar, closedOverOf, closure, importText, namesOf, openSite, type Site } from './calendar-kit.ts';
import { bookingOf, freeSlots, loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';
import { type PageReply, TestBrowser } from './oidc-provider.ts';

let test: TestServer;
let site: Site;
let browser: TestBrowser;
let token: string;
const rights: PersonEntry = {
  ...{ name: 'Camille', subject: demoIdentity('camille', 'Camille').subject, practitioner: 'Practitioner/vasseur' },
  ...{ roles: ['practitioner'], agendas: [], places: [] },
};

beforeAll(async () => {
  test = await startTestServer({ demoLogin: true, allowPrivateEndpoints: true });
  await loadFixture(test.base);
  site = await openSite();
  const person = { id: 'camille', roles: rights.roles, description: '', identity: demoIdentity('camille', 'Camille') };
  test.server.people.introduce([{ person, rights }]);
  browser = new TestBrowser();
  const { json } = await browser.json('POST', `${test.server.url}/auth/demo-login`, { person: 'camille' });
  token = json.csrfToken;
});
afterAll(async () => {
  site.close();
  await test.close();
});

function asCamille(schedule: string, url: string, stop = false): Promise<PageReply> {
  const parameter = [
    { name: 'url', valueUrl: url },
    { name: 'stop', valueBoolean: stop },
  ];
  const headers = { 'x-csrf-token': token, 'content-type': 'application/fhir+json' };
  const address = `${test.base}/Schedule/${schedule}/$import-ical`;
  return browser.json('POST', address, { resourceType: 'Parameters', parameter }, headers);
}

async function readDue(): Promise<{ failures: number; last_outcome: string }[]> {
  await test.sql(`UPDATE calendar_source SET next_at = now() - interval '1 second'`);
  await test.server.calendars.readDue();
  return test.sql('SELECT failures, last_outcome FROM calendar_source ORDER BY url');
}

const show = (uid: string, day: string): void => {
  const text = calendar(...closure(uid, `${day}T080000Z`, `${day}T090000Z`));
  Object.assign(site, { text, etag: `"${uid}"` });
};

it('nobody follows or stops a calendar for the agenda of somebody else, however empty it is', async () => {
  Object.assign(site, { text: calendar(), etag: '"empty"' });
  const url = site.url('empty.ics');
  expect((await asCamille('reunion', url)).status).toBe(403);
  expect(await test.sql('SELECT 1 FROM calendar_source')).toEqual([]);
  const headers = { 'x-csrf-token': token, 'content-type': 'text/calendar' };
  const sent = await browser.send('POST', `${test.base}/Schedule/reunion/$import-ical`, { body: calendar(), headers });
  expect(sent.status).toBe(403);
  const parameter = [{ name: 'url', valueUrl: url }];
  await test.request('POST', 'Schedule/reunion/$import-ical', { resourceType: 'Parameters', parameter });
  expect((await asCamille('reunion', url, true)).status).toBe(403);
  expect(await test.sql('SELECT author FROM calendar_source')).toEqual([{ author: '{"caller":"anonymous"}' }]);
  await test.sql('DELETE FROM calendar_source');
});

it('a calendar is read with the rights that its author has now', async () => {
  show('first', '20270104');
  expect((await asCamille('vasseur-paris', site.url('own.ics'))).status).toBe(200);
  show('second', '20270105');
  expect(await readDue()).toEqual([{ failures: 0, last_outcome: expect.stringMatching(/^1 avail/) }]);
  expect(await namesOf(test, 'vasseur-paris')).toContain('second');
  for (const withdrawn of [{ roles: [] }, { practitioner: 'Practitioner/other' }]) {
    const before = { ...rights };
    Object.assign(rights, withdrawn);
    show('third', '20270106');
    const [source] = await readDue();
    expect(source!.failures).toBeGreaterThan(0);
    Object.assign(rights, before);
    expect(await namesOf(test, 'vasseur-paris')).toContain('second');
    expect(await namesOf(test, 'vasseur-paris')).not.toContain('third');
  }
  expect(await readDue()).toEqual([{ failures: 0, last_outcome: expect.stringMatching(/^1 avail/) }]);
  expect(await namesOf(test, 'vasseur-paris')).toContain('third');
});

it('a calendar whose author an older version did not store is not read until somebody follows it again', async () => {
  await test.sql('UPDATE calendar_source SET author = NULL');
  show('fourth', '20270107');
  expect(await readDue()).toEqual([{ failures: 1, last_outcome: expect.stringContaining('follow it again') }]);
  expect(await namesOf(test, 'vasseur-paris')).toContain('third');
  expect((await asCamille('vasseur-paris', site.url('own.ics'))).status).toBe(200);
  expect(await namesOf(test, 'vasseur-paris')).toContain('fourth');
});

it('a closure on patients names them to the people of the agenda, and to nobody else', async () => {
  for (const [schedule, isOwn] of [
    ['reunion', false],
    ['vasseur-paris', true],
  ] as const) {
    const [free] = await freeSlots(test, `schedule=${schedule}&start=ge2027-03-01&start=lt2027-03-20`);
    const { json } = await test.request('POST', 'Appointment', bookingOf(free!.id));
    await importText(test, calendar(...closure('leave', '20270301', '20270320')), schedule);
    expect(await closedOverOf(test, schedule)).toEqual([json.id]);
    const shown = await browser.json('GET', `${test.base}/Schedule/${schedule}/$agenda`);
    expect(shown.status).toBe(200);
    const text = JSON.stringify(shown.json);
    for (const secret of ['closed-over', json.id, 'Patient/alice'])
      expect(text.includes(secret), `${schedule}: ${secret}`).toBe(isOwn);
  }
});
