/** Writes under each setting of a profile: refused, told, or let be. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { readConfig } from '../src/runtime/config.ts';
import { loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';

const CPTS = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-cpts-organization-aggregator';
const organization = { resourceType: 'Organization', meta: { profile: [CPTS] }, name: 'CPTS' };

describe('writes under a setting', () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await startTestServer({
      validation: readConfig(
        [
          '--validation',
          'ignore',
          '--validation',
          'sas-cpts-organization-aggregator=refuse',
          '--validation',
          'R4=warn',
        ],
        {},
      ).config.validation,
    });
  });
  afterAll(() => test.close());
  const post = (body: Json): ReturnType<TestServer['request']> => test.request('POST', body.resourceType, body);

  it('"refuse" answers 400 or 422 with every fault and its place', async () => {
    const { status, json } = await post(organization);
    expect([status, json.issue.map((issue: Json) => issue.expression)]).toEqual([400, [['Organization']]]);
    const identifier = [
      {
        type: {
          coding: [{ system: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203', code: 'IDNST' }],
        },
        system: 'urn:oid:1.2.250.1.71.4.2.2',
        value: '9',
      },
    ];
    const invariant = await post({ ...organization, identifier });
    expect([invariant.status, invariant.json.issue.map((issue: Json) => [issue.code, issue.expression])]).toEqual([
      422,
      [['invariant', ['Organization.identifier[0]']]],
    ]);
    expect((await post({ ...organization, identifier: [{ ...identifier[0], value: '1750000001' }] })).status).toBe(201);
  });

  it('"warn" writes, and names the faults in a header and in the outcome', async () => {
    const { status, headers } = await post({ resourceType: 'Organization', active: true });
    expect([status, headers['warning']]).toEqual([201, expect.stringContaining('org-1')]);
  });

  it('"ignore" writes, and says nothing', async () => {
    const { status, headers } = await post({
      resourceType: 'Organization',
      name: 'x',
      meta: {
        profile: ['https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-sos-organization-aggregator'],
      },
    });
    expect([status, headers['warning']]).toEqual([201, undefined]);
  });

  it('a patch and a transaction are held to the same rules', async () => {
    const { json } = await post({ resourceType: 'Organization', name: 'x' });
    const patch = [{ op: 'add', path: '/meta/profile', value: [CPTS] }];
    expect(
      (await test.request('PATCH', `Organization/${json.id}`, patch, { 'content-type': 'application/json-patch+json' }))
        .status,
    ).toBe(400);
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { resource: { resourceType: 'Organization', name: 'y' }, request: { method: 'POST', url: 'Organization' } },
        { resource: organization, request: { method: 'POST', url: 'Organization' } },
      ],
    };
    const refused = await test.request('POST', '', bundle);
    expect([refused.status, refused.json.issue[0].expression]).toEqual([400, ['Bundle.entry[1].resource']]);
    expect((await test.request('GET', 'Organization?name=y')).json.total).toBe(0);
  });

  it('$hold, $book and imported calendars are held to the same rules', async () => {
    const other = await startTestServer({
      validation: readConfig(['--validation', 'refuse', '--validation', 'gap-fr-appointment=warn'], {}).config
        .validation,
    });
    try {
      await loadFixture(other.base);
      const operator = {
        url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-appointment-operator',
        valueReference: { display: 'x' },
      };
      const call = (operation: string, profile: string): ReturnType<TestServer['request']> => {
        const resource = {
          resourceType: 'Appointment',
          meta: { profile: [profile] },
          extension: [operator, operator],
          status: 'proposed',
          start: '2026-11-26T08:00:00+01:00',
          end: '2026-11-26T08:15:00+01:00',
          participant: [{ actor: { reference: 'PractitionerRole/vasseur-paris' }, status: 'accepted' }],
        };
        return other.request('POST', `Appointment/$${operation}`, {
          resourceType: 'Parameters',
          parameter: [{ name: 'appointment-resource', resource }],
        });
      };
      for (const operation of ['hold', 'book']) {
        const { status, json } = await call(
          operation,
          'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-appointment',
        );
        expect([operation, status, json.issue[0].expression]).toEqual([
          operation,
          400,
          ['Parameters.parameter[0].resource.extension'],
        ]);
      }
      expect((await other.request('GET', 'Appointment?_summary=count')).json.total).toBe(0);
      const told = await call(
        'book',
        'https://interop.esante.gouv.fr/ig/fhir/gap/StructureDefinition/gap-fr-appointment',
      );
      expect([told.status, told.headers['warning']]).toEqual([200, expect.stringContaining('appointmentOperator')]);
      // An agenda that was stored under milder rules: the calendar is not to blame, but it is what is written now.
      const context = { now: other.clock.now, requestId: 'x', caller: 'x', roles: ['*'], strict: false, base: '' };
      await other.server.backend.patch(
        context,
        'Schedule',
        'reunion',
        (schedule) => ({
          ...schedule,
          meta: { profile: ['https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule'] },
          serviceType: [{ text: 'x' }],
        }),
        {},
      );
      const calendar = [
        'BEGIN:VCALENDAR',
        'BEGIN:VEVENT',
        'UID:a',
        'DTSTART:20261207T040000Z',
        'DTEND:20261207T050000Z',
        'END:VEVENT',
        'END:VCALENDAR',
      ].join('\r\n');
      const imported = await other.request('POST', 'Schedule/reunion/$import-ical', calendar, {
        'content-type': 'text/calendar',
      });
      expect([imported.status, imported.json.issue[0].expression]).toEqual([400, ['Schedule.serviceType']]);
    } finally {
      await other.close();
    }
  });
});
