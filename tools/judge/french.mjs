/** Resources of FR Core and GAP without a fault, which the mutations start from: rules, identifiers, operators. */
const FR = 'https://hl7.fr/ig/fhir/core';
const SD = `${FR}/StructureDefinition`;
const V2 = 'http://terminology.hl7.org/CodeSystem/v2-0203';
const R38 = 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale';
const as = (profile) => ({ profile: [profile.startsWith('http') ? profile : `${SD}/${profile}`] });
const part = (url, value) => ({ url, ...value });
const specialty = [{ coding: [{ system: R38, code: 'SM54' }] }];
const free = { system: `${FR}/CodeSystem/fr-core-cs-schedule-type`, code: 'free' };

const availability = {
  url: `${SD}/fr-core-schedule-availability-time`,
  extension: [
    part('identifier', { valueIdentifier: { value: 'matin' } }),
    part('type', { valueCoding: free }),
    part('start', { valueDateTime: '2026-12-07T09:00:00+01:00' }),
    part('end', { valueDateTime: '2026-12-07T12:00:00+01:00' }),
    {
      url: 'rrule',
      extension: [
        part('freq', { valueCoding: { system: 'https://www.ietf.org/rfc/rfc2445', code: 'WEEKLY' } }),
        part('until', { valueDateTime: '2027-12-07T09:00:00+01:00' }),
        part('interval', { valueInteger: 2 }),
        part('byDay', { valueString: 'MO' }),
        part('byHour', { valuePositiveInt: 9 }),
        part('byMonthDay', { valueInteger: -1 }),
        part('wkst', { valueCode: 'mon' }),
      ],
    },
    part('created', { valueDateTime: '2026-11-01' }),
    part('priority', { valueInteger: 1 }),
  ],
};
const duration = {
  url: `${SD}/fr-core-service-type-duration`,
  extension: [
    part('serviceType', { valueCodeableConcept: { text: 'Consultation' } }),
    part('duration', { valueDuration: { value: 15, unit: 'min', system: 'http://unitsofmeasure.org', code: 'min' } }),
  ],
};
const operator = { url: `${SD}/fr-core-appointment-operator`, valueReference: { reference: 'Practitioner/p' } };
const patientId = (use, system, code, value, more = {}) => ({
  use,
  type: { coding: [{ system, code }] },
  value,
  ...more,
});

export const FRENCH = [
  {
    resourceType: 'Schedule',
    meta: as('fr-core-schedule'),
    extension: [availability, duration],
    active: true,
    specialty,
    actor: [{ reference: 'Practitioner/p' }, { reference: 'PractitionerRole/r' }],
  },
  {
    resourceType: 'Schedule',
    meta: as('https://interop.esante.gouv.fr/ig/fhir/gap/StructureDefinition/gap-fr-schedule'),
    extension: [duration, availability],
    actor: [{ reference: 'Device/d' }],
  },
  {
    resourceType: 'Appointment',
    meta: as('https://interop.esante.gouv.fr/ig/fhir/gap/StructureDefinition/gap-fr-appointment'),
    extension: [operator],
    status: 'booked',
    specialty,
    start: '2026-12-07T09:00:00+01:00',
    end: '2026-12-07T09:15:00+01:00',
    slot: [{ reference: 'Slot/s' }],
    participant: [
      { actor: { reference: 'Patient/p' }, required: 'required', status: 'accepted' },
      { actor: { reference: 'Practitioner/p' }, status: 'needs-action' },
    ],
  },
  {
    resourceType: 'Patient',
    meta: as('fr-core-patient'),
    identifier: [
      patientId('official', V2, 'NH', '260058815400233', { system: 'urn:oid:1.2.250.1.213.1.4.8' }),
      patientId('usual', V2, 'PI', '12', { system: 'urn:oid:1.2.250.1.999.1' }),
    ],
    name: [
      { use: 'official', family: 'Martin', given: ['Claire'] },
      { use: 'usual', family: 'Petit', given: ['Claire'] },
    ],
    telecom: [{ system: 'phone', value: '+33612345678' }],
    gender: 'female',
    birthDate: '1960-05-01',
  },
  {
    resourceType: 'PractitionerRole',
    meta: as('fr-core-practitioner-role'),
    extension: [duration],
    practitioner: { reference: 'Practitioner/p' },
    organization: { reference: 'Organization/o' },
    specialty,
    telecom: [{ system: 'phone', value: '+33612345678' }],
  },
];
