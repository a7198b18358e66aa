/**
 * Messages of the Hub Santé: an EDXL-DE envelope around one RC-DE message, which is an appointment (Report), a final
 * acknowledgement (Ack, RC-REF) or an error (Error, without an RC-DE header). Writing follows the guide's samples;
 * reading tolerates the deviations that senders need. Spec: 6.6, traps L1 to L10
 */
import { randomUUID } from 'node:crypto';
import { isText as isStorable } from '../../fhir/json.ts';
import type { Json } from '../../fhir/resource.ts';

/** The kinds of EDXL-DE that the guide uses. */
const DISTRIBUTION_KINDS = ['Report', 'Ack', 'Error'] as const;
export type DistributionKind = (typeof DISTRIBUTION_KINDS)[number];

export interface Envelope {
  /** `<senderID>_<unique id>` */
  distributionId: string;
  /** Client id of the sender. */
  sender: string;
  /** Client id of the recipient. */
  recipient: string;
  kind: DistributionKind;
  /** Epoch milliseconds. */
  sentAt: number;
  expiresAt: number;
}

/** An error, and the message that it is about. */
export interface HubError {
  code: number;
  status: string;
  cause: string;
  /** distributionID of the message; `undefined` when the Hub could not read it. */
  about: string | undefined;
}

/**
 * `statusString` of errors by `statusCode`: the fifteen of the Hub's library, and the guide's 409, which the library
 * does not know. Errors are told apart by number: the guide and the library spell 500 in two ways.
 */
export const HUB_ERRORS = {
  100: 'DELIVERY_MODE_INCONSISTENCY',
  101: 'NOT_ALLOWED_CONTENT_TYPE',
  102: 'UNRECOGNIZED_MESSAGE_FORMAT',
  200: 'SENDER_INCONSISTENCY',
  300: 'INVALID_MESSAGE',
  301: 'SCHEMA_NOT_FOUND',
  400: 'EXPIRED_MESSAGE_BEFORE_ROUTING',
  409: 'CONFLICT',
  500: 'DEAD_LETTER_QUEUED',
  501: 'UNROUTABLE_MESSAGE',
  600: 'MESSAGE_CONVERSION_ERROR',
  700: 'INTERNAL_CLIENT_ERROR',
  701: 'CASE_ALREADY_EXISTS',
  702: 'WRONG_MESSAGE_SEQUENCE',
  703: 'UNKNOWN_SENDER',
  704: 'INSUFFICIENT_DATA',
} as const;

/** The recipient has the appointment already: 409 in the guide, 701 in the Hub's library. */
export const ALREADY_THERE: ReadonlySet<number> = new Set([409, 701]);

export type HubErrorCode = keyof typeof HUB_ERRORS;

/** Trap L1: the guide's table says `Hubex`, every sample `hubex`. */
const SCHEME = 'hubex';

/** An answer may wait this long for its recipient. */
const ANSWER_LIFE_MS = 86_400_000;

/** The envelope of an acknowledgement or an error. */
export function answerEnvelope(envelope: Pick<Envelope, 'sender' | 'recipient' | 'kind' | 'sentAt'>): Envelope {
  const { sender, sentAt } = envelope;
  return { ...envelope, distributionId: `${sender}_${randomUUID()}`, expiresAt: sentAt + ANSWER_LIFE_MS };
}

/** The whole JSON text of a Report. `appointment`: the payload, see `appointment-message.ts`. */
export function writeReport(envelope: Envelope, appointment: object): string {
  return write(envelope, { ...header(envelope), appointment });
}

/** The acknowledgement that ends an exchange; `about`: distributionID of the message that the recipient has taken. */
export function writeAck(envelope: Envelope, about: string): string {
  return write(envelope, { ...header(envelope), reference: { distributionID: about } });
}

/** `source`: the whole refused message, as it came. */
export function writeError(
  envelope: Envelope,
  { code, cause, about, source }: { code: HubErrorCode; cause: string; about: string | undefined; source: Json },
): string {
  return write(envelope, {
    error: {
      errorCode: { statusCode: code, statusString: HUB_ERRORS[code] },
      errorCause: cause,
      sourceMessage: source,
      // Required; empty when the message could not be read.
      referencedDistributionID: about ?? '',
    },
  });
}

function write({ distributionId, sender, recipient, kind, sentAt, expiresAt }: Envelope, message: object): string {
  return JSON.stringify({
    distributionID: distributionId,
    senderID: sender,
    dateTimeSent: instant(sentAt),
    dateTimeExpires: instant(expiresAt),
    distributionStatus: 'Actual',
    distributionKind: kind,
    descriptor: {
      language: 'fr-FR',
      explicitAddress: { explicitAddressScheme: SCHEME, explicitAddressValue: recipient },
    },
    content: [{ jsonContent: { embeddedJsonContent: { message } } }],
  });
}

/** RC-DE. Trap L2: name and URI as in the samples; the guide's table swaps them for the recipient. */
function header({ distributionId, sender, recipient, kind, sentAt }: Envelope): object {
  const party = (client: string): object => ({ name: client, URI: `${SCHEME}:${client}` });
  return {
    messageId: distributionId,
    sender: party(sender),
    sentAt: instant(sentAt),
    status: 'Actual',
    kind,
    recipient: [party(recipient)],
  };
}

