/**
 * The deeds of somebody on the waiting list: to take an offer, to leave it, to wake the entry. Taking one is one
 * commit: where a later appointment moves to the time, the entry ends in the same commit. ADR 0041
 */
import { readHold, withHold } from '../../fhir/french/fr-extensions.ts';
import { backInLine, readWaiting, type Waiting, withWaiting } from '../../fhir/french/waiting.ts';
import { withoutMarks } from '../../fhir/french/visit-marks.ts';
import type { Context, EntryWrite } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type Appointment, asType } from '../../fhir/resources.ts';
import type { Backend } from '../../rest/backend.ts';
import { slotNamed } from '../named-slot.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import { type Visit, visitorOfMove } from '../links/visit.ts';

const BROUGHT_FORWARD = 'Rendez-vous avancé';

export type WaitingWriter = Pick<Backend, 'create' | 'patch' | 'transact'>;

/** A time that is offered to an entry. */
export interface Offer {
  slot: string;
  /** Epoch ms. */
  start: number;
  /** Absent: nobody holds it. */
  heldUntil?: number;
}

/** The offers that hold at this instant. */
export function offersOf(entry: Appointment, now: number): Offer[] {
  const waiting = readWaiting(entry);
  const hold = readHold(entry);
  const [slot] = entry.slot ?? [];
  if (waiting === undefined) return [];
  if (hold !== undefined && hold.until > now && slot?.reference !== undefined)
    return [{ slot: slot.reference.replace('Slot/', ''), start: Date.parse(entry.start!), heldUntil: hold.until }];
  if (entry.status !== 'waitlist') return [];
  return waiting.told.flatMap((id) => {
    const start = slotNamed(id)?.start ?? Number.NaN;
    return start > now ? [{ slot: id, start }] : [];
  });
}

export async function takeOffer(
  backend: WaitingWriter,
  context: Context,
  { appointment: { id, ...seen }, booked, zone }: Visit,
  slot: string,
): Promise<void> {
  if (booked === undefined) throw gone();
  const own: Context = { ...context, visitor: visitorOfMove(booked.kind) };
  const offered = (resource: Resource): Appointment => {
    const entry = asType(resource, 'Appointment')!;
    if (!offersOf(entry, context.now).some((offer) => offer.slot === slot)) throw gone();
    return asType(withHold(entry, undefined), 'Appointment')!;
  };
  const offer = offersOf({ id: id!, ...seen }, context.now).find((candidate) => candidate.slot === slot);
  if (offer === undefined) throw gone();
  const { start, heldUntil } = offer;
  const time = {
    slot: [{ reference: `Slot/${slot}` }],
    start: formatInstant(start, zone),
    end: formatInstant(start + booked.kind.durationMs, zone),
  };
  const { instead } = readWaiting({ id: id!, ...seen })!;
  if (instead === undefined) {
    const take = (resource: Resource): Resource => ({ ...offered(resource), ...time, status: 'booked' });
    await backend.patch(own, 'Appointment', id!, take, {});
    return;
  }
  const end = (resource: Resource): Resource => ({
    ...offered(resource),
    status: 'cancelled',
    cancelationReason: { text: BROUGHT_FORWARD },
  });
  const bringForward = (resource: Resource): Resource => {
    const later = asType(resource, 'Appointment')!;
    if (later.status !== 'booked') throw gone();
    const { minutesDuration: _, ...rest } = withoutMarks(later);
    return { ...rest, ...time };
  };
  const patch = { fullUrl: undefined, method: 'PATCH', type: 'Appointment' } as const;
  const writes: EntryWrite[] = [
    { ...patch, index: 0, id: id!, apply: end },
    { ...patch, index: 1, id: instead, apply: bringForward },
  ];
  // A time that is held was judged when it was offered, and is taken while it is held: the desk gives it on.
  await backend.transact(heldUntil === undefined ? own : { ...own, visitor: { as: 'desk' } }, writes);
}

/** The entry ended with a later appointment that has moved to the time. */
export function isTaken({ status, cancelationReason }: Appointment): boolean {
  return status === 'cancelled' && cancelationReason?.text === BROUGHT_FORWARD;
}

/** The next one has it. Leaving an offer is an answer: the entry does not fall asleep. */
export async function leaveOffer(backend: WaitingWriter, context: Context, id: string, slot: string): Promise<void> {
  const apply = (entry: Appointment, waiting: Waiting): Appointment => {
    if (!offersOf(entry, context.now).some((offer) => offer.slot === slot)) return entry;
    const told = waiting.told.filter((known) => known !== slot);
    const left = { ...waiting, told, offered: [...new Set([...waiting.offered, slot])] };
    return entry.status === 'pending' ? backInLine(entry, false) : withWaiting(entry, left);
  };
  await change(backend, context, id, apply);
}

export async function wake(backend: WaitingWriter, context: Context, id: string): Promise<void> {
  await change(backend, context, id, (entry, waiting) =>
    waiting.isAsleep ? withWaiting(entry, { ...waiting, isAsleep: false, silences: 0 }) : entry,
  );
}

async function change(
  backend: WaitingWriter,
  context: Context,
  id: string,
  apply: (entry: Appointment, waiting: Waiting) => Appointment,
): Promise<void> {
  const onEntry = (resource: Resource): Resource => {
    const entry = asType(resource, 'Appointment')!;
    const waiting = readWaiting(entry);
    return waiting === undefined ? entry : apply(entry, waiting);
  };
  await backend.patch(context, 'Appointment', id, onEntry, {});
}

function gone(): FhirError {
  return new FhirError('conflict', 'The offer is over', {
    text: "Cette proposition n'est plus valable : quelqu'un d'autre a pris l'horaire, ou le délai est passé.",
  });
}
