/** An appointment takes the time of all actors of its agendas, an overbooking too; a patient has one at a time. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { expectConsistent } from './consistency.ts';
import { NOW, type Reply, startTestServer, type TestServer } from './harness.ts';
import {
  appointment,
  at,
  location,
  OVERBOOKING,
  patient,
  practitioner,
  role,
  schedule,
  SLOTS,
  slotOf,
} from './shared-agendas.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.close());

const put = async (...resources: Json[]): Promise<void> => {
  for (const resource of resources)
    expect((await test.request('PUT', `${resource.resourceType}/${resource.id}`, resource)).status).toBeLessThan(300);
};
const book = (slot: number, actors: readonly string[], more: Json = {}, slots = 1): Promise<Reply> =>
  test.request('POST', 'Appointment', appointment(slot, actors, more, slots));
/** Books a free slot of an agenda, for somebody whom the server does not know. */
const bookAt = async (agenda: string, slot: number, more: Json = {}, actors: readonly string[] = []): Promise<Reply> =>
  test.request('POST', 'Appointment', {
    ...appointment(slot, actors, more),
    slot: [{ reference: `Slot/${slotOf(agenda, slot)}` }],
    participant: [
      { actor: { display: 'quelqu’un' }, status: 'accepted' },
      ...actors.map((reference) => ({ actor: { reference }, status: 'accepted' })),
    ],
  });
const slotsOf = async (agenda: string, status: string): Promise<number[]> => {
  const { json } = await test.request('GET', `Slot?schedule=Schedule/${agenda}&status=${status}&_count=200`);
  const starts = (json.entry ?? [])
    .filter(({ search }: Json) => search.mode === 'match')
    .map(({ resource }: Json) => resource.start);
  return Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => starts.includes(at(slot)));
};
const free = (agenda: string): Promise<number[]> => slotsOf(agenda, 'free');
const EVERY = Array.from({ length: SLOTS }, (_, slot) => slot);
const without = (...slots: number[]): number[] => EVERY.filter((slot) => !slots.includes(slot));

beforeEach(async () => {
  await test.reset();
  test.clock.now = NOW;
  await put(
    ...['anna', 'bruno', 'chloe'].map(practitioner),
    role('role-chloe', 'chloe'),
    { resourceType: 'Device', id: 'irm', deviceName: [{ name: 'IRM', type: 'user-friendly-name' }] },
    location('salle', 'ro'),
    location('site', 'bu'),
    patient('alice'),
    patient('bob'),
    schedule('irm', ['Practitioner/anna', 'Practitioner/bruno', 'Device/irm', 'Location/salle', 'Location/site']),
    schedule('anna', ['Practitioner/anna', 'Location/site']),
    schedule('bruno', ['Practitioner/bruno', 'Location/site']),
    schedule('chloe', ['PractitionerRole/role-chloe']),
    schedule('salle', ['Location/salle']),
    schedule('site', ['Location/site']),
  );
});

