/**
 * The messages of the Hub: written field by field as the guide's samples have them, and read with the deviations that
 * other senders have. Spec: 6.6, traps L1 to L9
 */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../fhir/resource.ts';
import type { Appointment } from '../../fhir/resources.ts';
import { readAppointment, toMessage } from './appointment-message.ts';
import { type Envelope, readError, readMessage, writeAck, writeError, writeReport, readAck } from './envelope.ts';

const SENT = Date.parse('2026-09-04T10:00:05+02:00');
const envelope: Envelope = {
  distributionId: 'fr.health.test.ptfsas_1b4e28ba',
  sender: 'fr.health.test.ptfsas',
  recipient: 'fr.health.samu330',
  kind: 'Report',
  sentAt: SENT,
  expiresAt: SENT + 86_400_000,
};

const regulator = {
  regulatorId: '3456780581/11242343',
  regulatorName: 'Durand',
  regulatorFirstname: 'Anne',
  regulatorEmail: 'anne.durand@samu.test',
};
const practitioner = {
  rppsId: '810000000001',
  lastName: 'Martin',
  firstName: 'Claire',
  specialityCode: 'SM54',
  specialityUrl: 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale',
};
const booked: Appointment = {
  resourceType: 'Appointment',
  id: '3c9f0f5e-2f7a-4c1e-9a55-2b1f6d0c8e11',
  status: 'booked',
  created: '2026-09-04T10:00:00+02:00',
  start: '2026-09-04T14:00:00.000+02:00',
  end: '2026-09-04T14:15:00.000+02:00',
  participant: [],
};

describe('writing', () => {
  it("makes a Report like the guide's samples", () => {
    const message = toMessage(booked, 'CreateAppointment', {
      practitioner,
      organization: undefined,
      regulator,
      category: 'PS',
    });
    expect(JSON.parse(writeReport(envelope, message))).toEqual({
      distributionID: 'fr.health.test.ptfsas_1b4e28ba',
      senderID: 'fr.health.test.ptfsas',
      dateTimeSent: '2026-09-04T08:00:05+00:00',
      dateTimeExpires: '2026-09-05T08:00:05+00:00',
      distributionStatus: 'Actual',
      distributionKind: 'Report',
      descriptor: {
        language: 'fr-FR',
        explicitAddress: { explicitAddressScheme: 'hubex', explicitAddressValue: 'fr.health.samu330' },
      },
      content: [
        {
          jsonContent: {
            embeddedJsonContent: {
              message: {
                messageId: 'fr.health.test.ptfsas_1b4e28ba',
                sender: { name: 'fr.health.test.ptfsas', URI: 'hubex:fr.health.test.ptfsas' },
                sentAt: '2026-09-04T08:00:05+00:00',
                status: 'Actual',
                kind: 'Report',
                recipient: [{ name: 'fr.health.samu330', URI: 'hubex:fr.health.samu330' }],
                appointment: {
                  appointmentId: '3c9f0f5e-2f7a-4c1e-9a55-2b1f6d0c8e11',
                  method: 'CreateAppointment',
                  created: '2026-09-04T10:00:00+02:00',
                  start: '2026-09-04T14:00:00+02:00',
                  end: '2026-09-04T14:15:00+02:00',
                  status: 'booked',
                  orientationCategory: 'PS',
                  practitioner,
                  regulator,
                },
              },
            },
          },
        },
      ],
    });
  });

  it.each([
    ['proposed', 'pending'],
    ['pending', 'pending'],
    ['waitlist', 'pending'],
    ['booked', 'booked'],
    ['arrived', 'booked'],
    ['checked-in', 'booked'],
    ['fulfilled', 'fulfilled'],
    ['noshow', 'noshow'],
    ['cancelled', 'cancelled'],
    ['entered-in-error', 'cancelled'],
  ])('turns the status %s into %s', (status, wanted) => {
    expect(
      toMessage({ ...booked, status }, 'UpdateAppointment', {
        practitioner: undefined,
        organization: undefined,
        regulator,
        category: undefined,
      }),
    ).toMatchObject({ status: wanted, method: 'UpdateAppointment' });
  });

  it('writes whole seconds and an offset, and the time of the first record when the time of booking is missing', () => {
    const { created: _, ...rest } = booked;
    const message = toMessage(
      { ...rest, meta: { lastUpdated: '2026-09-07T08:00:01.250Z' }, start: '2026-09-04T12:00:00Z' },
      'CreateAppointment',
      {
        practitioner: undefined,
        organization: undefined,
        regulator,
        category: undefined,
        recorded: '2026-09-04T08:00:01.250Z',
      },
    );
    expect([message.created, message.start]).toEqual(['2026-09-04T08:00:01+00:00', '2026-09-04T12:00:00+00:00']);
  });

  it('refuses an appointment without a time or a status that the LRM knows', () => {
    const parts = { practitioner: undefined, organization: undefined, regulator, category: undefined };
    for (const wrong of [{ start: undefined }, { status: 'unheard-of' }, { id: undefined }])
      expect(() => toMessage({ ...booked, ...wrong } as Appointment, 'CreateAppointment', parts)).toThrow(
        /needs id, start, created and a status/,
      );
  });

  it('names in an acknowledgement and an error the message that they are about', () => {
    const ack = readMessage(writeAck({ ...envelope, kind: 'Ack' }, 'ptf_1'));
    expect([ack.envelope?.kind, ack.message.kind, readAck(ack.message)?.about]).toEqual(['Ack', 'Ack', 'ptf_1']);
    const error = readMessage(
      writeError(
        { ...envelope, kind: 'Error' },
        { code: 409, cause: 'exists already', about: 'ptf_1', source: { distributionID: 'ptf_1' } },
      ),
    );
    expect(error.message).toEqual({
      error: {
        errorCode: { statusCode: 409, statusString: 'CONFLICT' },
        errorCause: 'exists already',
        sourceMessage: { distributionID: 'ptf_1' },
        referencedDistributionID: 'ptf_1',
      },
    });
    expect(readError(error.message)).toEqual({
      code: 409,
      status: 'CONFLICT',
      cause: 'exists already',
      about: 'ptf_1',
    });
  });
});

