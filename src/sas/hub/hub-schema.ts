/**
 * The JSON Schemas by which the Hub Santé judges messages: envelope EDXL-DE, header RC-DE, and one of appointment
 * (RS-SAS-RDV of 2026-07-29), acknowledgement (RC-REF) or error (RS-ERROR). Written from their facts. Spec: 6.6
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Json } from '../../fhir/resource.ts';
import { SAS_STATUSES } from '../contract/appointment.ts';
import { ORIENTATION_CATEGORIES } from '../contract/contract.ts';

type Schema = Record<string, unknown>;

const text: Schema = { type: 'string' };
const dateTime: Schema = { type: 'string', format: 'date-time' };
/** Whole seconds and a numeric offset: neither `Z` nor fractions. */
const offsetDateTime: Schema = {
  ...dateTime,
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}[\\-+]\\d{2}:\\d{2}$',
};
const oneOf = (...values: readonly string[]): Schema => ({ type: 'string', enum: values });

/** `isOpen`: further members are allowed. */
function object(required: Record<string, Schema>, optional: Record<string, Schema> = {}, isOpen = false): Schema {
  return {
    type: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional },
    ...(isOpen ? {} : { additionalProperties: false }),
  };
}

const APPOINTMENT = object(
  {
    appointmentId: text,
    method: oneOf('CreateAppointment', 'UpdateAppointment'),
    created: offsetDateTime,
    start: offsetDateTime,
    status: oneOf(...SAS_STATUSES),
    regulator: object({ regulatorName: text, regulatorFirstname: text, regulatorEmail: text }, { regulatorId: text }),
  },
  {
    end: offsetDateTime,
    orientationCategory: oneOf(...ORIENTATION_CATEGORIES),
    // `8`, and an RPPS, which begins with 1: no ADELI.
    practitioner: object(
      { rppsId: { type: 'string', pattern: '^81[0-9]{10}$' }, lastName: text, firstName: text },
      { specialityCode: text, specialityUrl: text, professionCode: text, professionUrl: text },
    ),
    organization: object({ organizationId: text, name: text }),
  },
);

const REFERENCE = object(
  { distributionID: text },
  {
    refused: { type: 'boolean' },
    errorDistributionID: text,
    step: oneOf('RECU', 'ERREUR', 'INTEGRE', 'CONSULTE', 'SUPPRIME'),
  },
);

const ERROR = object(
  {
    errorCode: object({ statusCode: { type: 'number' }, statusString: text }),
    errorCause: text,
    referencedDistributionID: text,
  },
  { sourceMessage: { type: 'object' } },
);

const party = object({ name: text, URI: text });

/** RC-DE, with the payload beside it. */
const headed = (payload: string, schema: Schema): Schema =>
  object(
    {
      messageId: text,
      sender: party,
      sentAt: offsetDateTime,
      kind: text,
      status: oneOf('Actual', 'Exercise', 'System'),
      recipient: { type: 'array', minItems: 1, items: party },
      [payload]: schema,
    },
    {},
    true,
  );

const envelope = (message: Schema): Schema =>
  object({
    distributionID: text,
    senderID: text,
    dateTimeSent: dateTime,
    dateTimeExpires: dateTime,
    distributionStatus: oneOf('Actual', 'Exercise'),
    distributionKind: oneOf('Report', 'Update', 'Cancel', 'Ack', 'Error'),
    descriptor: object({
      language: text,
      explicitAddress: object({ explicitAddressScheme: text, explicitAddressValue: text }),
    }),
    content: {
      type: 'array',
      minItems: 1,
      items: object({ jsonContent: object({ embeddedJsonContent: object({ message }) }) }),
    },
  });

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;

const ajv = new Ajv({ strictTuples: false });
ajv.addFormat('date-time', {
  type: 'string',
  validate: (value: string) => RFC_3339.test(value) && !Number.isNaN(Date.parse(value)),
});

type Kind = 'Report' | 'Ack' | 'Error';

const VALIDATORS: Readonly<Record<Kind, ValidateFunction>> = {
  Report: ajv.compile(envelope(headed('appointment', APPOINTMENT))),
  Ack: ajv.compile(envelope(headed('reference', REFERENCE))),
  Error: ajv.compile(envelope(object({ error: ERROR }, {}, true))),
};

const ANYTHING = ajv.compile(envelope({ type: 'object' }));

/**
 * The first fault of a whole message, with its place as a JSON pointer:
 * `/content/0/jsonContent/embeddedJsonContent/message/appointment/start must match pattern ...`. `undefined`: the Hub
 * takes it.
 */
export function schemaFault(message: Json): string | undefined {
  const kind = message?.distributionKind as Kind;
  const validate = VALIDATORS[kind] ?? ANYTHING;
  return validate(message) ? undefined : describe(validate.errors![0]!);
}

function describe({ instancePath, message = '', params }: ErrorObject): string {
  const detail: string | readonly string[] = params['additionalProperty'] ?? params['allowedValues'] ?? '';
  const shown = detail.length === 0 ? '' : ` (${[detail].flat().join(', ')})`;
  return `${instancePath === '' ? '/' : instancePath} ${message}${shown}`;
}
