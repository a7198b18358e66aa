/**
 * Notices by mail over a real SMTP server in this process: invitation, change, cancellation and reminder, each sent
 * once, only to people who agreed, and never after they stopped them with one click.
 */
import { type AddressInfo, createServer } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { mailChannel } from '../src/sync/mail/mail-channel.ts';
import { MailTransport } from '../src/sync/mail/transport.ts';
import { NoticeDelivery } from '../src/sync/notice/notice-delivery.ts';
import { FIXTURE, fixtureOf, loadFixture } from './fixture.ts';
import { call, NOW, startTestServer, type TestServer } from './harness.ts';

interface Received {
  to: string;
  subject: string;
  text: string;
  raw: string;
  method: string | undefined;
  calendar: string;
}

let test: TestServer;
let smtp: SMTPServer;
let smtpUrl: string;
const received: Received[] = [];
/** SMTP code with which the mail server refuses; `undefined` accepts. */
let answer: number | undefined;

beforeAll(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (answer !== undefined)
          return done(Object.assign(new Error('refused alice@example.org'), { responseCode: answer }));
        received.push(
          read(Buffer.concat(chunks).toString(), (session.envelope.rcptTo[0] as { address: string }).address),
        );
        return done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  smtpUrl = `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`;
  test = await startTestServer({ smtpUrl, publicUrl: 'https://agenda.example' });
  await loadFixture(
    test.base,
    FIXTURE.map(({ planningHorizon: _, ...resource }) => resource),
  );
  const email = (value: string, agreed: boolean): Json => ({
    system: 'email',
    value,
    extension: [{ url: 'urn:creneau:fhir:notify', valueBoolean: agreed }],
  });
  const alice = fixtureOf('alice');
  await test.request('PUT', 'Patient/alice', { ...alice, telecom: [email('alice@example.org', true)] });
  const bruno = fixtureOf('bruno');
  await test.request('PUT', 'Patient/bruno', { ...bruno, telecom: [email('bruno@example.org', false)] });
});
afterAll(async () => {
  await test.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
});
beforeEach(() => {
  received.length = 0;
  answer = undefined;
  test.clock.now = NOW;
});

/** Decodes as much of a mail as these tests need. */
function read(raw: string, to: string): Received {
  const subject = /^Subject: ((?:.*)(?:\r\n .*)*)/m
    .exec(raw)![1]!
    .replace(/\r\n\s/g, ' ')
    .replace(/=\?UTF-8\?Q\?(.*?)\?=\s*/gi, (_m, text: string) => quoted(text.replaceAll('_', ' ')))
    .replace(/=\?UTF-8\?B\?(.*?)\?=\s*/gi, (_m, text: string) => Buffer.from(text, 'base64').toString());
  const parts = raw
    .split(/\r\n--[^\r\n]+/)
    .map((part) => ({ head: part.slice(0, part.indexOf('\r\n\r\n')), body: part.slice(part.indexOf('\r\n\r\n') + 4) }));
  const bodyOf = (kind: RegExp): string => {
    const part = parts.find((part) => kind.test(part.head));
    if (part === undefined) return '';
    return /base64/i.test(part.head)
      ? Buffer.from(part.body, 'base64').toString()
      : /quoted-printable/i.test(part.head)
        ? quoted(part.body.replace(/=\r\n/g, ''))
        : part.body;
  };
  return {
    to,
    subject,
    raw,
    text: bodyOf(/text\/plain/i),
    calendar: bodyOf(/text\/calendar/i),
    method: /text\/calendar;[^\r\n]*(?:\r\n\s[^\r\n]*)*method=(\w+)/i.exec(raw)?.[1],
  };
}

