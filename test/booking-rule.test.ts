/** The booking rule, case by case: the time that an appointment takes, keeps and frees, and the refusals. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isSameConcept } from '../src/agenda/rules/booking-time.ts';
import { mayOverbook } from '../src/agenda/rules/appointment-rules.ts';
import type { Json } from '../src/fhir/resource.ts';
import { NOW, type Reply, startTestServer, type TestServer } from './harness.ts';
import { appointment, at, OVERBOOKING, patient, practitioner, schedule, slotOf } from './shared-agendas.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
  await put(patient('alice'), patient('bob'));
});
afterAll(() => test.close());

async function put(...resources: Json[]): Promise<void> {
  for (const resource of resources) {
    const { status, text } = await test.request('PUT', `${resource.resourceType}/${resource.id}`, resource);
    expect([status < 300, text.slice(0, 300)]).toEqual([true, expect.anything()]);
  }
}

let count = 0;
/** An agenda and its practitioner, new for each test, so that nothing has to be emptied. */
let own = '';
beforeEach(async () => {
  test.clock.now = NOW;
  own = `a${count++}`;
  await put(practitioner(own), schedule(own, [`Practitioner/${own}`]));
});

const slotted = (slot: number, more: Json = {}): Json => ({
  ...appointment(slot, [`Practitioner/${own}`]),
  slot: [{ reference: `Slot/${slotOf(own, slot)}` }],
  ...more,
});
const post = (body: Json): Promise<Reply> => test.request('POST', 'Appointment', body);
const update = ({ json }: Reply, changes: Json): Promise<Reply> =>
  test.request('PUT', `Appointment/${json.id}`, { ...json, ...changes });
const book = async (slot: number, more: Json = {}): Promise<Reply> => {
  const reply = await post(slotted(slot, more));
  expect([reply.status, reply.status === 201 || reply.text]).toEqual([201, true]);
  return reply;
};

interface Busy {
  id: number;
  resource: string;
  from: string;
  to: string;
  lane: number | null;
  tentative: boolean;
  expires: string | null;
}
/** The time that an appointment takes, in the order of its resources. */
const busyOf = ({ json }: Reply): Promise<Busy[]> =>
  test.sql<Busy>(
    `SELECT id::int, resource, lane, tentative, expires::text,
       lower(period)::text AS "from", upper(period)::text AS "to"
     FROM busy WHERE appointment = $1 ORDER BY resource`,
    [json.id],
  );
const taken = async (reply: Reply): Promise<string[]> => (await busyOf(reply)).map(({ resource }) => resource);
const both = (): string[] => [`Practitioner/${own}`, `Schedule/${own}`];

const refusals = ({ status, json }: Reply): unknown[] => [
  status,
  ...(json.issue ?? [])
    .filter(({ severity }: Json) => severity === 'error')
    .map(({ code, expression }: Json) => `${code} ${expression?.[0] ?? ''}`),
];

