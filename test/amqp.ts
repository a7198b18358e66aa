/**
 * The broker of the tests: the one that answers (see `tools/test.mjs`), with client ids and an exchange of one's own;
 * and the platform's half of a
 * recorded appointment: the store, the accounts, the outbox message in the same transaction.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Json } from '../src/fhir/resource.ts';
import { openLog } from '../src/runtime/log.ts';
import { type Broker, type BrokerSettings, openBroker } from '../src/sas/hub/amqp.ts';
import { hubLayout, playHub, type PlayedHub } from '../src/sas/hub/dispatch.ts';
import type { HubLinkSettings } from '../src/sas/hub/hub-link.ts';
import { type Attitude, type LrmEntry, LrmState, playLrm } from '../src/sas/hub/lrm.ts';
import type { Database } from '../src/store/engine/database.ts';
import { HUB } from '../src/store/records/hub-messages.ts';
import { Repository } from '../src/store/write/repository.ts';

/** `undefined`: no broker answers, and the tests that need one are skipped. */
export const AMQP = process.env['CRENEAU_TEST_AMQP'];

export const silent = openLog('silent');

export function brokerAt(url: string, tls: Partial<BrokerSettings> = {}): BrokerSettings {
  return { url, ca: undefined, cert: undefined, key: undefined, name: 'creneau test', ...tls };
}

/** Names that no other run uses. */
export interface Names {
  exchange: string;
  platform: string;
  samu: string;
  otherSamu: string;
}

export function randomNames(): Names {
  const tag = randomBytes(4).toString('hex');
  return {
    exchange: `hubsante-${tag}`,
    platform: `fr.health.test.ptf${tag}`,
    samu: `fr.health.test.samu330${tag}`,
    otherSamu: `fr.health.test.samu640${tag}`,
  };
}

/** A played Hub and its broker. */
export async function startHub(
  settings: BrokerSettings,
  { exchange, platform, samu, otherSamu }: Names,
  now: () => number = Date.now,
): Promise<PlayedHub & { broker: Broker; lines: string[]; clean(): Promise<void> }> {
  const broker = openBroker(settings, silent);
  const lines: string[] = [];
  const clients = new Set([platform, samu, otherSamu]);
  await until('the broker answers', () => broker.isReady());
  const hub = await playHub(
    broker,
    { hubId: 'fr.health.test.hub', clients, exchange, now },
    (line) => lines.push(line),
    silent,
  );
  return {
    broker,
    lines,
    async close() {
      await hub.close();
      await broker.close();
    },
    async clean() {
      await hub.close();
      await broker.remove(hubLayout(exchange, clients));
      await broker.close();
    },
  };
}

export function startLrm(
  settings: BrokerSettings,
  { exchange }: Names,
  clientId: string,
  attitude: Attitude = 'acknowledge',
): { state: LrmState; journal: LrmEntry[]; lines: string[]; close(): Promise<void> } {
  const broker = openBroker(settings, silent);
  const state = new LrmState();
  const journal: LrmEntry[] = [];
  const lines: string[] = [];
  const lrm = playLrm({
    broker,
    clientId,
    exchange,
    state,
    attitude,
    record: (entry) => void journal.push(entry),
    show: (line) => void lines.push(line),
    now: Date.now,
  });
  return {
    state,
    journal,
    lines,
    async close() {
      await lrm.close();
      await broker.close();
    },
  };
}

export function linkSettings(
  broker: BrokerSettings,
  names: Names,
  changes: Partial<HubLinkSettings> = {},
): HubLinkSettings {
  return {
    broker,
    clientId: names.platform,
    exchange: names.exchange,
    ttlMs: 86_400_000,
    samus: () => ({ fallback: names.samu, territories: new Map([['64', names.otherSamu]]), structures: new Map() }),
    now: Date.now,
    ...changes,
  };
}

const OPERATOR = 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator';
const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';

/** A platform that records appointments: each version with its message for the Hub, in one transaction. */
export function recorder(database: Database): Repository {
  return new Repository(database, {
    async write(_, { type, id, version, method }, unit) {
      if (type === 'Appointment')
        unit.send({
          destination: HUB,
          orderingKey: id,
          payload: JSON.stringify({ appointment: id, version, method: method === 'POST' ? 'create' : 'update' }),
        });
    },
    within: () => {
      throw new Error('no transactions here');
    },
    explain: async (_context, _change, refusal) => new Error(JSON.stringify(refusal)) as never,
  });
}

/** With the type that the profiles want. */
function idnps(value: string): Json {
  return {
    type: { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'IDNPS' }] },
    system: IDNPS,
    value,
  };
}

const context = { now: Date.now(), requestId: 'test', caller: 'test', roles: [], strict: false, base: '' };

export async function record(repository: Repository, resource: Json): Promise<Json> {
  const { stored } =
    resource.id === undefined
      ? await repository.create(context, resource)
      : await repository.update(context, resource, resource.id, {});
  return JSON.parse(stored.body!);
}

/** A regulator's account, of a territory or none. */
export function account(value: string, territory?: string): Json {
  return {
    resourceType: 'Practitioner',
    meta: {
      profile: ['https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul'],
      ...(territory === undefined ? {} : { tag: [{ system: 'urn:creneau:fhir:territory', code: territory }] }),
    },
    identifier: [idnps(value)],
    active: true,
    name: [{ family: 'Durand', given: ['Anne'] }],
    telecom: [{ system: 'email', value: 'anne.durand@samu.test' }],
  };
}

/** A doctor as partners answer, with the specialty. */
export function doctor(rpps: string): Json {
  return {
    resourceType: 'Practitioner',
    identifier: [idnps(`8${rpps}`)],
    name: [{ family: 'Martin', given: ['Claire'] }],
    qualification: [
      {
        code: {
          coding: [
            {
              system: 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale',
              code: 'SM54',
            },
          ],
        },
      },
    ],
  };
}

export function appointment(operator: string, changes: Json = {}): Json {
  return {
    resourceType: 'Appointment',
    meta: { profile: ['http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS'] },
    extension: [{ url: OPERATOR, valueReference: { identifier: idnps(operator) } }],
    identifier: [{ system: 'urn:oid:1.2.3', value: randomUUID() }],
    status: 'booked',
    created: '2026-11-24T10:00:00+01:00',
    start: '2026-12-01T09:00:00+01:00',
    end: '2026-12-01T09:15:00+01:00',
    participant: [{ actor: { identifier: idnps('810000000001') }, status: 'accepted' }],
    ...changes,
  };
}

/** Waits until it holds; fails with its name after `ms`. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
