/**
 * Answers from the Hub: final acknowledgements (queue `ack`) and errors (queue `info`) change the state of the message
 * that they are about, and decide whether it goes out again. An answer that cannot be understood is set aside: refused,
 * it would come back for ever. Spec: 6.6
 */
import type { HubMessage, HubMessages } from '../../store/records/hub-messages.ts';
import type { Log } from '../../runtime/log.ts';
import type { Delivered } from './amqp.ts';
import { acknowledged, HUB_ERRORS, readError, readMessage } from './envelope.ts';

export interface ReturningTools {
  ledger: HubMessages;
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
  const { json, message, fault } = readMessage(text);
  if (json === undefined) return setAside(fault!);
  // The Hub's errors may have half an envelope: only the message that they are about matters.
  const error = readError(message);
  const about = error === undefined ? acknowledged(message) : error.about;
  if (about === undefined) return setAside(fault ?? 'it names no message');
  if (error === undefined)
    return (await tools.ledger.acknowledged(about, tools.now()))
      ? undefined
      : setAside(`an acknowledgement of a message that nobody sent: ${about.slice(0, 200)}`);
  const sent = await tools.ledger.read(about);
  if (sent === undefined) return setAside(`an error about a message that nobody sent: ${about.slice(0, 200)}`);
  return refuse(tools, sent, error.code, `${error.status} ${error.cause}`.trim());
}

/** 400 and 500 go out again under a new distributionID, 409 as an update; other errors wait for an operator. */
async function refuse(
  { ledger, now, repeatMs }: ReturningTools,
  sent: HubMessage,
  code: number,
  error: string,
): Promise<void> {
  const isExpired = code === 400 || code === 500;
  // Another update cannot resolve the conflict of an update.
  const isMendable = code === 409 && sent.method === 'CreateAppointment';
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
