/** The published examples of appointments and of regulator accounts, re-typed. Spec: 1.9 */
import type { Json } from '../src/fhir/resource.ts';
import { type GuideVersion, IDNPS, example, SAS, SAS_FR, typed, TYPES } from './sas-example-parts.ts';

/** The appointments that the agenda reports (INT_R03), and the accounts that the platform sends (INT_R02). */
export function singles(version: GuideVersion): Json[] {
  const operator = {
    url: 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator',
    valueReference: {
      identifier: { type: typed(TYPES, 'IDNPS'), system: IDNPS, value: '3456780581/11242343' },
    },
  };
  const appointment = (id: string, status: string): Json =>
    example('Appointment', id, `${SAS_FR}FrAppointmentSAS`, {
      extension: [operator],
      identifier: [{ system: 'urn:oid:1.1.111.1.11.1.1.1', value: 'b6e39355-8a61-4556-b340-36f7b95fec6a' }],
      status,
      start: '2022-09-04T14:00:00+01:00',
      end: '2022-09-04T14:15:00+01:00',
      ...(version === '1.1.0' ? {} : { created: '2022-09-04T13:00:00+01:00' }),
      participant: [
        {
          actor: { identifier: { type: typed(TYPES, 'IDNPS'), system: IDNPS, value: '810100050075' } },
          status: 'accepted',
        },
      ],
    });
  // Published after 1.2.0, in June 2026.
  const open = appointment('3', 'booked');
  open.participant[0].status = 'needs-action';
  const atSos = example('Appointment', '12345678', `${SAS}sas-sos-appointment`, {
    extension: [operator],
    identifier: [{ system: 'urn:oid:1.1.111.1.11.1.1.1', value: '12345678' }],
    status: 'pending',
    start: '2022-09-04T14:00:00+01:00',
    end: '2022-09-04T14:15:00+01:00',
    participant: [
      { type: [typed('http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'ADM')], status: 'needs-action' },
    ],
  });
  const account = (n: number, code: string, system: string, value: string, active: boolean, names: string[]): Json => {
    const resource = example('Practitioner', `ExamplePractitionerRegul${n}`, `${SAS}FrPractitionerRegul`, {
      identifier: [{ type: typed(TYPES, code), system, value }],
      active,
      name: [{ family: names[0], given: [names[1]] }],
      telecom: [
        {
          system: 'email',
          value: `${names[1]}.${names[0]}@test.com`
            .toLowerCase()
            .normalize('NFD')
            .replace(/[^a-z.@]/g, ''),
        },
      ],
    });
    resource.meta.source = 'urn:oid:1.2.250.1.213.3.6';
    return resource;
  };
  return [
    appointment('1', 'booked'),
    appointment('2', 'cancelled'),
    atSos,
    ...(version === '1.1.0' ? [] : [open]),
    account(1, 'IDNPS', IDNPS, '3456780581/11242343', true, ['Loridon', 'Sébastien']),
    account(2, 'IDNPS', IDNPS, '810002673899', true, ['MARIUS', 'Jules']),
    account(3, 'IDNPS', IDNPS, '810002673899', false, ['MARIUS', 'Jules']),
    ...(version === '1.1.0'
      ? []
      : [
          account(4, 'INTRN', 'urn:oid:1.2.250.1.213.3.6', '1ef1c748-8a61-4556-b340-36f7b95fec6a', true, [
            'MARTIN',
            'Paul',
          ]),
        ]),
  ];
}