describe('a shared agenda', () => {
  it('occupies every professional, device and room of it, but not the building', async () => {
    expect((await bookAt('irm', 1)).status).toBe(201);
    for (const agenda of ['irm', 'anna', 'bruno', 'salle'])
      expect([agenda, await free(agenda)]).toEqual([agenda, without(1)]);
    for (const agenda of ['site', 'chloe']) expect([agenda, await free(agenda)]).toEqual([agenda, EVERY]);
    expect(
      (
        await book(1, ['Practitioner/bruno', 'Patient/alice'], {
          slot: [{ reference: `Slot/${slotOf('bruno', 1)}` }],
        })
      ).status,
    ).toBe(409);
    await expectConsistent(test.server.database);
  });

  it('is taken by what its actors do elsewhere', async () => {
    expect((await bookAt('bruno', 2)).status).toBe(201);
    expect((await bookAt('salle', 3)).status).toBe(201);
    expect(await free('irm')).toEqual(without(2, 3));
    const refused = await bookAt('irm', 2);
    expect(refused.status).toBe(409);
    expect(refused.json.issue[0].details.text).toContain('« DR anna, DR bruno »');
  });

  it('occupies nobody of a team, and takes as many as the team at once', async () => {
    await put(
      schedule('equipe', ['Practitioner/anna', 'Practitioner/bruno', 'PractitionerRole/role-chloe'], { team: 3 }),
    );
    for (const expected of [201, 201, 201, 409]) expect((await bookAt('equipe', 1)).status).toBe(expected);
    expect([await free('equipe'), await free('anna')]).toEqual([without(1), EVERY]);
    await expectConsistent(test.server.database);
  });

  it.each([0, 1.5, 501])('has no team of %d', async (team) => {
    const { status, json } = await test.request('PUT', 'Schedule/x', schedule('x', ['Practitioner/anna'], { team }));
    expect([400, 422]).toContain(status);
    expect(json.resourceType).toBe('OperationOutcome');
  });

  it('is occupied anew when its actors change; a clash is refused and named', async () => {
    await bookAt('chloe', 1);
    await bookAt('chloe', 2);
    const other = await bookAt('bruno', 2);
    const move = await test.request('PUT', 'PractitionerRole/role-chloe', role('role-chloe', 'bruno'));
    expect([move.status, move.json.issue[0].code]).toEqual([409, 'conflict']);
    expect(await free('irm')).toEqual(without(2));
    await test.request('DELETE', `Appointment/${other.json.id}`);
    expect((await test.request('PUT', 'PractitionerRole/role-chloe', role('role-chloe', 'bruno'))).status).toBe(200);
    expect([await free('bruno'), await free('irm')]).toEqual([without(1, 2), without(1, 2)]);
    await expectConsistent(test.server.database);
  });

  it.each<[string, Json, Json, boolean, number]>([
    ['an ordinary one is refused over another', {}, {}, true, 409],
    ['an ordinary one is refused over an overbooking that has a place', {}, OVERBOOKING, true, 409],
    ['an ordinary one joins an overbooking that had none', {}, OVERBOOKING, false, 200],
    ['an overbooking is recorded beside', OVERBOOKING, {}, true, 200],
    ['an overbooking is recorded beside another', OVERBOOKING, OVERBOOKING, true, 200],
  ])('is occupied anew: %s', async (_what, own, others, hasPlace, status) => {
    const below = hasPlace ? undefined : await bookAt('bruno', 1);
    const there = await bookAt('bruno', 1, others);
    if (below !== undefined) await test.request('DELETE', `Appointment/${below.json.id}`);
    const { json } = await bookAt('chloe', 1, own);
    const move = await test.request('PUT', 'PractitionerRole/role-chloe', role('role-chloe', 'bruno'));
    expect(move.status).toBe(status);
    if (status === 409) expect(move.json.issue[0].diagnostics).toContain(`Appointment/${json.id}`);
    else {
      expect((await test.request('GET', '$overlaps')).text).toContain(`Appointment/${there.json.id}`);
      for (const agenda of ['bruno', 'chloe']) expect((await bookAt(agenda, 1)).status).toBe(409);
    }
    await expectConsistent(test.server.database);
  });

  it('keeps its appointments when two roles change places in one transaction', async () => {
    await put(role('role-anna', 'anna'), schedule('anna-2', ['PractitionerRole/role-anna']));
    await bookAt('chloe', 1);
    await bookAt('anna-2', 1);
    const swap = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [role('role-chloe', 'anna'), role('role-anna', 'chloe')].map((resource) => ({
        resource,
        request: { method: 'PUT', url: `PractitionerRole/${resource.id}` },
      })),
    };
    expect((await test.request('POST', '', swap)).status).toBe(200);
    await expectConsistent(test.server.database);
  });

  it('is occupied by a place that becomes a room', async () => {
    await bookAt('irm', 1);
    expect(await free('site')).toEqual(EVERY);
    await put(location('site', 'ro'));
    expect(await free('site')).toEqual(without(1));
    await expectConsistent(test.server.database);
  });

  it('says whose agenda is closed, without a name of a patient', async () => {
    await put(schedule('alice', ['Patient/alice']));
    const closed = await test.request('POST', 'Appointment', {
      ...appointment(1, ['Practitioner/anna', 'Patient/alice']),
      start: at(SLOTS + 2),
      end: at(SLOTS + 3),
      slot: undefined,
    });
    expect(closed.status).toBe(422);
    expect(closed.text).not.toContain('Secrète');
  });
});

