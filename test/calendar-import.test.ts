/** `$import-ical` over real HTTP: files that are sent one after another. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { readConfig } from '../src/runtime/config.ts';
import { calendar, closure, closuresOf, importText, namesOf } from './calendar-kit.ts';
import { loadFixture } from './fixture.ts';
import { call, startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer({
    ...{ allowPrivateEndpoints: true, maxCalendarBytes: 2_000_000 },
    validation: readConfig(['--validation', 'refuse'], {}).config.validation,
  });
  await loadFixture(test.base);
});
afterAll(() => test.close());

const send = (...lines: string[]) => importText(test, calendar(...lines));
const said = ({ json }: { json: Json }): string[] => json.issue.map((issue: Json) => issue.diagnostics);
const versionOf = async (schedule = 'reunion'): Promise<string> =>
  (await test.request('GET', `Schedule/${schedule}`)).json.meta.versionId;

async function newAgenda(id: string): Promise<void> {
  const actor = [{ reference: 'Location/lyon' }];
  await test.request('PUT', `Schedule/${id}`, { resourceType: 'Schedule', id, actor });
}

describe('files', () => {
  it('bring closures, replace them by their UID, and remove those that they cancel', async () => {
    const first = await send(
      ...closure('a@x', '20261207T040000Z', '20261207T050000Z'),
      ...closure('b@x', '20261209', '20261210', 'SUMMARY:Congés'),
    );
    expect([first.status, first.json.issue.length]).toEqual([200, 1]);
    expect(await closuresOf(test)).toEqual(['2026-12-07T08:00:00+04:00', '2026-12-09']);
    expect((await test.request('GET', 'Slot?schedule=reunion&start=2026-12-07&status=free')).json.total).toBe(0);
    await send(
      ...closure('a@x', '20261214T040000Z', '20261214T050000Z'),
      ...closure('b@x', '20261209', '20261210', 'STATUS:CANCELLED'),
    );
    expect(await closuresOf(test)).toEqual(['2026-12-14T08:00:00+04:00']);
  });

  it('sent again change nothing, however they are written', async () => {
    const text = calendar(
      ...closure('bom@x', '20261228T040000Z', '20261228T050000Z', 'SUMMARY:Fermé\r\n  pour inventaire'),
      ...closure(
        'week@x',
        '20261201T120000',
        '20261201T130000',
        'RRULE:FREQ=WEEKLY',
        'EXDATE;TZID=Indian/Reunion:20261208T120000',
      ),
    );
    await importText(test, text);
    const version = await versionOf();
    for (const variant of [text, `\uFEFF${text}`, text.replaceAll('\r\n', '\n'), text.replaceAll('\r\n', '\r')]) {
      const reply = await importText(test, variant);
      expect([reply.status, said(reply)]).toEqual([
        200,
        [expect.stringMatching(/^\d+ availabilities read, nothing new; 0 things/)],
      ]);
    }
    expect(await versionOf()).toBe(version);
    expect(await closuresOf(test)).toContain('2026-12-28T08:00:00+04:00');
  });

  it('bring the closure of an event whose text holds a character that no text of ours may hold', async () => {
    await newAgenda('nul');
    const lines = [
      ...closure('nul@x\u0000', '20261207T040000Z', '20261207T050000Z', 'SUMMARY:Con\u0000gés'),
      ...closure('other@x', '20261209', '20261210', 'SUMMARY:Congés'),
    ];
    expect((await importText(test, calendar(...lines), 'nul')).status).toBe(200);
    expect(await closuresOf(test, 'nul')).toHaveLength(2);
    expect(await namesOf(test, 'nul')).toEqual(['nul@x\ufffd', 'other@x']);
    const { json } = await test.request('GET', 'Schedule/nul');
    expect((await test.request('PUT', 'Schedule/nul', json)).status).toBe(200);
  });

  it('change one date of a series that an earlier file brought, move the whole series, and end it', async () => {
    await newAgenda('serie');
    const series = (start: string, ...more: string[]): string[] => [
      ...['BEGIN:VEVENT', 'UID:serie', `DTSTART;TZID=Europe/Paris:${start}`, 'DURATION:PT1H'],
      ...['RRULE:FREQ=DAILY;COUNT=4', ...more, 'END:VEVENT'],
    ];
    const write = (...lines: string[]) => importText(test, calendar(...lines), 'serie');
    await write(...series('20261207T090000'));
    expect(await closuresOf(test, 'serie')).toEqual(['2026-12-07T09:00:00+01:00']);
    const id = 'RECURRENCE-ID;TZID=Europe/Paris:20261208T090000';
    await write('BEGIN:VEVENT', 'UID:serie', id, 'STATUS:CANCELLED', 'SEQUENCE:1', 'END:VEVENT');
    expect((await closuresOf(test, 'serie')).sort()).toEqual([
      '2026-12-07T09:00:00+01:00',
      '2026-12-09T09:00:00+01:00',
    ]);
    const old = await write(
      ...series('20261207T150000', 'SEQUENCE:0'),
      ...closure('other', '20261221T040000Z', '20261221T050000Z'),
    );
    expect(old.status).toBe(200);
    await write(...series('20261207T140000', 'SEQUENCE:3'));
    expect(await closuresOf(test, 'serie')).toContain('2026-12-07T14:00:00+01:00');
    const late = await write(...series('20261207T160000', 'SEQUENCE:2'));
    expect(said(late)[1]).toMatch(/older version/);
    expect(await closuresOf(test, 'serie')).toContain('2026-12-07T14:00:00+01:00');
    await importText(test, calendar('METHOD:CANCEL', 'BEGIN:VEVENT', 'UID:serie', 'SEQUENCE:4', 'END:VEVENT'), 'serie');
    expect(await namesOf(test, 'serie')).toEqual(['other']);
  });

  it('leave alone what somebody has changed by hand since, unless they speak of it', async () => {
    await newAgenda('main');
    const write = (...lines: string[]) => importText(test, calendar(...lines), 'main');
    await write(
      ...closure('kept', '20270104T080000Z', '20270104T090000Z'),
      ...closure('gone', '20270105T080000Z', '20270105T090000Z'),
    );
    const { json } = await test.request('GET', 'Schedule/main');
    const [kept] = json.extension;
    kept.extension.find((part: Json) => part.url === 'end').valueDateTime = '2027-01-04T12:00:00+01:00';
    await test.request('PUT', 'Schedule/main', { ...json, extension: [kept] });
    await write(...closure('new', '20270106T080000Z', '20270106T090000Z'));
    expect(await namesOf(test, 'main')).toEqual(['kept', 'new']);
    expect(JSON.stringify((await test.request('GET', 'Schedule/main')).json)).toContain('2027-01-04T12:00:00+01:00');
    await write(...closure('gone', '20270105T080000Z', '20270105T090000Z'));
    expect(await namesOf(test, 'main')).toEqual(['kept', 'new', 'gone']);
  });

  it('that are sent at the same moment all count', async () => {
    await newAgenda('foule');
    await Promise.all(
      Array.from({ length: 5 }, (_, i) =>
        importText(
          test,
          calendar(...closure(`f${i}`, `202701${10 + 2 * i}T080000Z`, `202701${10 + 2 * i}T090000Z`)),
          'foule',
        ),
      ),
    );
    expect((await namesOf(test, 'foule')).sort()).toEqual(['f0', 'f1', 'f2', 'f3', 'f4']);
    await importText(test, calendar('METHOD:CANCEL', 'BEGIN:VEVENT', 'UID:f3', 'END:VEVENT'), 'foule');
    expect((await namesOf(test, 'foule')).sort()).toEqual(['f0', 'f1', 'f2', 'f4']);
  });

  it('in ISO 8859-1 or UTF-16 are read as they declare it', async () => {
    await newAgenda('charset');
    const text = calendar(...closure('é@x', '20270104T080000Z', '20270104T090000Z', 'SUMMARY:Réunion'));
    const octets = Buffer.from(text, 'latin1');
    expect((await importText(test, octets, 'charset', 'text/calendar; charset="iso-8859-1"')).status).toBe(200);
    expect(
      (await importText(test, Buffer.from(text, 'utf16le'), 'charset', 'text/calendar;charset=UTF-16LE')).status,
    ).toBe(200);
    expect(JSON.stringify((await test.request('GET', 'Schedule/charset')).json)).toContain('Réunion');
    expect(await namesOf(test, 'charset')).toEqual(['é@x']);
  });
});

describe('too much', () => {
  it('is joined, and what is over is left out; what lies too far ahead is named', async () => {
    await newAgenda('plein');
    const year = (n: number): string[] =>
      Array.from({ length: 2001 }, (_, i) => closure(`${n}-${i}`, ...spanAt(Date.UTC(n, 0) + i * 7_200_000))).flat();
    const reply = await importText(
      test,
      calendar(...year(2020), ...closure('soon', '20270101T040000Z', '20270101T050000Z')),
      'plein',
    );
    expect(said(reply)).toEqual([
      expect.stringMatching(/^2000 availabilities read/),
      '2 times of the past are left out: the agenda has room for 2000',
    ]);
    expect(await namesOf(test, 'plein')).toContain('soon');
    await newAgenda('avenir');
    const ahead = await importText(test, calendar(...year(2027)), 'avenir');
    expect([ahead.status, said(ahead)[1]]).toEqual([
      200,
      expect.stringMatching(/^dates from 2027-06-16 on are not written yet/),
    ]);
    expect(await namesOf(test, 'avenir')).toHaveLength(2000);
  });
});

function spanAt(start: number): [string, string] {
  const text = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  return [text(start), text(start + 3_600_000)];
}

it('names the appointments that a closure lands on, and keeps them', async () => {
  const booked = await test.request('POST', 'Appointment', {
    ...{ resourceType: 'Appointment', status: 'booked' },
    ...{ start: '2026-12-16T08:00:00+01:00', end: '2026-12-16T08:15:00+01:00' },
    participant: [
      { actor: { reference: 'Patient/alice' }, status: 'accepted' },
      { actor: { reference: 'PractitionerRole/vasseur-paris' }, status: 'accepted' },
    ],
  });
  expect(booked.status).toBe(201);
  const holiday = calendar(...closure('congé', '20261216', '20261217'));
  const { json } = await importText(test, holiday, 'vasseur-paris');
  expect(json.issue[1]).toMatchObject({
    severity: 'warning',
    code: 'conflict',
    expression: [`Appointment/${booked.json.id}`],
    details: {
      text: 'Le rendez-vous du mercredi 16 décembre 2026 à 08:00 tombe dans une fermeture ; il est conservé.',
    },
  });
  expect(JSON.stringify(json)).not.toMatch(/Martin/);
  expect((await test.request('GET', `Appointment/${booked.json.id}`)).json.status).toBe('booked');
  expect((await importText(test, holiday, 'vasseur-paris')).json.issue).toHaveLength(1);
});

it('bad input costs nothing but itself, and each line is named; what is refused writes nothing', async () => {
  const mixed = await send(
    ...closure('good@x', '20261221T040000Z', '20261221T050000Z'),
    ...closure('zone@x', '20261221T040000Z', '20261221T050000Z').map((line) =>
      line.replace('DTSTART:20261221T040000Z', 'DTSTART;TZID=Nowhere/City:20261221T080000'),
    ),
    ...['BEGIN:VEVENT', 'UID:long@x', 'DTSTART:20261222T040000Z', 'DURATION:P999999999999999999W', 'END:VEVENT'],
  );
  expect([mixed.status, said(mixed).slice(1)]).toEqual([
    200,
    [expect.stringContaining('line 11: the zone "Nowhere/City" is not known'), 'line 16: DURATION cannot be read'],
  ]);
  expect(mixed.json.issue[1].details.text).toMatch(/^Ligne 11 : /);
  expect(await closuresOf(test)).toContain('2026-12-21T08:00:00+04:00');
  expect((await importText(test, 'hello')).status).toBe(400);
  const own = await send(
    ...closure('own@x', '20261222T040000Z', '20261222T050000Z', 'X-CRENEAU-IDENTIFIERS:[{"value":5}]'),
    ...closure('blank@x', '20261223T040000Z', '20261223T050000Z', 'SUMMARY: '),
  );
  expect(said(own).slice(1)).toEqual([expect.stringMatching(/^line 8: X-CRENEAU-IDENTIFIERS is left out/)]);
  expect(await closuresOf(test)).toContain('2026-12-23T08:00:00+04:00');
  expect((await importText(test, 'BEGIN:VCALENDAR\r\n'.padEnd(50_000_000, 'x'))).status).toBe(413);
  expect((await importText(test, calendar(), 'nothing')).status).toBe(404);
  const plain = await call(`${test.base}/Schedule/reunion/$import-ical`, 'POST', 'x', { 'content-type': 'text/plain' });
  expect(plain.status).toBe(415);
  const empty = await test.request('POST', 'Schedule/reunion/$import-ical', {
    resourceType: 'Parameters',
    parameter: [],
  });
  expect(empty.status).toBe(400);
});
