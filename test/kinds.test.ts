/** Kinds of visit on a server: visitors book the listed times, the desk is warned, the database keeps buffers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeBooking, kindsOffered, kindWithKey, timesAround } from '../src/agenda/kinds/kind-times.ts';
import type { LoadedAgenda } from '../src/agenda/agendas.ts';
import { explainTaken } from '../src/agenda/slots/nearest.ts';
import { AUDIENCES, KIND_SYSTEM, type Visitor } from '../src/fhir/french/visit-kind.ts';
import type { FhirError } from '../src/fhir/issue.ts';
import { parseResource } from '../src/fhir/json.ts';
import type { Json } from '../src/fhir/resource.ts';
import { kindReason } from '../src/scheduling/kind-limits.ts';
import { publishedAgendas } from '../src/sync/bulk/published-agendas.ts';
import { neutralSummary } from '../src/sync/ical/out/appointment-event.ts';
import { expectConsistent } from './consistency.ts';
import { NOW, type TestServer } from './harness.ts';
import {
  audience,
  CATALOGUE,
  clockOf,
  coding,
  DAY,
  EIGHT,
  entry,
  type KindWorld,
  MINUTE,
  MINUTES,
  openKindWorld,
  part,
  SYSTEM,
} from './kind-world.ts';

let world: KindWorld;
let test: TestServer;
beforeAll(async () => {
  world = await openKindWorld();
  test = world.test;
});
afterAll(() => test.close());

const practice = (id: string, catalogue: Json[] = CATALOGUE, minutes = MINUTES as Record<string, number>) =>
  world.practice(id, catalogue, minutes);

describe('the catalogue of a practice', () => {
  it('reaches the agendas of its practitioners, and changes with it', async () => {
    const loaded = await practice('cat');
    const names = (visitor: Visitor, agenda = loaded): string[] =>
      kindsOffered(agenda, visitor).map(({ name }) => name);
    expect(names({ as: 'everyone' })).toEqual(['first', 'shot']);
    expect(names({ as: 'patients' })).toEqual(['visit', 'first', 'shot']);
    expect(names({ as: 'colleagues' })).toEqual(['first', 'shot']);
    expect(names({ as: 'regulators' })).toEqual(['first', 'shot', 'urgent']);
    const closed = [entry('visit', ...audience('everyone')), entry('first', part('retired', true))];
    await world.put({ resourceType: 'Organization', id: 'cat', name: 'cat', extension: closed });
    const now = await world.load('cat');
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
    const loaded = await practice('plain', []);
    for (const as of AUDIENCES) expect(kindsOffered(loaded, { as })).toEqual([]);
    const { json } = await test.request('GET', 'Slot?schedule=plain&start=ge2026-11-26&start=lt2026-11-27&status=free');
    // An opening takes what it names, so nothing is left at noon: 12 of a quarter, 6 of a half hour, 18 of ten minutes.
    expect(json.entry).toHaveLength(36);
    // Listed is bookable: no visitor of a page has it; a regulator has the slots that the SAS is shown.
    for (const as of ['everyone', 'patients', 'colleagues'] as const)
      expect([as, await world.book(loaded, 'visit', { as }, EIGHT, 15)]).toEqual([as, 'business-rule']);
    expect(await world.book(loaded, undefined, { as: 'regulators' }, EIGHT, 15)).toBeUndefined();
    expect(await world.book(loaded, 'visit', { as: 'desk' }, EIGHT + 15 * MINUTE, 15)).toBeUndefined();
  });
});

describe('listed is bookable', () => {
  const CODES = /^(business-rule|conflict)$/;
  const visitors: Visitor[] = [...AUDIENCES.map((as) => ({ as })), { as: 'everyone', isKnown: true }, { as: 'desk' }];
  const starts = Array.from({ length: 50 }, (_, i) => EIGHT + i * 5 * MINUTE);

  /** Of all starts by the pure function, on one reading of the time taken; of one start as a page would ask. */
  async function bookable(loaded: LoadedAgenda, code: string, visitor: Visitor, dice: number): Promise<number[]> {
    const kind = kindWithKey(loaded, `${SYSTEM}|${code}`)!;
    const timeAt = (start: number) => ({ start, end: start + kind.durationMs });
    const times = await timesAround(world.services, loaded, timeAt(EIGHT), NOW);
    const reasonAt = (start: number) => kindReason(loaded.agenda, kind, visitor, timeAt(start), times, NOW);
    const sample = starts[dice % starts.length]!;
    expect(await judgeBooking(world.services, loaded, kind, visitor, timeAt(sample), NOW)).toBe(reasonAt(sample));
    return starts.filter((start) => reasonAt(start) === undefined);
  }

  it('for every visitor and kind, until nothing is left', async () => {
    const loaded = await practice('prop');
    let [booked, refused] = [0, 0];
    for (let round = 0; round < 3; round++)
      for (const visitor of visitors)
        for (const [i, [code, minutes]] of Object.entries(MINUTES).entries()) {
          const dice = round * 17 + i * 7 + booked;
          const open = await world.listed(loaded, code, visitor);
          expect([code, await bookable(loaded, code, visitor, dice)]).toEqual([code, open]);
          const closed = starts.filter((start) => !open.includes(start));
          const shut = closed[dice % closed.length]!;
          // The real door, for a sample: most refusals were judged above.
          if (visitor.as !== 'desk' && dice % 3 === 0) {
            const answer = await world.book(loaded, code, visitor, shut, minutes);
            expect([code, clockOf(shut), answer]).toEqual([code, clockOf(shut), expect.stringMatching(CODES)]);
            refused++;
          }
          const chosen = open[dice % Math.max(1, open.length)];
          if (chosen === undefined) continue;
          const answer = await world.book(loaded, code, visitor, chosen, minutes);
          expect([code, clockOf(chosen), answer]).toEqual([code, clockOf(chosen), undefined]);
          booked++;
        }
    expect([booked > 15, refused > 5]).toEqual([true, true]);
    await expectConsistent(test.server.database);
  });

  it('a limit passes between the list and the booking: the booking is refused, with the nearest times', async () => {
    const limited = entry('visit', ...audience('everyone'), part('limit', [part('notice', 120)]));
    const loaded = await practice('late', [limited], { visit: 15 });
    test.clock.now = EIGHT - 121 * MINUTE;
    expect(await world.listed(loaded, 'visit', { as: 'everyone' })).toContain(EIGHT);
    test.clock.now = EIGHT - 119 * MINUTE;
    const refusal = await world.refusal(loaded, [], { as: 'everyone' }, EIGHT, 15);
    test.clock.now = NOW;
    expect(refusal!.issues.map(({ severity, text }) => [severity, text])).toEqual([
      ['error', 'Il est trop tard pour réserver cet horaire.'],
      ['information', expect.stringContaining('08:15')],
      ['information', expect.stringContaining('08:30')],
      ['information', expect.stringContaining('08:45')],
    ]);
  });
});

