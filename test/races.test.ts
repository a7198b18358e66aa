/**
 * Many callers at once, over real HTTP: a double booking is impossible, and a condition is decided once. SQL checks the
 * result.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAgenda } from '../src/cli/servers/agenda.ts';
import type { Json } from '../src/fhir/resource.ts';
import { ALICE, bookingOf, freeSlots, loadFixture, tally } from './fixture.ts';
import { NOW, call, isEmbedded, type Reply, startTestServer, type TestServer, testConfig } from './harness.ts';
import { expectConsistent } from './consistency.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.reset();
  test.clock.now = NOW;
  await loadFixture(test.base);
});

/** Somebody of whom the server knows the name only: no two of them are the same patient. */
const caller = (i: number): Json => ({ actor: { display: `caller ${i}` }, status: 'accepted' });

describe('races', () => {
  it('give the last slot to one of 200 callers; 199 get 409', async () => {
    const [slot] = await freeSlots(test, 'schedule=vasseur-paris');
    const bodyOf = (i: number): Json => ({
      resourceType: 'Appointment',
      status: 'booked',
      slot: [{ reference: `Slot/${slot.id}` }],
      participant: [caller(i)],
    });
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, i) => test.request('POST', 'Appointment', bodyOf(i))),
    );
    expect(tally(replies)).toEqual({ 201: 1, 409: 199 });
    expect(
      replies.filter((reply) => reply.status === 409).every((reply) => reply.json.issue[0].code === 'conflict'),
    ).toBe(true);
    await expectConsistent(test.server.database);
  });

  it('give it to one caller, whether the callers name a slot or a person and a time', async () => {
    const [slot] = await freeSlots(test, 'schedule=vasseur-paris');
    const { start, end } = slot;
    const doors = [
      { slot: [{ reference: `Slot/${slot.id}` }], participant: [ALICE] },
      {
        start,
        end,
        participant: [ALICE, { actor: { reference: 'PractitionerRole/vasseur-paris' }, status: 'accepted' }],
      },
    ];
    const replies = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        test.request('POST', 'Appointment', { resourceType: 'Appointment', status: 'booked', ...doors[i % 2] }),
      ),
    );
    expect(tally(replies)).toEqual({ 201: 1, 409: 59 });
    await expectConsistent(test.server.database);
  });

  it('let exactly two of 50 callers share a slot with a capacity of two', async () => {
    const [slot] = await freeSlots(test, 'schedule=vaccins');
    const bodyOf = (i: number): Json => ({
      resourceType: 'Appointment',
      status: 'booked',
      slot: [{ reference: `Slot/${slot.id}` }],
      participant: [caller(i)],
    });
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, i) => test.request('POST', 'Appointment', bodyOf(i))),
    );
    expect(tally(replies)).toEqual({ 201: 2, 409: 48 });
    await expectConsistent(test.server.database);
  });

  it('give one place of a group to 50 retries for one patient; each refusal names the appointment', async () => {
    const [slot] = await freeSlots(test, 'schedule=vaccins');
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => test.request('POST', 'Appointment', bookingOf(slot.id))),
    );
    expect(tally(replies)).toEqual({ 201: 1, 409: 49 });
    const [booked] = replies.filter(({ status }) => status === 201);
    for (const { status, json } of replies)
      if (status === 409)
        expect([json.issue[0].code, json.issue[0].diagnostics]).toEqual([
          'duplicate',
          expect.stringContaining(`Appointment/${booked!.json.id} `),
        ]);
    await expectConsistent(test.server.database);
  });

  it('never delete a patient who is booked at the same moment', async () => {
    const slots = await freeSlots(test, 'schedule=vaccins');
    for (const { id } of slots.slice(0, 12)) {
      await test.request('PUT', 'Patient/leaving', { resourceType: 'Patient', id: 'leaving' });
      const leaving = { actor: { reference: 'Patient/leaving' }, status: 'accepted' };
      const [booked, deleted] = await Promise.all([
        test.request('POST', 'Appointment', { ...bookingOf(id), participant: [leaving] }),
        test.request('DELETE', 'Patient/leaving'),
      ]);
      expect([`201 409`, `422 204`]).toContain(`${booked.status} ${deleted.status}`);
      if (booked.status === 201) await test.request('DELETE', `Appointment/${booked.json.id}`);
    }
  });

  it('make one resource with 100 versions of 100 conditional PUTs of one identifier', async () => {
    const [slot] = await freeSlots(test, 'schedule=vasseur-paris');
    const bodyOf = (i: number): Json => ({
      resourceType: 'Appointment',
      identifier: [{ system: 'urn:x-rdv', value: 'same' }],
      status: 'booked',
      comment: `number ${i}`,
      slot: [{ reference: `Slot/${slot.id}` }],
      participant: [ALICE],
    });
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, i) => test.request('PUT', 'Appointment?identifier=urn:x-rdv|same', bodyOf(i))),
    );
    expect(tally(replies)).toEqual({ 200: 99, 201: 1 });
    const ids = new Set(replies.map((reply) => reply.json.id));
    expect(ids.size).toBe(1);
    const history = await test.request('GET', `Appointment/${[...ids][0]}/_history?_count=200`);
    expect(history.json.total).toBe(100);
    const seen = new Set(replies.map((reply) => reply.json.meta.versionId));
    expect(seen.size).toBe(100);
    await expectConsistent(test.server.database);
  });

  it('make one patient of 50 conditional creates', async () => {
    const body = { resourceType: 'Patient', identifier: [{ system: 'urn:x', value: 'new' }] };
    const replies = await Promise.all(
      Array.from({ length: 50 }, () =>
        test.request('POST', 'Patient', body, { 'If-None-Exist': 'identifier=urn:x|new' }),
      ),
    );
    expect(tally(replies)).toEqual({ 200: 49, 201: 1 });
    expect(
      await test.sql(`SELECT count(*)::int AS n FROM patient WHERE NOT deleted AND identifier && ARRAY['urn:x|new']`),
    ).toEqual([{ n: 1 }]);
  });

  it.skipIf(isEmbedded)('the same through two servers on one database', async () => {
    const other = await startAgenda(testConfig(test.databaseUrl), () => NOW);
    try {
      const body = { resourceType: 'Patient', identifier: [{ system: 'urn:x', value: 'two' }] };
      const bases = [test.base, `${other.url}/fhir`];
      const creates = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          call(`${bases[i % 2]}/Patient`, 'POST', body, { 'If-None-Exist': 'identifier=urn:x|two' }),
        ),
      );
      expect(tally(creates)).toEqual({ 200: 59, 201: 1 });
      const puts = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          call(`${bases[i % 2]}/Patient?identifier=urn:x|three`, 'PUT', {
            ...body,
            identifier: [{ system: 'urn:x', value: 'three' }],
          }),
        ),
      );
      expect(tally(puts)).toEqual({ 200: 59, 201: 1 });
      const [slot] = await freeSlots(test, 'schedule=vasseur-paris');
      const appointment = {
        resourceType: 'Appointment',
        status: 'booked',
        slot: [{ reference: `Slot/${slot.id}` }],
        participant: [ALICE],
      };
      const bookings = await Promise.all(
        Array.from({ length: 60 }, (_, i) => call(`${bases[i % 2]}/Appointment`, 'POST', appointment)),
      );
      expect(tally(bookings)).toEqual({ 201: 1, 409: 59 });
      await expectConsistent(test.server.database);
    } finally {
      await other.close();
    }
  });

  it('keep all availabilities that are added at once by FHIRPath Patch', async () => {
    const before = (await test.request('GET', 'Schedule/salle')).json.extension.length;
    const add = (name: string): Json => ({
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'operation',
          part: [
            { name: 'type', valueCode: 'add' },
            { name: 'path', valueString: 'Schedule' },
            { name: 'name', valueString: 'extension' },
            {
              name: 'value',
              part: [
                {
                  name: 'url',
                  valueUri: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time',
                },
                {
                  name: 'extension',
                  part: [
                    { name: 'url', valueUri: 'identifier' },
                    { name: 'value', valueIdentifier: { value: name } },
                  ],
                },
                {
                  name: 'extension',
                  part: [
                    { name: 'url', valueUri: 'type' },
                    { name: 'value', valueCode: 'free' },
                  ],
                },
                {
                  name: 'extension',
                  part: [
                    { name: 'url', valueUri: 'start' },
                    { name: 'value', valueDateTime: '2027-01-05T08:00:00+01:00' },
                  ],
                },
                {
                  name: 'extension',
                  part: [
                    { name: 'url', valueUri: 'end' },
                    { name: 'value', valueDateTime: '2027-01-05T12:00:00+01:00' },
                  ],
                },
              ],
            },
          ],
        },
      ],
    });
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) => test.request('PATCH', 'Schedule/salle', add(`dispo-${i}`))),
    );
    expect(tally(replies)).toEqual({ 200: 20 });
    const after = (await test.request('GET', 'Schedule/salle')).json;
    expect(after.extension.length).toBe(before + 20);
    expect(after.meta.versionId).toBe('21');
  });

  it('leave no overlap when bookings, moves, cancellations and changes of availability cross', async () => {
    const random = generator(20261124);
    const slots = await freeSlots(test, 'schedule=vasseur-paris,vasseur-lyon,delorme-paris,salle,echographe');
    const schedule = (await test.request('GET', 'Schedule/vasseur-paris')).json;
    const booked: string[] = [];
    const statuses = new Set<number>();
    const act = async (i: number): Promise<void> => {
      const slot = slots[random(slots.length)];
      const kind = random(10);
      const body = {
        resourceType: 'Appointment',
        status: 'booked',
        slot: [{ reference: `Slot/${slot.id}` }],
        participant: [ALICE],
      };
      let reply: Reply;
      if (kind < 5 || booked.length === 0) {
        reply = await test.request('POST', 'Appointment', body);
        if (reply.status === 201) booked.push(reply.json.id);
      } else if (kind < 7) {
        const id = booked[random(booked.length)]!;
        reply = await test.request('PUT', `Appointment/${id}`, { ...body, id });
      } else if (kind < 9) {
        reply = await test.request(
          'PATCH',
          `Appointment/${booked[random(booked.length)]}`,
          [{ op: 'replace', path: '/status', value: random(2) ? 'cancelled' : 'booked' }],
          { 'content-type': 'application/json-patch+json' },
        );
      } else {
        reply = await test.request('PUT', 'Schedule/vasseur-paris', {
          ...schedule,
          comment: `change ${i}`,
          extension: random(2) ? schedule.extension : schedule.extension.slice(0, -1),
        });
      }
      statuses.add(reply.status);
    };
    await Promise.all(
      Array.from({ length: 16 }, async (_, worker) => {
        for (let i = 0; i < 25; i++) await act(worker * 25 + i);
      }),
    );
    expect([...statuses].filter((status) => ![200, 201, 409, 422].includes(status))).toEqual([]);
    expect(booked.length).toBeGreaterThan(10);
    await expectConsistent(test.server.database);
  });
});