describe('an overbooking', () => {
  const BEFORE = [
    ['takes the place like any appointment where the time is free', 0, 0],
    ['is recorded beside where it is not', 1, null],
  ] as const;
  it.each(BEFORE)('%s', async (_what, others, lane) => {
    for (let i = 0; i < others; i++) await bookAt('anna', 1);
    const { status, json } = await bookAt('anna', 1, OVERBOOKING);
    expect(status).toBe(201);
    expect(await test.sql('SELECT DISTINCT lane FROM busy WHERE appointment = $1', [json.id])).toEqual([{ lane }]);
    expect(await free('anna')).toEqual(without(1));
    await expectConsistent(test.server.database);
  });

  it('refuses others on any agenda of its actors, also when the first appointment is gone', async () => {
    const first = await bookAt('anna', 1);
    const over = await bookAt('anna', 1, OVERBOOKING);
    await test.request('DELETE', `Appointment/${first.json.id}`);
    for (const agenda of ['anna', 'irm']) {
      expect([agenda, await free(agenda)]).toEqual([agenda, without(1)]);
      expect((await bookAt(agenda, 1)).status).toBe(409);
    }
    await test.request('DELETE', `Appointment/${over.json.id}`);
    expect((await bookAt('irm', 1)).status).toBe(201);
  });

  it('takes one place of a group, above its capacity too', async () => {
    await put(schedule('groupe', ['Practitioner/chloe'], { places: 2 }));
    await bookAt('groupe', 1);
    await bookAt('groupe', 1, OVERBOOKING);
    expect(await free('groupe')).toEqual(without(1));
    const third = await bookAt('groupe', 1, OVERBOOKING);
    expect(third.status).toBe(201);
    const { json } = await test.request('GET', 'Appointment?_count=50');
    await test.request('DELETE', `Appointment/${json.entry[0].resource.id}`);
    expect(await free('groupe')).toEqual(without(1));
    expect((await bookAt('groupe', 1)).status).toBe(409);
  });

  it('needs a place once it is none any more', async () => {
    await bookAt('anna', 1);
    const { json } = await bookAt('anna', 1, OVERBOOKING);
    const { extension: _, ...ordinary } = json;
    expect((await test.request('PUT', `Appointment/${json.id}`, ordinary)).status).toBe(409);
    expect((await test.request('PUT', `Appointment/${json.id}`, { ...json, comment: 'x' })).status).toBe(200);
  });

  it('takes the time from a hold', async () => {
    await bookAt('anna', 1, OVERBOOKING);
    const hold = {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'appointment-resource',
          resource: appointment(1, ['Practitioner/anna'], { slot: [{ reference: `Slot/${slotOf('anna', 1)}` }] }),
        },
      ],
    };
    expect((await test.request('POST', 'Appointment/$hold', hold)).status).toBe(409);
  });
});

it('a role without an agenda takes the time of its professional', async () => {
  await put(practitioner('dora'), role('role-dora', 'dora'), schedule('dora', ['Practitioner/dora']));
  await book(1, ['PractitionerRole/role-dora']);
  expect(await free('dora')).toEqual(without(1));
  for (const actor of ['PractitionerRole/role-dora', 'Practitioner/dora'])
    expect((await test.request('POST', 'Appointment', appointment(1, [actor]))).status).toBe(409);
});

