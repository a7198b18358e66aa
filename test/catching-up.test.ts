/**
 * A delegate that was cut off for a whole day catches up. Its own book is the model: bookings at any time and of any
 * length, moves, cancellations, no-shows and arrivals, with overbookings where a time was taken. Afterwards the server
 * has what the delegate has, the occupied time included. GAP flow 6a, second scenario; ADR 0024
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startAgenda } from '../src/cli/servers/agenda.ts';
import type { Json } from '../src/fhir/resource.ts';
import { expectConsistent } from './consistency.ts';
import { call, isEmbedded, NOW, type Reply, startTestServer, type TestServer, testConfig } from './harness.ts';
import { OVERBOOKING, patient, practitioner, schedule } from './shared-agendas.ts';

const MIDNIGHT = Date.parse('2026-11-27T00:00:00+01:00');
const IN_THE_EVENING = Date.parse('2026-11-27T23:30:00+01:00');
const MINUTE_MS = 60_000;
const SYSTEM = 'urn:x-delegue';
const TAKING = ['booked', 'arrived', 'fulfilled', 'checked-in'];

let test: TestServer;
const folder = mkdtempSync(join(tmpdir(), 'creneau-day-'));
beforeAll(async () => {
  const callers = ['cabinet', 'delegue'].map((name) => ({
    name,
    roles: ['manager', ...(name === 'delegue' ? ['overbooking'] : [])],
    tokenSha256: createHash('sha256').update(name).digest('hex'),
  }));
  writeFileSync(join(folder, 'callers.json'), JSON.stringify({ callers }));
  test = await startTestServer({ auth: 'token', callers: join(folder, 'callers.json') });
});
afterAll(async () => {
  await test.close();
  rmSync(folder, { recursive: true });
});

const as = (caller: string) => (method: string, path: string, body?: Json) =>
  test.request(method, path, body, { authorization: `Bearer ${caller}` });
const delegate = as('delegue');

beforeEach(prepare);
async function prepare(): Promise<void> {
  await test.reset();
  test.clock.now = NOW;
  const manager = as('cabinet');
  for (const name of ['p1', 'p2']) {
    await manager('PUT', `Practitioner/${name}`, practitioner(name));
    const agenda = schedule(`a-${name}`, [`Practitioner/${name}`]);
    agenda.extension.push({
      url: 'urn:creneau:fhir:delegation',
      extension: [
        { url: 'caller', valueString: 'delegue' },
        { url: 'scope', valueCode: 'appointments' },
      ],
    });
    expect((await manager('PUT', `Schedule/a-${name}`, agenda)).status).toBe(201);
  }
  for (let n = 0; n < 8; n++) await manager('PUT', `Patient/m${n}`, patient(`m${n}`));
}

/** An appointment in the delegate's book. Times in minutes of the day. */
interface Kept {
  n: number;
  status: string;
  from: number;
  minutes: number;
  actors: readonly string[];
  overbooked: boolean;
}

const isTaking = ({ status }: Kept): boolean => TAKING.includes(status);

const isAtOneTime = (a: Omit<Kept, 'overbooked'>, b: Omit<Kept, 'overbooked'>): boolean =>
  a.from < b.from + b.minutes && b.from < a.from + a.minutes && a.actors.some((actor) => b.actors.includes(actor));

/** The delegate's book: how it stands, and every state that it wrote, in order. */
class Book {
  readonly kept = new Map<number, Kept>();
  readonly written: Kept[] = [];

  /** Over the time of somebody else it is an overbooking, as the person at the desk declares it. */
  write(next: Omit<Kept, 'overbooked'>): void {
    const others = [...this.kept.values()].filter((other) => other.n !== next.n && isTaking(other));
    const kept = { ...next, overbooked: others.some((other) => isAtOneTime(other, next)) };
    this.kept.set(next.n, kept);
    this.written.push(kept);
  }
}

const step = fc.record({
  n: fc.nat(7),
  status: fc.constantFrom('booked', 'booked', 'booked', 'arrived', 'fulfilled', 'noshow', 'cancelled', 'checked-in'),
  moves: fc.boolean(),
  from: fc.integer({ min: 0, max: 250 }).map((fifths) => fifths * 5),
  minutes: fc.integer({ min: 1, max: 18 }).map((fifths) => fifths * 5),
  actors: fc.constantFrom(['p1'], ['p2'], ['p1', 'p2']),
});

const aDay = fc.array(step, { minLength: 5, maxLength: 30 }).map((steps) => {
  const book = new Book();
  for (const { n, status, moves, ...place } of steps) {
    const before = book.kept.get(n);
    const at = before === undefined || moves ? place : before;
    book.write({ n, status, from: at.from, minutes: at.minutes, actors: at.actors });
  }
  return book;
});

const instant = (minutes: number): string => new Date(MIDNIGHT + minutes * MINUTE_MS).toISOString();

function resourceOf({ n, status, from, minutes, actors, overbooked }: Kept): Json {
  const participants = [`Patient/m${n}`, ...actors.map((actor) => `Practitioner/${actor}`)];
  return {
    resourceType: 'Appointment',
    identifier: [{ system: SYSTEM, value: String(n) }],
    status,
    start: instant(from),
    end: instant(from + minutes),
    participant: participants.map((reference) => ({ actor: { reference }, status: 'accepted' })),
    ...(overbooked ? OVERBOOKING : {}),
  };
}

const addressOf = ({ n }: Kept): string => `Appointment?identifier=${SYSTEM}|${n}`;
const send = (kept: Kept): Promise<Reply> => delegate('PUT', addressOf(kept), resourceOf(kept));

