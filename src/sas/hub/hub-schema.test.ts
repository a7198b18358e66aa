/** The Hub's schemas: what the platform, the played LRM and the played Hub write is valid; single faults are named. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FhirError } from '../../fhir/issue.ts';
import type { Json } from '../../fhir/resource.ts';
import type { Appointment } from '../../fhir/resources.ts';
import { toMessage } from './appointment-message.ts';
import { type Envelope, HUB_ERRORS, readAck, writeAck, writeError, writeReport } from './envelope.ts';
import { schemaFault } from './hub-schema.ts';

const envelope: Envelope = {
  distributionId: 'ptf_1',
  sender: 'ptf',
  recipient: 'fr.health.samu330',
  kind: 'Report',
  sentAt: Date.parse('2026-09-04T08:00:05Z'),
  expiresAt: Date.parse('2026-09-05T08:00:05Z'),
};
const regulator = { regulatorName: 'Régul', regulatorFirstname: '', regulatorEmail: 'jean@samu.test' };
const parts = { practitioner: undefined, organization: undefined, regulator, category: undefined };
const practitioner = { rppsId: '810000000001', lastName: 'Martin', firstName: 'Claire' };

const BOOKED: Appointment = {
  ...{ resourceType: 'Appointment', id: 'a', status: 'booked', created: '2026-09-04T10:00:00+02:00' },
  participant: [],
};

/** The payloads of the published samples: method, status, category, with their people. */
const SAMPLES: Json[] = [
  {
    method: 'CreateAppointment',
    status: 'booked',
    orientationCategory: 'CDS',
    organization: { organizationId: '050005917', name: 'Centre' },
  },
  {
    method: 'CreateAppointment',
    status: 'booked',
    orientationCategory: 'PS',
    practitioner: { ...practitioner, professionCode: '10' },
  },
  { method: 'UpdateAppointment', status: 'cancelled', orientationCategory: 'PS', practitioner },
  {
    method: 'UpdateAppointment',
    status: 'noshow',
    orientationCategory: 'PS',
    practitioner: { ...practitioner, specialityCode: 'SM40' },
  },
  { method: 'CreateAppointment', status: 'pending', orientationCategory: 'SOS' },
  {
    method: 'UpdateAppointment',
    status: 'fulfilled',
    orientationCategory: 'SOS',
    organization: { organizationId: '334173748400020', name: 'SOS' },
  },
].map((payload) => ({
  appointmentId: 'b6e39355-8a61-4556-b340-36f7b95fec6a',
  created: '2026-09-04T10:00:00+02:00',
  start: '2026-09-04T14:00:00+02:00',
  regulator,
  ...payload,
}));

const faultOf = (payload: Json): string | undefined => schemaFault(JSON.parse(writeReport(envelope, payload)));

describe('a message', () => {
  it.each(SAMPLES)('of the samples is valid: $method $status', (payload) => expect(faultOf(payload)).toBeUndefined());

  it.each<[string, Json, RegExp]>([
    ['an instant in UTC', { start: '2026-09-04T12:00:00Z' }, /appointment\/start must match pattern/],
    ['fractions of a second', { created: '2026-09-04T10:00:00.000+02:00' }, /appointment\/created must match pattern/],
    ['an ADELI number', { practitioner: { ...practitioner, rppsId: '0331234567' } }, /practitioner\/rppsId must match/],
    ['the spelling of the prose', { method: 'createAppointment' }, /appointment\/method must be equal to one of/],
    ['no regulator', { regulator: undefined }, /appointment must have required property 'regulator'/],
    ['a field of nobody', { patient: {} }, /appointment must NOT have additional properties \(patient\)/],
  ])('with %s is refused, with its place', (_, change, place) => {
    expect(faultOf({ ...SAMPLES[1], ...change })).toMatch(place);
  });

  it('is not written with a time that is none', () => {
    for (const start of ['2026-13-45T99:00:00Z', 'demain', '2026-02-31'])
      expect(() => toMessage({ ...BOOKED, start }, 'CreateAppointment', parts)).toThrow(FhirError);
  });

  it('is valid whatever form the times of the appointment have', () =>
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true }),
        fc.constantFrom('Z', '.000Z', '+02:00', '.123+02:00', '-04:00', '.5+11:30', 'date'),
        (date, form) => {
          const text = date.toISOString();
          const time = form === 'date' ? text.slice(0, 10) : text.slice(0, 19) + form;
          const message = toMessage({ ...BOOKED, created: time, start: time }, 'CreateAppointment', parts);
          expect(faultOf(message)).toBeUndefined();
          if (form !== 'date') expect(Date.parse(message.start)).toBe(Math.floor(Date.parse(time) / 1000) * 1000);
        },
      ),
    ));
});

describe('an answer', () => {
  it.each(Object.keys(HUB_ERRORS).map(Number))('with the error %d is valid', (code) => {
    const text = writeError(
      { ...envelope, kind: 'Error' },
      { code: code as 300, cause: 'x', about: 'ptf_1', source: {} },
    );
    expect(schemaFault(JSON.parse(text))).toBeUndefined();
  });

  it('that acknowledges is valid', () =>
    expect(schemaFault(JSON.parse(writeAck({ ...envelope, kind: 'Ack' }, 'ptf_1')))).toBeUndefined());

  it.each<[Json, string | undefined]>([
    [{}, undefined],
    [{ refused: false, step: 'RECU' }, undefined],
    [{ step: 'INTEGRE' }, undefined],
    [{ refused: true }, 'refused'],
    [{ step: 'SUPPRIME' }, 'step SUPPRIME'],
    [{ refused: true, step: 'ERREUR', errorDistributionID: 'x_9' }, 'refused, step ERREUR, error x_9'],
  ])('%j is a delivery unless it says otherwise', (reference, refusal) => {
    expect(readAck({ reference: { distributionID: 'ptf_1', ...reference } })).toEqual({ about: 'ptf_1', refusal });
  });
});