function quoted(text: string): string {
  return Buffer.from(
    text.replace(/=([0-9A-F]{2})/g, (_m, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString();
}

async function until(count: number): Promise<Received[]> {
  for (let i = 0; i < 400 && received.length < count; i++) await new Promise((resolve) => setTimeout(resolve, 25));
  return received;
}

/** Waits until the outbox holds no mail but reminders. */
async function settled(): Promise<void> {
  for (let i = 0; i < 400; i++) {
    const [row] = await test.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM outbox WHERE destination = 'mail' AND delivered_at IS NULL ` +
        `AND failed_at IS NULL AND payload NOT LIKE '%reminder%'`,
    );
    if (row!.n === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('mails still wait');
}

async function book(start: string, patient = 'alice', status = 'booked'): Promise<Json> {
  const { status: code, json } = await test.request('POST', 'Appointment', {
    ...{
      resourceType: 'Appointment',
      status,
      start,
      end: start.replace(':00:00+', ':15:00+'),
      description: 'Douleur thoracique',
    },
    participant: [
      { actor: { reference: `Patient/${patient}` }, status: 'accepted' },
      { actor: { reference: 'Practitioner/vasseur' }, status: 'accepted' },
      { actor: { reference: 'Location/paris' }, status: 'accepted', required: 'information-only' },
    ],
  });
  expect([code, json.issue]).toEqual([201, undefined]);
  return json;
}

it('sends invitation, change and cancellation, with the iCalendar object', async () => {
  const booked = await book('2026-12-02T08:00:00+01:00');
  const [invitation] = await until(1);
  expect(invitation).toMatchObject({
    to: 'alice@example.org',
    subject: 'Rendez-vous confirmé : mercredi 2 décembre 2026 à 08:00',
    method: 'REQUEST',
  });
  expect(invitation!.text).toContain('Avec DR Camille Vasseur');
  expect(invitation!.text).toContain('Cabinet de Paris, 1 rue de la Paix, 75002 Paris');
  expect(`${invitation!.text}${invitation!.subject}`).not.toMatch(/thoracique|Martin/);
  for (const line of [
    'METHOD:REQUEST',
    `UID:${booked.id}@creneau`,
    'SEQUENCE:0',
    'STATUS:CONFIRMED',
    'DTSTART;TZID=Europe/Paris:20261202T080000',
    'ATTENDEE;CN=',
  ])
    expect(invitation!.calendar.replaceAll('\r\n ', '')).toContain(line);
  const moved = (
    await test.request('PUT', `Appointment/${booked.id}`, {
      ...booked,
      start: '2026-12-03T08:00:00+01:00',
      end: '2026-12-03T08:15:00+01:00',
    })
  ).json;
  const [, change] = await until(2);
  expect(change).toMatchObject({ subject: 'Rendez-vous modifié : jeudi 3 décembre 2026 à 08:00', method: 'REQUEST' });
  expect(change!.calendar).toContain('SEQUENCE:1');
  // A comment alone sends no mail.
  const noted = (await test.request('PUT', `Appointment/${booked.id}`, { ...moved, comment: 'à jeun' })).json;
  await test.request('PUT', `Appointment/${booked.id}`, { ...noted, status: 'cancelled' });
  const [, , cancellation] = await until(3);
  expect(cancellation).toMatchObject({
    subject: 'Rendez-vous annulé : jeudi 3 décembre 2026 à 08:00',
    method: 'CANCEL',
  });
  for (const line of ['METHOD:CANCEL', `UID:${booked.id}@creneau`, 'SEQUENCE:3', 'STATUS:CANCELLED'])
    expect(cancellation!.calendar).toContain(line);
  await settled();
  expect(received).toHaveLength(3);
});

it('lets no name or text begin a header, a line or an event of its own', async () => {
  const vasseur = fixtureOf('vasseur');
  const paris = fixtureOf('paris');
  for (const end of ['\r', '\n', '\r\n', '\u2028', '\u0085']) {
    received.length = 0;
    const evil = `X${end}Bcc: thief@evil.example${end}END:VEVENT${end}BEGIN:VEVENT${end}UID:evil${end}${end}Cliquez`;
    await test.request('PUT', 'Practitioner/vasseur', { ...vasseur, name: [{ text: evil, family: evil }] });
    await test.request('PUT', 'Location/paris', { ...paris, name: evil });
    const booked = await book('2026-12-14T08:00:00+01:00');
    const [{ raw, text, calendar, to }] = (await until(1)) as [Received];
    expect(raw.split('\r\n\r\n')[0]).not.toMatch(/^(bcc|uid):/im);
    expect([to, raw.match(/\r(?!\n)/)]).toEqual(['alice@example.org', null]);
    expect(`${text}\n${calendar}`.split(/[\r\n\u2028\u2029\u0085]/)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(Bcc|UID:evil|Cliquez)/)]),
    );
    expect(calendar.match(/^BEGIN:VEVENT/gm)).toHaveLength(1);
    await test.request('PUT', `Appointment/${booked.id}`, { ...booked, status: 'cancelled' });
    await settled();
  }
  await test.request('PUT', 'Practitioner/vasseur', vasseur);
  await test.request('PUT', 'Location/paris', paris);
});

it('takes no address that is two, or a header', async () => {
  const alice = fixtureOf('alice');
  const agreed = [{ url: 'urn:creneau:fhir:notify', valueBoolean: true }];
  const values = ['a@x.example,b@x.example', 'a@x.example\r\nBcc: b@x.example', '<a@x.example>', 'a@x.example b', 'a'];
  for (const [i, value] of values.entries()) {
    const telecom = [{ system: 'email', value, extension: agreed }];
    const id = `postal-${i}`;
    const { identifier: _, ...rest } = alice;
    if ((await test.request('PUT', `Patient/${id}`, { ...rest, id, telecom })).status >= 400) continue;
    await book(`2027-01-${['04', '06', '07', '11', '13'][i]}T08:00:00+01:00`, id);
  }
  await settled();
  expect(received).toEqual([]);
});

it('sends nothing to people who did not agree, and nothing about a mere request or hold', async () => {
  await book('2026-12-07T08:00:00+01:00', 'bruno');
  await book('2026-12-09T08:00:00+01:00', 'alice', 'proposed');
  expect(await test.sql(`SELECT id FROM outbox WHERE destination = 'mail' AND payload LIKE '%bruno%'`)).toEqual([]);
  await settled();
  expect(received).toEqual([]);
});

it('sends a reminder once, when it is due, and none for an appointment that was moved or cancelled', async () => {
  // The outbox has the clock of the database: for it, a reminder must never be due while the test runs.
  const booked = await book('2099-12-10T08:00:00+01:00');
  await until(1);
  const reminders = (): Promise<{ id: number; payload: string; due: number }[]> =>
    test.sql(
      'SELECT id, payload, extract(epoch FROM next_attempt_at)::float8 * 1000 AS due FROM outbox ' +
        `WHERE destination = 'mail' AND payload LIKE '%reminder%' AND payload LIKE '%${booked.id}%' ORDER BY id`,
    );
  const [first] = await reminders();
  expect(first!.due).toBe(Date.parse('2099-12-09T08:00:00+01:00'));
  expect(first!.payload).not.toMatch(/alice@|Martin/);
  await test.request('PUT', `Appointment/${booked.id}`, {
    ...booked,
    start: '2099-12-14T08:00:00+01:00',
    end: '2099-12-14T08:15:00+01:00',
  });
  await until(2);
  const [, second] = await reminders();
  const channel = mailChannel({ smtpUrl, mailFrom: 'Cabinet <cabinet@example.org>' })!;
  const delivery = new NoticeDelivery({
    database: test.server.database,
    channel,
    origin: () => 'https://agenda.example',
    reminderMs: 86_400_000,
    now: () => test.clock.now,
    withdrawn: async () => undefined,
    watchers: { spread: async () => undefined, find: async () => undefined },
  });
  received.length = 0;
  expect(await delivery.deliver(second!)).toMatchObject({ outcome: 'retry' });
  test.clock.now = Date.parse('2099-12-13T08:00:00+01:00');
  expect(await delivery.deliver(first!)).toEqual({ outcome: 'delivered' });
  expect(received).toEqual([]);
  // The mail server is away: nothing is lost. Later the reminder leaves once, however often it is delivered.
  answer = 450;
  expect(await delivery.deliver(second!)).toEqual({ outcome: 'retry', reason: 'SMTP 450' });
  answer = undefined;
  for (let i = 0; i < 3; i++) expect(await delivery.deliver(second!)).toEqual({ outcome: 'delivered' });
  expect(received.map(({ subject }) => subject)).toEqual(['Rappel de rendez-vous : lundi 14 décembre 2099 à 08:00']);
  // The process died while the reminder left: it may have arrived, so it is not sent again.
  await test.sql('UPDATE notice_sent SET sent_at = NULL');
  expect(await delivery.deliver(second!)).toEqual({ outcome: 'delivered' });
  expect(received).toHaveLength(1);
});

it('keeps what the mail server refuses for good, with the SMTP code and without the address', async () => {
  answer = 550;
  await book('2026-12-16T08:00:00+01:00');
  await settled();
  const failed = await test.sql<{ last_error: string }>(
    `SELECT last_error FROM outbox WHERE destination = 'mail' AND failed_at IS NOT NULL`,
  );
  expect(failed).toEqual([{ last_error: 'SMTP 550' }]);
});

it('sends nothing more after one click on the link', async () => {
  await book('2026-12-17T08:00:00+01:00');
  const [mail] = await until(1);
  const raw = mail!.raw.replaceAll(/\r\n\s+/g, ' ');
  expect(raw).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
  const path = /List-Unsubscribe: <https:\/\/agenda\.example(\/notices\/[\w-]+)>/.exec(raw)![1]!;
  const link = `${test.server.url}${path}`;
  expect(JSON.stringify(await test.sql('SELECT * FROM notice_leave'))).not.toContain(path.split('/')[2]);
  // Mails that an older version sent link to /mail.
  for (const address of [link, link.replace('/notices/', '/mail/')])
    expect((await call(address, 'GET')).text).toContain('<form method="post"');
  expect((await test.request('GET', 'Patient/alice')).json.telecom[0].extension[0].valueBoolean).toBe(true);
  expect(
    (await call(link, 'POST', 'List-Unsubscribe=One-Click', { 'content-type': 'application/x-www-form-urlencoded' }))
      .status,
  ).toBe(200);
  expect((await test.request('GET', 'Patient/alice')).json.telecom[0].extension[0].valueBoolean).toBe(false);
  expect((await call(`${link}x`, 'POST', '')).status).toBe(404);
  received.length = 0;
  await book('2026-12-21T08:00:00+01:00');
  await settled();
  expect(received).toEqual([]);
});

it('gives up a mail server that answers a letter at a time', async () => {
  const drip = createServer((socket) => {
    const timer = setInterval(() => socket.write('2'), 50);
    socket.on('close', () => clearInterval(timer)).on('error', () => {});
  });
  await new Promise<void>((resolve) => drip.listen(0, '127.0.0.1', resolve));
  const transport = new MailTransport(`smtp://127.0.0.1:${(drip.address() as AddressInfo).port}`, 1000);
  const begun = performance.now();
  const mail = { from: 'a@example.org', to: 'b@example.org', subject: 'x', text: 'x', messageId: '<x@x>', leave: 'x' };
  expect(await transport.send(mail)).toMatchObject({ sent: false, isFinal: false });
  expect(performance.now() - begun).toBeLessThan(5000);
  drip.close();
});
