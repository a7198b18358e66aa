/**
 * INT_L02 over a real RabbitMQ, on both databases: an appointment that is recorded reaches the LRM of its SAMU, and
 * what comes back changes its state: acknowledged, refused (102, 300, 409), expired (400, 500). Messages that nobody
 * understands are kept aside.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { type Broker, openBroker } from '../src/sas/hub/amqp.ts';
import { writeAck, writeReport } from '../src/sas/hub/envelope.ts';
import { type HubLink, type HubLinkSettings, startHubLink } from '../src/sas/hub/hub-link.ts';
import type { Attitude } from '../src/sas/hub/lrm.ts';
import type { Database } from '../src/store/engine/database.ts';
import { type HubMessage, HubMessages } from '../src/store/records/hub-messages.ts';
import { openDatabase } from '../src/store/engine/open.ts';
import { Outbox } from '../src/store/delivery/outbox.ts';
import type { Repository } from '../src/store/write/repository.ts';
import {
  account,
  AMQP,
  appointment,
  brokerAt,
  doctor,
  linkSettings,
  type Names,
  randomNames,
  record,
  recorder,
  silent,
  startHub,
  startLrm,
  until,
} from './amqp.ts';
import { freshDatabase } from './harness.ts';

const REGULATOR = '3456780581/11242343';

describe.skipIf(AMQP === undefined)('INT_L02', () => {
  const broker = brokerAt(AMQP ?? '');
  let fresh: Awaited<ReturnType<typeof freshDatabase>>;
  let database: Database;
  let repository: Repository;
  let ledger: HubMessages;
  let publisher: Broker;
  let names: Names;
  let hub: Awaited<ReturnType<typeof startHub>>;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    fresh = await freshDatabase();
    database = await openDatabase({ url: fresh.url, data: 'memory:', connections: 10, ownBases: [] });
    repository = recorder(database);
    ledger = new HubMessages(database);
    names = randomNames();
    hub = await startHub(broker, names);
    publisher = openBroker(broker, silent);
    await record(repository, account(REGULATOR));
    await record(repository, account('810000000064', '64'));
    await record(repository, doctor('10000000001'));
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await publisher.close();
    await hub.clean();
    await database.close();
    await fresh.drop();
  });

  function link(changes: Partial<HubLinkSettings> = {}): HubLink {
    const started = startHubLink(database, linkSettings(broker, names, changes), silent);
    closing.push(() => started.close());
    return started;
  }

  function lrm(clientId = names.samu, attitude: Attitude = 'acknowledge'): ReturnType<typeof startLrm> {
    const started = startLrm(broker, names, clientId, attitude);
    closing.push(() => started.close());
    return started;
  }

  const statesOf = async (id: string): Promise<unknown[]> =>
    (await ledger.list({ appointment: id }))
      .reverse()
      .map(({ method, version, state, code }) => [method, version, state, ...(code === undefined ? [] : [code])]);

  it('an appointment and its changes reach the LRM whole and in order, and are acknowledged', async () => {
    link();
    const { state, lines } = lrm();
    const first = await record(repository, appointment(REGULATOR));
    await record(repository, { ...first, start: '2026-12-01T10:00:00+01:00', end: '2026-12-01T10:15:00+01:00' });
    await record(repository, { ...first, status: 'cancelled' });
    await until(
      'three acknowledged',
      async () => (await ledger.list({ appointment: first.id, state: 'acknowledged' })).length === 3,
    );
    expect(await statesOf(first.id)).toEqual([
      ['CreateAppointment', 1, 'acknowledged'],
      ['UpdateAppointment', 2, 'acknowledged'],
      ['UpdateAppointment', 3, 'acknowledged'],
    ]);
    expect(state.appointments.get(first.id)).toEqual({
      appointmentId: first.id,
      method: 'UpdateAppointment',
      created: '2026-11-24T10:00:00+01:00',
      start: '2026-12-01T09:00:00+01:00',
      end: '2026-12-01T09:15:00+01:00',
      status: 'cancelled',
      practitioner: {
        rppsId: '810000000001',
        lastName: 'Martin',
        firstName: 'Claire',
        specialityCode: 'SM54',
        specialityUrl: 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale',
      },
      regulator: {
        regulatorId: REGULATOR,
        regulatorName: 'Durand',
        regulatorFirstname: 'Anne',
        regulatorEmail: 'anne.durand@samu.test',
      },
    });
    expect(lines.map((line) => line.replace(/ \[.*/, ''))).toEqual([
      'Nouveau rendez-vous, mardi 1 décembre à 09:00, réservé : Claire Martin, pris par Anne Durand',
      'Mise à jour, mardi 1 décembre à 10:00, réservé : Claire Martin, pris par Anne Durand',
      'Mise à jour, mardi 1 décembre à 09:00, ANNULÉ : Claire Martin, pris par Anne Durand',
    ]);
    expect(await new Outbox(database).counts()).toMatchObject([{ destination: 'hub', waiting: 0, failed: 0 }]);
  });

  it('messages go to the SAMU of the territory, and later ones to the same SAMU', async () => {
    link();
    const [usual, other] = [lrm(), lrm(names.otherSamu)];
    const first = await record(repository, appointment('810000000064'));
    await until('the other SAMU has it', () => other.state.appointments.has(first.id));
    await record(repository, { ...first, ...appointment(REGULATOR), id: first.id, status: 'fulfilled' });
    await until('its update too', () => other.state.appointments.get(first.id)?.status === 'fulfilled');
    expect(usual.state.appointments.has(first.id)).toBe(false);
  });

  it('409: a creation that the LRM already has is sent again as an update', async () => {
    const { state } = lrm();
    const first = await record(repository, appointment(REGULATOR));
    const known = {
      appointmentId: first.id,
      method: 'UpdateAppointment',
      created: '2026-11-24T10:00:00+01:00',
      start: '2026-12-01T08:00:00+01:00',
      status: 'pending',
      regulator: { regulatorName: 'Durand', regulatorFirstname: 'Anne', regulatorEmail: 'anne@samu.test' },
    };
    await publisher.publish({
      exchange: names.exchange,
      routingKey: names.platform,
      messageId: 'x',
      text: writeReport(
        {
          distributionId: 'x',
          sender: names.platform,
          recipient: names.samu,
          kind: 'Report',
          sentAt: Date.now(),
          expiresAt: Date.now() + 60_000,
        },
        known,
      ),
    });
    await until('the LRM knows it', () => state.appointments.get(first.id)?.status === 'pending');
    link();
    await until(
      'the update is acknowledged',
      async () => (await ledger.list({ appointment: first.id, state: 'acknowledged' })).length === 1,
    );
    expect(await statesOf(first.id)).toEqual([
      ['CreateAppointment', 1, 'failed', 409],
      ['UpdateAppointment', 1, 'acknowledged'],
    ]);
    const [update, create] = await ledger.list({ appointment: first.id });
    expect([create?.replacedBy, update?.repeats]).toEqual([update?.id, 1]);
    expect(state.appointments.get(first.id)?.status).toBe('booked');
    // The acknowledgement of `x`, which no ledger knows, is not lost.
    expect((await ledger.asides({}))[0]).toMatchObject({
      queue: `${names.platform}.ack`,
      reason: 'an acknowledgement of a message that nobody sent: x',
    });
  });

  it('409 about an update waits for an operator, who replays it', async () => {
    link();
    const stubborn = lrm(names.samu, 'refuse');
    const first = await record(repository, appointment(REGULATOR));
    await until(
      'refused twice',
      async () => (await ledger.list({ appointment: first.id, state: 'failed' })).length === 2,
    );
    const [update] = await ledger.list({ appointment: first.id });
    expect(update).toMatchObject({
      method: 'UpdateAppointment',
      state: 'failed',
      code: 409,
      error: 'CONFLICT refused on demand',
      againAt: undefined,
      replacedBy: undefined,
    });
    await stubborn.close();
    lrm();
    expect(await ledger.replay([update!.id])).toBe(1);
    await until(
      'acknowledged',
      async () => (await ledger.list({ appointment: first.id, state: 'acknowledged' })).length === 1,
    );
  });

  it('500: a message that expired unread is sent again under a new distributionID, last version only', async () => {
    link({ ttlMs: 1500, repeatMs: (repeats) => (repeats < 200 ? 0 : undefined) });
    const first = await record(repository, appointment(REGULATOR));
    await record(repository, { ...first, status: 'cancelled' });
    const expired = async (): Promise<HubMessage[]> =>
      (await ledger.list({ appointment: first.id, state: 'expired' })).filter((message) => message.code === 500);
    await until('it has expired in the queue', async () => (await expired()).length > 1, 60_000);
    expect((await expired())[0]).toMatchObject({ error: 'DEAD_LETTER_QUEUED expired before the recipient read it' });
    const { state } = lrm();
    await until('the cancellation is there', () => state.appointments.get(first.id)?.status === 'cancelled');
    // In the end every message has arrived, or a later one stands for it; nothing older follows.
    await until('it is quiet', async () =>
      (await ledger.list({ appointment: first.id })).every(
        (message) => message.state === 'acknowledged' || message.replacedBy !== undefined,
      ),
    );
    expect(state.appointments.get(first.id)?.status).toBe('cancelled');
    const all = await ledger.list({ appointment: first.id });
    expect(new Set(all.map((message) => message.id)).size).toBe(all.length);
    expect(all.some((message) => message.state === 'acknowledged' && message.version === 2)).toBe(true);
  });

  it('400: a message too late for the Hub is sent again, and finally waits for an operator', async () => {
    // The platform's clock is slow by two days: whatever it sends has expired.
    link({ now: () => Date.now() - 2 * 86_400_000, repeatMs: (repeats) => (repeats < 2 ? 0 : undefined) });
    const first = await record(repository, appointment(REGULATOR));
    await until('given up', async () => (await ledger.list({ appointment: first.id, state: 'expired' })).length === 3);
    const all = await ledger.list({ appointment: first.id });
    expect(all.map(({ code, repeats, againAt }) => [code, repeats, againAt])).toEqual([
      [400, 2, undefined],
      [400, 1, undefined],
      [400, 0, undefined],
    ]);
  });

  it('300: a message that the Hub refuses waits for an operator', async () => {
    link({ samus: () => ({ fallback: 'fr.health.nowhere', territories: new Map(), structures: new Map() }) });
    const first = await record(repository, appointment(REGULATOR));
    await until('failed', async () => (await ledger.list({ appointment: first.id, state: 'failed' })).length === 1);
    expect((await ledger.list({ appointment: first.id }))[0]).toMatchObject({
      code: 300,
      error: 'INVALID_MESSAGE no such recipient: fr.health.nowhere',
      againAt: undefined,
    });
  });

  it('an acknowledgement counts from the recipient only, and not when it says "refused"', async () => {
    link();
    const first = await record(repository, appointment(REGULATOR));
    const isTaken = async (): Promise<boolean> =>
      (await ledger.list({ appointment: first.id, state: 'taken' })).length === 1;
    await until('the Hub has it', isTaken);
    const [sent] = await ledger.list({ appointment: first.id });
    const acknowledge = async (sender: string, change: (text: string) => string = (text) => text): Promise<void> => {
      const times = { sentAt: Date.now(), expiresAt: Date.now() + 60_000 };
      const back = { distributionId: `${sender}_1`, sender, recipient: names.platform, kind: 'Ack' as const, ...times };
      const text = change(writeAck(back, sent!.id));
      await publisher.publish({ exchange: '', routingKey: `${names.platform}.ack`, messageId: 'z', text });
    };
    const before = (await ledger.asides({})).length;
    await acknowledge('fr.health.other');
    await until('it is aside', async () => (await ledger.asides({})).length > before);
    expect((await ledger.asides({}))[0]?.reason).toContain('fr.health.other, who is not its recipient');
    expect(await isTaken()).toBe(true);
    await acknowledge(names.samu, (text) =>
      text.replace('"reference":{', '"reference":{"refused":true,"step":"ERREUR",'),
    );
    await until('it failed', async () => (await ledger.list({ appointment: first.id, state: 'failed' })).length === 1);
    expect((await ledger.list({ appointment: first.id }))[0]?.error).toBe('acknowledged as refused, step ERREUR');
  });

  it('waits while the regulator has no account yet, and says so', async () => {
    link();
    const { state } = lrm();
    const first = await record(repository, appointment('899000000001'));
    const outbox = new Outbox(database);
    await until('it says why it waits', async () =>
      (await outbox.list({ destination: 'hub', state: 'waiting' })).some((message) =>
        /No regulator account holds .*899000000001/.test(message.lastError ?? ''),
      ),
    );
    await record(repository, account('899000000001'));
    await until('it has left', () => state.appointments.has(first.id));
  });

  it('leaves the practitioner out when the platform does not know the name', async () => {
    link();
    const { state } = lrm();
    const first = await record(
      repository,
      appointment(REGULATOR, {
        participant: [
          {
            actor: { identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: '899999999999' } },
            status: 'accepted',
          },
        ],
      }),
    );
    await until('it is there', () => state.appointments.has(first.id));
    expect(state.appointments.get(first.id)).not.toHaveProperty('practitioner');
  });

  it.each<[string, (names: Names) => string, RegExp]>([
    ['text that is not JSON', () => '<rubbish/>', /^it is not JSON$/],
    ['JSON that is not a message', () => '[1,2]', /^it is not a JSON object$/],
    ['a message that names no other', () => '{"distributionID":"q"}', /^missing or wrong: senderID/],
    [
      'an acknowledgement of an unknown message',
      ({ samu, platform }) =>
        writeAck(
          {
            distributionId: 'y',
            sender: samu,
            recipient: platform,
            kind: 'Ack',
            sentAt: Date.now(),
            expiresAt: Date.now() + 1000,
          },
          'nobody-sent-this',
        ),
      /nobody-sent-this$/,
    ],
    [
      'an error about an unknown message',
      () =>
        JSON.stringify({
          content: [
            {
              jsonContent: {
                embeddedJsonContent: {
                  message: { error: { errorCode: { statusCode: 300 }, referencedDistributionID: 'nor-this' } },
                },
              },
            },
          ],
        }),
      /nor-this$/,
    ],
  ])('sets aside, and takes off the queue, %s', async (_, text, wanted) => {
    link();
    const before = (await ledger.asides({})).length;
    const body = text(names);
    await publisher.publish({ exchange: '', routingKey: `${names.platform}.info`, messageId: 'odd', text: body });
    await until('it is aside', async () => (await ledger.asides({})).length > before);
    const [aside] = await ledger.asides({});
    expect(aside).toMatchObject({ queue: `${names.platform}.info`, body });
    expect(aside?.reason).toMatch(wanted);
  });

  it('keeps bytes that are not text too', async () => {
    const bytes = Buffer.from([0, 255, 254, 0, 65]);
    await ledger.putAside('q', 'bytes', bytes, Date.now());
    expect(await database.query(`SELECT encode(body, 'hex') AS hex FROM hub_aside ORDER BY id DESC LIMIT 1`)).toEqual([
      { hex: '00fffe0041' },
    ]);
  });

  it('loses nothing when no Hub takes a message, and the outbox says why', async () => {
    const lonely = randomNames();
    const started = startHubLink(database, linkSettings(broker, lonely), silent);
    closing.push(() => started.close());
    const first: Json = await record(repository, appointment(REGULATOR));
    const outbox = new Outbox(database);
    await until('it says why', async () =>
      (await outbox.list({ destination: 'hub', state: 'waiting' })).some(
        (message) => message.orderingKey === first.id && /no exchange|no queue takes/i.test(message.lastError ?? ''),
      ),
    );
    expect(await statesOf(first.id)).toEqual([['CreateAppointment', 1, 'sent']]);
  });
});
