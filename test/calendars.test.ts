/**
 * Calendars over real HTTP: links that cannot be guessed, private by default; a calendar that is imported, and one
 * elsewhere that is followed.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { readCalendar } from '../src/sync/ical/content-line.ts';
import { readConfig } from '../src/runtime/config.ts';
import { loadFixture } from './fixture.ts';
import { endlessly } from './listener.ts';
import { call, type Reply, startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
let site: Server;
/** The calendar elsewhere: what it answers, and what it was asked. */
const elsewhere = { text: '', etag: '"1"', status: 200, asked: [] as (string | undefined)[] };

beforeAll(async () => {
  test = await startTestServer({
    allowPrivateEndpoints: true,
    maxBodyBytes: 1_000_000,
    validation: readConfig(['--validation', 'refuse'], {}).config.validation,
  });
  await loadFixture(test.base);
  site = createServer((request, response) => {
    elsewhere.asked.push(request.headers['if-none-match'] as string | undefined);
    if (request.url === '/endless.ics') return void endlessly(response);
    if (elsewhere.status === 302) return void response.writeHead(302, { location: '/other' }).end();
    if (elsewhere.status === 200 && request.headers['if-none-match'] === elsewhere.etag)
      return void response.writeHead(304).end();
    response.writeHead(elsewhere.status, { etag: elsewhere.etag }).end(elsewhere.text);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  site.close();
  await test.close();
});

const link = async (subject: string, names = false): Promise<string> => {
  const { status, json } = await test.request('POST', `${subject}/$calendar-link`, {
    resourceType: 'Parameters',
    parameter: [{ name: 'patient-names', valueBoolean: names }],
  });
  expect(status).toBe(201);
  return json.parameter.find((parameter: Json) => parameter.name === 'url').valueUrl;
};
const get = (url: string, headers: Record<string, string> = {}): Promise<Reply> => call(url, 'GET', undefined, headers);
const eventsOf = (text: string, id: string): Record<string, string>[] =>
  readCalendar(text)
    .calendars[0]!.components.filter((component) => component.name === 'vevent')
    .map((component) => Object.fromEntries(component.properties.map((part) => [part.name, String(part.values[0])])))
    .filter((one) => one['x-creneau-appointment'] === id);
const importText = (text: string, schedule = 'reunion'): Promise<Reply> =>
  call(`${test.base}/Schedule/${schedule}/$import-ical`, 'POST', text, {
    'content-type': 'text/calendar; charset=utf-8',
  });
const calendar = (...lines: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//y//', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const kind = (text: string): string =>
  text.length === 8 ? ';VALUE=DATE' : text.endsWith('Z') ? '' : ';TZID=Indian/Reunion';
const closure = (uid: string, start: string, end: string, ...more: string[]): string[] => [
  'BEGIN:VEVENT',
  `UID:${uid}`,
  `DTSTART${kind(start)}:${start}`,
  `DTEND${kind(end)}:${end}`,
  ...more,
  'END:VEVENT',
];

async function book(start: string): Promise<Json> {
  const { status, json } = await test.request('POST', 'Appointment', {
    ...{
      resourceType: 'Appointment',
      status: 'booked',
      start,
      end: start.replace(':00:00+', ':15:00+'),
      description: 'Douleur thoracique',
      created: '2026-11-20',
    },
    participant: [
      { actor: { reference: 'Patient/alice' }, status: 'accepted' },
      { actor: { reference: 'PractitionerRole/vasseur-paris' }, status: 'accepted' },
      { actor: { reference: 'Location/paris' }, status: 'accepted', required: 'information-only' },
    ],
  });
  expect(status).toBe(201);
  return json;
}

describe('a calendar link', () => {
  it('tells times and places, and no name unless it was chosen', async () => {
    const booked = await book('2026-11-26T08:00:00+01:00');
    const quiet = await get(await link('Schedule/vasseur-paris'));
    expect(quiet.status).toBe(200);
    expect(quiet.headers['content-type']).toBe('text/calendar; charset=utf-8');
    expect(quiet.headers['cache-control']).toContain('private');
    expect(quiet.text).not.toMatch(/Martin|Alice|thoracique/);
    expect(eventsOf(quiet.text, booked.id)).toEqual([
      expect.objectContaining({
        status: 'CONFIRMED',
        class: 'PRIVATE',
        sequence: '0',
        dtstart: '2026-11-26T08:00:00',
        location: 'Cabinet de Paris, 1 rue de la Paix, 75002 Paris',
      }),
    ]);
    for (const part of [
      'BEGIN:VTIMEZONE',
      'BEGIN:VAVAILABILITY',
      'BEGIN:VFREEBUSY',
      'FREEBUSY;FBTYPE=BUSY:20261126T070000Z/20261126T071500Z',
    ])
      expect(quiet.text).toContain(part);
    // What strict readers refused (docs/icalendar.md): a message without ORGANIZER, lists of periods, a parameter
    // twice.
    expect(quiet.text).not.toMatch(/^METHOD|^FREEBUSY[^\r]*,|^[^:\r]*;([A-Z]+)=[^:;\r]*;\1=/m);
    const open = await get(await link('Schedule/vasseur-paris', true));
    expect(eventsOf(open.text, booked.id)[0]!['summary']).toContain('Alice Martin');
    for (const subject of ['Practitioner/vasseur', 'Patient/alice']) {
      const own = await get(await link(subject));
      expect(eventsOf(own.text, booked.id), subject).toHaveLength(1);
      expect(own.text).not.toMatch(/Martin/);
    }
    expect(eventsOf((await get(await link('Schedule/vasseur-lyon'))).text, booked.id)).toEqual([]);
  });

  it('ETag and 304; the sequence grows, and a cancelled appointment is told as such', async () => {
    const booked = await book('2026-12-02T08:00:00+01:00');
    const url = await link('Schedule/vasseur-paris');
    const first = await get(url);
    expect((await get(url, { 'If-None-Match': first.headers['etag']! })).status).toBe(304);
    await test.request('PUT', `Appointment/${booked.id}`, { ...booked, status: 'cancelled' });
    const second = await get(url, { 'If-None-Match': first.headers['etag']! });
    expect(second.status).toBe(200);
    expect(eventsOf(second.text, booked.id)[0]).toMatchObject({
      status: 'CANCELLED',
      sequence: '1',
      transp: 'TRANSPARENT',
    });
  });

  it('cannot be guessed, is stored as a hash alone, and can be taken back', async () => {
    const [one, other] = [await link('Patient/alice'), await link('Patient/alice')];
    const token = /([\w-]+)\.ics$/.exec(one)![1]!;
    expect(token.length).toBeGreaterThanOrEqual(32);
    expect(JSON.stringify(await test.sql('SELECT * FROM calendar_link'))).not.toContain(token);
    expect((await get(one.replace(token, `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`))).status).toBe(404);
    const unlink = (url?: string): Promise<Reply> =>
      test.request('POST', 'Patient/alice/$calendar-unlink', {
        resourceType: 'Parameters',
        parameter: url === undefined ? [] : [{ name: 'url', valueUrl: url }],
      });
    expect((await unlink(one)).json.parameter[0]).toEqual({ name: 'revoked', valueInteger: 1 });
    expect((await get(one)).status).toBe(404);
    expect((await get(other)).status).toBe(200);
    expect((await test.request('POST', 'Patient/alice/$calendar-unlink')).status).toBe(200);
    expect((await get(other)).status).toBe(404);
    expect((await test.request('POST', 'Patient/nobody/$calendar-link')).status).toBe(404);
  });
});

describe('$import-ical', () => {
  const closed = async (): Promise<string[]> =>
    (await test.request('GET', 'Schedule/reunion')).json.extension
      .filter((extension: Json) =>
        extension.extension?.some((part: Json) => part.valueCoding?.code === 'busy-unavailable'),
      )
      .map((extension: Json) => extension.extension.find((part: Json) => part.url === 'start').valueDateTime);

  it('closures arrive, are replaced by their UID, and go when they are cancelled', async () => {
    const first = await importText(
      calendar(
        ...closure('a@x', '20261207T040000Z', '20261207T050000Z'),
        ...closure('b@x', '20261209', '20261210', 'SUMMARY:Congés'),
      ),
    );
    expect(first.status).toBe(200);
    expect(first.json.issue).toHaveLength(1);
    expect(await closed()).toEqual(['2026-12-07T08:00:00+04:00', '2026-12-09']);
    expect((await test.request('GET', 'Slot?schedule=reunion&start=2026-12-07&status=free')).json.total).toBe(0);
    await importText(
      calendar(
        ...closure('a@x', '20261214T040000Z', '20261214T050000Z'),
        ...closure('b@x', '20261209', '20261210', 'STATUS:CANCELLED'),
      ),
    );
    expect(await closed()).toEqual(['2026-12-14T08:00:00+04:00']);
  });

  it('what goes out comes in again: the same calendar', async () => {
    const own = (text: string): string =>
      readCalendar(text)
        .calendars[0]!.components.filter((component) => ['vavailability', 'vevent'].includes(component.name))
        .flatMap((component) => [component, ...component.components])
        .filter((component) => !component.properties.some((part) => part.name === 'x-creneau-appointment'))
        .map((component) =>
          JSON.stringify(
            component.properties
              .filter((part) => !['dtstamp', 'sequence'].includes(part.name) && component.name !== 'vavailability')
              .map(({ line: _, ...rest }) => rest),
          ),
        )
        .join('\n');
    const first = await get(await link('Schedule/vasseur-paris'));
    await test.request('PUT', 'Schedule/copie', {
      resourceType: 'Schedule',
      id: 'copie',
      actor: [{ reference: 'Location/lyon' }],
    });
    const read = await importText(first.text, 'copie');
    expect(read.json.issue.every((issue: Json) => issue.severity === 'information')).toBe(true);
    const second = await get(await link('Schedule/copie'));
    expect(own(second.text)).toBe(own(first.text));
  });

  it('a byte order mark, CRLF, LF and CR, by HTTP: the same closure', async () => {
    const text = calendar(
      ...closure('bom@x', '20261228T040000Z', '20261228T050000Z', 'SUMMARY:Fermé\r\n pour inventaire'),
    );
    for (const [i, variant] of [
      text,
      `\uFEFF${text}`,
      text.replaceAll('\r\n', '\n'),
      text.replaceAll('\r\n', '\r'),
    ].entries()) {
      const { status, json } = await importText(variant);
      expect([status, json.issue]).toEqual([
        200,
        [
          expect.objectContaining({
            diagnostics: `1 availabilities read${i === 0 ? '' : ', nothing new'}; 0 things could not be represented`,
          }),
        ],
      ]);
    }
    expect(await closed()).toContain('2026-12-28T08:00:00+04:00');
  });

  it('of many years leaves out what is over when there is no room; too much is refused whole', async () => {
    await test.request('PUT', 'Schedule/plein', {
      resourceType: 'Schedule',
      id: 'plein',
      actor: [{ reference: 'Location/lyon' }],
    });
    const year = (n: number): string[] =>
      Array.from({ length: 2001 }, (_, i) => closure(`${n}-${i}`, `${n}0101T040000Z`, `${n}0101T050000Z`)).flat();
    const reply = await importText(
      calendar(...year(2020), ...closure('soon', '20270101T040000Z', '20270101T050000Z')),
      'plein',
    );
    expect(reply.json.issue.map((issue: Json) => issue.diagnostics)).toEqual([
      expect.stringMatching(/^1 availabilities read/),
      '2001 events of the past are left out: an agenda has room for 2000',
    ]);
    const refused = await importText(calendar(...year(2027)), 'plein');
    expect([refused.status, refused.json.issue[0].code, refused.json.issue[0].diagnostics]).toEqual([
      400,
      'too-costly',
      'The agenda would have 2002 availabilities; the limit is 2000',
    ]);
    expect((await test.request('GET', 'Schedule/plein')).json.extension).toHaveLength(1);
  });

  it('bad input: each line told, nothing written by what is refused', async () => {
    const mixed = await importText(
      calendar(
        ...closure('good@x', '20261221T040000Z', '20261221T050000Z'),
        ...closure('zone@x', '20261221T040000Z', '20261221T050000Z').map((text) =>
          text.replace('DTSTART:20261221T040000Z', 'DTSTART;TZID=Nowhere/City:20261221T080000'),
        ),
        ...closure('rule@x', '20261221T080000', '20261221T090000', 'RRULE:FREQ=SECONDLY'),
      ),
    );
    expect(mixed.status).toBe(200);
    expect(mixed.json.issue.slice(1).map((issue: Json) => issue.diagnostics)).toEqual([
      'line 11: the zone "Nowhere/City" is not known',
      expect.stringMatching(/^line 18: .*288/),
    ]);
    expect(mixed.json.issue[1].details.text).toMatch(/^Ligne 11 : /);
    expect(await closed()).toContain('2026-12-21T08:00:00+04:00');
    expect((await importText('hello')).status).toBe(400);
    const own = await importText(
      calendar(
        ...closure('own@x', '20261222T040000Z', '20261222T050000Z', 'X-CRENEAU-IDENTIFIERS:[{"value":5}]'),
        ...closure('blank@x', '20261223T040000Z', '20261223T050000Z', 'SUMMARY: '),
      ),
    );
    expect(own.json.issue.slice(1).map((issue: Json) => issue.diagnostics)).toEqual([
      expect.stringMatching(/^line 4: .*valueIdentifier/),
    ]);
    expect(await closed()).toContain('2026-12-23T08:00:00+04:00');
    expect((await importText('BEGIN:VCALENDAR\r\n'.padEnd(50_000_000, 'x'))).status).toBe(413);
    expect((await importText(calendar(), 'nothing')).status).toBe(404);
    expect(
      (await call(`${test.base}/Schedule/reunion/$import-ical`, 'POST', 'x', { 'content-type': 'text/plain' })).status,
    ).toBe(415);
    expect(
      (await test.request('POST', 'Schedule/reunion/$import-ical', { resourceType: 'Parameters', parameter: [] }))
        .status,
    ).toBe(400);
  });
});

describe('a calendar elsewhere', () => {
  const follow = (url: string, ...more: Json[]): Promise<Reply> =>
    test.request('POST', 'Schedule/reunion/$import-ical', {
      resourceType: 'Parameters',
      parameter: [{ name: 'url', valueUrl: url }, ...more],
    });
  const names = async (): Promise<string[]> =>
    (await test.request('GET', 'Schedule/reunion')).json.extension.flatMap((extension: Json) =>
      (extension.extension ?? [])
        .filter((part: Json) => part.url === 'identifier')
        .map((part: Json) => part.valueIdentifier.value),
    );
  const due = async (): Promise<void> => {
    await test.sql(`UPDATE calendar_source SET next_at = now() - interval '1 second'`);
    await test.server.calendars.readDue();
  };

  it('is followed politely: only when it has changed; what is gone there goes here', async () => {
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/cal.ics`;
    elsewhere.text = calendar(
      ...closure('far-1', '20270104T040000Z', '20270104T050000Z'),
      ...closure('far-2', '20270105T040000Z', '20270105T050000Z'),
    );
    expect((await follow(url, { name: 'interval', valuePositiveInt: 30 })).status).toBe(200);
    expect(await names()).toEqual(expect.arrayContaining(['far-1', 'far-2']));
    const version = (await test.request('GET', 'Schedule/reunion')).json.meta.versionId;
    await due();
    expect(elsewhere.asked).toEqual([undefined, '"1"']);
    expect((await test.request('GET', 'Schedule/reunion')).json.meta.versionId).toBe(version);
    Object.assign(elsewhere, {
      text: calendar(...closure('far-2', '20270106T040000Z', '20270106T050000Z')),
      etag: '"2"',
    });
    await due();
    expect(await names()).not.toContain('far-1');
    expect(await names()).toContain('far-2');
    // It fails: nothing is lost, and it is asked more and more rarely.
    for (const [i, status] of [500, 302].entries()) {
      elsewhere.status = status;
      await due();
      const [source] = await test.sql<{ failures: number; wait: number; last_outcome: string }>(
        'SELECT failures, last_outcome, extract(epoch FROM next_at - clock_timestamp())::float8 AS wait ' +
          'FROM calendar_source',
      );
      expect(source!.failures).toBe(i + 1);
      expect(source!.last_outcome).toContain(String(status));
      expect(source!.wait).toBeGreaterThan(30 * 60 * 2 ** (i + 1) - 60);
    }
    expect(await names()).toContain('far-2');
    expect((await follow(url, { name: 'stop', valueBoolean: true })).status).toBe(200);
    expect((await follow(url, { name: 'stop', valueBoolean: true })).status).toBe(404);
  });

  it('is held to the write rules each time: nothing is written of what they refuse, and it is read again', async () => {
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/rules.ics`;
    Object.assign(elsewhere, {
      status: 200,
      text: calendar(...closure('rule-1', '20270201T040000Z', '20270201T050000Z')),
      etag: '"r1"',
    });
    expect((await follow(url)).status).toBe(200);
    const context = { now: test.clock.now, requestId: 'x', caller: 'x', roles: ['*'], strict: false, base: '' };
    // Stored when rules were milder.
    await test.server.backend.patch(
      context,
      'Schedule',
      'reunion',
      (schedule) => ({
        ...schedule,
        meta: { profile: ['https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule'] },
        serviceType: [{ text: 'x' }],
      }),
      {},
    );
    Object.assign(elsewhere, {
      text: calendar(...closure('rule-2', '20270202T040000Z', '20270202T050000Z')),
      etag: '"r2"',
    });
    await due();
    expect([(await names()).includes('rule-1'), (await names()).includes('rule-2')]).toEqual([true, false]);
    const [source] = await test.sql<{ failures: number; last_outcome: string }>(
      'SELECT failures, last_outcome FROM calendar_source',
    );
    expect(source).toEqual({ failures: 1, last_outcome: expect.stringContaining('serviceType') });
    await test.server.backend.patch(context, 'Schedule', 'reunion', ({ serviceType: _, ...one }) => one, {});
    await due();
    expect([(await names()).includes('rule-1'), (await names()).includes('rule-2')]).toEqual([false, true]);
    expect((await follow(url, { name: 'stop', valueBoolean: true })).status).toBe(200);
  });

  it('that cannot be read is refused at once', async () => {
    Object.assign(elsewhere, { status: 200, text: 'x'.repeat(2_000_000), etag: '"3"' });
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/huge.ics`;
    expect((await follow(url)).status).toBe(422);
    const endless = await follow(url.replace('huge', 'endless'));
    expect([endless.status, endless.json.issue[0].diagnostics]).toEqual([
      422,
      'The calendar cannot be read: the answer is larger than 1000000 bytes',
    ]);
    elsewhere.status = 302;
    const redirected = await follow(url);
    expect([redirected.status, redirected.json.issue[0].diagnostics]).toEqual([
      422,
      'The calendar cannot be read: answered 302: redirects are not followed',
    ]);
    expect(await test.sql('SELECT * FROM calendar_source')).toEqual([]);
  });
});
