/**
 * The platform behind mutual TLS: a real editor answers it, and an appointment belongs to the certificate that reported
 * it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import type { TestServer } from './harness.ts';
import { fatesOf, partnerEntry, rpps, slotQuery, slotsOf, startTestPlatform, type TestPlatform } from './platform.ts';
import { client, startTlsServer, type TestPki, testPki } from './tls.ts';

const appointment = (value: string, more: object = {}): Json => ({
  resourceType: 'Appointment',
  meta: { profile: ['http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS'] },
  extension: [
    {
      url: 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator',
      valueReference: {
        identifier: {
          type: { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'INTRN' }] },
          system: 'urn:oid:1.2.250.1.213.3.6',
          value: 'u-1',
        },
      },
    },
  ],
  identifier: [{ system: 'urn:oid:1.2.250.1.999.7', value }],
  ...{ status: 'booked', start: '2026-11-25T14:00:00.000+01:00', end: '2026-11-25T14:15:00.000+01:00' },
  participant: [
    {
      actor: {
        identifier: {
          type: { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'IDNPS' }] },
          system: 'urn:oid:1.2.250.1.71.4.2.1',
          value: rpps(1),
        },
      },
      status: 'accepted',
    },
  ],
  ...more,
});

describe('behind mutual TLS', () => {
  let pki: TestPki;
  let agenda: TestServer;
  let platform: TestPlatform;
  beforeAll(async () => {
    pki = await testPki();
    agenda = await startTlsServer(pki);
    const manager = client(agenda, pki, 'manager');
    for (const { resource } of JSON.parse(readFileSync(join(import.meta.dirname, 'golden/sas/fixture.json'), 'utf8'))
      .entry)
      await manager.call('PUT', `/fhir/${resource.resourceType}/${resource.id}`, JSON.stringify(resource));
    await manager.close();
    const url = `${agenda.server.url.replace('127.0.0.1', 'localhost')}/sas`;
    pki.write({
      'partners.json': JSON.stringify({
        partners: [
          { ...partnerEntry('a', url), cert: 'sas-platform.pem', key: 'sas-platform.key', ca: 'ca.pem' },
          { ...partnerEntry('b', url), ca: 'ca.pem' },
        ],
      }),
    });
    platform = await startTestPlatform({ ...pki.settings(), partners: pki.at('partners.json') });
  });
  afterAll(async () => {
    await platform.close();
    await agenda.close();
    pki.remove();
  });

  it('a real editor answers over one connection, and refuses a platform without a certificate', async () => {
    let connections = 0;
    agenda.server.app.server.on('secureConnection', () => connections++);
    const regulator = client(platform, pki, 'regulator');
    for (let i = 0; i < 4; i++) {
      const { json } = await regulator.call(
        'GET',
        `/fhir/${slotQuery(['810000000011', '810000000022'], '2026-11-24T10:00:00', '2026-11-26T23:59:59')}`,
      );
      const fates = fatesOf(json);
      expect(fates).toMatchObject({ a: { fate: 'ok', invalid: 0 }, b: { fate: 'error' } });
      expect(fates['b']!.text).toContain('a répondu 401');
      if (i === 0) expect(fates['a']!.count).toBeGreaterThan(0);
      expect(slotsOf(json).every((slot) => slot.id.startsWith('a.'))).toBe(true);
    }
    await regulator.close();
    // `b` is refused, and its connection closed, each time.
    expect(connections).toBeLessThanOrEqual(1 + 4);
  });

  it('an appointment belongs to the certificate that reported it; each change reaches the hub once', async () => {
    const [editor, other, regulator] = ['editor', 'good', 'regulator'].map((name) => client(platform, pki, name));
    const at = (value: string): string => `/fhir/Appointment?identifier=urn:oid:1.2.250.1.999.7%7C${value}`;
    const send = async (who: typeof editor, method: string, path: string, body: Json): Promise<number> =>
      (await who!.call(method, path, JSON.stringify(body))).status;
    try {
      expect(await send(editor, 'POST', '/fhir/Appointment', appointment('1'))).toBe(201);
      expect(await send(other, 'PUT', at('1'), appointment('1', { status: 'cancelled' }))).toBe(403);
      expect(await send(other, 'PUT', at('1'), appointment('1'))).toBe(403);
      expect(await send(other, 'POST', '/fhir/Appointment', appointment('1'))).toBe(403);
      expect(
        await send(
          editor,
          'PUT',
          at('1'),
          appointment('1', {
            status: 'fulfilled',
            meta: { ...appointment('1').meta, source: 'urn:creneau:caller:good' },
          }),
        ),
      ).toBe(200);
      expect(await send(editor, 'PUT', at('1'), appointment('1', { status: 'fulfilled' }))).toBe(200);
      const found = (await regulator!.call('GET', '/fhir/Appointment?identifier=1')).json;
      expect(found.entry[0].resource).toMatchObject({
        status: 'fulfilled',
        meta: { versionId: '2', source: 'urn:creneau:caller:editor' },
      });
      const id = found.entry[0].resource.id;
      const messages = await platform.sql<{ ordering_key: string; payload: string }>(
        `SELECT ordering_key, payload FROM outbox WHERE destination = 'hub' ORDER BY id`,
      );
      expect(messages.map((message) => [message.ordering_key, JSON.parse(message.payload)])).toEqual([
        [id, { appointment: id, version: 1, method: 'CreateAppointment' }],
        [id, { appointment: id, version: 2, method: 'UpdateAppointment' }],
      ]);
      // Many at once, each four times: one appointment, one message each.
      const statuses = await Promise.all(
        Array.from({ length: 40 }, (_, i) => send(editor, 'PUT', at(`c${i % 10}`), appointment(`c${i % 10}`))),
      );
      expect(statuses.sort()).toEqual([...Array(30).fill(200), ...Array(10).fill(201)]);
      expect(await platform.sql(`SELECT count(*)::int AS n FROM outbox`)).toEqual([{ n: 12 }]);
      const rows = (
        await client(platform, pki, 'operator').call('GET', '/activity?from=2026-11-25&to=2026-11-25&by=partner,status')
      ).json;
      expect(rows.rows).toEqual([
        { partner: 'editor', status: 'booked', count: 10 },
        { partner: 'editor', status: 'fulfilled', count: 1 },
      ]);
    } finally {
      for (const agent of [editor, other, regulator]) await agent!.close();
    }
  });
});
