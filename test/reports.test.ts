/** INT_R03: which appointments are reported to the SAS platform, and the content of each report. */
import { expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { releaseHold } from '../src/agenda/operations/holds-feature.ts';
import { NOW } from './harness.ts';
import { eventually } from './receiver.ts';
import { IDNPS, operator, SYSTEM, useReporting } from './reporting.ts';

const INTRN = 'urn:oid:1.2.250.1.213.3.6';
const reporting = useReporting();

it('a regulator’s booking is reported without the patient, then each change (C1, C11, C14, H3, I2)', async () => {
  const made = await reporting.write('POST', 'Appointment', await reporting.booking('quota-cabinet', 0));
  const [identifier] = made.identifier;
  expect(identifier).toEqual({ system: SYSTEM, value: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  const [first] = await reporting.reported(1);
  const IDNPS_TYPE = { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'IDNPS' }] };
  expect(first).toEqual({
    resourceType: 'Appointment',
    meta: { profile: ['http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS'] },
    extension: [
      {
        url: 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator',
        valueReference: { identifier: { type: IDNPS_TYPE, system: IDNPS, value: '3456780581/1' } },
      },
    ],
    identifier: [identifier],
    status: 'booked',
    start: '2026-11-25T08:00:00.000+01:00',
    end: expect.stringMatching(/^2026-11-25T08:\d\d:00\.000\+01:00$/),
    created: '2026-11-24T10:00:00.000+01:00',
    participant: [
      {
        actor: { identifier: { type: IDNPS_TYPE, system: IDNPS, value: expect.stringMatching(/^8\d{11}$/) } },
        status: 'accepted',
      },
    ],
  });
  // Moved, by a whole update that leaves out what it was given.
  const other = await reporting.slotOf('quota-cabinet');
  const moved = await reporting.write(
    'PUT',
    `Appointment/${made.id}`,
    await reporting.booking('quota-cabinet', 0, { id: made.id, extension: undefined }),
  );
  expect(moved.identifier).toEqual([identifier]);
  await reporting.write('PUT', `Appointment/${made.id}`, { ...moved, status: 'arrived' });
  await reporting.write('PUT', `Appointment/${made.id}`, { ...moved, comment: 'rien de neuf pour la plateforme' });
  reporting.test.clock.now = Date.parse('2026-11-25T18:00:00+01:00');
  await reporting.write('PUT', `Appointment/${made.id}`, { ...moved, status: 'fulfilled' });
  await reporting.settled();
  expect(
    reporting.receiver.heard.map(({ method, path, body }) => [method, path, body.status, Date.parse(body.start)]),
  ).toEqual([
    ['POST', '/fhir/Appointment', 'booked', Date.parse(first.start)],
    ['PUT', `/fhir/Appointment?identifier=${SYSTEM}|${identifier.value}`, 'booked', Date.parse(other.start)],
    ['PUT', `/fhir/Appointment?identifier=${SYSTEM}|${identifier.value}`, 'fulfilled', Date.parse(other.start)],
  ]);
  expect(reporting.receiver.records).toHaveLength(1);
  expect(JSON.stringify(reporting.receiver.heard)).not.toMatch(/alice|genou|Patient/i);
});

it('a hold is reported once it is booked, and never when it is released or given up', async () => {
  const parameters = (parameter: Json): Json => ({
    resourceType: 'Parameters',
    parameter: [parameter, { name: 'ttl', valuePositiveInt: 60 }],
  });
  const hold = async (schedule: string, n: number): Promise<Json> =>
    (
      await reporting.write(
        'POST',
        'Appointment/$hold',
        parameters({
          name: 'appointment-resource',
          resource: await reporting.booking(schedule, n, { status: 'proposed' }),
        }),
      )
    ).entry[0].resource;
  const reference = ({ id }: Json): Json =>
    parameters({ name: 'appointment-reference', valueReference: { reference: `Appointment/${id}` } });
  // The agenda of an emergency service too, of which requests (pending) are told.
  for (const [schedule, told] of [
    ['quota-cabinet', 0],
    ['sos', 2],
  ] as const) {
    const given = await hold(schedule, 0);
    await reporting.write('PUT', `Appointment/${given.id}`, { ...given, status: 'cancelled' });
    const released = await hold(schedule, 0);
    expect([released.status, await releaseHold(reporting.test.server.backend, released.id, NOW + 61_000)]).toEqual([
      'pending',
      { outcome: 'delivered' },
    ]);
    expect((await reporting.test.request('GET', `Appointment/${released.id}`)).json.status).toBe('cancelled');
    const kept = await hold(schedule, 0);
    await reporting.write('POST', 'Appointment/$hold', reference(kept));
    expect(await reporting.test.sql(`SELECT payload FROM outbox WHERE destination = 'sas-platform'`)).toHaveLength(
      told,
    );
    const booked = (await reporting.write('POST', 'Appointment/$book', reference(kept))).entry[0].resource;
    await reporting.settledReports();
    await reporting.write('PUT', `Appointment/${kept.id}`, { ...booked, status: 'cancelled' });
    await reporting.settledReports();
    expect(reporting.receiver.heard.map(({ method, body }) => [method, body.status, Date.parse(body.start)])).toEqual([
      ['POST', 'booked', Date.parse(kept.start)],
      ['PUT', 'cancelled', Date.parse(kept.start)],
    ]);
    expect(JSON.stringify(reporting.receiver.heard)).not.toContain('hold');
    reporting.receiver.heard.length = 0;
  }
});

it('every way of writing and every end of an appointment is reported (C2, C3, C4)', async () => {
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [{ request: { method: 'POST', url: 'Appointment' }, resource: await reporting.booking('quota-cabinet', 0) }],
  };
  const { json: answer, text } = await reporting.test.request('POST', '../fhir', bundle);
  expect(answer.entry?.[0].response?.status ?? text).toMatch(/^201/);
  const own = {
    identifier: [
      { system: 'urn:other', value: 'b' },
      { system: SYSTEM, value: 'own-1' },
    ],
  };
  await reporting.write(
    'PUT',
    'Appointment?identifier=urn:other%7Cb',
    await reporting.booking('quota-cabinet', 1, own),
  );
  const third = await reporting.write('POST', 'Appointment', await reporting.booking('quota-cabinet', 2));
  const all = await reporting.reported(3);
  expect(all.map((appointment) => appointment.identifier[0].value)).toContain('own-1');
  const [id] = /Appointment\/([^/]+)/.exec(answer.entry[0].response.location)!.slice(1);
  const stored = (await reporting.test.request('GET', `Appointment/${id}`)).json;
  await reporting.write('PUT', `Appointment/${id}`, {
    ...stored,
    status: 'cancelled',
    cancelationReason: { text: 'ne vient plus' },
  });
  await reporting.write(
    'PUT',
    'Appointment?identifier=urn:other%7Cb',
    await reporting.booking('quota-cabinet', 1, { ...own, status: 'noshow' }),
  );
  expect((await reporting.test.request('DELETE', `Appointment/${third.id}`)).status).toBe(204);
  await reporting.settled();
  expect(reporting.receiver.records.map((record) => [record.identifier[0].value, record.status]).sort()).toEqual(
    [
      [stored.identifier[0].value, 'cancelled'],
      ['own-1', 'noshow'],
      [third.identifier[0].value, 'cancelled'],
    ].sort(),
  );
  for (const record of reporting.receiver.records)
    expect(Object.keys(record).sort()).toEqual([
      'created',
      'end',
      'extension',
      'identifier',
      'meta',
      'participant',
      'resourceType',
      'start',
      'status',
    ]);
});

