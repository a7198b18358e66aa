/**
 * The waiting list: time that comes free is offered to one person at a time, the first who asked first; whoever takes
 * it leaves a time that feeds the list.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { releaseHold } from '../src/agenda/operations/holds-feature.ts';
import type { Json } from '../src/fhir/resource.ts';
import { WaitingList } from '../src/public/waiting/waiting-list.ts';
import { sweep } from '../src/public/waiting/waiting-part.ts';
import { expectConsistent } from './consistency.ts';
import { NOW } from './harness.ts';
import { coding, MINUTE } from './kind-world.ts';
import { at, type LinkWorld, openLinkWorld } from './link-world.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * 60;

let own: LinkWorld;
let day = 3;
beforeAll(async () => {
  own = await openLinkWorld();
});
afterAll(() => own.close());
beforeEach(async () => {
  own.world.test.clock.now = NOW;
  day += 14;
  // Nobody of an earlier test waits for the times of this one.
  for (const { id } of await waitingOnes())
    await own.world.test.request(
      'PATCH',
      `Appointment/${id}`,
      [{ op: 'replace', path: '/status', value: 'cancelled' }],
      {
        'content-type': 'application/json-patch+json',
      },
    );
  // They wait for the clock of an earlier test, and later messages about the agenda wait for them.
  await own.world.test.sql(`DELETE FROM outbox WHERE destination = 'waiting' AND next_attempt_at > now()`);
  await quiet();
});

async function waitingOnes(): Promise<Json[]> {
  const { json } = await own.world.test.request('GET', 'Appointment?status=waitlist,pending&_count=200');
  return (json.entry ?? []).map(({ resource }: Json) => resource);
}

const list = (): WaitingList => {
  const { test, services } = own.world;
  const { database, backend } = test.server;
  return new WaitingList({ database, services, backend, now: () => test.clock.now });
};

/** Where the clock of the test is ahead of that of the database, which sends the messages of the list. */
const freeUp = (minutes: number): Promise<unknown> =>
  list().deliver(JSON.stringify({ schedule: own.loaded.schedule, start: at(minutes), end: at(minutes + 15) }));