describe('an appointment takes its time', () => {
  it.each<[string, Json, boolean, boolean]>([
    ['booked', {}, true, false],
    ['arrived', { status: 'arrived' }, true, false],
    ['fulfilled', { status: 'fulfilled' }, true, false],
    ['pending', { status: 'pending' }, true, true],
    ['proposed', { status: 'proposed' }, true, true],
    ['cancelled', { status: 'cancelled', cancelationReason: { text: 'x' } }, false, false],
    ['noshow', { status: 'noshow', cancelationReason: { text: 'x' } }, false, false],
  ])('%s', async (_what, more, isTaken, tentative) => {
    const reply = await book(1, more);
    expect(await taken(reply)).toEqual(isTaken ? both() : []);
    for (const row of await busyOf(reply)) expect(row).toMatchObject({ lane: 0, tentative, expires: null });
  });

  it('frees it when it is cancelled, missed, an error or deleted', async () => {
    for (const status of ['cancelled', 'noshow', 'entered-in-error', undefined]) {
      const reply = await book(1);
      const { json } = reply;
      if (status === undefined) expect((await test.request('DELETE', `Appointment/${json.id}`)).status).toBe(204);
      else expect((await update(reply, { status })).status).toBe(200);
      expect(await taken(reply)).toEqual([]);
    }
  });

  it('takes it again when a cancellation is withdrawn, unless somebody has it', async () => {
    const first = await book(1);
    await update(first, { status: 'cancelled' });
    expect((await update(first, { status: 'booked' })).status).toBe(200);
    expect(await taken(first)).toEqual(both());
    await update(first, { status: 'cancelled' });
    await book(1);
    expect((await update(first, { status: 'booked' })).status).toBe(409);
  });

  it('keeps it while only other elements change, and takes another when it moves', async () => {
    const first = await book(1);
    const rows = await busyOf(first);
    for (const changes of [
      { comment: 'x' },
      { status: 'arrived' },
      { participant: [...first.json.participant, { actor: { display: 'x' }, status: 'accepted' }] },
    ]) {
      expect((await update(first, changes)).status).toBe(200);
      expect(await busyOf(first)).toEqual(rows);
    }
    const moved = await update(first, { slot: slotted(2).slot, start: at(2), end: at(3) });
    expect(moved.status).toBe(200);
    const after = await busyOf(first);
    expect(after.map(({ resource }) => resource)).toEqual(both());
    expect(after[0]!.from).not.toBe(rows[0]!.from);
    await book(1);
  });

  it('takes other time when it becomes longer or shorter, and when a request is accepted', async () => {
    const request = await book(1, { status: 'pending' });
    const [before] = await busyOf(request);
    expect((await update(request, { status: 'booked' })).status).toBe(200);
    const [accepted] = await busyOf(request);
    expect([before!.tentative, accepted!.tentative]).toEqual([true, false]);
    const two = [1, 2].map((slot) => ({ reference: `Slot/${slotOf(own, slot)}` }));
    expect((await update(request, { status: 'booked', slot: two, end: at(3) })).status).toBe(200);
    const [longer] = await busyOf(request);
    expect([longer!.from, longer!.to !== accepted!.to]).toEqual([accepted!.from, true]);
    expect((await post(slotted(2))).status).toBe(409);
  });

  it('moves to another agenda, and leaves the first', async () => {
    const first = await book(1);
    const left = own;
    own = `b${count}`;
    await put(practitioner(own), schedule(own, [`Practitioner/${own}`]));
    const { slot, participant } = slotted(1);
    expect((await update(first, { slot, participant })).status).toBe(200);
    expect(await taken(first)).toEqual(both());
    own = left;
    await book(1);
  });
});

describe('a hold', () => {
  const hold = (seconds: number, by = 'x') => ({
    status: 'pending',
    extension: [
      {
        url: 'urn:creneau:fhir:hold',
        extension: [
          { url: 'until', valueInstant: new Date(NOW + seconds * 1000).toISOString() },
          { url: 'by', valueString: by },
        ],
      },
    ],
  });

  it('takes its time until it ends, and is sent for release then', async () => {
    const reply = await book(1, hold(60));
    const rows = await busyOf(reply);
    expect(rows.map(({ resource }) => resource)).toEqual(both());
    expect(rows.every(({ expires }) => Date.parse(expires!) === NOW + 60_000)).toBe(true);
    const messages = await test.sql(`SELECT payload FROM outbox WHERE destination = 'hold' AND ordering_key = $1`, [
      `${reply.json.id} ${NOW + 60_000}`,
    ]);
    expect(messages).toEqual([{ payload: reply.json.id }]);
  });

  it.each([0, -1])('that ended %d seconds from now takes nothing', async (seconds) => {
    expect(await taken(await book(1, hold(seconds)))).toEqual([]);
    await book(1);
  });

  it('is none of an appointment in another status', async () => {
    const booked = await book(1, { ...hold(60), status: 'booked' });
    expect(booked.json.extension).toBeUndefined();
    expect((await busyOf(booked)).map(({ expires }) => expires)).toEqual([null, null]);
    const held = await book(2, hold(60));
    const kept = await update(held, { status: 'booked' });
    expect([kept.status, kept.json.extension]).toEqual([200, undefined]);
    expect((await busyOf(held)).map(({ expires }) => expires)).toEqual([null, null]);
  });

  it('frees its time when it has ended before the next write', async () => {
    const held = await book(1, hold(60));
    test.clock.now = NOW + 61_000;
    expect((await update(held, { comment: 'x' })).status).toBe(200);
    expect(await taken(held)).toEqual([]);
  });
});

