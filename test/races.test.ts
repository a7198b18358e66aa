/**
 * Many callers at once, over real HTTP: a double booking is impossible, and a condition is decided once. SQL checks the
 * result.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAgenda } from '../src/cli/servers/agenda.ts';
import type { Json } from '../src/fhir/resource.ts';
import { ALICE, freeSlots, loadFixture, tally } from './fixture.ts';
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

describe('races', () => {
  it('give the last slot to one of 200 callers; 199 get 409', async () => {
    const [slot] = await freeSlots(test, 'schedule=vasseur-paris');
    const body = {
      resourceType: 'Appointment',
      status: 'booked',
      slot: [{ reference: `Slot/${slot.id}` }],
      participant: [ALICE],
    };
    const replies = await Promise.all(Array.from({ length: 200 }, () => test.request('POST', 'Appointment', body)));
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
    const body = {
      resourceType: 'Appointment',
      status: 'booked',
      slot: [{ reference: `Slot/${slot.id}` }],
      participant: [ALICE],
    };
    const replies = await Promise.all(Array.from({ length: 50 }, () => test.request('POST', 'Appointment', body)));
    expect(tally(replies)).toEqual({ 201: 2, 409: 48 });
    await expectConsistent(test.server.database);
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
    const one = async (i: number): Promise<void> => {
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
        for (let i = 0; i < 25; i++) await one(worker * 25 + i);
      }),
    );
    expect([...statuses].filter((status) => ![200, 201, 409, 422].includes(status))).toEqual([]);
    expect(booked.length).toBeGreaterThan(10);
    await expectConsistent(test.server.database);
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
