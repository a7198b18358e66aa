/** Whether a change of a request, or of an entry of the waiting list, is news for its patient, and which. */
import { readHold } from '../../fhir/french/fr-extensions.ts';
import { readAnswerBy } from '../../fhir/french/visit-marks.ts';
import { readWaiting } from '../../fhir/french/waiting.ts';
import type { Appointment } from '../../fhir/resources.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';

export type RequestNews = 'request' | 'answer' | 'offer' | 'asleep';

/** Accepted, a request is an invitation like any other. */
export function requestNews(before: Appointment | undefined, after: Appointment | undefined): RequestNews | undefined {
  if (after === undefined) return undefined;
  if (isAsked(after)) return isAsked(before) ? undefined : 'request';
  if (isAsked(before) && after.status === 'cancelled') return 'answer';
  return waitingNews(before, after);
}

/** A request that a patient made by a page, and that nobody has answered. */
export function isAsked(appointment: Appointment | undefined): boolean {
  if (appointment === undefined || readAnswerBy(appointment) === undefined) return false;
  return appointment.status === 'proposed' || appointment.status === 'pending';
}

function waitingNews(before: Appointment | undefined, after: Appointment): RequestNews | undefined {
  const [was, is] = [before && readWaiting(before), readWaiting(after)];
  if (was === undefined || is === undefined) return undefined;
  if (is.isAsleep && !was.isAsleep) return 'asleep';
  const isHeld = readHold(after) !== undefined && readHold(before!) === undefined;
  return isHeld || (after.status === 'waitlist' && is.told.length > was.told.length) ? 'offer' : undefined;
}

/** Is there an offer, or does the entry sleep, when the mail leaves? */
export function isStill(news: 'offer' | 'asleep', entry: Appointment, now: number): boolean {
  const waiting = readWaiting(entry);
  if (waiting === undefined || news === 'asleep') return waiting?.isAsleep === true;
  const hold = readHold(entry);
  if (hold !== undefined) return hold.until > now;
  return entry.status === 'waitlist' && waiting.told.some((slot) => (parseSlotId(slot)?.start ?? 0) > now);
}