describe('is refused', () => {
  const late = { start: at(2), end: at(1) };
  it.each<[string, Json, string[]]>([
    ['an end before the start', { ...late, slot: undefined }, ['business-rule Appointment.end']],
    ['an end that is the start', { start: at(1), end: at(1), slot: undefined }, ['business-rule Appointment.end']],
    ['an end alone', { start: undefined, slot: undefined }, ['invariant Appointment.start']],
    [
      'a reason of a cancellation that is none',
      { cancelationReason: { text: 'x' } },
      ['invariant Appointment.cancelationReason'],
    ],
    [
      'two faults at once',
      { ...late, slot: undefined, cancelationReason: { text: 'x' } },
      ['business-rule Appointment.end', 'invariant Appointment.cancelationReason'],
    ],
    ['no time', { start: undefined, end: undefined, slot: undefined }, ['required Appointment.start']],
    [
      'the past',
      { start: '2026-11-23T09:00:00+01:00', end: '2026-11-23T09:30:00+01:00', slot: undefined },
      ['business-rule Appointment.start'],
    ],
    [
      'a closed time',
      { start: '2026-11-27T13:00:00+01:00', end: '2026-11-27T13:30:00+01:00', slot: undefined },
      ['business-rule Appointment.start'],
    ],
    [
      'a time that is open only at its start',
      { start: at(7), end: '2026-11-27T12:30:00+01:00', slot: undefined },
      ['business-rule Appointment.start'],
    ],
    ['a length that nobody offers', { end: at(3), slot: undefined }, ['business-rule Appointment.end']],
    [
      'a length between two slots',
      { end: '2026-11-27T09:15:00+01:00', slot: undefined },
      ['business-rule Appointment.end'],
    ],
    ['times of another slot', { start: at(2), end: at(3) }, ['business-rule Appointment.start']],
    ['an unknown slot', { slot: [{ reference: 'Slot/zzz' }] }, ['not-found Appointment.slot[0].reference']],
  ])('%s', async (_what, more, issues) => {
    const before = await test.sql('SELECT count(*)::int AS n FROM busy');
    const [status, ...found] = refusals(await post(slotted(1, more)));
    expect(found).toEqual(issues);
    expect(status).toBe(issues[0]!.startsWith('required') ? 400 : 422);
    expect(await test.sql('SELECT count(*)::int AS n FROM busy')).toEqual(before);
  });

  it('a status that cannot follow, and nothing changes', async () => {
    const reply = await book(1, { status: 'fulfilled' });
    expect(refusals(await update(reply, { status: 'pending' }))).toEqual([422, 'business-rule Appointment.status']);
    expect(await taken(reply)).toEqual(both());
  });

  it('an agenda that is not active, by its name', async () => {
    await put({ ...schedule(own, [`Practitioner/${own}`]), active: false });
    const refused = await post(slotted(1));
    expect(refusals(refused)).toEqual([422, 'business-rule Appointment.slot']);
    expect(refused.json.issue[0].details.text).toMatch(/^L'agenda « DR a\d+ » n'est pas actif/);
  });
});

describe('is accepted', () => {
  it('a start a moment ago, within the tolerance', async () => {
    test.clock.now = Date.parse(at(1)) + 4 * 60_000;
    await book(1);
    test.clock.now = Date.parse(at(2)) + 3_600_000;
    expect(refusals(await post(slotted(2)))).toEqual([422, 'business-rule Appointment.start']);
  });

  it('a request without time, which takes none', async () => {
    const request = await book(1, { status: 'proposed', start: undefined, end: undefined, slot: undefined });
    expect([await taken(request), request.json.start]).toEqual([[], undefined]);
  });

  it('the times of slots, where none are written', async () => {
    const slot = [1, 2].map((n) => ({ reference: `Slot/${slotOf(own, n)}` }));
    const reply = await book(1, { slot, start: undefined, end: undefined });
    expect([reply.json.start, reply.json.end]).toEqual([at(1), at(3)]);
    const gone = await book(3, { status: 'cancelled', start: undefined, end: undefined });
    expect([gone.json.start, gone.json.end, await taken(gone)]).toEqual([at(3), at(4), []]);
    const [version] = await test.sql<{ agendas: string[] }>(
      `SELECT agendas FROM history WHERE type = 'Appointment' AND id = $1`,
      [gone.json.id],
    );
    expect(version!.agendas).toEqual([own]);
  });

  it('an overbooking of any length, once recorded as such', async () => {
    const events = async (): Promise<number> => {
      const [row] = await test.sql<{ n: number }>(
        `SELECT count(*)::int AS n FROM audit_event WHERE 'overbooking' = ANY(code) AND $1 = ANY(entity)`,
        [`Schedule/${own}`],
      );
      return row!.n;
    };
    const over = await book(1, { ...OVERBOOKING, end: '2026-11-27T08:50:00+01:00', slot: undefined });
    expect(await events()).toBe(1);
    await update(over, { comment: 'x' });
    expect(await events()).toBe(1);
    await update(over, { start: at(3), end: at(4) });
    expect(await events()).toBe(2);
    const ordinary = await book(5);
    await update(ordinary, OVERBOOKING);
    expect(await events()).toBe(3);
    // Outside of the hours too: who may overbook does it knowingly.
    const outside = { start: '2026-11-27T13:00:00+01:00', end: '2026-11-27T13:30:00+01:00', slot: undefined };
    expect(refusals(await post(slotted(1, outside)))).toEqual([422, 'business-rule Appointment.start']);
    expect(refusals(await post(slotted(1, { ...OVERBOOKING, ...outside })))).toEqual([201]);
  });

  it('any length in a one-off opening, and none in a one-off closure', async () => {
    const slot = (status: string, start: string, end: string): Json => ({
      ...{ resourceType: 'Slot', id: `${own}-${status}`, status, start, end },
      schedule: { reference: `Schedule/${own}` },
    });
    await put(slot('free', '2026-11-27T13:00:00+01:00', '2026-11-27T14:00:00+01:00'), slot('busy', at(4), at(5)));
    const free = { start: '2026-11-27T13:05:00+01:00', end: '2026-11-27T13:55:00+01:00', slot: undefined };
    expect(await taken(await book(1, free))).toEqual(both());
    expect(refusals(await post(slotted(4, { slot: undefined })))).toEqual([422, 'business-rule Appointment.start']);
  });

  it('as many at a time as the offer says, and no more', async () => {
    await put(schedule(own, [`Practitioner/${own}`], { places: 2 }));
    for (const status of [201, 201, 409]) expect((await post(slotted(1))).status).toBe(status);
  });

  it('one patient once; another time after the participants change', async () => {
    await put(schedule(own, [`Practitioner/${own}`], { places: 3 }));
    const withPatient = (id: string): Json => ({
      participant: [{ actor: { reference: `Patient/${id}` }, status: 'accepted' }],
    });
    const alice = await book(1, withPatient('alice'));
    expect(refusals(await post(slotted(1, withPatient('alice'))))[0]).toBe(409);
    const bob = await book(1, withPatient('bob'));
    expect((await update(bob, { comment: 'x' })).status).toBe(200);
    expect((await update(bob, withPatient('alice'))).json.issue[0].code).toBe('duplicate');
    expect((await update(alice, { ...withPatient('alice'), comment: 'x' })).status).toBe(200);
    const over = await book(1, { ...withPatient('alice'), ...OVERBOOKING });
    expect((await update(over, { extension: undefined })).json.issue[0].code).toBe('duplicate');
  });
});