it('bookings by others than active accounts are not reported; an appointment reported once always is', async () => {
  await reporting.account(INTRN, '00000000-0000-4000-8000-000000000001', 'INTRN');
  await reporting.account(IDNPS, '3456780581/off', 'IDNPS', false);
  await reporting.write('POST', 'Appointment', await reporting.booking('quota-cabinet', 0, { extension: undefined }));
  await reporting.write(
    'POST',
    'Appointment',
    await reporting.booking('quota-cabinet', 1, { extension: [operator(IDNPS, '3456780581/unknown')] }),
  );
  await reporting.write(
    'POST',
    'Appointment',
    await reporting.booking('quota-cabinet', 2, { extension: [operator(IDNPS, '3456780581/off')] }),
  );
  await reporting.write('POST', 'Appointment', await reporting.booking('quota-cabinet', 3, { status: 'proposed' }));
  const technical = await reporting.write(
    'POST',
    'Appointment',
    await reporting.booking('quota-cabinet', 4, {
      extension: [operator(INTRN, '00000000-0000-4000-8000-000000000001')],
    }),
  );
  await reporting.reported(1);
  expect(reporting.receiver.records[0].extension[0].valueReference.identifier).toMatchObject({
    type: { coding: [{ code: 'INTRN' }] },
    system: INTRN,
  });
  await reporting.account(INTRN, '00000000-0000-4000-8000-000000000001', 'INTRN', false);
  await reporting.write('PUT', `Appointment/${technical.id}`, {
    ...technical,
    extension: [operator(IDNPS, 'secretary')],
    status: 'cancelled',
  });
  await eventually(
    () => reporting.receiver.records[0].status,
    (status) => status === 'cancelled',
  );
  expect(reporting.receiver.records[0].extension[0].valueReference.identifier.value).toBe(
    '00000000-0000-4000-8000-000000000001',
  );
  await reporting.settled();
  expect(reporting.receiver.heard).toHaveLength(2);
});

it('appointments of SOS Médecins have their own profile, may be pending, and name nobody (C1, C2, C5)', async () => {
  const made = await reporting.write('POST', 'Appointment', await reporting.booking('sos', 0, { status: 'pending' }));
  await reporting.write('PUT', `Appointment/${made.id}`, { ...made, status: 'booked' });
  await reporting.settled();
  const heard = reporting.receiver.heard.map(({ method, body }) => [
    method,
    body.status,
    body.meta.profile[0].split('/').at(-1),
    body.participant[0].status,
    body.participant[0].actor,
  ]);
  expect(heard).toEqual([
    ['POST', 'pending', 'sas-sos-appointment', 'needs-action', undefined],
    ['PUT', 'booked', 'sas-sos-appointment', 'accepted', undefined],
  ]);
  expect(reporting.receiver.heard.map(({ body }) => body.extension.length)).toEqual([1, 1]);
});
