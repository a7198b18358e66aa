/**
 * Answers from the Hub: final acknowledgements (queue `ack`) and errors (queue `info`) change the state of the message
 * that they are about, and decide whether it goes out again. An answer that cannot be understood is set aside: refused,
 * it would come back for ever. Spec: 6.6
 */
import type { HubMessage, HubMessages } from '../../store/records/hub-messages.ts';
import type { Log } from '../../runtime/log.ts';
import type { Delivered } from './amqp.ts';
import {
  type Acknowledgement,
  ALREADY_THERE,
  HUB_ERRORS,
  readAck,
  plainText,
  readError,
  readMessage,
} from './envelope.ts';

export interface ReturningTools {
  ledger: Pick<HubMessages, 'acknowledged' | 'ended' | 'putAside' | 'read' | 'sendDue' | 'silent'>;
  log: Log;
  now: () => number;
  /** Milliseconds until a message that was repeated this often goes out again; `undefined`: never again. */
  repeatMs: (repeats: number) => number | undefined;
}

const MINUTE = 60_000;
const REPEATS_MS = [0, MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE];

/**
 * An expired message goes out again at once, then after growing delays (with a wrong clock it would expire for ever),
 * and then waits for an operator.
 */
export function growingRepeatMs(repeats: number): number | undefined {
  return REPEATS_MS[repeats];
}

/** A message without an answer counts as expired this long after the end of its life. */
const SILENCE_MS = 5 * MINUTE;

export async function receive(tools: ReturningTools, queue: string, { text, body }: Delivered): Promise<void> {
  const setAside = async (reason: string): Promise<void> => {
    tools.log.warn({ queue, reason }, 'a message from the Hub is set aside');
    await tools.ledger.putAside(queue, reason, body, tools.now());
  };
  const { json, message, fault, envelope } = readMessage(text);
  if (json === undefined) return setAside(fault!);
  // The Hub's errors may have half an envelope: only the message that they are about matters.
  const error = readError(message);
  const ack = error === undefined ? readAck(message) : undefined;
  const about = error === undefined ? ack?.about : error.about;
  if (about === undefined) return setAside(fault ?? 'it names no message');
  const sent = await tools.ledger.read(about);
  const what = error === undefined ? 'an acknowledgement of' : 'an error about';
  if (sent === undefined) return setAside(`${what} a message that nobody sent: ${about.slice(0, 200)}`);
  if (error !== undefined) return refuse(tools, sent, error.code, `${error.status} ${error.cause}`.trim());
  const sender = envelope?.sender ?? json.senderID;
  if (sender !== sent.recipient)
    return setAside(
      `an acknowledgement by ${plainText(sender).slice(0, 100)}, who is not its recipient (${sent.recipient})`,
    );
  return acknowledge(tools, ack!);
}

/** An Ack that says "refused" or "deleted" does not deliver: the message waits for an operator, like an error. */
async function acknowledge({ ledger, now }: ReturningTools, { about, refusal }: Acknowledgement): Promise<void> {
  if (refusal === undefined) await ledger.acknowledged(about, now());
  else await ledger.ended(about, 'failed', now(), { error: `acknowledged as ${refusal}` });
}

/** 400 and 500 go out again under a new distributionID, 409 and 701 as an update; other errors wait for an operator. */
async function refuse(
  { ledger, now, repeatMs }: ReturningTools,
  sent: HubMessage,
  code: number,
  error: string,
): Promise<void> {
  const isExpired = code === 400 || code === 500;
  // Another update cannot resolve the conflict of an update.
  const isMendable = ALREADY_THERE.has(code) && sent.method === 'CreateAppointment';
  const delay = isMendable ? 0 : isExpired ? repeatMs(sent.repeats) : undefined;
  await ledger.ended(sent.id, isExpired ? 'expired' : 'failed', now(), {
    code,
    error: error === '' ? (HUB_ERRORS[code as never] ?? String(code)) : error,
    againAt: delay === undefined ? undefined : now() + delay,
  });
  if (delay === 0) await ledger.sendDue(now());
}

/** Ends messages that the Hub has never answered, and sends again those that are due. */
export async function sweep({ ledger, now, repeatMs }: ReturningTools): Promise<void> {
  for (const sent of await ledger.silent(now() - SILENCE_MS)) {
    const delay = repeatMs(sent.repeats);
    await ledger.ended(sent.id, 'expired', now(), {
      error: 'no acknowledgement in its time',
      againAt: delay === undefined ? undefined : now() + delay,
    });
  }
  await ledger.sendDue(now());
}