describe('lengths', () => {
  const duration = (type: Json, minutes: number): Json => ({
    url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-service-type-duration',
    extension: [
      { url: 'serviceType', valueCodeableConcept: type },
      { url: 'duration', valueDuration: { value: minutes, unit: 'min' } },
    ],
  });
  const short = { coding: [{ system: 'urn:x', code: 'S' }] };
  const long = { coding: [{ system: 'urn:x', code: 'L' }] };

  it.each<[string, Json, string, boolean]>([
    ['of the type', { serviceType: [short] }, '08:15', true],
    ['of another type', { serviceType: [short] }, '09:00', false],
    ['of the other type', { serviceType: [long] }, '09:00', true],
    ['of any, without a type', {}, '08:15', true],
    ['of any, with a type that nobody has', { serviceType: [{ text: 'x' }] }, '09:00', true],
    ['of none', {}, '08:45', false],
  ])('%s', async (_what, more, end, isRight) => {
    const { extension, ...rest } = schedule(own, [`Practitioner/${own}`]);
    await put({ ...rest, extension: [...extension.slice(1), duration(short, 15), duration(long, 60)] });
    const reply = await post(slotted(0, { ...more, slot: undefined, end: `2026-11-27T${end}:00+01:00` }));
    expect(refusals(reply)).toEqual(isRight ? [201] : [422, 'business-rule Appointment.end']);
    const said = more['serviceType'] ? /^Durée impossible : .* 15 min.*, pas 60\.$/ : / 15, 60 min.*, pas 45\.$/;
    if (!isRight) expect(reply.json.issue[0].details.text).toMatch(said);
  });

  it.each<[string, Json, Json, boolean]>([
    ['one code', short, short, true],
    ['one of several codes', short, { coding: [...long.coding, ...short.coding] }, true],
    ['a code of another system', short, { coding: [{ system: 'urn:y', code: 'S' }] }, false],
    ['a code without a system', { coding: [{ code: 'S' }] }, { coding: [{ code: 'S' }] }, true],
    ['the text, without codes', { text: 'a' }, { text: 'a' }, true],
    ['another text', { text: 'a' }, { text: 'b' }, false],
    ['the text, with a code', { ...short, text: 'a' }, { text: 'a' }, false],
    ['nothing', {}, {}, false],
  ])('the same concept has %s: %j and %j', (_what, a, b, isSame) => expect(isSameConcept(a, b)).toBe(isSame));
});

it.each<[string[], boolean]>([
  [['*'], true],
  [['overbooking'], true],
  [['practitioner'], true],
  [['reader', 'secretary'], true],
  [['manager'], false],
  [['regulator'], false],
  [[], false],
])('overbooking is a right: %j', (roles, isAllowed) => expect(mayOverbook({ roles } as never)).toBe(isAllowed));
