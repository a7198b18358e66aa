/**
 * On the platform a report is found by its identifier alone: another criterion would tell an editor what others have
 * declared.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { startTestPlatform, type TestPlatform } from './platform.ts';

let test: TestPlatform;
beforeAll(async () => {
  test = await startTestPlatform();
});
afterAll(() => test.close());

const REPORT: Json = {
  resourceType: 'Appointment',
  identifier: [{ system: 'urn:oid:1.2.250.1.999.7', value: 'rdv-1' }],
  status: 'booked',
  start: '2026-12-01T10:00:00+01:00',
  end: '2026-12-01T10:30:00+01:00',
  participant: [{ status: 'accepted' }],
};

it.each([
  'date=ge2020-01-01',
  'status=booked',
  'actor=Practitioner/x',
  'identifier=urn:oid:1.2.250.1.999.7|rdv-1&date=ge2020-01-01',
  '_id=a',
  '_lastUpdated=ge2020-01-01',
  '_has:AuditEvent:entity:date=ge2020-01-01',
  'patient.family=Durand',
])('PUT Appointment?%s is refused before it searches', async (query) => {
  const { status, json } = await test.request('PUT', `Appointment?${query}`, REPORT);
  expect(status, JSON.stringify(json)).toBe(400);
  expect(json.issue[0].diagnostics).toContain('by its identifier, and by no other criterion');
});

it.each(['PATCH', 'DELETE'])('%s by a criterion is not offered at all', async (method) => {
  const body = method === 'PATCH' ? [{ op: 'replace', path: '/status', value: 'cancelled' }] : undefined;
  const { status } = await test.request(method, 'Appointment?identifier=urn:oid:1.2.250.1.999.7|rdv-1', body);
  expect(status).toBe(405);
});
