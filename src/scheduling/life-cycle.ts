/**
 * The life cycle of an appointment: which status may follow which, and which statuses take time. FHIR lists the
 * statuses, the transitions are this project's. https://hl7.org/fhir/R4/valueset-appointmentstatus.html, ADR 0012
 */
import { type Issue, issue } from '../fhir/issue.ts';

const CORRECTIONS = ['booked', 'arrived', 'checked-in', 'fulfilled', 'noshow'];

const NEXT = new Map<string, readonly string[]>(
  Object.entries({
    proposed: ['pending', 'booked', 'waitlist', 'cancelled'],
    waitlist: ['pending', 'booked', 'cancelled'],
    pending: ['booked', 'waitlist', 'cancelled'],
    booked: [...CORRECTIONS, 'cancelled'],
    arrived: [...CORRECTIONS, 'cancelled'],
    'checked-in': [...CORRECTIONS, 'cancelled'],
    fulfilled: CORRECTIONS,
    noshow: CORRECTIONS,
    cancelled: ['booked', 'pending'],
    'entered-in-error': [],
  }),
);

/** Statuses that keep their time: a cancelled or missed appointment frees it, a fulfilled one keeps it. */
const TAKES_TIME = new Set(['booked', 'arrived', 'checked-in', 'fulfilled']);
const ASKS = new Set(['proposed', 'pending']);

/** `tentative`: does a mere request take the time (a setting of the agenda)? */
export function takesTime(status: string, tentative: boolean): boolean {
  return TAKES_TIME.has(status) || (tentative && ASKS.has(status));
}

export function isTentative(status: string): boolean {
  return ASKS.has(status);
}

/** Does somebody wait for an answer? */
export function isRequest(status: string): boolean {
  return ASKS.has(status) || status === 'waitlist';
}

/** The statuses that may follow this one, without itself. */
export function nextStatuses(status: string): string[] {
  return (NEXT.get(status) ?? []).filter((next) => next !== status);
}

/** The reason why the status cannot change so; `undefined` when it can. */
export function checkTransition(before: string, after: string): Issue | undefined {
  if (before === after || after === 'entered-in-error') {
    return before === 'entered-in-error' && after !== before ? refusal(before, after) : undefined;
  }
  return NEXT.get(before)?.includes(after) ? undefined : refusal(before, after);
}

function refusal(before: string, after: string): Issue {
  const allowed = [
    ...new Set([...(NEXT.get(before) ?? []), ...(before === 'entered-in-error' ? [] : ['entered-in-error'])]),
  ].filter((next) => next !== before);
  const list = allowed.length > 0 ? allowed.join(', ') : '—';
  return issue(
    'error',
    'business-rule',
    `An appointment that is ${before} cannot become ${after}; it can become ${list}`,
    {
      expression: 'Appointment.status',
      text: `Un rendez-vous « ${before} » ne peut pas devenir « ${after} ». Possible : ${list}.`,
    },
  );
}