/** The same Report, changed by `change`. */
function received(change: (json: Json, message: Json) => void): ReturnType<typeof readMessage> {
  const json = JSON.parse(
    writeReport(
      envelope,
      toMessage(booked, 'CreateAppointment', {
        practitioner,
        organization: { organizationId: '1330000000', name: 'Maison médicale' },
        regulator,
        category: 'PS',
      }),
    ),
  );
  change(json, json.content[0].jsonContent.embeddedJsonContent.message);
  return readMessage(JSON.stringify(json));
}

describe('reading', () => {
  const tolerated: [name: string, change: (json: Json, message: Json) => void, wanted?: object][] = [
    ['our own messages', () => {}],
    ['Hubex (L1)', (json) => (json.descriptor.explicitAddress.explicitAddressScheme = 'Hubex')],
    ['a method that begins in lower case (L1)', (_, message) => (message.appointment.method = 'createAppointment')],
    ['a status in capitals (L1)', (_, message) => (message.appointment.status = 'BOOKED')],
    ['a kind in capitals', (json) => (json.distributionKind = 'REPORT')],
    [
      'name and URI swapped (L2)',
      (_, message) => (message.recipient = [{ name: 'hubex:fr.health.samu330', URI: 'fr.health.samu330' }]),
    ],
    [
      'specialtyCode (L4)',
      (_, message) => {
        message.appointment.practitioner.specialtyCode = message.appointment.practitioner.specialityCode;
        delete message.appointment.practitioner.specialityCode;
      },
    ],
    ['no regulator (L5)', (_, message) => delete message.appointment.regulator, { regulator: undefined }],
    [
      'an appointmentId that is not a UUID (L6)',
      (_, message) => (message.appointment.appointmentId = '3c9f0f5e-2f7a'),
      { appointmentId: '3c9f0f5e-2f7a' },
    ],
    ['an end in the year 2072 (L8)', (json) => (json.dateTimeExpires = '2072-09-27T08:23:34+02:00')],
    [
      'contentObject in between (L9)',
      (json) => (json.content = [{ contentObject: { JsonContent: json.content[0].jsonContent } }]),
    ],
    ['content that is not a list', (json) => (json.content = json.content[0])],
  ];
  it.each(tolerated)('takes %s', (_, change, wanted = {}) => {
    const { envelope: read, message, fault } = received(change);
    expect(fault).toBeUndefined();
    expect(read).toMatchObject({ kind: 'Report', recipient: 'fr.health.samu330', sender: 'fr.health.test.ptfsas' });
    const { appointment } = readAppointment(message) as { appointment: object };
    expect(appointment).toEqual({
      ...(readAppointment(received(() => {}).message) as { appointment: object }).appointment,
      ...wanted,
    });
  });

  it.each<[string, string, RegExp]>([
    ['XML', '<xml/>', /not JSON/],
    ['a list', '[]', /not a JSON object/],
    ['an empty text', '', /not JSON/],
    ['null', 'null', /not a JSON object/],
    [
      'an empty object',
      '{}',
      /distributionID, senderID, descriptor\..*Value, distributionKind, dateTimeSent, dateTimeExpires, content\[0\]/,
    ],
  ])('says why %s is not a message', (_, text, wanted) => {
    const read = readMessage(text);
    expect(read.envelope).toBeUndefined();
    expect(read.fault).toMatch(wanted);
  });

  it.each<[string, (appointment: Json) => void]>([
    ['method', (appointment) => (appointment.method = 'DeleteAppointment')],
    ['status', (appointment) => (appointment.status = 'arrived')],
    ['orientationCategory', (appointment) => (appointment.orientationCategory = 'ABC')],
    ['appointmentId', (appointment) => delete appointment.appointmentId],
    ['start', (appointment) => (appointment.start = 'tomorrow')],
    ['created', (appointment) => delete appointment.created],
    ['practitioner.rppsId', (appointment) => delete appointment.practitioner.rppsId],
  ])('names the wrong field: %s', (field, change) => {
    const { message } = received((_, inside) => change(inside.appointment));
    expect(readAppointment(message)).toEqual({ fault: `missing or wrong: appointment.${field}` });
  });

  it('takes reference.distributionID of an acknowledgement, never its messageId (L3)', () => {
    expect(readAck({ messageId: 'lrm_9', reference: { distributionID: 'ptf_1' } })?.about).toBe('ptf_1');
    expect(readAck({ messageId: 'ptf_1' })).toBeUndefined();
  });

  it('takes referencedDistributionID of an error, whatever else it holds (L7)', () => {
    const error = {
      errorCode: { statusCode: '409', statusString: 'CONFLICT' },
      sourceMessage: { distributionID: 'fr.health.hub_x' },
    };
    expect(readError({ error: { ...error, referencedDistributionID: 'ptf_1' } })).toMatchObject({
      code: 409,
      about: 'ptf_1',
    });
    expect(readError({ error })).toMatchObject({ about: 'fr.health.hub_x' });
    expect(readError({ error: { errorCode: { statusCode: 'x' } } })).toBeUndefined();
  });
});
