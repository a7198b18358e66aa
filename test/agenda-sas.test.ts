/**
 * The "agenda SAS" of a professional without an editor: an agenda of Créneau beside the platform, registered there like
 * any editor. Regulators orient several patients to one range, until it is full, and each orientation is reported.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { account } from './amqp.ts';
import { call, startTestServer, type TestServer } from './harness.ts';
import { rpps, slotQuery, startTestPlatform, type TestPlatform } from './platform.ts';
import { eventually } from './receiver.ts';

const REGULATOR = '3456780581/11242343';
const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
const FR_CORE = 'https://hl7.fr/ig/fhir/core/StructureDefinition';
const SAS = 'https://interop.esante.gouv.fr/ig/fhir/sas';
const PATIENTS = ['alice', 'bruno', 'chloe', 'denis'];
const ref = (reference: string): Json => ({ reference });

/** A range of one hour that takes three patients, as a person types it into the pages. */
const AGENDA: Json[] = [
  {
    ...{ resourceType: 'Location', id: 'cabinet', name: 'Cabinet' },
    identifier: [{ system: 'https://agenda-sas.example', value: 'cabinet' }],
    address: { line: ['1 rue du Port'], city: 'Val', postalCode: '35000' },
  },
  {
    ...{ resourceType: 'Practitioner', id: 'doctor', name: [{ family: 'Morin', given: ['Alix'] }] },
    identifier: [{ system: IDNPS, value: rpps(7) }],
  },
  {
    ...{ resourceType: 'PractitionerRole', id: 'role', practitioner: ref('Practitioner/doctor') },
    location: [ref('Location/cabinet')],
  },
  {
    ...{ resourceType: 'Schedule', id: 'agenda', actor: [ref('Practitioner/doctor'), ref('PractitionerRole/role')] },
    extension: [
      {
        url: `${FR_CORE}/fr-core-schedule-availability-time`,
        extension: [
          { url: 'identifier', valueIdentifier: { value: 'plage' } },
          { url: 'type', valueCode: 'free' },
          { url: 'start', valueDateTime: '2026-11-25T14:00:00+01:00' },
          { url: 'end', valueDateTime: '2026-11-25T15:00:00+01:00' },
        ],
      },
      {
        url: `${FR_CORE}/fr-core-service-type-duration`,
        extension: [
          { url: 'serviceType', valueCodeableConcept: { text: 'Soins non programmés' } },
          {
            url: 'duration',
            valueDuration: { value: 60, unit: 'min', system: 'http://unitsofmeasure.org', code: 'min' },
          },
        ],
      },
      {
        url: 'urn:creneau:fhir:slot-offer',
        extension: [
          { url: 'visibility', valueCode: 'PUBLIC' },
          { url: 'mode', valueCode: 'AMB' },
          { url: 'capacity', valuePositiveInt: 3 },
        ],
      },
    ],
  },
];

let platform: TestPlatform;
let agenda: TestServer;
beforeAll(async () => {
  platform = await startTestPlatform();
  agenda = await startTestServer({ sasPlatformUrl: platform.base, editorSystem: 'urn:oid:1.2.250.1.999.3' });
  for (const resource of [...AGENDA, ...PATIENTS.map((id) => ({ resourceType: 'Patient', id }))]) {
    const { status, text } = await agenda.request('PUT', `${resource.resourceType}/${resource.id}`, resource);
    expect(status, text).toBe(201);
  }
  const face = agenda.base.replace(/\/fhir$/, '/sas');
  await platform.request('PUT', 'Organization/agenda-sas', {
    ...{ resourceType: 'Organization', id: 'agenda-sas', active: true, name: 'Agenda SAS' },
  });
  const { status, text } = await platform.request('PUT', 'Endpoint/agenda-sas', {
    ...{ resourceType: 'Endpoint', id: 'agenda-sas', status: 'active', name: 'Agenda SAS', address: face },
    connectionType: { system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type', code: 'hl7-fhir-rest' },
    payloadType: [{ coding: [{ system: 'urn:creneau:fhir:partner-kind', code: 'PS' }] }],
    managingOrganization: ref('Organization/agenda-sas'),
  });
  expect(status, text).toBe(201);
  for (const base of [platform.base, face]) {
    const created = await call(`${base}/Practitioner`, 'POST', account(REGULATOR));
    expect(created.status, created.text).toBe(201);
  }
});
afterAll(async () => {
  await agenda.close();
  await platform.close();
});

const shown = async (): Promise<string[]> => {
  const { json } = await platform.request('GET', slotQuery([rpps(7)]));
  return json.entry
    .filter(({ resource }: Json) => resource.resourceType === 'Slot')
    .map(({ resource }: Json) => resource.start);
};
const reported = async (): Promise<Json[]> =>
  ((await platform.request('GET', 'Appointment?_sort=_lastUpdated')).json.entry ?? []).map(
    ({ resource }: Json) => resource,
  );

it('shows a range until so many patients were oriented to it, and reports each with its category', async () => {
  const own = (await agenda.request('GET', 'Slot?schedule=agenda&status=free&start=2026-11-25')).json;
  const orient = (patient: string) =>
    agenda.request('POST', 'Appointment', {
      resourceType: 'Appointment',
      extension: [
        {
          url: `${FR_CORE}/fr-core-appointment-operator`,
          valueReference: { identifier: { system: IDNPS, value: REGULATOR } },
        },
        {
          url: `${SAS}/StructureDefinition/sas-categorie-orientation`,
          valueCodeableConcept: {
            coding: [{ system: `${SAS}/CodeSystem/categorie-orientation-sas-codesystem`, code: '001' }],
          },
        },
      ],
      status: 'booked',
      slot: [ref(`Slot/${own.entry[0].resource.id}`)],
      participant: [{ actor: ref(`Patient/${patient}`), status: 'accepted' }],
    });
  const [late, ...first] = [...PATIENTS].reverse();
  for (const patient of first) {
    expect([patient, await shown()]).toEqual([patient, ['2026-11-25T14:00:00.000+01:00']]);
    const { status, text } = await orient(patient);
    expect(status, text).toBe(201);
  }
  expect(await shown()).toEqual([]);
  expect((await orient(late!)).status).toBe(409);
  for (const report of await eventually(reported, ({ length }) => length === 3)) {
    expect(report.extension[1].valueCodeableConcept.coding[0].code).toBe('001');
    expect(JSON.stringify(report)).not.toMatch(/alice|bruno|chloe|Patient/);
  }
});
