/**
 * INT_L02 on the platform itself: what editors report reaches the LRM; operators see what became of it and send failed
 * messages again; the file of the SAMUs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import {
  account,
  AMQP,
  appointment,
  brokerAt,
  doctor,
  type Names,
  randomNames,
  startHub,
  startLrm,
  until,
} from './amqp.ts';
import { startTestPlatform, type TestPlatform } from './platform.ts';
import { within10s } from './tls.ts';

const REGULATOR = '3456780581/11242343';

describe.skipIf(AMQP === undefined)('INT_L02 on the platform', () => {
  const broker = brokerAt(AMQP ?? '');
  let folder: string;
  let samu: string;
  let names: Names;
  let hub: Awaited<ReturnType<typeof startHub>>;
  let platform: TestPlatform;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'creneau-hub-'));
    samu = join(folder, 'samu.json');
    names = randomNames();
    writeFileSync(samu, JSON.stringify({ default: names.samu }));
    hub = await startHub(broker, names);
    platform = await startTestPlatform({
      amqpUrl: AMQP,
      samu,
      hubClientId: names.platform,
      hubExchange: names.exchange,
    });
    for (const practitioner of [account(REGULATOR), doctor('10000000001')])
      expect((await platform.request('POST', 'Practitioner', practitioner)).status).toBe(201);
  });
  afterAll(async () => {
    await platform.close();
    await hub.clean();
    rmSync(folder, { recursive: true });
  });

  const messages = async (query: string): Promise<Json[]> => {
    const { status, json } = await platform.request('GET', `$hub-messages?${query}`);
    expect(status).toBe(200);
    return ((json.parameter ?? []) as Json[])
      .filter((parameter) => parameter.name === 'message')
      .map((parameter) =>
        Object.fromEntries(parameter.part.map(({ name, ...value }: Json) => [name, Object.values(value)[0]])),
      );
  };

  it('a refused message is shown with its error, whole on demand, and is sent again on request', async () => {
    const stubborn = startLrm(broker, names, names.samu, 'refuse');
    const { json: reported, status } = await platform.request('POST', 'Appointment', appointment(REGULATOR));
    expect(status).toBe(201);
    await until('refused twice', async () => (await messages(`appointment=${reported.id}&state=failed`)).length === 2);
    const [update, create] = await messages(`appointment=Appointment/${reported.id}`);
    expect(create).toMatchObject({
      state: 'failed',
      method: 'CreateAppointment',
      code: 409,
      replacedBy: update.id,
      recipient: names.samu,
    });
    expect(update).toMatchObject({
      state: 'failed',
      method: 'UpdateAppointment',
      code: 409,
      error: 'CONFLICT refused on demand',
      repeats: 1,
      appointment: { reference: `Appointment/${reported.id}/_history/1` },
    });
    const [whole] = await messages(`id=${update.id}`);
    expect(JSON.parse(whole.body)).toMatchObject({
      distributionID: update.id,
      senderID: names.platform,
      distributionKind: 'Report',
    });
    await stubborn.close();

    const lrm = startLrm(broker, names, names.samu);
    const replaced = await platform.request('POST', `$hub-replay?id=${create.id}`);
    expect([replaced.status, replaced.json.issue[0].code]).toEqual([409, 'conflict']);
    const replay = await platform.request('POST', '$hub-replay', {
      resourceType: 'Parameters',
      parameter: [{ name: 'id', valueString: update.id }],
    });
    expect([replay.status, replay.json.parameter]).toEqual([200, [{ name: 'sent', valueInteger: 1 }]]);
    await until('the LRM has it', () => lrm.state.appointments.has(reported.id));
    await until(
      'acknowledged',
      async () => (await messages(`appointment=${reported.id}&state=acknowledged`)).length === 1,
    );
    await lrm.close();
  });

  it('a waiting message is listed with its reason', async () => {
    const { json: reported } = await platform.request('POST', 'Appointment', appointment('899000000007'));
    await until('it waits', async () =>
      (await messages(`state=waiting&appointment=${reported.id}`)).some((message) =>
        /No regulator account/.test(message.error),
      ),
    );
    expect((await messages('state=waiting'))[0]).toMatchObject({
      state: 'waiting',
      appointment: { reference: `Appointment/${reported.id}` },
    });
    await platform.request('POST', 'Practitioner', {
      ...account('899000000007'),
      telecom: [{ system: 'email', value: 'autre@samu.test' }],
    });
    await until('it has left', async () =>
      (await messages(`appointment=${reported.id}`)).some((message) => message.state === 'taken'),
    );
  });

  it('an answer that was not understood is listed', async () => {
    await hub.broker.publish({ exchange: '', routingKey: `${names.platform}.ack`, messageId: 'x', text: 'rubbish' });
    const { json } = await within10s(
      () => platform.request('GET', '$hub-aside'),
      (reply) => reply.json.parameter !== undefined,
    );
    expect(json.parameter).toMatchObject([
      {
        name: 'aside',
        part: [
          { name: 'n' },
          { name: 'at' },
          { name: 'queue', valueString: `${names.platform}.ack` },
          { name: 'reason', valueString: 'it is not JSON' },
          { name: 'body', valueString: 'rubbish' },
        ],
      },
    ]);
  });

  it.each([
    ['GET', '$hub-messages?state=lost', 400, 'value'],
    ['GET', '$hub-messages?id=nobody', 404, 'not-found'],
    ['GET', '$hub-messages?before=x', 400, 'value'],
    ['GET', '$hub-replay?id=x', 405, 'not-supported'],
    ['POST', '$hub-replay', 400, 'required'],
    ['POST', '$hub-replay?id=nobody', 404, 'not-found'],
  ])('%s %s: %i', async (method, path, status, code) => {
    const reply = await platform.request(method, path);
    expect([reply.status, reply.json.issue[0].code, reply.json.issue[0].details.text]).toEqual([
      status,
      code,
      expect.any(String),
    ]);
  });

  it('a wrong file of the SAMUs is refused at start and at reload; a right one is soon in force', async () => {
    const wrong = join(folder, 'wrong.json');
    writeFileSync(wrong, JSON.stringify({ default: names.samu, samus: [{ id: 'SAMU 64' }] }));
    await expect(startTestPlatform({ amqpUrl: AMQP, samu: wrong })).rejects.toThrow(/wrong\.json: samus\[0\]\.id: /);
    await expect(startTestPlatform({ amqpUrl: AMQP })).rejects.toThrow(/--samu/);

    const recipient = async (): Promise<string> => {
      const { json } = await platform.request('POST', 'Appointment', appointment(REGULATOR));
      await until('it has left', async () =>
        (await messages(`appointment=${json.id}`)).some((message) => message.state === 'taken'),
      );
      return (await messages(`appointment=${json.id}`))[0].recipient;
    };
    writeFileSync(samu, '{"default":');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await recipient()).toBe(names.samu);
    writeFileSync(
      samu,
      JSON.stringify({ default: names.samu, samus: [{ id: names.otherSamu, structures: ['3456780581'] }] }),
    );
    expect(await within10s(recipient, (samu) => samu === names.otherSamu)).toBe(names.otherSamu);
  });
});