describe('a commit reads what it is about, however much others have booked', () => {
  const CROWD = 3000;
  const READ =
    'SELECT COALESCE(sum(seq_tup_read + COALESCE(idx_tup_fetch, 0)), 0)::int AS rows FROM pg_stat_xact_user_tables';

  /** How many rows the commit of a request read; the request must succeed. */
  async function readBy(method: string, path: string, body?: Json): Promise<number> {
    const { database } = test.server;
    const query = database.query.bind(database);
    const counts: number[] = [];
    const spy = vi.spyOn(database, 'query').mockImplementation(async (sql, params) => {
      if (!sql.includes('commit_unit(')) return query(sql, params) as never;
      const [row] = await query<{ result: Json; rows: number }>(
        // The counts of a session may hold statements before this one.
        `WITH before AS MATERIALIZED (${READ}), done AS MATERIALIZED (${sql} FROM before WHERE rows >= 0)
         SELECT result, after.rows - before.rows AS rows
         FROM before, done, LATERAL (${READ} WHERE result IS NOT NULL) after`,
        params,
      );
      counts.push(row!.rows);
      return [row] as never;
    });
    try {
      const { status, text } = await test.request(method, path, body);
      expect([status < 300, text]).toEqual([true, expect.any(String)]);
    } finally {
      spy.mockRestore();
    }
    return counts.at(-1)!;
  }

  it('bookings, changed actors, and the end of an agenda and of a patient', async () => {
    // Time in places, beside them, and held, on agendas that share nothing with the ones below.
    await test.sql(
      `INSERT INTO busy (resource, lane, period, appointment, schedule, expires)
       SELECT 'Schedule/crowd', CASE WHEN i % 3 > 0 THEN 0 END, tstzrange(at, at + interval '1 hour'), 'crowd' || i,
         'crowd', CASE WHEN i % 3 = 1 THEN at END
       FROM generate_series(1, $1::int) i, LATERAL (SELECT timestamptz '2030-01-01' + i * interval '1 hour' AS at) t`,
      [CROWD],
    );
    const [slot] = await freeSlots(test, 'schedule=vasseur-paris');
    const schedule = (await test.request('GET', 'Schedule/salle')).json;
    const reads = {
      booking: await readBy('POST', 'Appointment', bookingOf(slot.id)),
      'a patient who leaves': await readBy('DELETE', 'Patient/bruno'),
      'other actors': await readBy('PUT', 'Schedule/salle', { ...schedule, actor: [{ reference: 'Location/lyon' }] }),
      'end of an agenda': await readBy('DELETE', 'Schedule/salle'),
    };
    for (const [what, rows] of Object.entries(reads))
      expect([what, rows < CROWD / 20, rows]).toEqual([what, true, rows]);
  });
});

/** Small and repeatable: the interleaving is what is random here. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