/** Waits until the list has handled all that came free. */
async function quiet(): Promise<void> {
  const waiting = async (): Promise<number> => {
    const [row] = await own.world.test.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM outbox WHERE destination = 'waiting' AND delivered_at IS NULL
         AND failed_at IS NULL AND next_attempt_at < now() + interval '1 minute'`,
    );
    return row!.n;
  };
  for (let i = 0; i < 4000 && (await waiting()) > 0; i++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(await waiting()).toBe(0);
}

interface Waiter {
  name: string;
  /** Of the appointment that moves, and of the entry. */
  booked: string;
  entry: string;
  path: string;
}

/** Somebody with an appointment who asks for something earlier. */
async function waiter(name: string, minutes: number, fields: Record<string, string> = {}): Promise<Waiter> {
  const booked = await own.book(await own.patient(name), minutes);
  own.world.test.clock.now += MINUTE;
  const path = await own.link(name, 1);
  const answer = await own.post(path, { faire: 'attendre', ...fields });
  expect([answer.status, answer.text.slice(0, 200)]).toEqual([303, '']);
  const entries = (await waitingOnes()).filter((entry) => JSON.stringify(entry).includes(`"Patient/${name}"`));
  expect(entries).toHaveLength(1);
  return { name, booked: booked.id, entry: entries[0]!.id, path: answer.headers['location']! };
}

async function inTens<T, R>(things: readonly T[], work: (thing: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let i = 0; i < things.length; i += 10) done.push(...(await Promise.all(things.slice(i, i + 10).map(work))));
  return done;
}

const cancel = async (id: string): Promise<void> => {
  const { json } = await own.world.test.request('GET', `Appointment/${id}`);
  const { status, text } = await own.world.test.request('PUT', `Appointment/${id}`, { ...json, status: 'cancelled' });
  expect([status, status === 200 ? '' : text]).toEqual([200, '']);
};
const stateOf = async ({ entry }: Waiter): Promise<[string, number]> => {
  const { status, start } = await own.appointment(entry);
  return [status, start === undefined ? Number.NaN : Date.parse(start)];
};
const startOf = async ({ booked }: Waiter): Promise<number> => Date.parse((await own.appointment(booked)).start);
const offerForm = (page: string, faire: string): Record<string, string> => ({
  faire,
  creneau: /name="creneau" value="([^"]*)"/.exec(page)?.[1] ?? '',
});
const answer = async (who: Waiter, faire: string): Promise<number> =>
  (await own.post(who.path, offerForm((await own.get(who.path)).text, faire))).status;
const silence = async ({ entry }: Waiter): Promise<void> => {
  const { test } = own.world;
  expect(await releaseHold(test.server.backend, entry, test.clock.now)).toEqual({ outcome: 'delivered' });
  await quiet();
};

it('one freed time is one offer; silence passes it on; who takes it leaves a time that goes on too', async () => {
  const freed = (day + 1) * DAY + 60;
  const victim = await own.book(await own.patient('cede'), freed);
  const first = await waiter('un', (day + 4) * DAY);
  const second = await waiter('deux', (day + 3) * DAY);
  const third = await waiter('trois', (day + 5) * DAY);
  expect((await own.get(first.path)).text).toContain('Liste d’attente');
  await cancel(victim.id);
  await quiet();
  expect([await stateOf(first), (await stateOf(second))[0], (await stateOf(third))[0]]).toEqual([
    ['pending', at(freed)],
    'waitlist',
    'waitlist',
  ]);
  const page = await own.get(first.path);
  expect(page.text).toMatch(/Il vous est gardé jusqu’au .* à 12:0\d/);
  expect(page.text).toContain('sera libéré');
  expect(await own.world.listed(own.loaded, 'visit', { as: 'everyone' })).not.toContain(at(freed));
  const letters = await own.postbox.until(2, 'un@example.org');
  expect(letters[1]!.subject).toContain('Un horaire s’est libéré : ');
  // Nobody answers for two hours.
  own.world.test.clock.now += 2 * HOUR;
  expect(await answer(first, 'prendre')).toBe(409);
  await silence(first);
  expect([(await stateOf(first))[0], await stateOf(second)]).toEqual(['waitlist', ['pending', at(freed)]]);
  // The second takes it, and leaves a time that is earlier than those of the two others.
  expect(await answer(second, 'prendre')).toBe(303);
  await quiet();
  expect([await startOf(second), (await stateOf(second))[0]]).toEqual([at(freed), 'cancelled']);
  expect(await stateOf(first)).toEqual(['pending', at((day + 3) * DAY)]);
  const form = offerForm((await own.get(first.path)).text, 'prendre');
  for (let i = 0; i < 2; i++) expect((await own.post(first.path, form)).status).toBe(303);
  expect((await own.get(first.path)).text).toContain('C’est fait');
  await quiet();
  expect(await startOf(first)).toBe(at((day + 3) * DAY));
  expect(await stateOf(third)).toEqual(['pending', at((day + 4) * DAY)]);
  expect(await answer(third, 'laisser')).toBe(303);
  expect([(await stateOf(third))[0], await startOf(third)]).toEqual(['waitlist', at((day + 5) * DAY)]);
  await expectConsistent(own.world.test.server.database);
});

it('two silences, and the entry sleeps until its owner wakes it', async () => {
  const who = await waiter('dort', (day + 6) * DAY);
  for (const [i, minutes] of [(day + 1) * DAY, (day + 2) * DAY].entries()) {
    const victim = await own.book(await own.patient(`cede${minutes}`), minutes);
    await cancel(victim.id);
    await quiet();
    expect(await stateOf(who)).toEqual(['pending', at(minutes)]);
    await own.postbox.until(i + 2, 'dort@example.org');
    own.world.test.clock.now += 2 * HOUR;
    await silence(who);
  }
  const letters = await own.postbox.until(4, 'dort@example.org');
  expect(letters.map(({ subject }) => subject.split(' : ')[0]).slice(1)).toEqual([
    'Un horaire s’est libéré',
    'Un horaire s’est libéré',
    'Liste d’attente en pause',
  ]);
  const victim = await own.book(await own.patient('encore'), (day + 3) * DAY);
  await cancel(victim.id);
  await quiet();
  expect((await stateOf(who))[0]).toBe('waitlist');
  expect((await own.get(who.path)).text).toContain('Recevoir de nouveau');
  expect((await own.post(who.path, { faire: 'reprendre' })).status).toBe(303);
  await sweep(own.world.services, own.world.test.clock.now);
  await quiet();
  expect((await stateOf(who))[0]).toBe('pending');
});

it('of a time within a day nobody holds it: three are told, and the first has it', async () => {
  const near = (day + 1) * DAY + 90;
  const victim = await own.book(await own.patient('proche'), near);
  const waiters: Waiter[] = [];
  for (const [i, name] of ['pa', 'pb', 'pc', 'pd'].entries())
    waiters.push(await waiter(name, (day + 3) * DAY + i * 15));
  own.world.test.clock.now = at(near) - 22 * HOUR;
  await cancel(victim.id);
  await freeUp(near);
  const pages = await Promise.all(waiters.map(({ path }) => own.get(path)));
  expect(pages.map(({ text }) => /Le prendre/.test(text))).toEqual([true, true, true, false]);
  expect(pages[0]!.text).toContain('gardé pour personne');
  const taken = await Promise.all(
    waiters.slice(0, 3).map(({ path }, i) => own.post(path, offerForm(pages[i]!.text, 'prendre'))),
  );
  expect(taken.map(({ status }) => status).sort()).toEqual([303, 409, 409]);
  const starts = await Promise.all(waiters.map(startOf));
  expect(starts.filter((start) => start === at(near))).toHaveLength(1);
  await expectConsistent(own.world.test.server.database);
});

it('offers nothing at night, nor time that suits nobody or that only the desk books', async () => {
  const { test } = own.world;
  const who = await waiter('nuit', (day + 5) * DAY, { moment: 'pm' });
  const morning = await own.book(await own.patient('matin'), (day + 1) * DAY);
  await cancel(morning.id);
  await quiet();
  expect((await stateOf(who))[0]).toBe('waitlist');
  const inside = { serviceType: [{ coding: [coding('inside')] }] };
  const desk = await waiter('bureau', (day + 6) * DAY);
  const { json } = await test.request('GET', `Appointment/${desk.entry}`);
  expect((await test.request('PUT', `Appointment/${desk.entry}`, { ...json, ...inside })).status).toBe(200);
  await freeUp((day + 2) * DAY);
  expect((await stateOf(desk))[0]).toBe('waitlist');
  // At night the message waits for the morning.
  const ready = await waiter('pret', (day + 7) * DAY);
  test.clock.now = Date.parse('2099-11-24T22:00:00+01:00');
  const start = Date.parse('2099-11-27T09:00:00+01:00');
  await list().deliver(JSON.stringify({ schedule: own.loaded.schedule, start, end: start + 15 * MINUTE }));
  const [last] = await test.sql<{ due: number }>(
    `SELECT extract(epoch FROM next_attempt_at)::float8 * 1000 AS due FROM outbox
       WHERE destination = 'waiting' ORDER BY id DESC LIMIT 1`,
  );
  expect([last!.due, (await stateOf(ready))[0]]).toEqual([Date.parse('2099-11-25T08:00:00+01:00'), 'waitlist']);
});

it('a message that is handled twice offers nothing twice, and 200 cancellations offer each time once', async () => {
  const { test } = own.world;
  const slots = Array.from({ length: 200 }, (_, i) => (day + Math.floor(i / 12)) * DAY + (i % 12) * 15);
  await own.patient('beaucoup');
  const booked = await inTens(slots, (minutes) => own.book('beaucoup', minutes));
  const waiters: Waiter[] = [];
  for (let i = 0; i < 8; i++) waiters.push(await waiter(`liste${i}`, (day + 20) * DAY + i * 15));
  await inTens(booked, ({ id }) => cancel(id));
  await quiet();
  const offered = await Promise.all(waiters.map(async (who) => (await stateOf(who))[1]));
  expect([offered.every((start) => start > 0), new Set(offered).size]).toEqual([true, 8]);
  const again = list();
  const freed = { schedule: own.loaded.schedule, start: at(day * DAY), end: at((day + 18) * DAY) };
  for (let i = 0; i < 2; i++) expect(await again.deliver(JSON.stringify(freed))).toEqual({ outcome: 'delivered' });
  expect(await Promise.all(waiters.map(async (who) => (await stateOf(who))[1]))).toEqual(offered);
  await expectConsistent(test.server.database);
}, 400_000);
