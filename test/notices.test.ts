/** Notices through any channel: each person, channel and version of an appointment gets one notice. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json, Resource } from '../src/fhir/resource.ts';
import { agreedTelecom } from '../src/sync/notice/agreement.ts';
import { ClosureNotices } from '../src/sync/notice/closure-notices.ts';
import type { NoticeChannel, NoticeContent } from '../src/sync/notice/notice.ts';
import { NoticeDelivery } from '../src/sync/notice/notice-delivery.ts';
import { NoticeFollower } from '../src/sync/notice/notice-follower.ts';
import { fixtureOf, loadFixture } from './fixture.ts';
import { NOW, startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
const channels = ['sms', 'url', 'email'].map((system) => recordingChannel(`test-${system}`, system));
beforeAll(async () => {
  test = await startTestServer({}, () => [
    { name: 'test notices', followers: [new NoticeFollower(channels, { hours: 0, isFarToo: false })] },
  ]);
  await loadFixture(test.base);
});
afterAll(() => test.close());

function recordingChannel(name: string, system: string): NoticeChannel & { contents: NoticeContent[] } {
  const contents: NoticeContent[] = [];
  return {
    name,
    contents,
    addressOf: (person) => agreedTelecom(person, system),
    async send(content) {
      contents.push(content);
      return { sent: true };
    },
  };
}

it('a person who agreed to two channels is told once by each; a channel without agreement stays silent', async () => {
  const agreed = (system: string, value: string): Json => ({
    ...{ system, value },
    extension: [{ url: 'urn:creneau:fhir:notify', valueBoolean: true }],
  });
  const telecom = [
    agreed('sms', '+33600000000'),
    agreed('url', 'https://alice.example'),
    { system: 'email', value: 'a@b.c' },
  ];
  await test.request('PUT', 'Patient/alice', { ...fixtureOf('alice'), telecom });
  const { status, json } = await test.request('POST', 'Appointment', {
    ...{ resourceType: 'Appointment', status: 'booked', description: 'Douleur thoracique' },
    ...{ start: '2026-12-02T08:00:00+01:00', end: '2026-12-02T08:15:00+01:00' },
    participant: [
      { actor: { reference: 'Patient/alice' }, status: 'accepted' },
      { actor: { reference: 'Practitioner/vasseur' }, status: 'accepted' },
    ],
  });
  expect(status).toBe(201);
  const queued = await test.sql<{ destination: string; payload: string }>(
    `SELECT destination, payload FROM outbox WHERE destination LIKE 'test-%' ORDER BY destination`,
  );
  expect(queued).toEqual(
    ['test-sms', 'test-url'].map((destination) => ({
      destination,
      payload: JSON.stringify({
        ...{ kind: 'invitation', appointment: json.id, person: 'Patient/alice' },
        author: { caller: 'anonymous' },
      }),
    })),
  );
  for (const channel of channels) {
    const options = {
      database: test.server.database,
      origin: () => 'https://a.example',
      reminderMs: 0,
      now: () => NOW,
      withdrawn: async () => undefined,
      watchers: { spread: async () => undefined, find: async () => undefined },
    };
    const delivery = new NoticeDelivery({ ...options, channel });
    for (const message of queued.filter(({ destination }) => destination === channel.name))
      for (let i = 0; i < 2; i++) expect(await delivery.deliver(message)).toEqual({ outcome: 'delivered' });
  }
  const [sms, url, email] = channels.map(({ contents }) => contents);
  expect([sms!.length, url!.length, email!.length]).toEqual([1, 1, 0]);
  expect(sms![0]).toMatchObject({
    to: '+33600000000',
    subject: 'Rendez-vous confirmé : mercredi 2 décembre 2026 à 08:00',
  });
  expect(JSON.stringify(sms)).not.toMatch(/thoracique|Martin/);
});

it('a process of the version before notices counts its mails in the same log', async () => {
  await test.sql(`INSERT INTO mail_sent (key) VALUES ('request x Patient/alice 1') ON CONFLICT DO NOTHING`);
  await test.sql(`INSERT INTO mail_sent (key) VALUES ('request x Patient/alice 1') ON CONFLICT DO NOTHING`);
  await test.sql(`UPDATE mail_sent SET sent_at = now() WHERE key = 'request x Patient/alice 1'`);
  await test.sql(`INSERT INTO mail_leave (token_hash, type, id) VALUES ('h', 'Patient', 'alice')`);
  expect(
    await test.sql(`SELECT channel, key, sent_at IS NOT NULL AS sent FROM notice_sent WHERE channel = 'mail'`),
  ).toEqual([{ channel: 'mail', key: 'request x Patient/alice 1', sent: true }]);
  expect(await test.sql(`SELECT type, id FROM notice_leave WHERE token_hash = 'h'`)).toEqual<Partial<Resource>[]>([
    { type: 'Patient', id: 'alice' },
  ]);
});

it('the people of an agenda learn which appointments a closure lands on, by their times alone', async () => {
  const appointment = async (start: string): Promise<string> => {
    const { json } = await test.request('POST', 'Appointment', {
      ...{ resourceType: 'Appointment', status: 'booked', start, end: start.replace(':00:00+', ':15:00+') },
      participant: [
        { actor: { reference: 'Patient/bruno' }, status: 'accepted' },
        { actor: { reference: 'Practitioner/vasseur' }, status: 'accepted' },
      ],
    });
    return json.id;
  };
  const ids = [await appointment('2026-12-16T08:00:00+01:00'), await appointment('2026-12-17T08:00:00+01:00')];
  const telecom = [{ system: 'fax', value: '01', extension: [{ url: 'urn:creneau:fhir:notify', valueBoolean: true }] }];
  await test.request('PUT', 'Practitioner/vasseur', { ...fixtureOf('vasseur'), telecom });
  const channel = recordingChannel('test-fax', 'fax');
  const { database } = test.server;
  const schedule = (await test.request('GET', 'Schedule/vasseur-paris')).json;
  await new ClosureNotices(database, [channel]).queue({ caller: 'anonymous' }, schedule, ids);
  const [message] = await test.sql<{ payload: string }>(`SELECT payload FROM outbox WHERE destination = 'test-fax'`);
  const options = {
    ...{ database, channel, origin: () => 'https://a.example', reminderMs: 0, now: () => NOW },
    withdrawn: async () => undefined,
    watchers: { spread: async () => undefined, find: async () => undefined },
  };
  const delivery = new NoticeDelivery(options);
  await test.request('PUT', `Appointment/${ids[1]}`, {
    ...(await test.request('GET', `Appointment/${ids[1]}`)).json,
    status: 'cancelled',
  });
  for (let i = 0; i < 2; i++) expect(await delivery.deliver(message!)).toEqual({ outcome: 'delivered' });
  expect(channel.contents).toHaveLength(1);
  expect(channel.contents[0]).toMatchObject({
    subject: 'Fermeture sur 1 rendez-vous',
    facts: ['mercredi 16 décembre 2026 à 08:00'],
  });
});

it('tells of a cancellation for an absence ten minutes later, and of nothing when it was taken back', async () => {
  const booking = {
    ...{ resourceType: 'Appointment', status: 'booked' },
    ...{ start: '2026-12-09T09:00:00+01:00', end: '2026-12-09T09:15:00+01:00' },
    participant: [
      { actor: { reference: 'Patient/alice' }, status: 'accepted' },
      { actor: { reference: 'Practitioner/vasseur' }, status: 'accepted' },
    ],
  };
  const { id } = (await test.request('POST', 'Appointment', booking)).json;
  const reason = { coding: [{ system: 'urn:creneau:fhir:cancelation', code: 'absence' }], text: 'Absence' };
  const cancelled = { ...booking, id, status: 'cancelled', cancelationReason: reason };
  expect((await test.request('PUT', `Appointment/${id}`, cancelled)).status).toBe(200);
  const queue = async () =>
    test.sql<{ payload: string; late: number }>(
      `SELECT payload, round(extract(epoch FROM next_attempt_at - $1::timestamptz) / 60)::int AS late FROM outbox
        WHERE destination = 'test-sms' AND payload LIKE $2 ORDER BY id`,
      [new Date(NOW).toISOString(), `%${id}%`],
    );
  const channel = recordingChannel('test-sms', 'sms');
  const delivery = new NoticeDelivery({
    ...{ database: test.server.database, origin: () => 'https://a.example', reminderMs: 0, now: () => NOW, channel },
    watchers: { spread: async () => undefined, find: async () => undefined },
    withdrawn: async () => undefined,
  });
  const [invitation, cancellation] = await queue();
  expect(cancellation!.late).toBe(10);
  await test.request('PUT', `Appointment/${id}`, { ...booking, id });
  // The patient knew of the appointment before the absence.
  await test.request('PUT', `Appointment/${id}`, { ...booking, id });
  await delivery.deliver(invitation!);
  for (const message of (await queue()).slice(1)) await delivery.deliver(message);
  expect(channel.contents.map(({ subject }) => subject)).toHaveLength(1);
  await test.request('PUT', `Appointment/${id}`, cancelled);
  await delivery.deliver((await queue()).at(-1)!);
  expect(channel.contents.map(({ subject }) => subject.split(' ')[1])).toEqual(['confirmé', 'annulé']);
});