/** The last state of each appointment, whole or not at all. */
function sendTogether(book: Book): Promise<Reply> {
  return delegate('POST', '', {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [...book.kept.values()].map((kept) => ({
      request: { method: 'PUT', url: addressOf(kept) },
      resource: resourceOf(kept),
    })),
  });
}

async function expectSame({ kept }: Book): Promise<void> {
  const { json } = await delegate('GET', 'Appointment?_count=100');
  const told = ({ identifier, status, start, end, participant }: Json): unknown => [
    identifier[0].value,
    status,
    Date.parse(start),
    Date.parse(end),
    participant.map(({ actor }: Json) => actor.reference),
  ];
  const sorted = (resources: Json[]): unknown[] => resources.map(told).sort();
  expect(sorted(json.entry.map(({ resource }: Json) => resource))).toEqual(sorted([...kept.values()].map(resourceOf)));
  const taken = await test.sql<{ schedule: string; minutes: string }>(
    `SELECT b.schedule, floor(extract(epoch FROM lower(b.period)) / 60) || '-'
         || floor(extract(epoch FROM upper(b.period)) / 60) AS minutes
       FROM busy b WHERE b.resource = 'Schedule/' || b.schedule`,
  );
  const expected = [...kept.values()].filter(isTaking).flatMap(({ actors, from, minutes }) => {
    const first = MIDNIGHT / MINUTE_MS + from;
    return actors.map((actor) => `a-${actor} ${first}-${first + minutes}`);
  });
  expect(taken.map(({ schedule, minutes }) => `${schedule} ${minutes}`).sort()).toEqual(expected.sort());
  await expectConsistent(test.server.database);
}

/** A day of the delegate while the server was away, as `replay` makes up for it in the evening. */
async function afterOutage(replay: (book: Book) => Promise<void>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(aDay, async (book) => {
      await prepare();
      test.clock.now = IN_THE_EVENING;
      await replay(book);
      await expectSame(book);
    }),
    { numRuns: Number(process.env['CRENEAU_DAYS'] ?? 6), endOnFailure: true },
  );
}

it('each write of the day, in its order, is accepted', () =>
  afterOutage(async (book) => {
    for (const kept of book.written) expect((await send(kept)).status).toBeOneOf([200, 201]);
  }));

it('each write sent twice, because the first answer was lost, changes nothing', () =>
  afterOutage(async (book) => {
    for (const kept of book.written) {
      expect((await send(kept)).status).toBeOneOf([200, 201]);
      expect((await send(kept)).status).toBe(200);
    }
  }));

it('the whole day sent again, and what was refused then together at the end, changes nothing', () =>
  afterOutage(async (book) => {
    for (const kept of book.written) expect((await send(kept)).status).toBeOneOf([200, 201]);
    // An older state may stand on time that a later one has given to somebody else.
    for (const kept of book.written) expect((await send(kept)).status).toBeOneOf([200, 409]);
    expect((await sendTogether(book)).status).toBe(200);
  }));

it('the last state of each appointment in one transaction, also twice, is accepted', () =>
  afterOutage(async (book) => {
    for (let i = 0; i < 2; i++) expect((await sendTogether(book)).status).toBe(200);
  }));

it('a time that somebody took meanwhile stays theirs, unless the delegate declares an overbooking', async () => {
  const kept: Kept = { n: 0, status: 'booked', from: 600, minutes: 40, actors: ['p1'], overbooked: false };
  await send({ ...kept, n: 1 });
  test.clock.now = IN_THE_EVENING;
  expect((await send(kept)).status).toBe(409);
  const { status, headers } = await send({ ...kept, overbooked: true });
  expect(status).toBe(201);
  expect(headers['warning']).toContain('Accepted as declared: The appointment starts in the past');
});

it('of declarations of one time at once, through two servers, one is kept and the overbookings beside it', async () => {
  const { databaseUrl, clock } = test;
  const config = testConfig(databaseUrl, { auth: 'token', callers: join(folder, 'callers.json') });
  const other = isEmbedded ? undefined : await startAgenda(config, () => clock.now);
  try {
    clock.now = IN_THE_EVENING;
    const bases = [test.base, other === undefined ? test.base : `${other.url}/fhir`];
    const declared = (n: number, minutes: number): Kept => ({
      ...{ n, status: 'fulfilled', from: 600 + (n % 3), minutes, actors: ['p1'], overbooked: n >= 6 },
    });
    // Each twice, as after an answer that was lost.
    const sent = Array.from({ length: 8 }, (_, n) => declared(n, 20)).flatMap((kept) => [kept, kept]);
    const replies = await Promise.all(
      sent.map((kept, i) =>
        call(`${bases[i % 2]}/${addressOf(kept)}`, 'PUT', resourceOf(kept), { authorization: 'Bearer delegue' }),
      ),
    );
    const accepted = sent.filter((_, i) => replies[i]!.status < 300).map(({ n }) => n);
    for (const { status, text } of replies) expect([200, 201, 409], text).toContain(status);
    // Of those that need the place one has it, whatever is sent twice; overbookings may have taken it before.
    expect(new Set(accepted.filter((n) => n < 6)).size).toBeLessThanOrEqual(1);
    expect(accepted.filter((n) => n >= 6)).toEqual([6, 6, 7, 7]);
    const { json } = await delegate('GET', 'Appointment?_summary=count');
    expect(json.total).toBe(new Set(accepted).size);
    await expectConsistent(test.server.database);
  } finally {
    await other?.close();
  }
});

it('the manager has no more rights than before', async () => {
  test.clock.now = IN_THE_EVENING;
  const kept: Kept = { n: 0, status: 'fulfilled', from: 600, minutes: 30, actors: ['p1'], overbooked: false };
  const { status } = await as('cabinet')('POST', 'Appointment', resourceOf(kept));
  expect([403, 422]).toContain(status);
});
