/** Links of appointments: what a patient does by them, and what programs that open links do not do. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { endLinks } from '../src/public/links/links-part.ts';
import { ManageLinks } from '../src/store/records/manage-links.ts';
import { expectConsistent } from './consistency.ts';
import { call, NOW, startTestServer } from './harness.ts';
import { DAY, MINUTE } from './kind-world.ts';
import { at, type LinkWorld, moveForm, openLinkWorld, ORIGIN } from './link-world.ts';

let own: LinkWorld;
beforeAll(async () => {
  own = await openLinkWorld();
});
afterAll(() => own.close());
beforeEach(() => {
  own.world.test.clock.now = NOW;
});

const listed = () => own.world.listed(own.loaded, 'visit', { as: 'everyone' });
const statusOf = async (id: string): Promise<[string, string]> => {
  const { status, meta } = await own.appointment(id);
  return [status, meta.versionId];
};

it('programs that open every link of a mail change nothing', async () => {
  const patient = await own.patient('robot');
  const { id } = await own.book(patient, 0);
  const [letter] = await own.postbox.until(1, 'robot@example.org');
  expect(letter!.links.filter((link) => link.startsWith(`${ORIGIN}/r/`))).toHaveLength(1);
  const before = await own.world.test.request('GET', 'Patient/robot');
  const pages = letter!.links.flatMap((link) => {
    const path = link.slice(ORIGIN.length);
    return path.startsWith('/r/') ? [path, `${path}?annuler`, `${path}?deplacer`, `${path}/rendez-vous.ics`] : [path];
  });
  for (const path of pages)
    for (let i = 0; i < 50; i++) {
      const { status } = await call(`${own.world.test.server.url}${path}`, i % 2 === 0 ? 'GET' : 'HEAD');
      expect([path, status]).toEqual([path, 200]);
    }
  expect(await statusOf(id)).toEqual(['booked', '1']);
  expect((await own.world.test.request('GET', 'Patient/robot')).json).toEqual(before.json);
});

it('shows when, with whom and what to prepare, neither the patient nor the kind, and nobody keeps it', async () => {
  const patient = await own.patient('lecteur');
  await own.book(patient, 15, { description: 'Douleur thoracique' });
  const path = await own.link(patient, 1);
  const { text, headers, status } = await own.get(path);
  expect(status).toBe(200);
  expect(text).toContain('jeudi 26 novembre 2026 à 08:15');
  expect(text).toContain('Venez à jeun.');
  expect(text).not.toMatch(/Secretnom|lecteur|thoracique|>visit<|visit /);
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-robots-tag': 'noindex',
  });
  expect(JSON.stringify(await own.world.test.sql('SELECT * FROM manage_link'))).not.toContain(path.split('/')[2]);
});

it('a cancellation frees the time at once, and twice is once', async () => {
  const patient = await own.patient('annule');
  const { id } = await own.book(patient, 30);
  const path = await own.link(patient, 1);
  expect(await listed()).not.toContain(at(30));
  for (let i = 0; i < 3; i++)
    expect((await own.post(path, { faire: 'annuler', raison: 'pat-fb' })).status).toBe(i === 0 ? 303 : 200);
  expect(await listed()).toContain(at(30));
  const cancelled = await own.appointment(id);
  expect([cancelled.status, cancelled.meta.versionId]).toEqual(['cancelled', '2']);
  expect(cancelled.cancelationReason.coding[0].code).toBe('pat-fb');
  expect(JSON.stringify(cancelled)).not.toContain('urn:creneau:fhir:late');
  expect((await own.get(path)).text).toContain('Rendez-vous annulé');
  const [, letter] = await own.postbox.until(2, 'annule@example.org');
  expect(letter!.subject).toContain('Rendez-vous annulé');
});

it('after the limit somebody may still say not to come: it is cancelled, and marked as late', async () => {
  const patient = await own.patient('tard');
  const { id } = await own.book(patient, 45);
  const path = await own.link(patient, 1);
  own.world.test.clock.now = at(45) - 59 * MINUTE;
  expect((await own.get(`${path}?annuler`)).text).toContain('Je ne viendrai pas');
  expect((await own.post(path, { faire: 'annuler' })).status).toBe(303);
  const { status, extension } = await own.appointment(id);
  expect(status).toBe('cancelled');
  expect(extension).toContainEqual({ url: 'urn:creneau:fhir:late', valueBoolean: true });
  own.world.test.clock.now = at(45) + MINUTE;
  expect((await own.post(path, { faire: 'annuler' })).status).toBe(200);
});

it('a move keeps the appointment and its calendar entry, and frees the time before', async () => {
  const patient = await own.patient('bouge');
  const booked = await own.book(patient, 60);
  const path = await own.link(patient, 1);
  const [invitation] = await own.postbox.until(1, 'bouge@example.org');
  const times = await own.get(`${path}?deplacer`);
  expect(times.text).toContain('votre rendez-vous'.slice(1));
  const slot = /\?deplacer=([^"]+)" aria-label="09:45, jeudi 26/.exec(times.text)![1]!;
  const confirm = await own.get(`${path}?deplacer=${slot}`);
  expect((await own.post(path, moveForm(confirm.text))).status).toBe(303);
  // The same form again: the time is that of the appointment already.
  expect((await own.post(path, moveForm(confirm.text))).status).toBe(303);
  const moved = await own.appointment(booked.id);
  expect([Date.parse(moved.start), Date.parse(moved.end), moved.meta.versionId]).toEqual([at(105), at(120), '2']);
  expect(await listed()).toContain(at(60));
  expect(await listed()).not.toContain(at(105));
  const [, change] = await own.postbox.until(2, 'bouge@example.org');
  const file = (await own.get(`${path}/rendez-vous.ics`)).text;
  const lineOf = (name: string, text: string): string => new RegExp(`^${name}:(.*)$`, 'm').exec(text)![1]!.trim();
  expect([invitation!.calendar, change!.calendar, file].map((text) => lineOf('UID', text))).toEqual(
    Array.from({ length: 3 }, () => `${booked.id}@creneau`),
  );
  expect([invitation!.calendar, change!.calendar, file].map((text) => lineOf('SEQUENCE', text))).toEqual([
    '0',
    '1',
    '1',
  ]);
  expect(file).not.toMatch(/visit|motif|Secretnom/i);
  // The older link still leads to the appointment.
  expect((await own.get(path)).text).toContain('09:45');
});

it('of ten who move to one time at once, one has it and nine keep theirs', async () => {
  const start = 24 * 60;
  const people: { id: string; path: string; from: number }[] = [];
  for (let i = 0; i < 10; i++) {
    const patient = await own.patient(`course${i}`);
    const booked = await own.book(patient, start + i * 15);
    people.push({ id: booked.id, path: await own.link(patient, 1), from: Date.parse(booked.start) });
  }
  const list = await own.get(`${people[0]!.path}?deplacer&apres=${at(start)}`);
  const [slot] = [...list.text.matchAll(/\?deplacer=([^"]+)" aria-label="\d\d:\d\d, vendredi 27/g)].map(
    ([, id]) => id!,
  );
  const pages = await Promise.all(people.map(({ path }) => own.get(`${path}?deplacer=${slot}`)));
  const answers = await Promise.all(people.map(({ path }, i) => own.post(path, moveForm(pages[i]!.text))));
  expect(answers.map(({ status }) => status).sort()).toEqual([303, ...Array.from({ length: 9 }, () => 409)]);
  const now = await Promise.all(people.map(({ id }) => own.appointment(id)));
  const stayed = now.filter(({ start: current }, i) => Date.parse(current) === people[i]!.from);
  expect([stayed.length, now.every(({ status }) => status === 'booked')]).toEqual([9, true]);
  await expectConsistent(own.world.test.server.database);
});

it('a page that was read before the practice moved the appointment acts on nothing', async () => {
  const patient = await own.patient('decale');
  const booked = await own.book(patient, 135);
  const path = await own.link(patient, 1);
  const times = await own.get(`${path}?deplacer`);
  const slot = /\?deplacer=([^"]+)"/.exec(times.text)![1]!;
  const confirm = await own.get(`${path}?deplacer=${slot}`);
  const later: Json = { ...booked, start: new Date(at(150)).toISOString(), end: new Date(at(165)).toISOString() };
  delete later.slot;
  expect((await own.world.test.request('PUT', `Appointment/${booked.id}`, later)).status).toBe(200);
  const answer = await own.post(path, moveForm(confirm.text));
  expect([answer.status, /a changé entre-temps/.test(answer.text)]).toEqual([409, true]);
  expect(Date.parse((await own.appointment(booked.id)).start)).toBe(at(150));
});

it('a link shows and cancels an appointment that only the desk books, and does not move it', async () => {
  const patient = await own.patient('interne');
  const inside = { serviceType: [{ coding: [{ system: 'urn:test:motif', code: 'inside' }] }] };
  await own.book(patient, 165, inside);
  const path = await own.link(patient, 1);
  const times = await own.get(`${path}?deplacer`);
  expect(times.text).toContain('Aucun autre horaire en ligne');
  expect((await own.post(path, { faire: 'deplacer', creneau: 'x', vu: String(at(165)) })).status).toBe(409);
});

it('a link ends a day after the appointment, as if it had never been, and its row goes', async () => {
  const { test, services } = own.world;
  const patient = await own.patient('fini');
  const { id } = await own.book(patient, 3 * 24 * 60);
  const path = await own.link(patient, 1);
  const links = new ManageLinks(test.server.database);
  const rows = () => test.sql('SELECT appointment FROM manage_link WHERE appointment = $1', [id]);
  test.clock.now = at(3 * 24 * 60 + 15) + DAY - 1;
  expect((await own.get(path)).status).toBe(200);
  await endLinks(services, links, test.clock.now);
  expect(await rows()).toHaveLength(1);
  test.clock.now += 1;
  const [over, never] = [await own.get(path), await own.get(`/r/${'x'.repeat(32)}`)];
  expect([over.status, over.text]).toEqual([404, never.text]);
  await endLinks(services, links, test.clock.now);
  expect(await rows()).toEqual([]);
});

it('without --public no address of them exists, and no mail has one', async () => {
  const test = await startTestServer({ publicUrl: ORIGIN });
  try {
    expect((await call(`${test.server.url}/r/${'x'.repeat(32)}`, 'GET')).status).toBe(404);
  } finally {
    await test.close();
  }
});
