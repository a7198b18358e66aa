/** Calendars elsewhere that an agenda follows, over real HTTP. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { readConfig } from '../src/runtime/config.ts';
import {
  calendar,
  closedOverOf,
  closure,
  closuresOf,
  importText,
  namesOf,
  openSite,
  type Site,
} from './calendar-kit.ts';
import { bookingOf, freeSlots, loadFixture } from './fixture.ts';
import { type Reply, startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
let site: Site;
beforeAll(async () => {
  test = await startTestServer({
    ...{ allowPrivateEndpoints: true, maxCalendarBytes: 1_000_000 },
    validation: readConfig(['--validation', 'refuse'], {}).config.validation,
  });
  await loadFixture(test.base);
  site = await openSite();
});
afterAll(async () => {
  site.close();
  await test.close();
});
beforeEach(() => {
  Object.assign(site, { status: 200, type: 'text/calendar', asked: [] });
});

const follow = (url: string, ...more: Json[]): Promise<Reply> =>
  test.request('POST', 'Schedule/reunion/$import-ical', {
    resourceType: 'Parameters',
    parameter: [{ name: 'url', valueUrl: url }, ...more],
  });
const stop = (url: string): Promise<Reply> => follow(url, { name: 'stop', valueBoolean: true });
const due = async (): Promise<void> => {
  await test.sql(`UPDATE calendar_source SET next_at = now() - interval '1 second' WHERE isfinite(next_at)`);
  await test.server.calendars.readDue();
};
const versionOf = async (): Promise<string> => (await test.request('GET', 'Schedule/reunion')).json.meta.versionId;
const sources = async (): Promise<Json[]> =>
  ((await test.request('GET', 'Schedule/reunion/$calendar-sources')).json.parameter ?? []).map(({ part }: Json) =>
    Object.fromEntries(part.map(({ name, resource, ...value }: Json) => [name, resource ?? Object.values(value)[0]])),
  );

it('is read politely: only when it has changed; what is gone there goes here', async () => {
  const url = site.url('cal.ics');
  site.text = calendar(
    ...closure('far-1', '20270104T040000Z', '20270104T050000Z'),
    ...closure('far-2', '20270105T040000Z', '20270105T050000Z'),
  );
  expect((await follow(url, { name: 'interval', valuePositiveInt: 30 })).status).toBe(200);
  expect(await namesOf(test)).toEqual(expect.arrayContaining(['far-1', 'far-2']));
  const version = await versionOf();
  await due();
  expect(site.asked).toEqual([undefined, '"1"']);
  expect(await versionOf()).toBe(version);
  Object.assign(site, { text: calendar(...closure('far-2', '20270106T040000Z', '20270106T050000Z')), etag: '"2"' });
  await due();
  expect(await namesOf(test)).not.toContain('far-1');
  expect(await closuresOf(test)).toContain('2027-01-06T08:00:00+04:00');
  // It fails: nothing is lost, and it is asked more and more rarely.
  for (const [i, status] of [500, 302].entries()) {
    site.status = status;
    await due();
    const [source] = await test.sql<{ failures: number; wait: number; last_outcome: string }>(
      'SELECT failures, last_outcome, extract(epoch FROM next_at - clock_timestamp())::float8 AS wait ' +
        'FROM calendar_source',
    );
    expect(source!.failures).toBe(i + 1);
    expect(source!.last_outcome).toContain(String(status));
    expect(source!.wait).toBeGreaterThan(30 * 60 * 2 ** (i + 1) - 60);
  }
  expect(await namesOf(test)).toContain('far-2');
  // Asked again to follow it during the outage, it stays followed.
  const again = await follow(url);
  expect([again.status, again.json.issue[0].severity]).toEqual([200, 'warning']);
  expect((await stop(url)).status).toBe(200);
  expect((await stop(url)).status).toBe(404);
});

it('that is cut off, is not a calendar or is empty changes nothing, and is asked for again', async () => {
  const url = site.url('cut.ics');
  const whole = calendar(
    ...closure('cut-1', '20270111T040000Z', '20270111T050000Z'),
    ...closure('cut-2', '20270112T040000Z', '20270112T050000Z'),
  );
  Object.assign(site, { text: whole, etag: '"c1"' });
  expect((await follow(url)).status).toBe(200);
  for (const [text, reason] of [
    [whole.slice(0, whole.indexOf('END:VEVENT') + 12), 'cut off'],
    [whole.replace('END:VEVENT\r\n', ''), 'cut off'],
    [whole.replace('BEGIN:VEVENT\r\n', ''), 'cut off'],
    ['<!doctype html><title>Connexion</title>', 'not an iCalendar file'],
    ['', 'not an iCalendar file'],
  ]) {
    Object.assign(site, { text, etag: `"${text!.length}"` });
    await due();
    expect(await namesOf(test)).toEqual(expect.arrayContaining(['cut-1', 'cut-2']));
    const [source] = await sources();
    expect(source).toMatchObject({ followed: true, outcome: expect.stringContaining(reason!) });
    expect(source.failures).toBeGreaterThan(0);
  }
  Object.assign(site, { text: calendar(), etag: '"c2"' });
  await due();
  expect(site.asked.at(-1)).toBe('"c1"');
  expect((await namesOf(test)).filter((name) => name.startsWith('cut-'))).toEqual([]);
  await stop(url);
});

it('shows when it was read and what was lost, line by line, without its secret address', async () => {
  const url = site.url('private-1234567890abcdef/basic.ics');
  Object.assign(site, {
    etag: '"s1"',
    text: calendar(
      ...closure('ok', '20270118T040000Z', '20270118T050000Z'),
      ...['BEGIN:VEVENT', 'UID:bad', 'DTSTART:yesterday', 'DURATION:PT1H', 'END:VEVENT'],
    ),
  });
  await follow(url);
  const [source] = await sources();
  expect(source).toMatchObject({
    failures: 0,
    interval: 60,
    'last-read': expect.any(String),
    next: expect.any(String),
  });
  expect(source.issues.issue.map((issue: Json) => issue.diagnostics)).toEqual([
    '1 availabilities read; 1 things could not be represented',
    'line 11: DTSTART is not a date',
  ]);
  expect(source.address).toMatch(/…\/basic\.ics$/);
  expect(JSON.stringify(source)).not.toContain('1234567890');
  await stop(url);
  expect(await sources()).toEqual([]);
});

it('that closes time of patients: the agenda lists them until each is dealt with, or the closure goes', async () => {
  const range = 'schedule=reunion&start=ge2027-03-01&start=lt2027-03-20';
  const [first, second, third] = await Promise.all(
    (await freeSlots(test, range)).slice(0, 3).map(async ({ id }) => {
      const { status, json } = await test.request('POST', 'Appointment', bookingOf(id));
      expect(status).toBe(201);
      return json;
    }),
  );
  expect(await closedOverOf(test)).toEqual([]);
  const url = site.url('leave.ics');
  Object.assign(site, { text: calendar(...closure('leave', '20270301', '20270308')), etag: '"l1"' });
  const said = await follow(url);
  expect(said.json.issue.filter(({ diagnostics }: Json) => diagnostics.includes('Appointment/'))).toHaveLength(3);
  expect(await closedOverOf(test)).toEqual([first.id, second.id, third.id]);
  const { json } = await test.request('GET', 'Schedule/reunion/$agenda');
  const [listed] = json.parameter.filter(({ name }: Json) => name === 'closed-over');
  expect(listed.part.slice(1).map((part: Json) => Object.values(part))).toEqual([
    ['holds-time', true],
    ...['arrived', 'checked-in', 'fulfilled', 'noshow', 'cancelled'].map((status) => ['may-become', status]),
  ]);
  expect(json.parameter.find(({ name }: Json) => name === 'patient').resource.id).toBe('alice');
  const [free] = await freeSlots(test, 'schedule=reunion&start=ge2027-03-08&start=lt2027-03-20');
  const { start, end } = free!;
  await test.request('PUT', `Appointment/${first.id}`, {
    ...first,
    slot: [{ reference: `Slot/${free!.id}` }],
    start,
    end,
  });
  expect(await closedOverOf(test)).toEqual([second.id, third.id]);
  await test.request('PUT', `Appointment/${second.id}`, { ...second, status: 'cancelled' });
  expect(await closedOverOf(test)).toEqual([third.id]);
  // Closed by two calendars, the time stays closed until both have opened it.
  await importText(test, calendar(...closure('sent', '20270301', '20270308')));
  Object.assign(site, { text: calendar(), etag: '"l2"' });
  await due();
  expect(await closedOverOf(test)).toEqual([third.id]);
  await importText(test, calendar(...closure('sent', '20270301', '20270308', 'STATUS:CANCELLED')));
  expect(await closedOverOf(test)).toEqual([]);
  await test.sql('DELETE FROM calendar_source');
});

it('two calendars with one event keep a closure each', async () => {
  const [first, other] = [site.url('first.ics'), site.url('other.ics')];
  Object.assign(site, { text: calendar(...closure('both', '20270125T040000Z', '20270125T050000Z')), etag: '"b1"' });
  await follow(first);
  await follow(other);
  expect((await namesOf(test)).filter((name) => name === 'both')).toHaveLength(2);
  await test.sql(`UPDATE calendar_source SET next_at = now() + interval '1 day' WHERE url LIKE '%other.ics'`);
  Object.assign(site, { text: calendar(), etag: '"b2"' });
  await test.sql(`UPDATE calendar_source SET next_at = now() - interval '1 second' WHERE url LIKE '%first.ics'`);
  await test.server.calendars.readDue();
  expect((await namesOf(test)).filter((name) => name === 'both')).toHaveLength(1);
  await stop(first);
  await due();
  expect((await namesOf(test)).filter((name) => name === 'both')).toHaveLength(0);
  await stop(other);
});

it('dates beyond the horizon are written as time goes by, though the calendar has not changed', async () => {
  const url = site.url('far.ics');
  const weekly = [
    'BEGIN:VEVENT',
    'UID:utc',
    'DTSTART:20261201T040000Z',
    'DURATION:PT1H',
    'RRULE:FREQ=MONTHLY;BYMONTHDAY=1',
  ];
  // The agenda is in La Réunion, without summer time: New York is another clock.
  const text = calendar(...weekly, 'END:VEVENT').replace(
    'DTSTART:20261201T040000Z',
    'DTSTART;TZID=America/New_York:20261201T040000',
  );
  Object.assign(site, { text, etag: '"h1"' });
  const reply = await follow(url);
  expect(reply.json.issue.at(-1).diagnostics).toMatch(/^dates from 2028-12-01 on are not written yet/);
  const count = async (): Promise<number> => (await namesOf(test)).filter((name) => name.startsWith('utc/')).length;
  const before = await count();
  expect(before).toBe(24);
  await due();
  expect(site.asked.at(-1)).toBe('"h1"');
  await test.sql(`UPDATE calendar_source SET read_at = $1::timestamptz - interval '2 days'`, [
    new Date(test.clock.now),
  ]);
  test.clock.now += 31 * 86_400_000;
  await due();
  expect(site.asked.at(-1)).toBeUndefined();
  expect(await closuresOf(test)).toContain('2028-12-01T13:00:00+04:00');
  test.clock.now -= 31 * 86_400_000;
  await stop(url);
});

it('is held to the write rules each time: nothing is written of what they refuse, and it is read again', async () => {
  const url = site.url('rules.ics');
  Object.assign(site, { text: calendar(...closure('rule-1', '20270201T040000Z', '20270201T050000Z')), etag: '"r1"' });
  expect((await follow(url)).status).toBe(200);
  const context = { now: test.clock.now, requestId: 'x', caller: 'x', roles: ['*'], strict: false, base: '' };
  const patch = (apply: (schedule: Json) => Json) =>
    test.server.backend.patch(context, 'Schedule', 'reunion', apply, {});
  // Stored when the rules were milder.
  await patch((schedule) => ({
    ...schedule,
    meta: { profile: ['https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule'] },
    serviceType: [{ text: 'x' }],
  }));
  Object.assign(site, { text: calendar(...closure('rule-2', '20270202T040000Z', '20270202T050000Z')), etag: '"r2"' });
  await due();
  const has = async (): Promise<boolean[]> => {
    const names = await namesOf(test);
    return ['rule-1', 'rule-2'].map((name) => names.includes(name));
  };
  expect(await has()).toEqual([true, false]);
  const [source] = await test.sql<{ failures: number; last_outcome: string }>(
    'SELECT failures, last_outcome FROM calendar_source',
  );
  expect(source).toEqual({ failures: 1, last_outcome: expect.stringContaining('serviceType') });
  await patch(({ serviceType: _, ...rest }) => rest);
  await due();
  expect(await has()).toEqual([false, true]);
  expect((await stop(url)).status).toBe(200);
});

it('that cannot be read is refused at once', async () => {
  Object.assign(site, { text: 'x'.repeat(2_000_000), etag: '"3"' });
  const url = site.url('huge.ics');
  expect((await follow(url)).status).toBe(422);
  const endless = await follow(site.url('endless.ics'));
  expect([endless.status, endless.json.issue[0].diagnostics]).toEqual([
    422,
    'The calendar cannot be read: the answer is larger than 1000000 bytes',
  ]);
  site.status = 302;
  const redirected = await follow(url);
  expect([redirected.status, redirected.json.issue[0].diagnostics]).toEqual([
    422,
    'The calendar cannot be read: answered 302: redirects are not followed',
  ]);
  expect(await test.sql('SELECT * FROM calendar_source')).toEqual([]);
});
