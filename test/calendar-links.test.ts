/** Calendar links over real HTTP: addresses that cannot be guessed, private by default, and what readers find there. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { textOf } from '../src/sync/ical/text/read-calendar.ts';
import { componentsOf, eventsOf, get, importText, linksTo } from './calendar-kit.ts';
import { fixtureOf, loadFixture } from './fixture.ts';
import { type Reply, startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
  await loadFixture(test.base);
});
afterAll(() => test.close());

const link = async (subject: string, names = false): Promise<string> => (await linksTo(test, subject, names))['url']!;

async function book(start: string, more: Json = {}): Promise<Json> {
  const { status, json } = await test.request('POST', 'Appointment', {
    ...{ resourceType: 'Appointment', status: 'booked', start, end: start.replace(':00:00+', ':15:00+') },
    ...{ description: 'Douleur thoracique', created: '2026-11-20', ...more },
    participant: [
      { actor: { reference: 'Patient/alice' }, status: 'accepted' },
      { actor: { reference: 'PractitionerRole/vasseur-paris' }, status: 'accepted' },
      { actor: { reference: 'Practitioner/vasseur' }, status: 'accepted' },
      { actor: { reference: 'Location/paris' }, status: 'accepted', required: 'information-only' },
    ],
  });
  expect(status).toBe(201);
  return json;
}

describe('a calendar link', () => {
  it('shows times and places, and no patient unless the holder chose it', async () => {
    const letter = 'https://documents.example/lettre.pdf';
    const booked = await book('2026-11-26T08:00:00+01:00', { supportingInformation: [{ reference: letter }] });
    const links = await linksTo(test, 'Schedule/vasseur-paris');
    const quiet = await get(links['url']!);
    expect(quiet.status).toBe(200);
    expect(quiet.headers['content-type']).toBe('text/calendar; charset=utf-8');
    expect(quiet.headers['cache-control']).toContain('private');
    expect(quiet.text).not.toMatch(/Martin|Alice|thoracique|ATTENDEE|ORGANIZER|ATTACH/);
    expect(eventsOf(quiet.text, booked.id)).toEqual([
      expect.objectContaining({
        uid: `${booked.id}@creneau`,
        status: 'CONFIRMED',
        class: 'PRIVATE',
        sequence: '0',
        dtstart: '20261126T080000',
      }),
    ]);
    expect(quiet.text).toContain('LOCATION:Cabinet de Paris\\, 1 rue de la Paix\\, 75002 Paris');
    for (const heading of ['NAME:Agenda – DR Camille Vasseur', 'REFRESH-INTERVAL;VALUE=DURATION:PT15M', 'COLOR:'])
      expect(quiet.text).toContain(heading);
    const open = await get(await link('Schedule/vasseur-paris', true));
    expect(eventsOf(open.text, booked.id)[0]!['summary']).toContain('Alice Martin');
    expect(open.text).toContain(`\r\nATTACH:${letter}\r\n`);
    expect(open.text.replaceAll('\r\n ', '')).toMatch(/ORGANIZER;CN=DR Camille Vasseur:.*\r\nATTENDEE;CN=Alice Martin/);
    for (const subject of ['Practitioner/vasseur', 'Patient/alice']) {
      const own = await get(await link(subject));
      expect(eventsOf(own.text, booked.id), subject).toHaveLength(1);
      expect(own.text).not.toMatch(/Martin/);
    }
    const elsewhere = (await test.request('GET', 'Schedule/vasseur-lyon')).json;
    await test.request('PUT', 'Schedule/vasseur-lyon', { ...elsewhere, comment: 'Lyon, le jeudi' });
    const other = await get(await link('Schedule/vasseur-lyon'));
    expect(eventsOf(other.text, booked.id)).toEqual([]);
    expect(other.text).toContain('X-WR-CALNAME:Lyon\\, le jeudi');
  });

  it('holds events alone, which every program reads; busy time and openings have their own addresses', async () => {
    await book('2026-12-03T08:00:00+01:00');
    const links = await linksTo(test, 'Schedule/vasseur-paris');
    const names = async (url: string): Promise<string[]> => [
      ...new Set(componentsOf((await get(url)).text).map(({ name }) => name)),
    ];
    expect(await names(links['url']!)).toEqual(['vtimezone', 'vevent']);
    expect(await names(links['free-busy-url']!)).toEqual(['vfreebusy']);
    expect(await names(links['availability-url']!)).toEqual(['vtimezone', 'vavailability']);
    const busy = (await get(links['free-busy-url']!)).text;
    expect(busy).toContain('FREEBUSY;FBTYPE=BUSY:20261203T070000Z/20261203T071500Z');
    // Strict readers refuse a message without ORGANIZER, lists of periods and a parameter that is there twice.
    for (const url of Object.values(links).filter(Boolean))
      expect((await get(url)).text).not.toMatch(/^METHOD|^FREEBUSY[^\r]*,|^[^:\r]*;([A-Z]+)=[^:;\r]*;\1=/m);
    expect(Object.keys(await linksTo(test, 'Patient/alice'))).toEqual(['url', 'patient-names']);
    expect((await get(links['url']!.replace('.ics', '/other.ics'))).status).toBe(404);
  });

  it('has ETag and 304; the sequence grows, and a cancelled appointment is shown as such', async () => {
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

  it('a missed appointment is not a cancelled one; the business identifier is the UID', async () => {
    const booked = await book('2026-11-25T08:00:00+01:00', {
      identifier: [{ system: 'urn:oid:1.2.3', value: 'RDV-7' }],
    });
    await test.request('PUT', `Appointment/${booked.id}`, { ...booked, status: 'noshow' });
    const { text } = await get(await link('Schedule/vasseur-paris'));
    expect(eventsOf(text, booked.id)[0]).toMatchObject({
      uid: 'urn:oid:1.2.3|RDV-7',
      status: 'CONFIRMED',
      transp: 'TRANSPARENT',
      summary: 'Rendez-vous (absence)',
    });
  });

  it('no name or text of a resource begins a line of its own', async () => {
    const alice = fixtureOf('alice');
    await test.request('PUT', 'Patient/alice', { ...alice, name: [{ text: 'Alice\r\nATTACH:http://evil.example/' }] });
    await book('2026-12-09T08:00:00+01:00', { comment: 'x\r\nBEGIN:VALARM\nEND:VALARM' });
    const { text } = await get(await link('Schedule/vasseur-paris', true));
    expect(text).not.toMatch(/^(ATTACH:http:|BEGIN:VALARM)/m);
    // Nor do the other characters that some reader takes for the end of a line.
    const links = await linksTo(test, 'Schedule/vasseur-paris', true);
    for (const end of ['\r', '\n', '\r\n', '\u0085', '\u2028', '\u2029', '\u000b', '\u000c', '\\n']) {
      const evil = `A${end}END:VEVENT${end}BEGIN:VEVENT${end}UID:evil`;
      await test.request('PUT', 'Patient/alice', { ...alice, name: [{ text: evil, family: evil }] });
      const { json: booked } = await test.request('POST', 'Appointment', {
        ...{
          resourceType: 'Appointment',
          status: 'booked',
          comment: evil,
          description: evil,
          patientInstruction: evil,
        },
        ...{ start: '2026-12-10T08:00:00+01:00', end: '2026-12-10T08:15:00+01:00', reasonCode: [{ text: evil }] },
        participant: ['Patient/alice', 'PractitionerRole/vasseur-paris'].map((reference) => ({
          actor: { reference },
          status: 'accepted',
        })),
      });
      const feed = await get(links['url']!);
      const lines = feed.text.split(/\r\n|[\r\n\u0085\u2028\u2029\u000b\u000c]/);
      expect([
        JSON.stringify(end),
        lines.filter((line) => /^(BEGIN:VEVENT|END:VEVENT|UID:evil)/.test(line)).length,
      ]).toEqual([JSON.stringify(end), 2 * (feed.text.match(/\r\nBEGIN:VEVENT\r\n/g) ?? []).length]);
      expect(feed.text).not.toMatch(/\r(?!\n)|(?<!\r)\n/);
      // A text that FHIR cannot hold is refused, and comes nowhere.
      if (booked.resourceType === 'Appointment') await test.request('DELETE', `Appointment/${booked.id}`);
    }
    await test.request('PUT', 'Patient/alice', alice);
  });

  it('cannot be guessed, is stored as a hash alone, and can be revoked', async () => {
    const [first, other] = [await link('Patient/alice'), await link('Patient/alice')];
    const token = /([\w-]+)\.ics$/.exec(first)![1]!;
    expect(token.length).toBeGreaterThanOrEqual(32);
    expect(JSON.stringify(await test.sql('SELECT * FROM calendar_link'))).not.toContain(token);
    const wrong = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    expect((await get(first.replace(token, wrong))).status).toBe(404);
    const unlink = (url?: string): Promise<Reply> =>
      test.request('POST', 'Patient/alice/$calendar-unlink', {
        resourceType: 'Parameters',
        parameter: url === undefined ? [] : [{ name: 'url', valueUrl: url }],
      });
    expect((await unlink(first)).json.parameter[0]).toEqual({ name: 'revoked', valueInteger: 1 });
    expect((await get(first)).status).toBe(404);
    expect((await get(other)).status).toBe(200);
    expect((await test.request('POST', 'Patient/alice/$calendar-unlink')).status).toBe(200);
    expect((await get(other)).status).toBe(404);
    expect((await test.request('POST', 'Patient/nobody/$calendar-link')).status).toBe(404);
  });
});

it('an agenda that is exported and imported into another has the same closures and the same open time', async () => {
  const closures = (text: string): string[] =>
    componentsOf(text)
      .filter((part) => part.name === 'vevent' && textOf(part, 'x-creneau-appointment') === undefined)
      .map((part) => part.properties.filter(({ name }) => !['dtstamp', 'sequence'].includes(name)))
      .map((properties) => JSON.stringify(properties.map(({ line: _, ...rest }) => rest)));
  const starts = async (schedule: string): Promise<string[]> => {
    const query = `schedule=${schedule}&start=ge2026-12-10&start=lt2027-02-10&_count=500`;
    const { json } = await test.request('GET', `Slot?${query}`);
    return [...new Set<string>(json.entry.map((entry: Json) => entry.resource.start))].sort();
  };
  const actor = [{ reference: 'Location/lyon' }];
  await test.request('PUT', 'Schedule/copie', { resourceType: 'Schedule', id: 'copie', actor });
  const links = await linksTo(test, 'Schedule/vasseur-paris');
  for (const url of [links['url']!, links['availability-url']!]) {
    const read = await importText(test, (await get(url)).text, 'copie');
    expect(read.json.issue.every((issue: Json) => issue.severity === 'information')).toBe(true);
  }
  const copy = await linksTo(test, 'Schedule/copie');
  expect(closures((await get(copy['url']!)).text)).toEqual(closures((await get(links['url']!)).text));
  expect(await starts('copie')).toEqual(await starts('vasseur-paris'));
});
