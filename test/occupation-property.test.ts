/**
 * Random days on agendas that people, devices and rooms share: bookings, overbookings, moves, cancellations, and actors
 * that change. A plain model beside the server knows what is free; afterwards nobody is in two places.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { expectConsistent } from './consistency.ts';
import { type Reply, startTestServer, type TestServer } from './harness.ts';
import {
  appointment,
  at,
  location,
  OVERBOOKING,
  practitioner,
  role,
  schedule,
  SLOTS,
  slotOf,
} from './shared-agendas.ts';

const DAYS = Number(process.env['CRENEAU_DAYS'] ?? 6);
const STEPS = 70;

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.close());

interface ModelAgenda {
  actors: string[];
  places: number;
  team: number | undefined;
}

interface Booked {
  id: string;
  agendas: string[];
  from: number;
  to: number;
  overbooked: boolean;
  /** Members of the team whom it names. */
  named: string[];
}

/** Small and repeatable. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A plain picture of the agendas and their appointments. */
class Model {
  roles = new Map([['role', 'p3']]);
  rooms = new Set(['l1']);
  agendas = new Map<string, ModelAgenda>([
    [
      'shared',
      { actors: ['Practitioner/p1', 'Practitioner/p2', 'Device/d1', 'Location/l1'], places: 1, team: undefined },
    ],
    ['alone', { actors: ['Practitioner/p1', 'Location/l2'], places: 1, team: undefined }],
    ['role', { actors: ['PractitionerRole/role'], places: 1, team: undefined }],
    ['group', { actors: ['Practitioner/p2', 'PractitionerRole/role'], places: 3, team: undefined }],
    ['team', { actors: ['Practitioner/p1', 'Practitioner/p2', 'Location/l1'], places: 1, team: 2 }],
    ['room', { actors: ['Location/l1'], places: 1, team: undefined }],
  ]);
  booked: Booked[] = [];

  /** People, devices and rooms of an agenda, by the names of a plain reading. */
  resources(agenda: string): Set<string> {
    const { actors, team } = this.agendas.get(agenda)!;
    const found = new Set<string>();
    for (const actor of actors) {
      const [type, id] = actor.split('/') as [string, string];
      if (type === 'Device') found.add(actor);
      if (type === 'Location' && this.rooms.has(id)) found.add(actor);
      if (team !== undefined) continue;
      if (type === 'Practitioner') found.add(actor);
      if (type === 'PractitionerRole') found.add(`Practitioner/${this.roles.get(id)}`);
    }
    return found;
  }

  /** The references that may name a member of a team, each with the person. */
  members(agenda: string): Map<string, string> {
    const { actors, team } = this.agendas.get(agenda)!;
    if (team === undefined) return new Map();
    const professionals = actors.filter((actor) => actor.startsWith('Practitioner'));
    return new Map(
      professionals.flatMap((actor) => {
        const [type, id] = actor.split('/') as [string, string];
        const person = type === 'Practitioner' ? actor : `Practitioner/${this.roles.get(id)}`;
        return [
          [actor, person],
          [person, person],
        ];
      }),
    );
  }

  /** The people of a team whom an appointment names. */
  namedOn(agenda: string, named: readonly string[]): string[] {
    return named.flatMap((reference) => this.members(agenda).get(reference) ?? []);
  }

  /** Of the agendas that another appointment is not on: on one agenda a group may meet, but not in one member. */
  of(booked: Booked, other?: Booked): Set<string> {
    const agendas = booked.agendas.filter((agenda) => !other?.agendas.includes(agenda));
    const named = booked.agendas.flatMap((agenda) => this.namedOn(agenda, booked.named));
    return new Set([...agendas.flatMap((agenda) => [...this.resources(agenda)]), ...named]);
  }

  /** Of the agendas of an appointment that share a resource, the first one by its id takes it (ADR 0022). */
  holder({ agendas, named }: Booked, key: string): string | undefined {
    return [...agendas]
      .sort()
      .find((agenda) => this.resources(agenda).has(key) || this.namedOn(agenda, named).includes(key));
  }

  capacity(agenda: string): number {
    const { places, team } = this.agendas.get(agenda)!;
    return Math.max(places, team ?? 1);
  }

