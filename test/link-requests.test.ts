/**
 * Requests that patients make by a page: answered by the practice, taken back by the patient, or ended by themselves;
 * whoever is first wins, and the patient hears of it once.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { endRequest } from '../src/agenda/rules/request-expiry.ts';
import type { Json } from '../src/fhir/resource.ts';
import { expectConsistent } from './consistency.ts';
import { NOW } from './harness.ts';
import { coding, DAY, MINUTE } from './kind-world.ts';
import { at, type LinkWorld, openLinkWorld } from './link-world.ts';

const HOUR = 60 * MINUTE;

let own: LinkWorld;
beforeAll(async () => {
  own = await openLinkWorld();
});
afterAll(() => own.close());
beforeEach(() => {
  own.world.test.clock.now = NOW;
});

/** As the booking flow does for a kind that needs an answer. */
async function ask(patient: string, minutes: number): Promise<Json> {
  const appointment: Json = {
    ...{ resourceType: 'Appointment', status: 'proposed', serviceType: [{ coding: [coding('asked')] }] },
    start: new Date(at(minutes)).toISOString(),
    end: new Date(at(minutes + 30)).toISOString(),
    participant: [
      { actor: { reference: 'PractitionerRole/vasseur' }, status: 'needs-action' },
      { actor: { reference: `Patient/${patient}` }, status: 'accepted' },
    ],
  };
  const { test } = own.world;
  const { stored } = await test.server.backend.create(own.world.contextOf({ as: 'everyone' }), appointment as never);
  return JSON.parse(stored.body!);
}

const answerBy = (appointment: Json): number =>
  Date.parse(appointment.extension.find(({ url }: Json) => url === 'urn:creneau:fhir:answer-by').valueInstant);

const end = ({ id, meta }: Json, now: number): Promise<unknown> => {
  const { test, services } = own.world;
  const message = JSON.stringify({ id, version: Number(meta.versionId), until: now });
  return endRequest(services, test.server.backend, message, now);
};

const answer = (asked: Json, status: string): Promise<{ status: number }> =>
  own.world.test.request(
    'PUT',
    `Appointment/${asked.id}`,
    {
      ...asked,
      status,
      ...(status === 'cancelled' ? { cancelationReason: { coding: [{ code: 'prov' }] } } : {}),
    },
    { 'if-match': `W/"${asked.meta.versionId}"` },
  );

const subjects = async (patient: string, count: number): Promise<string[]> =>
  (await own.postbox.until(count, `${patient}@example.org`)).map(({ subject }) => subject.split(' : ')[0]!);

it('is answered within two days, or half of what is left; the patient reads until when', async () => {
  const patient = await own.patient('attend');
  const soon = await ask(patient, 0);
  expect(answerBy(soon)).toBe(NOW + (at(0) - NOW) / 2);
  const later = await ask(await own.patient('patient'), 20 * 24 * 60);
  expect(answerBy(later)).toBe(NOW + 48 * HOUR);
  const path = await own.link('patient', 1);
  const { text } = await own.get(path);
  expect(text).toContain('jeudi 26 novembre 2026 à 10:00');
  expect(text).toContain('Demande en attente');
  const [letter] = await own.postbox.until(1, 'patient@example.org');
  expect(letter!.subject).toContain('Demande de rendez-vous envoyée');
  expect(letter!.text).toContain('répond avant jeudi 26 novembre 2026 à 10:00');
  expect(letter!.calendar).toBe('');
  // The desk writes a comment: the end stays as it was promised.
  const noted = await own.world.test.request('PUT', `Appointment/${later.id}`, { ...later, comment: 'vu' });
  expect(answerBy(noted.json)).toBe(NOW + 48 * HOUR);
  expect(await end(noted.json, NOW + 48 * HOUR)).toEqual({ outcome: 'delivered' });
  expect(await subjects('patient', 2)).toEqual(['Demande de rendez-vous envoyée', 'Demande de rendez-vous close']);
  const [, closed] = await own.postbox.until(2, 'patient@example.org');
  expect(closed!.text).toMatch(/n’a pas répondu à temps[\s\S]*Prochains horaires : /);
});

it('accepted, it is a booking; refused, the patient hears of other times', async () => {
  const accepted = await ask(await own.patient('accepte'), 60);
  expect((await answer(accepted, 'booked')).status).toBe(200);
  expect(await subjects('accepte', 2)).toEqual(['Demande de rendez-vous envoyée', 'Rendez-vous confirmé']);
  const refused = await ask(await own.patient('refuse'), 90);
  expect((await answer(refused, 'cancelled')).status).toBe(200);
  expect(await subjects('refuse', 2)).toEqual(['Demande de rendez-vous envoyée', 'Demande de rendez-vous close']);
  const [, letter] = await own.postbox.until(2, 'refuse@example.org');
  expect(letter!.text).toMatch(/ne peut pas donner suite[\s\S]*Prochains horaires : /);
});

it('taken back by its link, it frees the time and is confirmed once', async () => {
  const { id } = await ask(await own.patient('retire'), 120);
  const path = await own.link('retire', 1);
  const listed = () => own.world.listed(own.loaded, 'visit', { as: 'everyone' });
  expect(await listed()).not.toContain(at(120));
  for (let i = 0; i < 2; i++) await own.post(path, { faire: 'annuler', etat: 'proposed' });
  expect(await listed()).toContain(at(120));
  expect((await own.appointment(id)).status).toBe('cancelled');
  expect(await subjects('retire', 2)).toEqual(['Demande de rendez-vous envoyée', 'Demande de rendez-vous close']);
});

it.each([
  ['accept', 'withdraw'],
  ['accept', 'expire'],
  ['withdraw', 'expire'],
])('of %s and %s at once, one wins, and the patient has one mail', async (...deeds) => {
  const people = Array.from({ length: 4 }, (_, i) => `${deeds.join('')}${i}`);
  const asked: Json[] = [];
  // Days of their own: the morning has room for six.
  const day = (2 + ['acceptwithdraw', 'acceptexpire', 'withdrawexpire'].indexOf(deeds.join(''))) * 24 * 60;
  for (const [i, name] of people.entries()) asked.push(await ask(await own.patient(name), day + i * 30));
  const paths = await Promise.all(people.map((name) => own.link(name, 1)));
  const run: Record<string, (i: number) => Promise<unknown>> = {
    accept: (i) => answer(asked[i]!, 'booked'),
    withdraw: (i) => own.post(paths[i]!, { faire: 'annuler', etat: 'proposed' }),
    expire: (i) => end(asked[i]!, NOW + 2 * DAY),
  };
  await Promise.all(people.flatMap((_, i) => deeds.map((deed) => run[deed]!(i))));
  await own.settled();
  for (const [i, { id }] of asked.entries()) {
    const { json } = await own.world.test.request('GET', `Appointment/${id}/_history`);
    const [last, ...before] = json.entry.map(({ resource }: Json) => resource.status);
    expect([before, ['booked', 'cancelled'].includes(last)]).toEqual([['proposed'], true]);
    const told = await subjects(people[i]!, 2);
    const expected = last === 'booked' ? 'Rendez-vous confirmé' : 'Demande de rendez-vous close';
    expect(told).toEqual(['Demande de rendez-vous envoyée', expected]);
  }
  await expectConsistent(own.world.test.server.database);
});
