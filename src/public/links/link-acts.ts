/**
 * The deeds of a patient by a link: to cancel, not to come, to take a request back, to move, to come. Each is one
 * commit, decided on the appointment as it is then: a page that was read before a change acts on nothing. ADR 0037
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { type Appointment, asType } from '../../fhir/resources.ts';
import { readComing, withComing, withLate, withoutMarks } from '../../fhir/french/visit-marks.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Backend } from '../../rest/backend.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import type { KindTime } from '../../agenda/kinds/kind-times.ts';
import { type Visit, visitorOfMove } from './visit.ts';

const REASONS_SYSTEM = 'http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason';

/** The closed list of reasons. */
export const REASONS: ReadonlyMap<string, string> = new Map([
  ['pat', 'Je préfère ne pas le dire'],
  ['pat-fb', 'Je vais mieux'],
  ['pat-lt', 'Je n’ai pas de moyen de transport'],
  ['pat-mv', 'Je ne suis plus dans la région'],
]);

export type Writer = Pick<Backend, 'create' | 'patch' | 'transact'>;

/** Statuses that a patient may still leave. */
const LEAVABLE: ReadonlySet<string> = new Set(['booked', 'proposed', 'pending', 'waitlist']);

export function isLeavable({ appointment: { status }, start }: Visit, now: number): boolean {
  return LEAVABLE.has(status) && !(start <= now);
}

/** May the patient choose another time? A request, and a kind that needs an answer, are for the practice. */
export function isMovable(visit: Visit, now: number): boolean {
  const { appointment, booked } = visit;
  return appointment.status === 'booked' && isLeavable(visit, now) && booked?.kind.needsApproval === false;
}

/** Twice is once. */
export async function leave(backend: Writer, context: Context, visit: Visit, reason: string): Promise<void> {
  const code = REASONS.has(reason) ? reason : 'pat';
  await change(backend, context, visit, (current) => {
    if (current.status === 'cancelled') return current;
    // The practice may accept a request at this moment.
    if (current.status !== visit.appointment.status) throw changed();
    const cancelled = {
      ...current,
      status: 'cancelled',
      cancelationReason: { coding: [{ system: REASONS_SYSTEM, code }], text: 'Par le patient' },
    };
    return current.status === 'booked' && context.now > visit.freeUntil ? withLate(cancelled) : cancelled;
  });
}

/** One commit takes the new time and frees the old one; a time that is taken leaves the old one as it is. */
export async function move(backend: Writer, context: Context, visit: Visit, time: KindTime): Promise<void> {
  const { booked, zone } = visit;
  if (booked === undefined) throw changed();
  await change(backend, { ...context, visitor: visitorOfMove(booked.kind) }, visit, (current) => {
    if (current.status !== 'booked') throw changed();
    const { minutesDuration: _, ...rest } = withoutMarks(current);
    return {
      ...rest,
      start: formatInstant(time.start, zone),
      end: formatInstant(time.end, zone),
      slot: [{ reference: `Slot/${time.id}` }],
    };
  });
}

/** The patient says to come: the practice sees it in the agenda. */
export async function come(backend: Writer, context: Context, visit: Visit, person: string): Promise<void> {
  await change(backend, context, visit, (current) => {
    if (current.status !== 'booked') throw changed();
    if (readComing(current) !== undefined) return current;
    const participant = current.participant.map((known) =>
      localTarget(known.actor) === person ? { ...known, status: 'accepted' } : known,
    );
    return withComing({ ...current, participant }, context.now);
  });
}

/** Acts on the appointment that the patient has seen: not on one that somebody has moved since. */
async function change(
  backend: Writer,
  context: Context,
  { appointment: { id }, start }: Visit,
  apply: (current: Appointment) => Appointment,
): Promise<void> {
  const onSeen = (resource: Resource): Resource => {
    const current = asType(resource, 'Appointment')!;
    const now = Date.parse(current.start ?? '');
    if (now !== start && !(Number.isNaN(now) && Number.isNaN(start))) throw changed();
    return apply(current);
  };
  await backend.patch(context, 'Appointment', id!, onSeen, {});
}

function changed(): FhirError {
  return new FhirError('conflict', 'The appointment has changed since the page was read', {
    text: 'Ce rendez-vous a changé entre-temps. Le voici maintenant.',
  });
}