it('a calendar or a message does not name the kind of a visit', () => {
  for (const system of [KIND_SYSTEM, SYSTEM]) {
    const serviceType = [{ coding: [{ system, code: 'k', display: 'Suivi de grossesse' }] }];
    expect(neutralSummary({ serviceType, status: 'booked' })).toBe('Rendez-vous');
  }
  expect(neutralSummary({ serviceType: [{ text: 'Consultation' }], status: 'booked' })).toBe('Consultation');
});

it('$kinds shows the agenda as a visitor sees it, and says why a time is not there', async () => {
  await practice('shown');
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

describe('a visitor', () => {
  const textOf = (refusal: FhirError | undefined): string | undefined => refusal?.issues[0]?.text;

  it('has every kind that is named, or none of them', async () => {
    const loaded = await practice('two');
    const both = await world.refusal(loaded, ['first', 'shot'], { as: 'everyone' }, EIGHT, 30);
    expect([both?.code, textOf(both)]).toEqual(['business-rule', "Ce motif n'est pas proposé à cet horaire."]);
    const other = await world.refusal(loaded, ['urgent', 'first'], { as: 'everyone' }, EIGHT, 30);
    expect(textOf(other)).toContain('appelez le cabinet');
  });

  it('learns too late that a time is taken, and of no time that is not listed', async () => {
    const loaded = await practice('gone');
    const visitor: Visitor = { as: 'regulators' };
    const eleven = EIGHT + 180 * MINUTE;
    expect(await world.book(loaded, undefined, visitor, eleven, 15)).toBeUndefined();
    const judged = await world.refusal(loaded, [], visitor, eleven, 15);
    const take = { appointment: '', schedule: 'gone', start: eleven, end: eleven + 15 * MINUTE };
    const kind = `${SYSTEM}|urgent`;
    const known = { ...take, capacity: 1, overbook: false, tentative: false, kind };
    const raced = await explainTaken(world.services, world.contextOf(visitor), known);
    const byDesk = await explainTaken(world.services, world.contextOf({ as: 'desk' }), known);
    const hoursIn = (issues: readonly { text?: string | undefined }[]): string[] =>
      issues.slice(1).map(({ text = '' }) => /\d\d:\d\d/.exec(text)![0]);
    expect(judged).toMatchObject({ code: 'conflict' });
    // The visit of 10:40 is for patients, and for the desk.
    expect(hoursIn(byDesk.issues)).toEqual(['10:40', '10:45', '11:15']);
    expect(hoursIn(raced.issues)).toEqual(['10:30', '10:45', '11:15']);
  });

  it('of the SAS books a slot that the practice wrote for it, whatever the kinds are', async () => {
    const loaded = await practice('written');
    const written = { start: '2026-11-26T14:00:00+01:00', end: '2026-11-26T14:20:00+01:00' };
    const schedule = { reference: 'Schedule/written' };
    await world.put({ resourceType: 'Slot', id: 'written', schedule, status: 'free', ...written });
    const two = Date.parse(written.start);
    const slot = { slot: [{ reference: 'Slot/written' }] };
    expect(await world.refusal(loaded, [], { as: 'everyone' }, two, 20, slot)).toMatchObject({ code: 'business-rule' });
    expect(await world.refusal(loaded, [], { as: 'regulators' }, two, 20, slot)).toBeUndefined();
  });

  it('asks for listed times alone, also where a request takes no time', async () => {
    const asked = await openKindWorld({ requestsTakeTime: false });
    const approved = [entry('visit', ...audience('everyone'), part('approval', true))];
    const loaded = await asked.practice('ask', approved, { visit: 15 });
    const request = (start: number, status = 'proposed') =>
      asked.refusal(loaded, ['visit'], { as: 'everyone' }, start, 15, { status });
    expect(await request(EIGHT)).toBeUndefined();
    expect(textOf(await request(EIGHT, 'booked'))).toContain('Ce motif se demande');
    expect(await request(EIGHT + 5 * MINUTE)).toMatchObject({ code: 'business-rule' });
    await asked.test.close();
  });
});

it('publishes the times and kinds that everyone may book at once, and no others', async () => {
  await practice('open');
  const published = await publishedAgendas(world.services, NOW, 1000);
  const { slots, serviceTypes } = published.find(({ id }) => id === 'open')!;
  const day = slots.filter(({ start }) => start >= EIGHT && start < EIGHT + DAY / 2);
  const ofKind = (code: string) => day.filter(({ kinds }) => kinds.some(({ key }) => key === `${SYSTEM}|${code}`));
  // Nothing is left of those for known patients and for regulators.
  expect([day.length, ofKind('first').length, ofKind('shot').length]).toEqual([24, 6, 18]);
  expect(ofKind('shot').map(({ places }) => places)).toEqual(Array.from({ length: 18 }, () => 3));
  expect(serviceTypes.map(({ coding: [first] = [] }) => first?.code)).toEqual(['first', 'shot']);
});

describe('in the database', () => {
  it('a buffer keeps others away; the desk gives it up, and is warned', async () => {
    const loaded = await practice('buf');
    const known: Visitor = { as: 'patients' };
    expect(await world.book(loaded, 'visit', known, EIGHT, 15)).toBeUndefined();
    expect(await world.listed(loaded, 'first', known)).not.toContain(EIGHT);
    expect(await world.book(loaded, undefined, { as: 'everyone' }, EIGHT + 15 * MINUTE, 15)).toBe('business-rule');
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
    expect(await world.book(loaded, 'visit', { as: 'desk' }, EIGHT + 10 * MINUTE, 15)).toBe('conflict');
    await expectConsistent(test.server.database);
  });

  it('a slot that is kept free is not busy, and no appointment', async () => {
    const loaded = await practice('slots');
    await world.book(loaded, 'visit', { as: 'desk' }, EIGHT, 15);
    const { json } = await test.request('GET', 'Slot?schedule=slots&start=ge2026-11-26&start=lt2026-11-27&status=busy');
    expect(json.entry.map(({ resource }: Json) => [resource.start, resource.end])).toEqual([
      ['2026-11-26T08:00:00+01:00', '2026-11-26T08:15:00+01:00'],
    ]);
  });

  it('a quota holds against bookings at the same moment', async () => {
    const loaded = await practice('race');
    const starts = [0, 30, 60, 90, 120].map((minutes) => EIGHT + minutes * MINUTE);
    const found = await Promise.all(starts.map((start) => world.book(loaded, 'first', { as: 'everyone' }, start, 30)));
    expect(found.filter((code) => code === undefined)).toHaveLength(2);
    // The desk may book a third.
    expect(await world.book(loaded, 'first', { as: 'desk' }, EIGHT + 150 * MINUTE, 30)).toBeUndefined();
  });

  it('three come to a kind with three places, and nobody of another kind', async () => {
    const loaded = await practice('places');
    const found = await Promise.all(
      [0, 1, 2, 3, 4].map(() => world.book(loaded, 'shot', { as: 'everyone' }, EIGHT, 10)),
    );
    expect(found.filter((code) => code === undefined)).toHaveLength(3);
    expect(await world.book(loaded, 'first', { as: 'desk' }, EIGHT, 30)).toBe('conflict');
    expect(await world.book(loaded, 'first', { as: 'desk' }, EIGHT + 60 * MINUTE, 30)).toBeUndefined();
    expect(await world.book(loaded, 'shot', { as: 'desk' }, EIGHT + 60 * MINUTE, 10)).toBe('conflict');
  });

  it('a slot that has places left and one of its appointments have ids of their own', async () => {
    const loaded = await practice('ids');
    expect(await world.book(loaded, 'shot', { as: 'everyone' }, EIGHT, 10)).toBeUndefined();
    const { json } = await test.request('GET', 'Slot?schedule=ids&start=2026-11-26T08:00:00%2B01:00');
    const found = json.entry
      .map(({ resource }: Json) => [resource.status, resource.id])
      .filter(([, id]: string[]) => id !== undefined);
    expect(found.map(([status]: string[]) => status)).toEqual(expect.arrayContaining(['free', 'busy']));
    expect(new Set(found.map(([, id]: string[]) => id)).size).toBe(found.length);
  });

  it('a repair takes the time of an appointment as it was taken', async () => {
    const loaded = await practice('mend');
    expect(await world.book(loaded, 'visit', { as: 'patients' }, EIGHT, 15)).toBeUndefined();
    const rows = () =>
      test.sql<{ appointment: string }>(
        `SELECT appointment, resource, lane, period::text, buffer, kind, places FROM busy WHERE schedule = 'mend'
         ORDER BY resource`,
      );
    const before = await rows();
    expect(before[0]).toMatchObject({ buffer: 300, kind: `${SYSTEM}|visit` });
    await test.sql('SELECT retake_time($1)', [before[0]!.appointment]);
    expect(await rows()).toEqual(before);
  });

  it('an appointment keeps the words of its kind, and its time stays when the rules change', async () => {
    const loaded = await practice('words');
    await world.book(loaded, 'visit', { as: 'desk' }, EIGHT + DAY, 15);
    const renamed = [entry('visit', part('buffer', 60))];
    await world.put({ resourceType: 'Organization', id: 'words', name: 'words', extension: renamed });
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
