/**
 * Messages of the Hub Santé: an EDXL-DE envelope around one RC-DE message, which is an appointment (Report), a final
 * acknowledgement (Ack, RC-REF) or an error (Error, without an RC-DE header). Writing follows the guide's samples;
 * reading tolerates the deviations that senders need. Spec: 6.6, traps L1 to L10
 */
import { randomUUID } from 'node:crypto';
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

/** `statusString` of the guide's errors, by `statusCode`. */
export const HUB_ERRORS = {
  102: 'UNRECOGNIZED_MESSAGE_FORMAT',
  300: 'INVALID_MESSAGE',
  400: 'EXPIRED_MESSAGE_BEFORE_ROUTING',
  409: 'CONFLICT',
  500: 'DEAD_LETTERED_QUEUE',
} as const;

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
      ...(about === undefined ? {} : { referencedDistributionID: about }),
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

/** What could be read of a message, however little: a message that cannot be routed still needs an answer. */
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
  const sentAt = Date.parse(json.dateTimeSent);
  const expiresAt = Date.parse(json.dateTimeExpires);
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

/** distributionID of the message that an Ack acknowledges. Trap L3: never its messageId. */
export function acknowledged(message: Json): string | undefined {
  const about = message?.reference?.distributionID ?? message?.reference?.distributionId;
  return isText(about) ? about : undefined;
}

/** `undefined` when the message is not an error. Trap L7: only `referencedDistributionID` names the refused message. */
export function readError(message: Json): HubError | undefined {
  const error = message?.error;
  const code = Number(error?.errorCode?.statusCode);
  if (!Number.isInteger(code)) return undefined;
  const about = error.referencedDistributionID ?? error.referencedDistributionId ?? error.sourceMessage?.distributionID;
  return {
    code,
    status: String(error.errorCode.statusString ?? ''),
    cause: String(error.errorCause ?? ''),
    about: isText(about) ? about : undefined,
  };
}

export function isText(value: Json): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function kindOf(value: Json): DistributionKind | undefined {
  return DISTRIBUTION_KINDS.find((kind) => kind.toLowerCase() === String(value).trim().toLowerCase());
}