  /** Is the time free on the agenda, for another appointment than `except`? */
  isFree(agenda: string, from: number, to: number, named: readonly string[] = [], except?: string): boolean {
    const mine = this.resources(agenda);
    const people = this.namedOn(agenda, named);
    const met = this.booked.filter((booked) => booked.id !== except && booked.from < to && from < booked.to);
    if (met.some((booked) => [...mine].some((key) => ![undefined, agenda].includes(this.holder(booked, key)))))
      return false;
    if (met.some((booked) => people.some((person) => this.holder(booked, person) !== undefined))) return false;
    const own = met.filter((booked) => booked.agendas.includes(agenda));
    const most = this.capacity(agenda);
    // Appointments lie on the grid: within one slot they all overlap each other.
    for (let slot = from; slot < to; slot++)
      if (own.filter((booked) => booked.from <= slot && slot < booked.to).length >= most) return false;
    return true;
  }

  /** Pairs of appointments of different agendas, with the person, device or room that they have at one time. */
  overlaps({ withOverbooked = false } = {}): string[] {
    const booked = this.booked.filter(({ overbooked }) => withOverbooked || !overbooked);
    return booked.flatMap((a, i) =>
      booked
        .slice(i + 1)
        .filter((b) => a.from < b.to && b.from < a.to)
        .flatMap((b) =>
          [...this.of(a, b)]
            .filter((key) => this.of(b, withOverbooked ? undefined : a).has(key))
            .map((key) => `${a.id} ${b.id} ${key}`),
        ),
    );
  }
}

async function put(resource: Json): Promise<Reply> {
  return test.request('PUT', `${resource.resourceType}/${resource.id}`, resource);
}

const scheduleOf = (id: string, { actors, places, team }: ModelAgenda): Json =>
  schedule(id, actors, { ...(team === undefined ? {} : { team }), ...(places > 1 ? { places } : {}) });

async function begin(model: Model): Promise<void> {
  await test.reset();
  const resources = [
    ...['p1', 'p2', 'p3', 'p4'].map(practitioner),
    role('role', 'p3'),
    { resourceType: 'Device', id: 'd1' },
    location('l1', 'ro'),
    location('l2', 'si'),
    ...[...model.agendas].map(([id, agenda]) => scheduleOf(id, agenda)),
  ];
  for (const resource of resources) expect((await put(resource)).status).toBe(201);
}

/** An appointment by its slots, with the room besides where it has an agenda of its own. */
function requested(
  model: Model,
  agenda: string,
  from: number,
  slots: number,
  withRoom: boolean,
  overbook: boolean,
  members: readonly string[],
): Json {
  const hasRoom = model.agendas.get(agenda)!.actors.includes('Location/l1');
  const named = withRoom && !hasRoom ? ['Location/l1'] : [];
  return {
    agendas: [agenda, ...(named.length > 0 ? ['room'] : [])],
    body: {
      ...appointment(from, named, overbook ? OVERBOOKING : {}, slots),
      slot: Array.from({ length: slots }, (_, i) => ({ reference: `Slot/${slotOf(agenda, from + i)}` })),
      participant: [
        { actor: { display: 'quelqu’un' }, status: 'accepted' },
        ...[...named, ...members].map((reference) => ({ actor: { reference }, status: 'accepted' })),
      ],
    },
  };
}

async function book(model: Model, random: (below: number) => number, moved?: Booked): Promise<string> {
  const agenda = [...model.agendas.keys()][random(model.agendas.size)]!;
  const from = random(SLOTS - 1);
  const slots = 1 + random(2);
  const overbooked = random(5) === 0;
  const nameable = [...model.members(agenda).keys()];
  const named = nameable.length > 0 && random(2) === 0 ? [nameable[random(nameable.length)]!] : [];
  const { agendas, body } = requested(model, agenda, from, slots, random(3) === 0, overbooked, named);
  const isFree = agendas.every((name: string) => model.isFree(name, from, from + slots, named, moved?.id));
  const reply =
    moved === undefined ? await test.request('POST', 'Appointment', body) : await put({ ...body, id: moved.id });
  const expected = isFree || overbooked ? (moved === undefined ? 201 : 200) : 409;
  const how = overbooked ? 'overbooked' : 'ordinary';
  const says = `${agenda} ${named.join()} ${from}+${slots} ${how} ${moved === undefined ? 'booked' : 'moved'}`;
  // A group has a place for a longer time only where one and the same place is free all the time.
  const isGroup = slots > 1 && agendas.some((name: string) => model.capacity(name) > 1);
  if (!(isGroup && reply.status === 409)) expect(`${says}: ${reply.status}`).toBe(`${says}: ${expected}`);
  if (reply.status < 300) {
    model.booked = model.booked.filter(({ id }) => id !== moved?.id);
    model.booked.push({ id: reply.json.id, agendas, from, to: from + slots, overbooked, named });
  }
  return says;
}

