/**
 * The messages of the Hub Santé: an EDXL-DE envelope around one RC-DE message, which is an appointment (Report), a
 * final acknowledgement (Ack, RC-REF) or an error (Error, without RC-DE header). They are written as in the guide's
 * samples and read with the tolerance that senders need. Spec: 6.6, traps L1 to L10
 */
import type { Json } from '../../fhir/resource.ts';

/** The kinds of EDXL-DE that the guide uses. */
export type Kind = 'Report' | 'Ack' | 'Error';

export interface Envelope {
  /** `<senderID>_<unique id>` */
  distributionId: string;
  /** Client id of the sender. */
  sender: string;
  /** Client id of the recipient. */
  recipient: string;
  kind: Kind;
  /** Epoch milliseconds. */
  sentAt: number;
  expiresAt: number;
}

/** What an error says, and of which message. */
export interface HubError {
  code: number;
  status: string;
  cause: string;
  /** distributionID of the message that it is about; absent when that could not be read. */
  about: string | undefined;
}

/** `statusCode` and `statusString` of the guide's errors, and who sends them. */
export const ERRORS = {
  102: 'UNRECOGNIZED_MESSAGE_FORMAT',
  300: 'INVALID_MESSAGE',
  400: 'EXPIRED_MESSAGE_BEFORE_ROUTING',
  409: 'CONFLICT',
  500: 'DEAD_LETTERED_QUEUE',
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** The guide's table says `Hubex`, every sample `hubex` (trap L1). */
const SCHEME = 'hubex';

/** The whole JSON text of a Report. `appointment`: the payload, see `appointment-message.ts`. */
export function writeReport(envelope: Envelope, appointment: object): string {
  return write(envelope, { ...header(envelope), appointment });
}

/** The acknowledgement that ends an exchange; `about`: distributionID of the message that was taken. */
export function writeAck(envelope: Envelope, about: string): string {
  return write(envelope, { ...header(envelope), reference: { distributionID: about } });
}

/** `source`: the whole message that is refused, as it came. */
export function writeError(
  envelope: Envelope,
  { code, cause, about, source }: { code: ErrorCode; cause: string; about: string | undefined; source: Json },
): string {
  return write(envelope, {
    error: {
      errorCode: { statusCode: code, statusString: ERRORS[code] },
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

/** The RC-DE header. Name and URI follow the samples; the table swaps those of the recipient (trap L2). */
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

/** With an offset, as the guide wants it; whole seconds as in its samples. */
function instant(epoch: number): string {
  return new Date(epoch).toISOString().replace(/\.\d{3}Z$/, '+00:00');
}

/** What can be told of a message, however little: a message that cannot be routed still needs an answer. */
export interface Received {
  /** `undefined`: no EDXL-DE; then `fault` says why. */
  envelope: Envelope | undefined;
  fault: string | undefined;
  /** The JSON, when it is any. */
  json: Json;
  /** What `embeddedJsonContent` holds, when it is there. */
  message: Json;
}

/** Never throws. */
export function readMessage(text: string): Received {
  let json: Json;
  try {
    json = JSON.parse(text);
  } catch {
    return { envelope: undefined, fault: 'it is no JSON', json: undefined, message: undefined };
  }
  if (json === null || typeof json !== 'object' || Array.isArray(json))
    return { envelope: undefined, fault: 'it is no JSON object', json, message: undefined };
  const content = Array.isArray(json.content) ? json.content[0] : json.content;
  // The table puts a `contentObject` in between (trap L9).
  const holder =
    content?.jsonContent ??
    content?.JsonContent ??
    content?.contentObject?.jsonContent ??
    content?.contentObject?.JsonContent;
  const message = holder?.embeddedJsonContent?.message;
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
  ].filter((one) => one !== undefined);
  if (faults.length > 0) return { envelope: undefined, fault: `missing or wrong: ${faults.join(', ')}`, json, message };
  return {
    envelope: { distributionId: json.distributionID, sender: json.senderID, recipient, kind: kind!, sentAt, expiresAt },
    fault: undefined,
    json,
    message,
  };
}

/** distributionID of the message that an Ack acknowledges; its messageId is not that (trap L3). */
export function acknowledged(message: Json): string | undefined {
  const about = message?.reference?.distributionID ?? message?.reference?.distributionId;
  return isText(about) ? about : undefined;
}

/** `undefined` for other messages. Only `referencedDistributionID` names the message that failed (trap L7). */
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

const KINDS: readonly Kind[] = ['Report', 'Ack', 'Error'];

function kindOf(value: Json): Kind | undefined {
  return KINDS.find((kind) => kind.toLowerCase() === String(value).trim().toLowerCase());
}
