/**
 * Messages that come back from the Hub. Final acknowledgements (queue `ack`) and errors (queue `info`) change the state
 * of the message that they name, and decide whether it goes out again. A message that cannot be understood is set aside
 * and never refused, because a refused one would come back for ever. Spec: 6.6
 */
import type { HubMessage, HubMessages } from '../../store/records/hub-messages.ts';
import type { Log } from '../../runtime/log.ts';
import type { Delivered } from './amqp.ts';
import { acknowledged, ERRORS, readError, readMessage } from './envelope.ts';

export interface ReturningTools {
  ledger: HubMessages;
  log: Log;
  now: () => number;
  /** When the message that was sent this often before goes out again, milliseconds from now; `undefined`: no more. */
  againMs: (repeats: number) => number | undefined;
}

const MINUTE = 60_000;
const AGAIN = [0, MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE];

/**
 * An expired message goes out again at once, then ever later (a clock that is wrong would make it expire for ever),
 * then waits for somebody.
 */
export function growingAgain(repeats: number): number | undefined {
  return AGAIN[repeats];
}

/** How long after the end of its life a message without a word counts as expired, when the Hub says nothing. */
const SILENCE_MS = 5 * MINUTE;

export async function receive(tools: ReturningTools, queue: string, { text, body }: Delivered): Promise<void> {
  const aside = async (reason: string): Promise<void> => {
    tools.log.warn({ queue, reason }, 'a message from the Hub is kept aside');
    await tools.ledger.putAside(queue, reason, body, tools.now());
  };
  const { json, message, fault } = readMessage(text);
  if (json === undefined) return aside(fault!);
  // Errors of the Hub may have half an envelope: what counts is what they are about.
  const error = readError(message);
  const about = error === undefined ? acknowledged(message) : error.about;
  if (about === undefined) return aside(fault ?? 'it is about no message');
  if (error === undefined)
    return (await tools.ledger.acknowledged(about, tools.now()))
      ? undefined
      : aside(`an acknowledgement of a message that nobody sent: ${about.slice(0, 200)}`);
  const sent = await tools.ledger.read(about);
  if (sent === undefined) return aside(`an error about a message that nobody sent: ${about.slice(0, 200)}`);
  return refuse(tools, sent, error.code, `${error.status} ${error.cause}`.trim());
}

/**
 * 400 and 500 go out again under a new distributionID, 409 as an update; 102, 300 and anything else wait for somebody.
 */
async function refuse(
  { ledger, now, againMs }: ReturningTools,
  sent: HubMessage,
  code: number,
  error: string,
): Promise<void> {
  const isExpired = code === 400 || code === 500;
  // A conflict about an update cannot be mended by another update.
  const isMendable = code === 409 && sent.method === 'CreateAppointment';
  const delay = isMendable ? 0 : isExpired ? againMs(sent.repeats) : undefined;
  await ledger.ended(sent.id, isExpired ? 'expired' : 'failed', now(), {
    code,
    error: error === '' ? (ERRORS[code as never] ?? String(code)) : error,
    againAt: delay === undefined ? undefined : now() + delay,
  });
  if (delay === 0) await ledger.sendDue(now());
}

/** Looks for what the Hub has forgotten to tell, and sends again what is due. */
export async function sweep({ ledger, now, againMs }: ReturningTools): Promise<void> {
  for (const sent of await ledger.silent(now() - SILENCE_MS)) {
    const delay = againMs(sent.repeats);
    await ledger.ended(sent.id, 'expired', now(), {
      error: 'no acknowledgement in its time',
      againAt: delay === undefined ? undefined : now() + delay,
    });
  }
  await ledger.sendDue(now());
}