async function change(model: Model, random: (below: number) => number): Promise<string> {
  const undo = { roles: new Map(model.roles), rooms: new Set(model.rooms), agendas: new Map(model.agendas) };
  let reply: Reply;
  const kind = random(3);
  if (kind === 0) {
    model.roles.set('role', `p${1 + random(4)}`);
    reply = await put(role('role', model.roles.get('role')!));
  } else if (kind === 1) {
    if (!model.rooms.delete('l2')) model.rooms.add('l2');
    reply = await put(location('l2', model.rooms.has('l2') ? 'ro' : 'si'));
  } else {
    const id = ['shared', 'alone', 'group', 'team'][random(4)]!;
    const pool = ['Practitioner/p1', 'Practitioner/p2', 'Practitioner/p4', 'Device/d1', 'Location/l1', 'Location/l2'];
    const actors = pool.filter(() => random(2) === 0);
    if (id === 'team' && random(2) === 0) actors.push('PractitionerRole/role');
    // The room's own agenda stays the only one without a professional.
    const hasProfessional = actors.some((actor) => actor.startsWith('Practitioner/'));
    model.agendas.set(id, {
      ...model.agendas.get(id)!,
      actors: hasProfessional ? actors : [...actors, 'Practitioner/p4'],
    });
    reply = await put(scheduleOf(id, model.agendas.get(id)!));
  }
  expect([200, 409]).toContain(reply.status);
  if (reply.status === 409) {
    const refused = model.overlaps({ withOverbooked: true });
    Object.assign(model, undo);
    const already = model.overlaps({ withOverbooked: true });
    // Two overbookings may meet; a change is refused for an ordinary appointment alone.
    const ordinary = new Set(model.booked.filter(({ overbooked }) => !overbooked).map(({ id }) => id));
    const isReason = (pair: string): boolean => pair.split(' ').some((id) => ordinary.has(id));
    expect(refused.filter((pair) => !already.includes(pair) && isReason(pair))).not.toEqual([]);
  }
  return `change ${kind} ${reply.status}`;
}

async function expectFree(model: Model, trace: readonly string[]): Promise<void> {
  const { json } = await test.request('GET', 'Slot?status=free&_count=500&_elements=start,schedule');
  const found = (json.entry ?? []).map(({ resource }: Json) => `${resource.schedule.reference} ${resource.start}`);
  const expected = [...model.agendas.keys()].flatMap((agenda) =>
    Array.from({ length: SLOTS }, (_, slot) => slot)
      .filter((slot) => model.isFree(agenda, slot, slot + 1))
      .map((slot) => `Schedule/${agenda} ${at(slot)}`),
  );
  expect(found.sort(), trace.slice(-5).join('\n')).toEqual(expected.sort());
}

// On day 2039 an appointment of a group is on the agenda of a room that the group shares later.
const SEEDS = [2039, ...Array.from({ length: DAYS }, (_, i) => 2026 + i).filter((seed) => seed !== 2039)];

it.each(SEEDS.slice(0, DAYS))('nobody is in two places on day %d', async (seed) => {
  const random = generator(seed);
  const model = new Model();
  await begin(model);
  const trace: string[] = [];
  for (let step = 0; step < STEPS; step++) {
    const kind = random(10);
    const some = model.booked[random(Math.max(1, model.booked.length))];
    if (kind < 5 || some === undefined) trace.push(await book(model, random));
    else if (kind < 7) trace.push(await book(model, random, some));
    else if (kind < 8) {
      expect((await test.request('DELETE', `Appointment/${some.id}`)).status).toBe(204);
      model.booked = model.booked.filter((booked) => booked !== some);
      trace.push(`gone ${some.id}`);
    } else trace.push(await change(model, random));
    if (step % 5 === 4) await expectFree(model, trace);
    expect(model.overlaps(), trace.slice(-3).join('\n')).toEqual([]);
  }
  expect(model.booked.length).toBeGreaterThan(1);
  await expectConsistent(test.server.database);
});
