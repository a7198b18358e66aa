/** Subscriptions of those who asked: they follow appointments, not agendas (ADR 0027). */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { loadFixture } from './fixture.ts';
import { type Reply, startTestServer, type TestServer } from './harness.ts';
import { type Listener, listener, subscription } from './listener.ts';
import { patient, practitioner, schedule } from './shared-agendas.ts';

// One server for all: emptying its tables would give new messages the numbers of those that its relays have in hand.
let test: TestServer;
beforeAll(async () => {
  test = await startTestServer({ allowPrivateEndpoints: true });
  await loadFixture(test.base, [
    ...[practitioner('p1'), practitioner('p2'), patient('m1'), patient('m2')],
    ...[schedule('a1', ['Practitioner/p1']), schedule('a2', ['Practitioner/p2'])],
  ]);
});
afterAll(() => test.close());

const request = (actors: readonly string[], more: Json = {}): Json => ({
  resourceType: 'Appointment',
  status: 'proposed',
  requestedPeriod: [{ start: '2026-12-01', end: '2026-12-05' }],
  participant: ['Patient/m1', ...actors].map((reference) => ({ actor: { reference }, status: 'needs-action' })),
  ...more,
});
const ask = async (actors: readonly string[], more: Json = {}): Promise<Json> => {
  const { status, json, text } = await test.request('POST', 'Appointment', request(actors, more));
  expect(status, text).toBe(201);
  return json;
};

describe('the requester follows the request', () => {
  let hook: Listener;
  const OPERATOR = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-appointment-operator';
  beforeEach(async () => {
    hook = await listener();
  });
  afterEach(async () => {
    for (const { resource } of (await test.request('GET', 'Subscription')).json.entry ?? [])
      await test.request('DELETE', `Subscription/${resource.id}`);
    hook.close();
  });
  /** Of each event: one notification may have several about the same appointment. */
  const told = (): string[] =>
    hook.got
      .flatMap(({ body }) => body.entry[0].resource.parameter)
      .filter(({ name }: Json) => name === 'notification-event')
      .map(({ part }: Json) =>
        part
          .find(({ name }: Json) => name === 'focus')
          .valueReference.reference.split('/')
          .at(-1),
      );
  const until = async (isTrue: () => boolean): Promise<void> => {
    for (const end = Date.now() + 30_000; !isTrue(); await new Promise((done) => setTimeout(done, 25)))
      if (Date.now() > end) throw new Error('nothing was told');
  };
  const follow = (filter: string, topic: 'appointment' | 'schedule' = 'appointment'): Promise<Reply> =>
    test.request('POST', 'Subscription', subscription(hook.url, topic, { filter }));

  it.each([
    [
      'its identifier',
      'Appointment?identifier=urn:x-rdv|mien',
      { identifier: [{ system: 'urn:x-rdv', value: 'mien' }] },
    ],
    [
      'its operator',
      'Appointment?operator=urn:x-op|moi,urn:x-op|nous',
      { extension: [{ url: OPERATOR, valueReference: { identifier: { system: 'urn:x-op', value: 'moi' } } }] },
    ],
    [
      'its operator by reference',
      'Appointment?operator=Practitioner/p1',
      { extension: [{ url: OPERATOR, valueReference: { reference: 'Practitioner/p1' } }] },
    ],
    [
      'the participant who entered it',
      'Appointment?operator=urn:x-op|saisie',
      {
        participant: [
          ...['Patient/m1', 'Practitioner/p2'].map((reference) => ({ actor: { reference }, status: 'needs-action' })),
          {
            type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ENT' }] }],
            actor: { identifier: { system: 'urn:x-op', value: 'saisie' } },
            status: 'accepted',
          },
        ],
      },
    ],
    [
      'its patient',
      'Appointment?patient=Patient/m2',
      {
        participant: ['Patient/m2', 'Practitioner/p2'].map((reference) => ({
          actor: { reference },
          status: 'needs-action',
        })),
      },
    ],
  ])('by %s, and hears of no other', async (_, filter, more) => {
    expect((await follow(filter)).status).toBe(201);
    await ask(['Practitioner/p2']);
    const mine = await ask(['Practitioner/p2'], more);
    await test.request('PUT', `Appointment/${mine.id}`, { ...mine, status: 'cancelled' });
    await ask(['Practitioner/p1']);
    await until(() => told().length >= 2);
    expect(told()).toEqual([mine.id, mine.id]);
  });

  it('hears that it is no longer about the patient', async () => {
    expect((await follow('Appointment?patient=m2')).status).toBe(201);
    const people = (patient: string): Json =>
      request(['Practitioner/p2'], {
        participant: [patient, 'Practitioner/p2'].map((reference) => ({
          actor: { reference },
          status: 'needs-action',
        })),
      });
    const { json } = await test.request('POST', 'Appointment', people('Patient/m2'));
    await test.request('PUT', `Appointment/${json.id}`, people('Patient/m1'));
    await test.request('PUT', `Appointment/${json.id}`, { ...people('Patient/m1'), comment: 'de m1 seul' });
    await until(() => told().length >= 2);
    await test.request('PUT', `Appointment/${json.id}`, people('Patient/m2'));
    await until(() => told().length >= 3);
    expect(told()).toEqual([json.id, json.id, json.id]);
  });

  it.each([
    ['Appointment?identifier=sans-systeme', 'appointment'],
    ['Appointment?patient=Practitioner/p1', 'appointment'],
    ['Appointment?comment=x', 'appointment'],
    ['Appointment?patient=Patient/m1', 'schedule'],
  ] as const)('the filter %s on the topic %s is refused', async (filter, topic) => {
    expect((await follow(filter, topic)).status).toBe(422);
  });
});
