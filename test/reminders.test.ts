/**
 * Reminders of a practice that takes bookings by its pages: as often as the kind says, one a day for one person, with
 * two ways to answer.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import type { NoticeChannel, NoticeContent } from '../src/sync/notice/notice.ts';
import { agreedTelecom } from '../src/sync/notice/agreement.ts';
import { manageAddress } from '../src/sync/notice/manage-address.ts';
import { NoticeDelivery } from '../src/sync/notice/notice-delivery.ts';
import { NoticeFollower } from '../src/sync/notice/notice-follower.ts';
import { NOW } from './harness.ts';
import { audience, coding, entry, MINUTE } from './kind-world.ts';
import { at, type LinkWorld, openLinkWorld, ORIGIN } from './link-world.ts';

const HOUR = 60 * MINUTE;
/** By fax: nothing delivers it but the test, by the clock of the test. */
const FAX = 'test-fax';

let own: LinkWorld;
let crash = false;
const contents: NoticeContent[] = [];
const channel: NoticeChannel = {
  name: FAX,
  addressOf: (person) => agreedTelecom(person, 'fax'),
  async send(content) {
    contents.push(content);
    if (crash) throw new Error('the process dies here');
    return { sent: true };
  },
};
beforeAll(async () => {
  const followers = [new NoticeFollower([channel], { hours: 24, isFarToo: true })];
  own = await openLinkWorld({}, () => [{ name: 'test notices', followers }]);
  const catalogue = [
    entry('visit', ...audience('everyone')),
    entry(
      'often',
      ...audience('everyone'),
      { url: 'reminder', valueUnsignedInt: 48 },
      { url: 'reminder', valueUnsignedInt: 3 },
    ),
    entry('never', ...audience('everyone'), { url: 'reminder', valueUnsignedInt: 0 }),
  ];
  await own.world.practice('vasseur', catalogue, { visit: 15, often: 15, never: 15 });
});
afterAll(() => own.close());
beforeEach(() => {
  own.world.test.clock.now = NOW;
  contents.length = 0;
  crash = false;
});

async function patient(id: string): Promise<string> {
  const agreed = [{ url: 'urn:creneau:fhir:notify', valueBoolean: true }];
  await own.world.put({ resourceType: 'Patient', id, telecom: [{ system: 'fax', value: id, extension: agreed }] });
  return id;
}

const book = (who: string, minutes: number, code = 'visit'): Promise<Json> =>
  own.book(who, minutes, { serviceType: [{ coding: [coding(code)] }] });

interface Queued {
  payload: string;
  start: number;
  due: number;
}

async function reminders(who: string): Promise<Queued[]> {
  const rows = await own.world.test.sql<{ payload: string }>(
    `SELECT payload FROM outbox WHERE destination = $1 AND payload LIKE '%"reminder"%' AND payload LIKE $2 ORDER BY id`,
    [FAX, `%"Patient/${who}"%`],
  );
  return rows.map(({ payload }) => {
    const { start, due } = JSON.parse(payload);
    return { payload, start: Date.parse(start), due };
  });
}

const delivery = (): NoticeDelivery => {
  const { database } = own.world.test.server;
  return new NoticeDelivery({
    ...{ database, channel, origin: () => ORIGIN, reminderMs: 24 * HOUR, now: () => own.world.test.clock.now },
    ...{ withdrawn: async () => undefined, watchers: { spread: async () => undefined, find: async () => undefined } },
    manage: manageAddress({ publicPages: true, publicUrl: ORIGIN }, database),
  });
};

const beforeStart = async (who: string): Promise<number[]> =>
  (await reminders(who)).map(({ start, due }) => (start - due) / HOUR);

it('leave as the kind says, else a day before, and a week before too where somebody booked far ahead', async () => {
  const far = 20 * 24 * 60;
  await book(await patient('souvent'), far + 60, 'often');
  await book(await patient('jamais'), far + 75, 'never');
  await book(await patient('loin'), far + 90);
  await book(await patient('proche'), 2 * 24 * 60 + 60);
  expect(await beforeStart('souvent')).toEqual([48, 13]);
  expect(await beforeStart('jamais')).toEqual([]);
  expect(await beforeStart('loin')).toEqual([168, 24]);
  expect(await beforeStart('proche')).toEqual([24]);
});

