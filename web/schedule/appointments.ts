/** Free slots, and what people do with appointments. The page says what it wants; the server decides. */
import { extensionUrl, isExtension } from '../../src/fhir/extension.ts';
import type { CodeableConcept, Extension, Reference } from '../../src/fhir/resource.ts';
import { type Appointment, list, type Participant, type Slot } from '../../src/fhir/resources.ts';
import { create, read, Refusal, search, searchAll, update } from '../fhir/client.ts';
import type { Span } from '../ui/dates.ts';

/** A time in an agenda. */
export interface AgendaTime extends Span {
  /** Id of the Schedule. */
  agenda: string;
}

export interface FreeSlot extends AgendaTime {
  id: string;
}

/** The time of an appointment or a slot; an appointment in an agenda has one. */
export function spanOf({ start, end }: Appointment | Slot): Span {
  return { start: start!, end: end! };
}

export function slotOf({ id, schedule, start, end }: Slot): FreeSlot {
  return { id: id!, agenda: String(schedule.reference).split('/').at(-1)!, start, end };
}

/** The free slots of one agenda in a period, in order. */
export async function freeSlots(agenda: string, { start, end }: Span, signal?: AbortSignal): Promise<FreeSlot[]> {
  const { matches } = await searchAll(
    'Slot',
    { schedule: agenda, status: 'free', start: [`ge${start}`, `lt${end}`], _count: '1000' },
    signal,
  );
  return matches.map(slotOf).sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
}

/**
 * The slot at exactly this time, free or not. It tells the server which agenda the appointment belongs to, since the
 * same people may stand in several.
 */
async function slotAt({ agenda, start, end }: AgendaTime): Promise<Reference[] | undefined> {
  const { matches } = await search('Slot', { schedule: agenda, start });
  const slot = matches.find((match) => Date.parse(match.end) === Date.parse(end));
  return slot && [{ reference: `Slot/${slot.id}` }];
}

/**
 * The participants that the agenda brings: people and things, and `withRoles` the roles that people play, which say
 * where a time is that no slot names.
 */
export async function participantsOf(agenda: string, withRoles = false): Promise<Participant[]> {
  const { actor: actors } = await read('Schedule', agenda);
  return actors
    .filter(({ reference = '' }) => withRoles || !reference.startsWith('PractitionerRole/'))
    .map((actor) => ({ actor, status: 'accepted' }));
}

export interface Booking extends AgendaTime {
  /** `Patient/x` */
  patient: string;
  serviceType: CodeableConcept | undefined;
  note: string;
  isOverbooking: boolean;
}

export async function book({ patient, serviceType, note, isOverbooking, ...time }: Booking): Promise<Appointment> {
  const slot = await slotAt(time);
  const participants = await participantsOf(time.agenda, slot === undefined);
  return create({
    resourceType: 'Appointment',
    status: 'booked',
    ...(isOverbooking ? { extension: [OVERBOOKING] } : {}),
    ...(serviceType ? { serviceType: [serviceType] } : {}),
    ...(note.trim() === '' ? {} : { comment: note.trim() }),
    ...(slot ? { slot } : {}),
    start: time.start,
    end: time.end,
    participant: [{ actor: { reference: patient }, status: 'accepted' }, ...participants],
  });
}

const OVERBOOKING: Extension = { url: extensionUrl('overbooking'), valueBoolean: true };

function isOther(extension: Extension): boolean {
  return !isExtension(extension, 'overbooking');
}

/** Moves an appointment of the agenda `from` to another time or another agenda. */
export async function move(
  appointment: Appointment,
  from: string,
  to: AgendaTime,
  isOverbooking = false,
): Promise<Appointment> {
  const slot = await slotAt(to);
  const [leaving, coming] = await Promise.all([
    participantsOf(from, true),
    participantsOf(to.agenda, slot === undefined),
  ]);
  const left = new Set(leaving.map((participant) => participant.actor?.reference));
  const staying = appointment.participant.filter((participant) => !left.has(participant.actor?.reference));
  const { slot: _slot, minutesDuration: _minutes, ...kept } = appointment;
  return update({
    ...kept,
    ...(isOverbooking ? { extension: [...list(kept.extension).filter(isOther), OVERBOOKING] } : {}),
    ...(slot ? { slot } : {}),
    start: to.start,
    end: to.end,
    participant: [...staying, ...coming],
  });
}

/** Answers a request with a time on this agenda: of those who were asked, the patient and this agenda come. */
export async function bookRequest(request: Appointment, time: AgendaTime): Promise<Appointment> {
  const [slot, participants] = await Promise.all([slotAt(time), participantsOf(time.agenda)]);
  const asking = request.participant.filter(({ actor }) => /^(Patient|RelatedPerson)\//.test(actor?.reference ?? ''));
  return update({
    ...request,
    status: 'booked',
    ...(slot ? { slot } : {}),
    start: time.start,
    end: time.end,
    participant: [...asking, ...participants],
  });
}

/** `reason`: a text, or a coded one. */
export async function setStatus(
  appointment: Appointment,
  status: string,
  reason?: string | CodeableConcept,
): Promise<Appointment> {
  const { cancelationReason: _reason, ...kept } = appointment;
  return update({
    ...kept,
    status,
    ...(reason ? { cancelationReason: typeof reason === 'string' ? { text: reason } : reason } : {}),
  });
}

/** Puts `before` back over what it has become. */
export function restore(before: Appointment, now: Appointment): Promise<Appointment> {
  return update({ ...before, meta: now.meta! });
}

/** The nearest free times that a refusal names. */
export function nearestOf(error: unknown, agenda: string): FreeSlot[] {
  if (!(error instanceof Refusal) || error.status !== 409) return [];
  return error.problems.flatMap(({ diagnostics }) => {
    const [, id, start, end] = /^Free: Slot\/(\S+) from (\S+) to (\S+)$/.exec(diagnostics) ?? [];
    return id === undefined ? [] : [{ id, agenda, start: start!, end: end! }];
  });
}

/** The agenda is closed then, or has no such length: people may book all the same, knowingly. */
export function isOutside(error: unknown): boolean {
  return (
    error instanceof Refusal &&
    error.status === 422 &&
    error.problems.some(
      ({ code, diagnostics }) => code === 'business-rule' && /is not open at|appointments last/.test(diagnostics),
    )
  );
}

/** The time is taken, so that a deliberate overbooking may be offered. */
export function isTaken(error: unknown): boolean {
  return (
    error instanceof Refusal && error.status === 409 && error.problems.some((problem) => problem.code === 'conflict')
  );
}
