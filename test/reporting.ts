/**
 * An agenda server that reports appointments to a played SAS platform (INT_R03), with the fixture of the SAS golden
 * tests and one active regulator account.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { CURRENT } from '../src/sas/contract/contract.ts';
import { RegulatorAccounts } from '../src/sas/editor/accounts/accounts.ts';
import { ReportRules } from '../src/sas/editor/reports/report-rules.ts';
import { type PlatformLink, startReportSender } from '../src/sas/editor/reports/report-sender.ts';
import { Outbox } from '../src/store/delivery/outbox.ts';
import type { Database } from '../src/store/engine/database.ts';
import type { Relay } from '../src/store/delivery/relay.ts';
import { ReportReader } from '../src/store/records/reports.ts';
import { NOW, startTestServer, type TestServer } from './harness.ts';
import { eventually, type Receiver, startReceiver } from './receiver.ts';

export const SYSTEM = 'urn:oid:1.2.250.1.999.1';
export const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
const fixture = JSON.parse(readFileSync(join(import.meta.dirname, 'golden/sas/fixture.json'), 'utf8'));

/** Started before the tests of a file, and closed after them. */
export class Reporting {
  test!: TestServer;
  receiver!: Receiver;
  outbox!: Outbox;
  private relay!: Relay;

  async start(): Promise<void> {
    this.test = await startTestServer({}, ({ database }) => [{ name: 'reports', followers: [rulesOf(database)] }]);
    this.outbox = new Outbox(this.test.server.database);
    for (const { resource } of fixture.entry) {
      const isQuota = resource.id === 'quota-cabinet' && resource.resourceType === 'Schedule';
      await this.test.request('PUT', `${resource.resourceType}/${resource.id}`, isQuota ? roomy(resource) : resource);
    }
    await this.account(IDNPS, '3456780581/1', 'IDNPS');
    this.receiver = await startReceiver();
    await this.sendTo(
      { url: this.receiver.url, certificate: undefined, key: undefined, authorities: undefined },
      { deadlineMs: 3000 },
    );
  }

  /** Sends reports to this platform from now on. */
  async sendTo(
    link: PlatformLink,
    options: { deadlineMs?: number; log?: TestServer['server']['log'] } = {},
  ): Promise<void> {
    await this.relay?.close();
    const { outbox } = this;
    const { log } = this.test.server;
    this.relay = startReportSender({ outbox, link, log, contract: CURRENT, delayMs: () => 30, pollMs: 30, ...options });
  }

  async reset(): Promise<void> {
    this.test.clock.now = NOW;
    Object.assign(this.receiver, { heard: [], records: [], bad: [] });
    await this.test.sql('DELETE FROM outbox');
  }

  async close(): Promise<void> {
    await this.relay.close();
    await this.receiver.close();
    await this.test.close();
  }

  async account(system: string, value: string, code: string, active = true): Promise<void> {
    const type = { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code }] };
    const path = `../sas/Practitioner?identifier=${system}%7C${encodeURIComponent(value)}`;
    const reply = await this.test.request('PUT', path, {
      resourceType: 'Practitioner',
      identifier: [{ type, system, value }],
      active,
      name: [{ family: 'REGUL', given: ['Max'] }],
      telecom: [{ system: 'email', value: `${value.replaceAll('/', '.')}@samu.test` }],
    });
    expect([reply.status < 300, reply.text.slice(0, 200)]).toEqual([true, expect.anything()]);
  }

  async slotOf(schedule: string, n = 0): Promise<Json> {
    const path = `Slot?schedule=Schedule/${schedule}&status=free&start=ge2026-11-25`;
    return (await this.test.request('GET', path)).json.entry[n].resource;
  }

  async booking(schedule: string, n: number, more: Json = {}): Promise<Json> {
    return {
      resourceType: 'Appointment',
      status: 'booked',
      slot: [{ reference: `Slot/${(await this.slotOf(schedule, n)).id}` }],
      extension: [operator(IDNPS, '3456780581/1')],
      participant: [{ actor: { reference: 'Patient/alice', display: 'ALICE Secrète' }, status: 'accepted' }],
      comment: 'douleur au genou',
      ...more,
    };
  }

  async write(method: string, path: string, body: Json): Promise<Json> {
    const { status, json, text } = await this.test.request(method, path, body);
    expect(status < 300 ? '' : text).toBe('');
    return json;
  }

  /** The reports that the platform has, once there are so many. */
  reported(count: number): Promise<Json[]> {
    return eventually(
      () => this.receiver.records,
      (all) => all.length === count,
    );
  }

  /** Once every report is delivered; held times wait until they run out. */
  settledReports(): Promise<unknown> {
    return eventually(
      () => this.test.sql(`SELECT 1 FROM outbox WHERE destination = 'sas-platform' AND delivered_at IS NULL`),
      (all) => all.length === 0,
    );
  }

  settled(): Promise<unknown> {
    return eventually(
      () => this.outbox.list({ state: 'waiting' }),
      (all) => all.length === 0,
    );
  }
}

export function useReporting(): Reporting {
  const reporting = new Reporting();
  beforeAll(() => reporting.start());
  beforeEach(() => reporting.reset());
  afterAll(() => reporting.close());
  return reporting;
}

function rulesOf(database: Database): ReportRules {
  const accounts = new RegulatorAccounts(database, CURRENT);
  return new ReportRules(new ReportReader(database), accounts, { contract: CURRENT, editorSystem: SYSTEM });
}

export const operator = (system: string, value: string): Json => ({
  url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-appointment-operator',
  valueReference: { identifier: { system, value } },
});

/** The agenda with more slots, for all tests. */
function roomy(schedule: Json): Json {
  const quota = structuredClone(schedule);
  const open = quota.extension.find((extension: Json) => extension.url.endsWith('availability-time')).extension;
  open.find((part: Json) => part.url === 'start').valueDateTime = '2026-11-25T08:00:00+01:00';
  open.find((part: Json) => part.url === 'end').valueDateTime = '2026-11-25T20:00:00+01:00';
  return quota;
}