it('one a day for one person: it names all appointments of the practice, and comes once', async () => {
  const day = 3 * 24 * 60;
  const who = await patient('deux');
  await book(who, day + 60);
  await book(who, day + 120);
  const queued = await reminders(who);
  expect(queued).toHaveLength(2);
  own.world.test.clock.now = queued[0]!.due - 10_000;
  expect(await delivery().deliver(queued[0]!)).toMatchObject({ outcome: 'retry' });
  for (const message of [...queued, ...queued]) {
    own.world.test.clock.now = message.due;
    expect(await delivery().deliver(message)).toEqual({ outcome: 'delivered' });
  }
  expect(contents).toHaveLength(1);
  expect(contents[0]!.facts).toContain('Le même jour : dimanche 29 novembre 2026 à 10:00');
  expect(contents[0]!.manage!.map(({ words }) => words)).toEqual([
    expect.stringContaining('je viens'),
    expect.stringContaining('je viens'),
  ]);
  // A third one that was booked since is told, with the others.
  await book(who, day + 150);
  const third = (await reminders(who)).at(-1)!;
  own.world.test.clock.now = third.due;
  await delivery().deliver(third);
  expect(contents).toHaveLength(2);
});

it('a move plans it anew; the one before, and that of a cancelled appointment, say nothing', async () => {
  const who = await patient('bouge');
  const booked = await book(who, 4 * 24 * 60);
  const later = { start: new Date(at(5 * 24 * 60)).toISOString(), end: new Date(at(5 * 24 * 60 + 15)).toISOString() };
  const { slot: _, ...rest } = booked;
  const moved = await own.world.test.request('PUT', `Appointment/${booked.id}`, { ...rest, ...later });
  expect(moved.status).toBe(200);
  const [first, second] = await reminders(who);
  own.world.test.clock.now = second!.due;
  for (const message of [first!, second!]) await delivery().deliver(message);
  expect(contents).toHaveLength(1);
  await own.world.test.request('PUT', `Appointment/${booked.id}`, { ...moved.json, status: 'cancelled' });
  await delivery().deliver(second!);
  expect(contents).toHaveLength(1);
});

it('one that may have left when the process died is not sent again', async () => {
  const who = await patient('panne');
  await book(who, 6 * 24 * 60);
  const [message] = await reminders(who);
  own.world.test.clock.now = message!.due;
  crash = true;
  await expect(delivery().deliver(message!)).rejects.toThrow('dies');
  crash = false;
  expect(await delivery().deliver(message!)).toEqual({ outcome: 'delivered' });
  expect(contents).toHaveLength(1);
});

it('opening an answer of it changes nothing; « Je viens » is marked on the appointment', async () => {
  const who = await patient('repond');
  const { id } = await book(who, 7 * 24 * 60);
  const [message] = await reminders(who);
  own.world.test.clock.now = message!.due;
  await delivery().deliver(message!);
  const [coming, absent] = contents[0]!.manage!.map(({ address }) => address.slice(ORIGIN.length));
  for (const path of [coming!, absent!]) expect((await own.get(path)).status).toBe(200);
  expect((await own.appointment(id)).meta.versionId).toBe('1');
  expect((await own.get(coming!)).text).toContain('Je viens');
  expect((await own.get(absent!)).text).toContain('Annuler le rendez-vous');
  const path = coming!.split('?')[0]!;
  for (let i = 0; i < 2; i++) expect((await own.post(path, { faire: 'venir' })).status).toBe(303);
  const seen = await own.appointment(id);
  expect([seen.status, seen.meta.versionId]).toEqual(['booked', '2']);
  expect(seen.extension).toContainEqual({
    url: 'urn:creneau:fhir:coming',
    valueInstant: new Date(own.world.test.clock.now).toISOString(),
  });
  expect((await own.get(path)).text).toContain('Vous avez dit que vous venez');
});
