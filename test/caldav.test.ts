/** CalDAV over real HTTP, by the library of a real client (tsdav), and by hand where a client would not ask. */
import { createDAVClient, type DAVCalendar } from 'tsdav';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { demoIdentity } from '../src/rest/access/people.ts';
import type { PersonEntry } from '../src/rest/access/person.ts';
import { closuresOf } from './calendar-kit.ts';
import { loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
let device: Record<string, string>;
let dav: Awaited<ReturnType<typeof createDAVClient>>;
let calendar: DAVCalendar;

beforeAll(async () => {
  test = await startTestServer({ demoLogin: true });
  await loadFixture(test.base);
  device = await newDevice('Schedule/vasseur-paris');
  dav = await clientOf(device);
  [calendar] = (await dav.fetchCalendars()) as [DAVCalendar];
});
afterAll(() => test.close());

async function newDevice(subject: string, names = false): Promise<Record<string, string>> {
  const { status, json } = await test.request('POST', `${subject}/$calendar-device`, {
    resourceType: 'Parameters',
    parameter: [{ name: 'patient-names', valueBoolean: names }],
  });
  expect(status).toBe(201);
  return Object.fromEntries(json.parameter.map(({ name, ...value }: Json) => [name, String(Object.values(value)[0])]));
}

function clientOf({ username, password }: Record<string, string>): ReturnType<typeof createDAVClient> {
  return createDAVClient({
    serverUrl: test.server.url,
    credentials: { username: username!, password: password! },
    authMethod: 'Basic',
    defaultAccountType: 'caldav',
  });
}

const event = (uid: string, start: string, end: string, ...more: string[]): string =>
  [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//phone//FR', 'BEGIN:VEVENT', `UID:${uid}`],
    ...['DTSTAMP:20261101T000000Z', `DTSTART;TZID=Europe/Paris:${start}`, `DTEND;TZID=Europe/Paris:${end}`],
    ...['SUMMARY:Dentiste', ...more, 'END:VEVENT', 'END:VCALENDAR', ''],
  ].join('\r\n');

async function book(start: string): Promise<Json> {
  const { status, json } = await test.request('POST', 'Appointment', {
    ...{ resourceType: 'Appointment', status: 'booked', start, end: start.replace(':00:00+', ':15:00+') },
    participant: [
      { actor: { reference: 'Patient/alice' }, status: 'accepted' },
      { actor: { reference: 'PractitionerRole/vasseur-paris' }, status: 'accepted' },
    ],
  });
  expect(status).toBe(201);
  return json;
}

const objects = async () => dav.fetchCalendarObjects({ calendar });
const objectOf = async (text: string) => (await objects()).find(({ data }) => data.includes(text));
const send = (method: string, url: string, headers: Record<string, string> = {}, body?: string): Promise<Response> =>
  fetch(url, {
    method,
    headers: { ...basic(device), ...headers },
    redirect: 'manual',
    ...(body === undefined ? {} : { body }),
  });
const basic = ({ username, password }: Record<string, string>): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
});

const rangeQuery = (name: string, start: string, end: string): string =>
  `<c:${name} xmlns:c="urn:ietf:params:xml:ns:caldav"><c:time-range start="${start}" end="${end}"/></c:${name}>`;

