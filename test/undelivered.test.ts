/** Mails that were refused for good: the desk of the agenda sees whom they did not reach, and sends them again. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { fixtureOf, loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
let appointment: Json;

beforeAll(async () => {
  // Nobody listens there: the mails wait until the test refuses them.
  test = await startTestServer({ smtpUrl: 'smtp://127.0.0.1:9', publicUrl: 'https://agenda.example' });
  await loadFixture(test.base);
  const email = {
    ...{ system: 'email', value: 'alice@exemple.invalid' },
    extension: [{ url: 'urn:creneau:fhir:notify', valueBoolean: true }],
  };
  await test.request('PUT', 'Patient/alice', { ...fixtureOf('alice'), telecom: [email] });
  const { status, json, text } = await test.request('POST', 'Appointment', {
    ...{ resourceType: 'Appointment', status: 'booked' },
    ...{ start: '2026-12-02T08:00:00+01:00', end: '2026-12-02T08:15:00+01:00' },
    participant: ['Patient/alice', 'Practitioner/vasseur'].map((reference) => ({
      actor: { reference },
      status: 'accepted',
    })),
  });
  expect(status, text).toBe(201);
  appointment = json;
});
afterAll(() => test.close());

/** The agendas of the practitioner, each with the ids of its undelivered mails. */
async function undelivered(): Promise<string[]> {
  const { json } = await test.request('GET', 'Schedule?actor=Practitioner/vasseur');
  const lists = await Promise.all(
    (json.entry as Json[]).map(async ({ resource }) => {
      const reply = await test.request('GET', `Schedule/${resource.id}/$undelivered`);
      expect(reply.status, reply.text).toBe(200);
      return (reply.json.parameter ?? []) as Json[];
    }),
  );
  return lists.flat().map(({ name, part, resource }) => `${name} ${part?.[0].resource.id ?? resource.id}`);
}

const refuse = (): Promise<unknown> =>
  test.sql(`UPDATE outbox SET failed_at = clock_timestamp(), last_error = 'refused' WHERE destination = 'mail'`);

it('a mail that waits, or arrived, is none of the desk’s business', async () => {
  expect(await undelivered()).toEqual([]);
});

it('a mail that was refused is listed with its patient', async () => {
  await refuse();
  const listed = await undelivered();
  expect(listed).toContain(`item ${appointment.id}`);
  expect(listed).toContain('patient alice');
});

it('a cancellation that did not arrive is listed too', async () => {
  await test.request('PUT', `Appointment/${appointment.id}`, { ...appointment, status: 'cancelled' });
  await refuse();
  expect(await undelivered()).toContain(`item ${appointment.id}`);
});

it('sending them again empties the list, and of an unknown agenda there is nothing to send', async () => {
  const { json } = await test.request('GET', 'Schedule?actor=Practitioner/vasseur');
  let sent = 0;
  for (const { resource } of json.entry as Json[]) {
    const reply = await test.request('POST', `Schedule/${resource.id}/$undelivered-retry`, {
      resourceType: 'Parameters',
    });
    expect(reply.status, reply.text).toBe(200);
    sent += reply.json.parameter[0].valueInteger;
  }
  expect(sent).toBeGreaterThan(0);
  expect(await undelivered()).toEqual([]);
  expect((await test.request('GET', 'Schedule/nothing/$undelivered')).status).toBe(404);
});