describe('a patient', () => {
  it('is booked anywhere, with an agenda of his own too: an overlap of it is a warning', async () => {
    await put(schedule('alice', ['Patient/alice']), schedule('bob', ['Patient/bob']));
    const first = await book(1, ['Practitioner/anna', 'Patient/alice'], {
      slot: [{ reference: `Slot/${slotOf('anna', 1)}` }],
    });
    expect([first.status, first.headers['warning']]).toEqual([201, undefined]);
    expect(await free('alice')).toEqual(without(1));
    const second = await test.request(
      'POST',
      'Appointment',
      appointment(1, ['PractitionerRole/role-chloe', 'Patient/alice']),
      { Prefer: 'return=OperationOutcome' },
    );
    expect(second.status).toBe(201);
    expect(second.headers['warning']).toContain('Schedule/alice');
    expect(second.json.issue.map(({ severity, code }: Json) => `${severity} ${code}`)).toContain('warning conflict');
    expect(await free('alice')).toEqual(without(1));
    const outside = await test.request('POST', 'Appointment', {
      ...appointment(0, ['Practitioner/bruno', 'Patient/bob']),
      participant: [{ actor: { reference: 'Patient/bob' }, status: 'accepted' }],
      start: '2026-11-28T21:00:00+01:00',
      end: '2026-11-28T21:30:00+01:00',
    });
    expect(outside.status).toBe(201);
    await expectConsistent(test.server.database);
  });

  const second: readonly [string, (slot: string) => Promise<Reply>][] = [
    ['another POST', (slot) => book(1, ['Patient/alice'], { slot: [{ reference: `Slot/${slot}` }] })],
    [
      'a move by PUT',
      async (slot) => {
        const { json } = await book(3, ['Patient/alice'], {
          slot: [{ reference: `Slot/${slotOf('groupe', 3)}` }],
        });
        return test.request('PUT', `Appointment/${json.id}`, {
          ...json,
          start: at(1),
          end: at(2),
          slot: [{ reference: `Slot/${slot}` }],
        });
      },
    ],
    [
      'another patient of an appointment',
      async (slot) => {
        const { json } = await book(1, ['Patient/bob'], { slot: [{ reference: `Slot/${slot}` }] });
        return test.request(
          'PUT',
          `Appointment/${json.id}`,
          appointment(1, ['Patient/alice'], { id: json.id, slot: json.slot }),
        );
      },
    ],
    [
      '$book',
      (slot) =>
        test.request('POST', 'Appointment/$book', {
          resourceType: 'Parameters',
          parameter: [
            {
              name: 'appointment-resource',
              resource: appointment(1, ['Patient/alice'], { slot: [{ reference: `Slot/${slot}` }] }),
            },
          ],
        }),
    ],
    [
      'a transaction',
      (slot) =>
        test.request('POST', '', {
          resourceType: 'Bundle',
          type: 'transaction',
          entry: [
            {
              resource: appointment(1, ['Patient/alice'], { slot: [{ reference: `Slot/${slot}` }] }),
              request: { method: 'POST', url: 'Appointment' },
            },
          ],
        }),
    ],
  ];
  it.each(second)('has one appointment on an agenda at a time: %s names the first', async (_what, again) => {
    await put(schedule('groupe', ['Practitioner/chloe'], { places: 4 }));
    const slot = slotOf('groupe', 1);
    const first = await book(1, ['Patient/alice'], { slot: [{ reference: `Slot/${slot}` }] });
    expect(first.status).toBe(201);
    const refused = await again(slot);
    expect([refused.status, refused.json.issue[0].code]).toEqual([409, 'duplicate']);
    expect(refused.json.issue[0].diagnostics).toContain(`Appointment/${first.json.id} `);
    await expectConsistent(test.server.database);
  });

  it('has two of them neither by two entries of a transaction', async () => {
    await put(schedule('groupe', ['Practitioner/chloe'], { places: 4 }));
    const slot = [{ reference: `Slot/${slotOf('groupe', 1)}` }];
    const entry = {
      resource: appointment(1, ['Patient/alice'], { slot }),
      request: { method: 'POST', url: 'Appointment' },
    };
    const { status, json } = await test.request('POST', '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [entry, entry],
    });
    expect([status, json.issue[0].code]).toEqual([409, 'duplicate']);
    expect(json.issue[0].expression[0]).toContain('Bundle.entry[1]');
  });

  it('has two of them by an overbooking, and after a cancellation', async () => {
    await put(schedule('groupe', ['Practitioner/chloe'], { places: 4 }));
    const slot = [{ reference: `Slot/${slotOf('groupe', 1)}` }];
    const first = await book(1, ['Patient/alice'], { slot });
    expect((await book(1, ['Patient/alice'], { slot, ...OVERBOOKING })).status).toBe(201);
    const { json } = await test.request('GET', 'Appointment?_count=50');
    for (const { resource } of json.entry)
      await test.request('PUT', `Appointment/${resource.id}`, { ...resource, status: 'cancelled' });
    expect((await book(1, ['Patient/alice'], { slot })).status).toBe(201);
    expect(first.status).toBe(201);
  });

  it('is not deleted before the appointments to come, alone or in a transaction that keeps them', async () => {
    const booked = await book(1, ['Practitioner/chloe', 'Patient/alice']);
    const refused = await test.request('DELETE', 'Patient/alice');
    expect([refused.status, refused.json.issue[0].code]).toEqual([409, 'conflict']);
    const together = (...more: Json[]): Json => ({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ request: { method: 'DELETE', url: 'Patient/alice' } }, ...more],
    });
    expect((await test.request('POST', '', together())).status).toBe(409);
    const cancelled = { request: { method: 'DELETE', url: `Appointment/${booked.json.id}` } };
    expect((await test.request('POST', '', together(cancelled))).status).toBe(200);
  });

  it('is deleted once the appointments are over', async () => {
    await book(1, ['Practitioner/chloe', 'Patient/alice']);
    test.clock.now = Date.parse('2026-11-28T08:00:00Z');
    expect((await test.request('DELETE', 'Patient/alice')).status).toBe(204);
  });
});
