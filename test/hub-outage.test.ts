/**
 * Nothing is lost on the way to the LRM: over TLS with client certificates, while RabbitMQ is stopped and started, and
 * the platform, the Hub and
 * the LRM are killed (SIGKILL) at random moments under load. Every change arrives, in order per appointment, at least
 * once, and in the end the LRM knows
 * what the platform knows.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJournal } from '../src/cli/commands/lrm.ts';
import type { Json } from '../src/fhir/resource.ts';
import { LrmState } from '../src/sas/hub/lrm.ts';
import { openBroker } from '../src/sas/hub/amqp.ts';
import { account, appointment, brokerAt, doctor, silent, until } from './amqp.ts';
import { call } from './harness.ts';
import { type CommandProcess, type ServerProcess, startCommand, startProcess } from './process.ts';
import { hasRabbitmq, ownRabbitmq, type OwnRabbitmq } from './rabbitmq.ts';
import { type TestPki, testPki } from './tls.ts';

const REGULATOR = '3456780581/11242343';
const [PLATFORM, SAMU] = ['fr.health.test.ptfsas', 'fr.health.test.samu330'];
const APPOINTMENTS = 20;
const CHANGES = 6;

const isRequired = process.env['CRENEAU_REQUIRE_AMQP'] === '1';
if (!hasRabbitmq && !isRequired)
  console.log(
    '>>> rabbitmq-server n’est pas installé : l’essai de panne du courtier est SAUTÉ / is not installed: ' +
      'the outage test is SKIPPED',
  );

describe.skipIf(!hasRabbitmq && !isRequired)('INT_L02 through outages', () => {
  let pki: TestPki;
  let rabbitmq: OwnRabbitmq;
  let broker: string[];
  const running = new Set<{ kill(signal: NodeJS.Signals): Promise<void> }>();

  beforeAll(async () => {
    pki = await testPki();
    rabbitmq = await ownRabbitmq(pki);
    await rabbitmq.start();
    pki.write({ 'samu.json': JSON.stringify({ default: SAMU }) });
    broker = [
      '--amqp-url',
      rabbitmq.url,
      '--amqp-ca',
      pki.at('ca.pem'),
      '--amqp-cert',
      pki.at('good.pem'),
      '--amqp-key',
      pki.at('good.key'),
      '--log-level',
      'error',
    ];
  });
  afterAll(async () => {
    await Promise.all([...running].map((child) => child.kill('SIGKILL')));
    await rabbitmq.stop();
    pki.remove();
  });

  it.each([
    ['without a certificate', {}],
    ['with a certificate of another authority', { cert: 'other-authority.pem', key: 'other-authority.key' }],
  ])('the broker lets nobody in %s', async (_, { cert, key }: { cert?: string; key?: string }) => {
    const link = openBroker(
      brokerAt(rabbitmq.url, { ca: pki.at('ca.pem'), cert: cert && pki.at(cert), key: key && pki.at(key) }),
      silent,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(link.isReady()).toBe(false);
    await link.close();
  });

  it('a broker with a certificate of another authority is refused', async () => {
    const link = openBroker(
      brokerAt(rabbitmq.url, { ca: pki.at('other-ca.pem'), cert: pki.at('good.pem'), key: pki.at('good.key') }),
      silent,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(link.isReady()).toBe(false);
    await link.close();
  });

  it('a renewed certificate is used without a restart', async () => {
    const copy = (name: string): void =>
      pki.write({ 'mine.pem': pki.read(`${name}.pem`), 'mine.key': pki.read(`${name}.key`) });
    copy('other-authority');
    const link = openBroker(
      brokerAt(rabbitmq.url, { ca: pki.at('ca.pem'), cert: pki.at('mine.pem'), key: pki.at('mine.key') }),
      silent,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(link.isReady()).toBe(false);
    // Half written: what was in force stays, and nothing falls over.
    pki.write({ 'mine.pem': pki.read('good.pem') });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(link.isReady()).toBe(false);
    copy('good');
    await until('it is let in', () => link.isReady());
    await link.close();
  });

  it('every change arrives, in order, and the LRM knows what the platform knows', { timeout: 240_000 }, async () => {
    const journal = pki.at('journal.ndjson');
    writeFileSync(journal, '');
    const keep = <T extends { kill(signal: NodeJS.Signals): Promise<void> }>(child: T): T => {
      running.add(child);
      return child;
    };
    const startPlatform = async (): Promise<ServerProcess> =>
      keep(
        await startProcess([
          'platform',
          '--data',
          pki.at('data'),
          '--samu',
          pki.at('samu.json'),
          '--hub-client-id',
          PLATFORM,
          ...broker,
        ]),
      );
    const startHub = async (): Promise<CommandProcess> =>
      keep(await startCommand(['hub', PLATFORM, SAMU, ...broker], /Hub Santé/));
    const startLrm = async (): Promise<CommandProcess> =>
      keep(await startCommand(['lrm', SAMU, '--lrm-journal', journal, ...broker], /LRM/));
    const parts = { platform: await startPlatform(), hub: await startHub(), lrm: await startLrm() };
    const base = (): string => `${parts.platform.url}/fhir`;
    for (const practitioner of [account(REGULATOR), doctor('10000000001')])
      expect((await call(`${base()}/Practitioner`, 'POST', practitioner)).status).toBe(201);

    let changes = 0;
    /** Reports a change until the platform has said that it has it. */
    const report = async (body: Json): Promise<void> => {
      for (;;) {
        try {
          const reply = await call(
            `${base()}/Appointment?identifier=urn:oid:1.2.3%7C${body.identifier[0].value}`,
            'PUT',
            body,
          );
          if (reply.status < 300) break;
          expect(reply.status, reply.text).toBeGreaterThanOrEqual(500);
        } catch (error) {
          if ((error as Error).name === 'AssertionError') throw error;
        }
        await pause(100);
      }
      changes++;
    };
    // The minute of the start tells which change it is.
    const load = Promise.all(
      Array.from({ length: APPOINTMENTS }, async () => {
        const first = appointment(REGULATOR);
        for (let change = 0; change < CHANGES; change++) {
          await report({
            ...first,
            status: change === CHANGES - 1 ? 'cancelled' : 'booked',
            start: `2026-12-01T09:0${change}:00+01:00`,
            end: `2026-12-01T09:2${change}:00+01:00`,
          });
          await pause(Math.random() * 900);
        }
      }),
    );
    const under = (share: number): Promise<void> =>
      until(`${share} of the load`, () => changes >= APPOINTMENTS * CHANGES * share, 120_000);
    await under(0.1);
    await parts.lrm.kill('SIGKILL');
    await under(0.2);
    parts.lrm = await startLrm();
    await rabbitmq.stop();
    await under(0.4);
    await rabbitmq.start();
    // The messages that have piled up are on their way.
    await pause(Math.random() * 300);
    await parts.hub.kill('SIGKILL');
    await pause(Math.random() * 300);
    await parts.platform.kill('SIGKILL');
    [parts.hub, parts.platform] = await Promise.all([startHub(), startPlatform()]);
    await load;

    const states = async (): Promise<Record<string, number>> => {
      const { json } = await call(`${base()}/$hub-messages?_count=1`, 'GET');
      const counts: Json[] = json?.parameter?.find((parameter: Json) => parameter.name === 'counts')?.part ?? [];
      return Object.fromEntries(counts.map((count) => [count.name, count.valueInteger]));
    };
    await until(
      'everything is acknowledged',
      async () => (await states())['acknowledged'] === APPOINTMENTS * CHANGES,
      90_000,
    );
    expect(await states()).toEqual({ acknowledged: APPOINTMENTS * CHANGES });

    const { json } = await call(`${base()}/Appointment?_count=1000`, 'GET');
    const platform = new Map<string, Json>(
      json.entry.map(({ resource }: Json) => [resource.id, [resource.status, resource.start, resource.end]]),
    );
    expect(platform.size).toBe(APPOINTMENTS);
    const entries = readJournal(journal);
    const known = new LrmState(entries).appointments;
    expect(
      new Map([...known].map(([id, appointment]) => [id, [appointment.status, appointment.start, appointment.end]])),
    ).toEqual(platform);
    for (const id of platform.keys()) {
      const taken = entries
        .filter((entry) => entry.appointment?.appointmentId === id && entry.refused === undefined)
        .map((entry) => Number(entry.appointment!.start.slice(15, 16)));
      expect(taken, id).toEqual(Array.from({ length: CHANGES }, (_, change) => change));
    }
    expect(entries.filter((entry) => entry.refused !== undefined)).toEqual([]);
  });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
