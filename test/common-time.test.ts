/**
 * Common time over real HTTP: found, held for one caller, released when the hold ends, booked; a series is booked all
 * or nothing.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { releaseHold } from '../src/agenda/operations/holds-feature.ts';
import type { Json } from '../src/fhir/resource.ts';
import { loadFixture, tally } from './fixture.ts';
import { expectConsistent } from './consistency.ts';
import { call, NOW, type Reply, startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
  await loadFixture(test.base);
});
afterAll(() => test.close());
beforeEach(async () => {
  // Everything but the appointments stays; the counters go on, so that what was computed before is not taken for what
  // is now.
  await test.sql('DELETE FROM busy');
  await test.sql('DELETE FROM outbox');
  await test.sql(`DELETE FROM history WHERE type = 'Appointment'`);
  await test.sql('DELETE FROM appointment');
  // Every version that is left gets its number anew.
  await test.sql('DELETE FROM feed_agenda');
  await test.sql(
    `WITH numbers AS (DELETE FROM feed) UPDATE feed_mark SET seq = 0, dropped = 0, since = '0', until = NULL, n = 0`,
  );
  await test.sql('UPDATE agenda SET changes = changes + 1');
  test.clock.now = NOW;
});

const parameters = (...list: Json[]): Json => ({ resourceType: 'Parameters', parameter: list });
const reference = (id: string): Json => ({
  name: 'appointment-reference',
  valueReference: { reference: `Appointment/${id}` },
});
const patient = { name: 'patient-reference', valueReference: { reference: 'Patient/alice' } };
const hold = (id: string, ...more: Json[]): Promise<Reply> =>
  test.request('POST', 'Appointment/$hold', parameters(reference(id), ...more));
const book = (id: string, ...more: Json[]): Promise<Reply> =>
  test.request('POST', 'Appointment/$book', parameters(reference(id), patient, ...more));
const matches = ({ json }: Reply): Json[] =>
  (json.entry ?? []).filter((entry: Json) => entry.search.mode === 'match').map((entry: Json) => entry.resource);
const starts = (reply: Reply): string[] => matches(reply).map((match) => match.start);

const EVERYBODY =
  'practitioner=Practitioner/vasseur&location-reference=Location/salle&device=Device/echographe&duration=15';

async function find(query = EVERYBODY): Promise<Reply> {
  const reply = await test.request('GET', `Appointment/$find?${query}`);
  expect(reply.status).toBe(200);
  return reply;
}

async function expectConformant(appointment: Json): Promise<void> {
  const { json } = await test.request(
    'POST',
    'Appointment/$validate?profile=https://interop.esante.gouv.fr/ig/fhir/gap/StructureDefinition/gap-fr-appointment',
    appointment,
  );
  expect(json.issue.filter((issue: Json) => issue.severity === 'error')).toEqual([]);
}

describe('$find', () => {
  it('finds the common times of a practitioner, a room and a device, the earliest first', async () => {
    const reply = await find(`${EVERYBODY}&_count=4`);
    const found = matches(reply);
    expect(found.map((found) => found.start.slice(0, 16))).toEqual([
      '2026-11-25T08:00',
      '2026-11-25T08:15',
      '2026-11-25T08:30',
      '2026-11-25T08:30',
    ]);
    for (const proposal of found) {
      const actors = proposal.participant.map((part: Json) => part.actor.reference);
      expect(actors).toEqual(expect.arrayContaining(['Practitioner/vasseur', 'Location/salle', 'Device/echographe']));
      expect(proposal).toMatchObject({ status: 'proposed', minutesDuration: 15 });
      await expectConformant(proposal);
    }
    await expectConsistent(test.server.database);
  });

  it('gives the same answer to a POST with Parameters and a logical reference', async () => {
    const body = parameters(
      {
        name: 'practitioner',
        valueReference: { identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: '810000000001' } },
      },
      { name: 'location-reference', valueReference: { reference: 'Location/salle' } },
      { name: 'device', valueReference: { reference: 'Device/echographe' } },
      { name: 'duration', valuePositiveInt: 15 },
    );
    const posted = await test.request('POST', 'Appointment/$find', body);
    expect(starts(posted)).toEqual(starts(await find()));
  });

  it('proposes a room only while it is free', async () => {
    const before = starts(await find());
    const [first] = matches(await find());
    const booked = await test.request('POST', 'Appointment', {
      resourceType: 'Appointment',
      status: 'booked',
      start: first.start,
      end: first.end,
      participant: [{ actor: { reference: 'Location/salle' }, status: 'accepted' }],
    });
    expect(booked.status).toBe(201);
    expect(starts(await find())).not.toContain(first.start);
    await test.request('PUT', `Appointment/${booked.json.id}`, { ...booked.json, status: 'cancelled' });
    expect(starts(await find())).toEqual(before);
  });

  it('searches by service type, specialty and place; for one time the nearest place comes first', async () => {
    const [proposal] = matches(await find('visit-type=urn:x-types|BILAN&specialty=SM54'));
    expect(proposal).toMatchObject({ minutesDuration: 30, serviceType: [{ coding: [{ code: 'BILAN' }] }] });
    const lyon = matches(await find('location-reference=Location/lyon&practitioner=Practitioner/vasseur'));
    expect(
      lyon.every((found) =>
        found.participant.some((part: Json) => part.actor.reference === 'PractitionerRole/vasseur-lyon'),
      ),
    ).toBe(true);
    expect(
      matches(await find('near=45.757|4.832|20|km&practitioner=Practitioner/vasseur')).map((found) => found.start),
    ).toEqual(lyon.map((found) => found.start));
    expect(matches(await find('near=10|10|20|km&practitioner=Practitioner/vasseur'))).toEqual([]);
  });

  it('looks into named agendas and one half of the day, on the clocks of each agenda', async () => {
    const found = await find('schedule=salle&half-day=PM&start=2026-11-26&end=2026-11-27&_count=200');
    const hours = matches(found).map(({ start }) => Number(start.slice(11, 13)));
    expect([Math.min(...hours) >= 12, hours.length > 0]).toEqual([true, true]);
    const morning = await find('schedule=salle&half-day=AM&start=2026-11-26&end=2026-11-27&_count=200');
    const all = await find('schedule=salle&start=2026-11-26&end=2026-11-27&_count=200');
    expect(starts(morning).concat(starts(found)).sort()).toEqual(starts(all).sort());
    expect(matches(await find('schedule=nobody'))).toEqual([]);
  });

  it('joins several slots in a row to a longer time', async () => {
    const [proposal] = matches(
      await find('practitioner=Practitioner/vasseur&location-reference=Location/paris&duration=45'),
    );
    expect(proposal.minutesDuration).toBe(45);
    expect(proposal.slot).toHaveLength(3);
    expect((await book(proposal.id)).status).toBe(200);
    await expectConsistent(test.server.database);
  });

  it('refuses bad input with a reason', async () => {
    for (const [query, status] of [
      ['start=hier', 400],
      ['end=2026-11-25&start=2026-12-01', 400],
      ['practitioner=Patient/alice', 400],
      ['duration=0', 400],
      ['schedule=Patient/alice', 400],
      ['half-day=night', 400],
      ['start=2026-12-01&end=2027-12-01', 400],
    ] as const) {
      expect((await test.request('GET', `Appointment/$find?${query}`)).status, query).toBe(status);
    }
    expect((await test.request('POST', 'Appointment/$find', { resourceType: 'Patient' })).status).toBe(400);
    const odd = await find('practitioner=Practitioner/vasseur&colour=red&_count=1');
    expect(odd.json.entry.at(-1)).toMatchObject({
      search: { mode: 'outcome' },
      resource: { issue: [{ severity: 'warning', code: 'not-supported' }] },
    });
    expect((await hold('nobody-knows')).status).toBe(404);
    expect((await hold('f.tp1q40.p0.0')).status).toBe(404);
    expect((await test.request('POST', 'Appointment/$hold', parameters())).status).toBe(400);
    expect((await test.request('GET', 'Appointment/$hold')).status).toBe(405);
  });
});

describe('$hold', () => {
  it('gives a time to one of 100 callers; 99 get 409 with free times instead', async () => {
    const [first] = matches(await find());
    const replies = await Promise.all(Array.from({ length: 100 }, () => hold(first.id)));
    expect(tally(replies)).toEqual({ 200: 1, 409: 99 });
    const refused = replies.find((reply) => reply.status === 409)!.json;
    expect(refused.issue.filter((issue: Json) => issue.severity === 'information').length).toBeGreaterThan(0);
    await expectConsistent(test.server.database);
  });

  it('lets either a hold or a booking win, never both', async () => {
    const [first] = matches(await find());
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? hold(first.id) : book(first.id))),
    );
    expect(tally(replies)).toEqual({ 200: 1, 409: 39 });
    await expectConsistent(test.server.database);
  });

  it('takes its time until it ends, and frees it without a write', async () => {
    const [first] = matches(await find());
    const slot = first.slot[0].reference;
    const held = matches(await hold(first.id, { name: 'ttl', valuePositiveInt: 60 }))[0];
    expect(held).toMatchObject({ status: 'pending', participant: first.participant });
    await expectConformant(held);
    expect((await test.request('GET', slot)).json.status).toBe('busy-tentative');
    expect(
      (await test.request('GET', `Slot?status=free&schedule=vasseur-paris&start=${encodeURIComponent(first.start)}`))
        .json.total,
    ).toBe(0);
    expect((await book(first.id)).status).toBe(409);
    test.clock.now += 59_000;
    expect((await test.request('GET', slot)).json.status).toBe('busy-tentative');
    test.clock.now += 2000;
    expect((await test.request('GET', slot)).json.status).toBe('free');
    expect(starts(await find())).toContain(first.start);
    expect((await book(first.id)).status).toBe(200);
    // Too late: the time is somebody else's now.
    expect((await book(held.id)).status).toBe(409);
    await expectConsistent(test.server.database);
  });

  it('is renewed by holding it again, and can be booked', async () => {
    const [first] = matches(await find());
    const held = matches(await hold(first.id))[0];
    expect(untilOf(held)).toBe(NOW + 300_000);
    test.clock.now += 250_000;
    const again = matches(await hold(held.id))[0];
    expect(again.id).toBe(held.id);
    expect(untilOf(again)).toBe(NOW + 550_000);
    test.clock.now += 250_000;
    expect((await book(first.id)).status).toBe(409);
    const booked = matches(
      await test.request(
        'POST',
        'Appointment/$book',
        parameters({
          name: 'appointment-resource',
          resource: {
            ...again,
            comment: 'à jeun',
            participant: [...again.participant, { actor: { reference: 'Patient/alice' }, status: 'accepted' }],
          },
        }),
      ),
    )[0];
    expect(booked).toMatchObject({ id: held.id, status: 'booked', comment: 'à jeun' });
    expect(booked.extension).toBeUndefined();
    test.clock.now += 1_000_000;
    expect((await test.request('GET', first.slot[0].reference)).json.status).toBe('busy');
    await expectConsistent(test.server.database);
  });

  it('is released by itself: the appointment is cancelled, but can be booked while the time is free', async () => {
    const [first] = matches(await find());
    const held = matches(await hold(first.id))[0];
    expect(await releaseHold(test.server.backend, held.id, test.clock.now)).toMatchObject({ outcome: 'retry' });
    test.clock.now += 300_000;
    // The server's own relay may come first.
    expect(await releaseHold(test.server.backend, held.id, test.clock.now)).toEqual({ outcome: 'delivered' });
    const released = (await test.request('GET', `Appointment/${held.id}`)).json;
    expect(released).toMatchObject({ status: 'cancelled' });
    expect(released.extension).toBeUndefined();
    expect((await book(held.id)).status).toBe(200);
    await expectConsistent(test.server.database);
  });

  it('ends when it is cancelled', async () => {
    const [first] = matches(await find());
    const held = matches(await hold(first.id))[0];
    expect((await test.request('PUT', `Appointment/${held.id}`, { ...held, status: 'cancelled' })).status).toBe(200);
    expect(starts(await find())).toContain(first.start);
    await expectConsistent(test.server.database);
  });
});

function untilOf(appointment: Json): number {
  return Date.parse(
    appointment.extension[0].extension.find((extension: Json) => extension.url === 'until').valueInstant,
  );
}

describe('a series', () => {
  const appointment = (start: string): Json => ({
    resourceType: 'Appointment',
    status: 'proposed',
    start,
    end: start.replace('08:00:00', '08:15:00'),
    participant: [
      { actor: { reference: 'Patient/alice' }, status: 'accepted' },
      { actor: { reference: 'Practitioner/vasseur' }, status: 'accepted' },
      { actor: { reference: 'Location/paris' }, status: 'accepted', required: 'information-only' },
    ],
  });
  const forSomebodyElse = (start: string): Json => ({
    ...appointment(start),
    status: 'booked',
    participant: [
      { actor: { display: 'somebody else' }, status: 'accepted' },
      ...appointment(start).participant.slice(1),
    ],
  });
  /** Ten Thursdays. */
  const dates = Array.from(
    { length: 10 },
    (_, i) => `${new Date(Date.UTC(2026, 10, 26 + 7 * i)).toISOString().slice(0, 10)}T08:00:00+01:00`,
  );
  const series = (): Promise<Reply> =>
    test.request(
      'POST',
      'Appointment/$book',
      parameters(...dates.map((start) => ({ name: 'appointment-resource', resource: appointment(start) }))),
    );

  it('of ten sessions is booked in one call', async () => {
    const reply = await series();
    expect(reply.status).toBe(200);
    expect(matches(reply).map((match) => [match.status, match.start])).toEqual(dates.map((start) => ['booked', start]));
    await expectConsistent(test.server.database);
  });

  it('is booked all or nothing: each conflicting appointment has its proposals', async () => {
    for (const i of [2, 5])
      expect((await test.request('POST', 'Appointment', forSomebodyElse(dates[i]!))).status).toBe(201);
    const reply = await series();
    expect(reply.status).toBe(409);
    const conflicts = reply.json.issue.filter((issue: Json) => issue.severity === 'error');
    expect(conflicts.map((conflict: Json) => conflict.expression[0])).toEqual(
      [2, 5].map((i) => `Parameters.parameter[${i}].resource.start`),
    );
    expect(reply.json.issue.filter((issue: Json) => issue.severity === 'information').length).toBeGreaterThanOrEqual(4);
    expect((await test.request('GET', 'Appointment?_summary=count')).json.total).toBe(2);
    await expectConsistent(test.server.database);
  });

  it('gives the same refusal as a transaction Bundle', async () => {
    expect((await test.request('POST', 'Appointment', forSomebodyElse(dates[3]!))).status).toBe(201);
    const entry = [1, 3, 3].map((i) => ({
      request: { method: 'POST', url: 'Appointment' },
      resource: forSomebodyElse(dates[i]!),
    }));
    const reply = await call(test.base, 'POST', { resourceType: 'Bundle', type: 'transaction', entry });
    expect(reply.status).toBe(409);
    expect(
      reply.json.issue.filter((issue: Json) => issue.severity === 'error').map((issue: Json) => issue.expression[0]),
    ).toEqual(['Bundle.entry[1].resource.start', 'Bundle.entry[2].resource.start']);
  });
});

it('the appointments that exist are found (ITI-118)', async () => {
  const [first] = matches(await find());
  await book(first.id);
  for (const query of [
    'patient=Patient/alice&date=ge2026-11-25',
    'practitioner=Practitioner/vasseur&status=booked',
    'location=Location/salle',
    'patient.identifier=urn:x-own|alice',
    'specialty=SM54',
  ]) {
    expect((await test.request('GET', `Appointment?${query}`)).json.total, query).toBe(1);
  }
});
