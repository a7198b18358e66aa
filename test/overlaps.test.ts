/** Agendas from before the present rule are occupied anew; overlaps are kept, listed, and bookable by nobody. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KEY_RULE } from '../src/agenda/occupied.ts';
import { recomputeKeys } from '../src/agenda/rules/recompute-keys.ts';
import type { Json } from '../src/fhir/resource.ts';
import { outdatedAgendas } from '../src/store/resources/overlap-reader.ts';
import { expectConsistent } from './consistency.ts';
import type { Reply } from './harness.ts';
import { appointment, at, OVERBOOKING, practitioner, schedule, slotOf } from './shared-agendas.ts';
import { startTeam, type Team } from './team.ts';

let team: Team;
beforeAll(async () => {
  team = await startTeam();
});
afterAll(() => team.test.close());

const bookAt = (agenda: string, slot: number, more: Json = {}): Promise<Reply> =>
  team.test.request('POST', 'Appointment', {
    ...appointment(slot, [], more),
    slot: [{ reference: `Slot/${slotOf(agenda, slot)}` }],
    participant: [{ actor: { display: 'quelqu’un' }, status: 'accepted' }],
  });

interface Listed {
  schedule: string;
  start: string;
  overbooking: boolean;
  resources: string[];
  others: string[];
}

function listed(reply: { json: Json }): Listed[] {
  return reply.json.parameter
    .filter(({ name }: Json) => name === 'overlap')
    .map(({ part }: Json) => {
      const values = (name: string): Json[] => part.filter((inner: Json) => inner.name === name);
      return {
        schedule: values('schedule')[0].valueReference.reference,
        start: values('start')[0].valueDateTime,
        overbooking: values('overbooking')[0].valueBoolean,
        resources: values('resource').map((value) => value.valueReference.reference),
        others: values('with').map((value) => value.valueReference.reference),
      };
    });
}

/** As a program wrote them that occupied nobody on an agenda of several professionals. */
async function asBefore(...agendas: string[]): Promise<void> {
  for (const agenda of agendas) {
    await team.test.sql(`UPDATE agenda SET keys = ARRAY['Schedule/' || schedule] WHERE schedule = $1`, [agenda]);
    await team.test.sql(`DELETE FROM busy WHERE schedule = $1 AND resource <> 'Schedule/' || schedule`, [agenda]);
  }
}

/** From here on the server, which looks every two seconds, may compute these agendas again at any moment. */
const outdate = (...agendas: string[]): Promise<unknown> =>
  team.test.sql('UPDATE agenda SET key_rule = 0 WHERE schedule = ANY($1)', [agendas]);

/** Computes again beside the server: what one of the two begins, the other leaves alone. */
async function recompute(): Promise<void> {
  const { backend, database } = team.test.server;
  const outdated = async (): Promise<string[]> => {
    await recomputeKeys({ agendas: backend.agendas, reader: backend.repository.reader }, database);
    return outdatedAgendas(database, KEY_RULE, 10);
  };
  await expect.poll(outdated, { timeout: 10_000 }).toEqual([]);
}

beforeEach(async () => {
  const { json } = await team.test.request('GET', 'Appointment?_count=200');
  for (const { resource } of json.entry ?? []) await team.test.request('DELETE', `Appointment/${resource.id}`);
  await team.put(
    ...['anna', 'bruno', 'quota'].map(practitioner),
    schedule('both', ['Practitioner/anna', 'Practitioner/bruno']),
    schedule('bruno', ['Practitioner/bruno']),
    schedule('mine', ['Practitioner/quota', 'Practitioner/anna']),
  );
});

describe('an agenda whose resources were computed by an older rule', () => {
  it('is occupied anew: overlaps are kept, listed, and nobody books over them', async () => {
    await asBefore('both', 'bruno', 'mine');
    const kept = await bookAt('both', 1);
    const other = await bookAt('bruno', 1);
    await bookAt('both', 2);
    expect([kept.status, other.status]).toEqual([201, 201]);
    await outdate('both', 'bruno', 'mine');
    await recompute();
    await expectConsistent(team.test.server.database);
    const found = listed(await team.test.request('GET', '$overlaps'));
    expect(found).toEqual([
      {
        schedule: 'Schedule/bruno',
        start: at(1),
        overbooking: false,
        resources: ['Practitioner/bruno'],
        others: [`Appointment/${kept.json.id}`],
      },
    ]);
    for (const agenda of ['both', 'bruno']) expect((await bookAt(agenda, 1)).status).toBe(409);
    expect((await bookAt('bruno', 2)).status).toBe(409);
    // It can still be changed, as long as it stays where it is.
    const { json } = await team.test.request('GET', `Appointment/${other.json.id}`);
    expect((await team.test.request('PUT', `Appointment/${json.id}`, { ...json, comment: 'x' })).status).toBe(200);
  });

  it('is computed again while others write', async () => {
    await asBefore('both', 'bruno', 'mine');
    await outdate('both', 'bruno', 'mine');
    await Promise.all([
      recompute(),
      ...[1, 2, 3, 4].flatMap((slot) => [bookAt('both', slot), bookAt('bruno', slot), bookAt('mine', slot)]),
      team.test.request('PUT', 'Schedule/both', schedule('both', ['Practitioner/quota', 'Practitioner/bruno'])),
    ]);
    await recompute();
    await expectConsistent(team.test.server.database);
  });
});

describe('$overlaps', () => {
  const ROLES: readonly [string, number, readonly string[]][] = [
    ['practitioner', 200, ['Schedule/mine']],
    ['operator', 200, ['Schedule/bruno', 'Schedule/mine']],
    ['regulator', 403, []],
  ];
  it.each(ROLES)('shows a %s what that person may see', async (role, status, schedules) => {
    for (const agenda of ['bruno', 'mine']) {
      await bookAt(agenda, 1);
      expect((await bookAt(agenda, 1, OVERBOOKING)).status).toBe(201);
    }
    const reply = await team.as(role, 'GET', '/$overlaps');
    expect(reply.status).toBe(status);
    if (status !== 200) return;
    const found = listed(reply as { json: Json });
    expect(found.map((overlap) => overlap.schedule).sort()).toEqual(schedules);
    expect(found.every(({ overbooking }) => overbooking)).toBe(true);
  });

  it('begins at a date and says whether there are more', async () => {
    for (const slot of [1, 2]) for (const more of [{}, OVERBOOKING]) await bookAt('bruno', slot, more);
    const first = await team.test.request('GET', '$overlaps?_count=1');
    expect([listed(first).map(({ start }) => start), first.json.parameter[0].valueBoolean]).toEqual([[at(1)], true]);
    expect(listed(await team.test.request('GET', '$overlaps?start=2026-11-28'))).toEqual([]);
    expect((await team.test.request('GET', '$overlaps?_count=0')).status).toBe(400);
  });
});

describe('an appointment with a start and a service type', () => {
  const request = (serviceType: string): Promise<Reply> => {
    const { end: _, ...rest } = appointment(1, ['Practitioner/bruno'], { serviceType: [{ text: serviceType }] });
    return team.test.request('POST', 'Appointment', rest);
  };

  it('ends when the service does', async () => {
    await team.test.request('DELETE', 'Schedule/both');
    const { status, json } = await request('Consultation');
    expect([status, json.end]).toEqual([201, at(2)]);
    expect((await bookAt('bruno', 1)).status).toBe(409);
  });

  it('needs an end where no agenda has the service', async () => {
    expect((await request('Plongée')).json.issue[0].code).toBe('required');
  });
});