describe('a device', () => {
  it('finds its agendas from the bare address of the server', async () => {
    expect(calendar.url).toMatch(/\/dav\/calendars\/vasseur-paris\/$/);
    expect(calendar.displayName).toBe('Agenda – DR Camille Vasseur');
    expect(calendar.components).toEqual(['VEVENT']);
    const all = await (await clientOf(await newDevice('Practitioner/vasseur'))).fetchCalendars();
    expect(all.map(({ url }) => url.split('/').at(-2)).sort()).toEqual(['vasseur-lyon', 'vasseur-paris']);
  });

  it('needs its password; a revoked one is over at once', async () => {
    const other = await newDevice('Schedule/vasseur-paris');
    const ask = async (password: string): Promise<number> => {
      const headers = { ...basic({ ...other, password }), depth: '0' };
      return (await fetch(`${test.server.url}/dav/`, { method: 'PROPFIND', headers })).status;
    };
    expect(await ask(other['password']!)).toBe(207);
    expect(await ask(`${other['password']}x`)).toBe(401);
    const nobody = basic({ username: '\u0000', password: 'x' });
    expect((await send('PROPFIND', `${test.server.url}/dav/`, nobody)).status).toBe(401);
    const parameter = [{ name: 'username', valueString: other['username'] }];
    await test.request('POST', 'Schedule/vasseur-paris/$calendar-device-revoke', {
      resourceType: 'Parameters',
      parameter,
    });
    expect(await ask(other['password']!)).toBe(401);
    expect(JSON.stringify(await test.sql('SELECT * FROM calendar_device'))).not.toContain(device['password']);
    expect((await send('PROPFIND', `${test.server.url}/.well-known/caldav`)).headers.get('location')).toBe('/dav/');
    expect((await send('PROPFIND', `${test.server.url}/dav/calendars/reunion/`)).status).toBe(404);
  });

  it('is listed until it is revoked, by its name and holder, without its password', async () => {
    const listed = async (): Promise<string> => {
      const { status, json } = await test.request('GET', 'Schedule/vasseur-lyon/$calendar-devices');
      expect(status).toBe(200);
      return JSON.stringify(json.parameter ?? []);
    };
    expect(await listed()).toBe('[]');
    const own = await newDevice('Schedule/vasseur-lyon', true);
    const shown = await listed();
    expect(shown).toContain(`"${own['username']}"`);
    expect(shown).toMatch(/"holder".*"patient-names","valueBoolean":true.*"created","valueInstant":"20/);
    expect(shown).not.toContain(own['password']);
    await test.request('POST', 'Schedule/vasseur-lyon/$calendar-device-revoke', {
      resourceType: 'Parameters',
      parameter: [{ name: 'username', valueString: own['username'] }],
    });
    expect(await listed()).toBe('[]');
  });

  it('shows appointments without names, unless it was made with them', async () => {
    await book('2026-12-09T08:00:00+01:00');
    const quiet = (await objects()).map(({ data }) => data).join('');
    expect(quiet).toContain('DTSTART;TZID=Europe/Paris:20261209T080000');
    expect(quiet).not.toMatch(/Martin/);
    const open = await clientOf(await newDevice('Schedule/vasseur-paris', true));
    const [own] = (await open.fetchCalendars()) as [DAVCalendar];
    const shown = await open.fetchCalendarObjects({ calendar: own });
    expect(shown.map(({ data }) => data).join('')).toContain('Alice Martin');
  });
});

describe('a private event', () => {
  it('closes its time, moves and goes; its words are for its author alone', async () => {
    const filename = 'dentiste.ics';
    const iCalString = event('dentiste@phone', '20261208T090000', '20261208T100000');
    expect((await dav.createCalendarObject({ calendar, filename, iCalString })).status).toBe(201);
    expect(await closuresOf(test, 'vasseur-paris')).toContain('2026-12-08T09:00:00+01:00');
    const { json } = await test.request('GET', 'Schedule/vasseur-paris');
    expect(JSON.stringify(json)).not.toContain('Dentiste');
    const stored = (await objectOf('dentiste@phone'))!;
    expect(stored.data.trim()).toBe(iCalString.trim());
    await test.sql(`UPDATE calendar_object SET author = '{"caller":"somebody else"}'`);
    const masked = (await objectOf('dentiste@phone'))!;
    expect(masked.data).toContain('SUMMARY:Occupé');
    expect(masked.data).not.toContain('Dentiste');
    expect((await dav.deleteCalendarObject({ calendarObject: masked })).status).toBe(403);
    await test.sql(`UPDATE calendar_object SET author = '{"caller":"anonymous"}'`);
    const data = event('dentiste@phone', '20261209T090000', '20261209T100000');
    const stale = { ...stored, data, etag: '"old"' };
    expect((await dav.updateCalendarObject({ calendarObject: stale })).status).toBe(412);
    expect((await dav.updateCalendarObject({ calendarObject: { ...stored, data } })).status).toBe(204);
    const closed = await closuresOf(test, 'vasseur-paris');
    expect(closed).toContain('2026-12-09T09:00:00+01:00');
    expect(closed).not.toContain('2026-12-08T09:00:00+01:00');
    const again = (await objectOf('dentiste@phone'))!;
    expect((await dav.deleteCalendarObject({ calendarObject: again })).status).toBe(204);
    expect(await closuresOf(test, 'vasseur-paris')).not.toContain('2026-12-09T09:00:00+01:00');
  });

  it('that repeats closes each time; one that takes no time closes none', async () => {
    const weekly = event('weekly@phone', '20261210T120000', '20261210T130000', 'RRULE:FREQ=WEEKLY;COUNT=3');
    await dav.createCalendarObject({ calendar, filename: 'weekly.ics', iCalString: weekly });
    const free = event('free@phone', '20261211T120000', '20261211T130000', 'TRANSP:TRANSPARENT');
    expect((await dav.createCalendarObject({ calendar, filename: 'free.ics', iCalString: free })).status).toBe(201);
    const slots = async (day: string): Promise<number> =>
      (await test.request('GET', `Slot?schedule=vasseur-paris&status=busy-unavailable&start=${day}`)).json.total;
    expect([await slots('2026-12-17'), await slots('2026-12-11')]).toEqual([1, 0]);
    for (const name of ['weekly@phone', 'free@phone'])
      await dav.deleteCalendarObject({ calendarObject: (await objectOf(name))! });
  });

  it.each([
    ['not a calendar', 'hello'],
    [
      'two UIDs',
      event('a', '20261208T090000', '20261208T100000').replace(
        'END:VEVENT',
        'END:VEVENT\r\nBEGIN:VEVENT\r\nUID:b\r\nEND:VEVENT',
      ),
    ],
    ['a task', 'BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\nEND:VCALENDAR\r\n'],
    ['cut off', event('a', '20261208T090000', '20261208T100000').slice(0, 180)],
    ['a character that no text has', event('a\u0000b', '20261208T090000', '20261208T100000')],
  ])('is refused: %s', async (_title, body) => {
    expect((await send('PUT', `${calendar.url}bad.ics`, { 'content-type': 'text/calendar' }, body)).status).toBe(403);
    expect(await test.sql('SELECT 1 FROM calendar_object')).toEqual([]);
  });
});

describe('an appointment', () => {
  it('moves as the booking rule allows, or stays', async () => {
    const [first, second] = [await book('2026-12-02T08:00:00+01:00'), await book('2026-12-10T08:00:00+01:00')];
    const stored = (await objectOf(first.id))!;
    const move = async (day: string): Promise<number> => {
      const data = stored.data.replaceAll('20261202T08', `${day}T08`);
      return (await dav.updateCalendarObject({ calendarObject: { ...stored, data } })).status;
    };
    expect(await move('20261210')).toBe(409);
    expect((await test.request('GET', `Appointment/${first.id}`)).json.start).toBe('2026-12-02T08:00:00+01:00');
    expect((await objectOf(first.id))!.data).toBe(stored.data);
    expect(await move('20261216')).toBe(204);
    const moved = (await test.request('GET', `Appointment/${first.id}`)).json;
    expect([moved.start, moved.end, moved.status]).toEqual([
      '2026-12-16T08:00:00+01:00',
      '2026-12-16T08:15:00+01:00',
      'booked',
    ]);
    // Closed at night: the rule refuses, whoever moves it.
    const night = (await objectOf(first.id))!;
    const data = night.data.replaceAll('20261216T08', '20261216T03');
    expect((await dav.updateCalendarObject({ calendarObject: { ...night, data } })).status).toBe(422);
    expect((await dav.deleteCalendarObject({ calendarObject: (await objectOf(second.id))! })).status).toBe(403);
    expect((await test.request('GET', `Appointment/${second.id}`)).json.status).toBe('booked');
  });
});

describe('a program', () => {
  it('learns what has changed since it last asked', async () => {
    const sync = async (token: string) => {
      const result = await dav.syncCollection({
        url: calendar.url,
        props: { 'd:getetag': {} },
        syncLevel: 1,
        syncToken: token,
      });
      const names = result.map(({ href, status, props }) => [
        href?.split('/').at(-1),
        Object.keys(props ?? {}).length === 0 ? status : 200,
      ]);
      return { token: String(result[0]?.raw.multistatus.syncToken), names };
    };
    const { token } = await sync('');
    expect((await sync(token)).names.filter(([name]) => name !== undefined)).toEqual([]);
    const iCalString = event('sync@phone', '20261215T090000', '20261215T100000');
    await dav.createCalendarObject({ calendar, filename: 'sync.ics', iCalString });
    const after = await sync(token);
    expect(after.names).toEqual([['sync.ics', 200]]);
    await dav.deleteCalendarObject({ calendarObject: (await objectOf('sync@phone'))! });
    expect((await sync(after.token)).names).toEqual([['sync.ics', 404]]);
    const body =
      '<sync-collection xmlns="DAV:"><sync-token>urn:other</sync-token><prop><getetag/></prop></sync-collection>';
    const unknown = await send('REPORT', calendar.url, { 'content-type': 'application/xml' }, body);
    expect([unknown.status, await unknown.text()]).toEqual([403, expect.stringContaining('valid-sync-token')]);
  });

  it('asks for a range, and for free and busy time', async () => {
    await book('2026-12-03T08:00:00+01:00');
    const range = { start: '2026-12-03T00:00:00Z', end: '2026-12-04T00:00:00Z' };
    const found = await dav.fetchCalendarObjects({ calendar, timeRange: range });
    expect(found.filter(({ data }) => data.includes('DTSTART;TZID=Europe/Paris:20261203T080000'))).toHaveLength(1);
    expect(found.every(({ data }) => !data.includes('20261202T'))).toBe(true);
    const body = `<c:free-busy-query xmlns:c="urn:ietf:params:xml:ns:caldav">
      <c:time-range start="20261203T000000Z" end="20261204T000000Z"/></c:free-busy-query>`;
    const busy = await send('REPORT', calendar.url, { 'content-type': 'application/xml', depth: '1' }, body);
    expect(await busy.text()).toContain('FREEBUSY;FBTYPE=BUSY:20261203T070000Z/20261203T071500Z');
    const { raw } = await dav.freeBusyQuery({ url: calendar.url, timeRange: range, depth: '0' });
    expect(String(raw)).toContain('FREEBUSY;FBTYPE=BUSY:20261203T070000Z/20261203T071500Z');
  });

  it.each([
    ['PROPFIND', 'calendars/vasseur-paris/', '<propfind', 400],
    ['PROPFIND', 'calendars/vasseur-paris/', '<!DOCTYPE x><propfind xmlns="DAV:"/>', 400],
    ['REPORT', 'calendars/vasseur-paris/', '<unknown xmlns="DAV:"/>', 403],
    ['REPORT', 'calendars/vasseur-paris/', rangeQuery('free-busy-query', '20261204T000000Z', '20261203T000000Z'), 400],
    ['REPORT', 'calendars/vasseur-paris/', rangeQuery('free-busy-query', '20201204T000000Z', '20261203T000000Z'), 403],
    [
      'REPORT',
      'calendars/vasseur-paris/',
      '<calendar-multiget xmlns="DAV:"><href>%E0%A4%A</href></calendar-multiget>',
      207,
    ],
    ['PROPPATCH', 'inbox/', '', 405],
    ['POST', 'inbox/', 'BEGIN:VCALENDAR', 405],
    ['GET', 'outbox/', undefined, 405],
    ['PUT', 'calendars/vasseur-paris/%00.ics', event('a', '20261208T090000', '20261208T100000'), 403],
    ['MKCALENDAR', 'calendars/new/', '', 404],
    ['GET', 'calendars/vasseur-paris/none.ics', undefined, 404],
    ['PROPFIND', 'calendars/vasseur-paris/a/b/c', '', 404],
    ['POST', 'calendars/vasseur-paris/', '', 405],
  ])('%s %s with a wrong body or address is refused', async (method, path, body, status) => {
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/xml' };
    expect((await send(method, `${test.server.url}/dav/${path}`, headers, body)).status).toBe(status);
  });
});

describe('a question for the free and busy time of several people', () => {
  const CAMILLE = 'mailto:camille@sante.example';
  const question = (attendees: readonly string[], changes: Record<string, string> = {}): string =>
    [
      ...['BEGIN:VCALENDAR', 'METHOD:REQUEST', 'BEGIN:VFREEBUSY', 'UID:ask-1@phone'],
      ...Object.entries({ ORGANIZER: CAMILLE, DTSTART: '20261217T000000Z', DTEND: '20261218T000000Z', ...changes }).map(
        ([name, value]) => `${name}:${value}`,
      ),
      ...[...attendees.map((attendee) => `ATTENDEE;CN="A, B":${attendee}`), 'END:VFREEBUSY', 'END:VCALENDAR', ''],
    ].join('\r\n');
  const post = async (body: string, type = 'text/calendar', as = device): Promise<{ status: number; text: string }> => {
    const headers = { 'content-type': type, ...basic(as) };
    const reply = await send('POST', `${test.server.url}/dav/outbox/`, headers, body);
    return { status: reply.status, text: await reply.text() };
  };
  /** Of each attendee: its address, its status, and its busy times. */
  const answers = (text: string): string[][] =>
    text
      .split('<c:response>')
      .slice(1)
      .map((part) => [
        /<d:href>(.*?)<\/d:href>/.exec(part)![1]!,
        /<c:request-status>(.*?);/.exec(part)![1]!,
        ...(part.match(/FBTYPE=.*/g) ?? []).map((line) => line.trim()),
      ]);
  const inParis = '/dav/calendars/vasseur-paris/';
  const inLyon = '/dav/calendars/vasseur-lyon/';
  const elsewhere = '/dav/calendars/delorme-paris/';
  const TAKEN = 'FBTYPE=BUSY:20261217T070000Z/20261217T071500Z';
  beforeAll(async () => void (await book('2026-12-17T08:00:00+01:00')));

  it('has addresses that the principal names; invitations are not announced', async () => {
    const named = async (path: string): Promise<string> => {
      const reply = await send('PROPFIND', `${test.server.url}/dav/${path}`, { depth: '1' });
      expect([reply.status, reply.headers.get('dav')]).toEqual([207, expect.not.stringContaining('schedule')]);
      return reply.text();
    };
    const principal = await named('principal/');
    const url = (name: string): string =>
      `<c:schedule-${name}-URL><d:href>/dav/${name}/</d:href></c:schedule-${name}-URL>`;
    for (const name of ['inbox', 'outbox']) expect(principal).toContain(url(name));
    expect(principal).toContain('<c:calendar-user-type>UNKNOWN<');
    expect(principal).toContain(`<d:href>/dav/principal/</d:href><d:href>${CAMILLE}</d:href></c:calendar-user-address`);
    expect(await named('inbox/')).toMatch(/<c:schedule-inbox\/>.*<\/d:response><\/d:multistatus>/);
    expect(await named('outbox/')).toMatch(/<c:schedule-outbox\/>.*<c:schedule-send-freebusy\/>/);
    const { headers } = await send('OPTIONS', `${test.server.url}/dav/outbox/`);
    expect(headers.get('allow')).toContain('POST');
  });

  it('is answered for the agendas of the device; the others are as unknown as those that do not exist', async () => {
    const own = [CAMILLE, 'MAILTO:Camille@Sante.example', inParis, `${test.server.url}/dav/principal`];
    const others = ['mailto:nobody@sante.example', inLyon, elsewhere, 'https://else.example/dav/principal/', 'x<y&"z'];
    const { status, text } = await post(question([...own, ...others, CAMILLE]));
    expect(status).toBe(200);
    expect(answers(text)).toEqual([
      ...own.map((address) => [address, '2.0', TAKEN]),
      ...others.map((address) => [address.replace('x<y&"z', 'x&lt;y&amp;&quot;z'), '3.7']),
    ]);
    expect(text).toMatch(/METHOD:REPLY\s+BEGIN:VFREEBUSY\s+UID:ask-1@phone/);
    expect(text).toMatch(/ORGANIZER:mailto:camille@sante.example\s+ATTENDEE:mailto:camille@sante.example/);
    expect(text).not.toMatch(/Alice|Martin|<y/);
  });

  it('is answered for all agendas of the person who has the device, as long as they are', async () => {
    const identity = demoIdentity('camille', 'Camille', { email: 'Camille@perso.example' });
    const rights: PersonEntry = {
      ...{ name: 'Camille', subject: identity.subject, practitioner: 'Practitioner/vasseur' },
      ...{ roles: ['practitioner'], agendas: [], places: [] },
    };
    const person = { id: 'camille', roles: rights.roles, description: '', identity };
    test.server.people.introduce([{ person, rights }]);
    const as = await newDevice('Schedule/vasseur-paris');
    const author = JSON.stringify({ caller: 'Camille', identity });
    await test.sql('UPDATE calendar_device SET author = $1 WHERE id = $2', [author, as['username']]);
    const ask = async (): Promise<(string | undefined)[]> => {
      const asked = question([inParis, inLyon, elsewhere, CAMILLE], { ORGANIZER: 'mailto:camille@perso.example' });
      return answers((await post(asked, 'text/calendar', as)).text).map(([, status]) => status);
    };
    expect(await ask()).toEqual(['2.0', '2.0', '3.7', '2.0']);
    await test.server.audit.spool.flush();
    const { json } = await test.request('GET', 'AuditEvent?entity=Schedule/vasseur-lyon&subtype=caldav');
    expect(json.entry.filter((entry: Json) => JSON.stringify(entry).includes('"Camille"'))).toHaveLength(1);
    rights.practitioner = 'Practitioner/delorme';
    expect(await ask()).toEqual(['3.7', '3.7', '2.0', '3.7']);
    rights.roles = [];
    expect(await ask()).toEqual(['3.7', '3.7', '3.7', '3.7']);
  });

  const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `mailto:x${i}@sante.example`);
  it.each([
    ['200 attendees', question(many(200)), 'max-attendees-per-instance'],
    ['a body that is too large', question([CAMILLE, `mailto:${'x'.repeat(300_000)}`]), 'max-resource-size'],
    ['another organizer', question([CAMILLE], { ORGANIZER: 'mailto:else@sante.example' }), 'valid-organizer'],
    ['cut off', question([CAMILLE]).slice(0, 150), 'valid-scheduling-message'],
    ['nothing', '', 'valid-scheduling-message'],
    ['a year', question([CAMILLE], { DTEND: '20271203T000000Z' }), 'valid-scheduling-message'],
    ['bytes', '\u0000\u0001\ufffd:;"', 'valid-scheduling-message'],
  ])('is refused: %s', async (_title, body, reason) => {
    expect(await post(body)).toEqual({ status: 403, text: expect.stringContaining(`<c:${reason}/>`) });
  });

  it('comes as a calendar, and answers a hundred attendees', async () => {
    const { status, text } = await post(question([...many(99), inParis]));
    expect([status, answers(text).filter(([, code]) => code === '3.7').length]).toEqual([200, 99]);
    const other = await post(question([CAMILLE]), 'application/xml');
    expect(other).toEqual({ status: 403, text: expect.stringContaining('<c:supported-calendar-data/>') });
  });
});