/** With a numeric offset, as the guide wants it, and in whole seconds, as in its samples. */
function instant(epoch: number): string {
  return new Date(epoch).toISOString().replace(/\.\d{3}Z$/, '+00:00');
}

/** The readable part of a message, however little: a message that cannot be routed still needs an answer. */
export interface Received {
  /** `undefined` when the text is not EDXL-DE; `fault` then says why. */
  envelope: Envelope | undefined;
  fault: string | undefined;
  /** `undefined` when the text is not JSON. */
  json: Json;
  /** The content of `embeddedJsonContent`, if any. */
  message: Json;
}

/** Never throws. */
/** Of what an answer says, no more is kept. */
const MAX_TEXT_CHARS = 2_000;
/** The codes of the Hub have three digits. */
const MAX_CODE = 99_999;

export function readMessage(text: string): Received {
  let json: Json;
  try {
    json = JSON.parse(text);
  } catch {
    return { envelope: undefined, fault: 'it is not JSON', json: undefined, message: undefined };
  }
  if (json === null || typeof json !== 'object' || Array.isArray(json))
    return { envelope: undefined, fault: 'it is not a JSON object', json, message: undefined };
  const message = messageIn(json);
  const recipient = json.descriptor?.explicitAddress?.explicitAddressValue;
  const kind = kindOf(json.distributionKind);
  const sentAt = Date.parse(plainText(json.dateTimeSent));
  const expiresAt = Date.parse(plainText(json.dateTimeExpires));
  const faults = [
    isText(json.distributionID) ? undefined : 'distributionID',
    isText(json.senderID) ? undefined : 'senderID',
    isText(recipient) ? undefined : 'descriptor.explicitAddress.explicitAddressValue',
    kind === undefined ? 'distributionKind' : undefined,
    Number.isNaN(sentAt) ? 'dateTimeSent' : undefined,
    Number.isNaN(expiresAt) ? 'dateTimeExpires' : undefined,
    message !== null && typeof message === 'object' ? undefined : 'content[0].jsonContent.embeddedJsonContent.message',
  ].filter((field) => field !== undefined);
  if (faults.length > 0) return { envelope: undefined, fault: `missing or wrong: ${faults.join(', ')}`, json, message };
  return {
    envelope: { distributionId: json.distributionID, sender: json.senderID, recipient, kind: kind!, sentAt, expiresAt },
    fault: undefined,
    json,
    message,
  };
}

/** Trap L9: the guide's table puts a `contentObject` in between. */
function messageIn(json: Json): Json {
  const content = Array.isArray(json.content) ? json.content[0] : json.content;
  const holder =
    content?.jsonContent ??
    content?.JsonContent ??
    content?.contentObject?.jsonContent ??
    content?.contentObject?.JsonContent;
  return holder?.embeddedJsonContent?.message;
}

/** The content of an Ack. */
export interface Acknowledgement {
  /** distributionID of the message. Trap L3: never the Ack's messageId. */
  about: string;
  /** The reason why the Ack does not deliver: it says so (`refused`), or its `step` does. */
  refusal: string | undefined;
}

/** Steps after which the recipient does not have the appointment; the others are RECU, INTEGRE, CONSULTE. */
const LOST_STEPS: ReadonlySet<string> = new Set(['ERREUR', 'SUPPRIME']);

export function readAck(message: Json): Acknowledgement | undefined {
  const reference = message?.reference;
  const about = reference?.distributionID ?? reference?.distributionId;
  if (!isText(about)) return undefined;
  const step = isText(reference.step) ? reference.step.trim().toUpperCase() : undefined;
  const isLost = step !== undefined && LOST_STEPS.has(step);
  const said = [
    reference.refused === true ? 'refused' : '',
    isLost ? `step ${step}` : '',
    isText(reference.errorDistributionID) ? `error ${reference.errorDistributionID}` : '',
  ].filter(Boolean);
  return { about, refusal: reference.refused === true || isLost ? said.join(', ') : undefined };
}

/** `undefined` when the message is not an error. Trap L7: only `referencedDistributionID` names the refused message. */
export function readError(message: Json): HubError | undefined {
  const error = message?.error;
  const code = Number(plainText(error?.errorCode?.statusCode) || Number.NaN);
  if (!Number.isInteger(code) || Math.abs(code) > MAX_CODE) return undefined;
  const { referencedDistributionID: named, referencedDistributionId: misspelt, sourceMessage } = error;
  const about: unknown = [named, misspelt, sourceMessage?.distributionID].find(isText);
  return {
    code,
    status: plainText(error.errorCode.statusString),
    cause: plainText(error.errorCause),
    about: isText(about) ? about : undefined,
  };
}

export function isText(value: Json): value is string {
  return typeof value === 'string' && value.trim() !== '' && isStorable(value);
}

/**
 * A text for the log and for operators, whatever was sent: JSON can hold objects that become no text, and texts that no
 * database holds.
 */
export function plainText(value: Json): string {
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  return String(value).replaceAll('\u0000', '').slice(0, MAX_TEXT_CHARS);
}

function kindOf(value: Json): DistributionKind | undefined {
  return DISTRIBUTION_KINDS.find((kind) => kind.toLowerCase() === plainText(value).trim().toLowerCase());
}
