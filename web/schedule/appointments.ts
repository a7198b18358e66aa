/** Free slots, and what people do with appointments. The page says what it wants; the server decides. */
import { extensionUrl } from '../../src/fhir/extension.ts';
import type { CodeableConcept, Reference } from '../../src/fhir/resource.ts';
import type { Appointment, Participant, Slot } from '../../src/fhir/resources.ts';
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

/** The participants that the agenda brings: people and things, not the roles that people play. */
async function participantsOf(agenda: string): Promise<Participant[]> {
  const { actor: actors } = await read('Schedule', agenda);
  return actors
    .filter((actor) => /^(Practitioner|Location|Device|HealthcareService)\//.test(actor.reference ?? ''))
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
  const [slot, participants] = await Promise.all([slotAt(time), participantsOf(time.agenda)]);
  return create({
    resourceType: 'Appointment',
    status: 'booked',
    ...(isOverbooking ? { extension: [{ url: extensionUrl('overbooking'), valueBoolean: true }] } : {}),
    ...(serviceType ? { serviceType: [serviceType] } : {}),
    ...(note.trim() === '' ? {} : { comment: note.trim() }),
    ...(slot ? { slot } : {}),
    start: time.start,
    end: time.end,
    participant: [{ actor: { reference: patient }, status: 'accepted' }, ...participants],
  });
}

/** Moves an appointment of the agenda `from` to another time or another agenda. */
export async function move(appointment: Appointment, from: string, to: AgendaTime): Promise<Appointment> {
  const [slot, leaving, coming] = await Promise.all([slotAt(to), participantsOf(from), participantsOf(to.agenda)]);
  const left = new Set(leaving.map((participant) => participant.actor?.reference));
  const staying = appointment.participant.filter((participant) => !left.has(participant.actor?.reference));
  const { slot: _slot, minutesDuration: _minutes, ...kept } = appointment;
  return update({
    ...kept,
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

export async function setStatus(appointment: Appointment, status: string, reason?: string): Promise<Appointment> {
  const { cancelationReason: _reason, ...kept } = appointment;
  return update({ ...kept, status, ...(reason ? { cancelationReason: { text: reason } } : {}) });
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

/** The time is taken, so that a deliberate overbooking may be offered. */
export function isTaken(error: unknown): boolean {
  return (
    error instanceof Refusal && error.status === 409 && error.problems.some((problem) => problem.code === 'conflict')
  );
}
