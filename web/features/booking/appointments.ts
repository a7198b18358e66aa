/** Writes of appointments: the page says what is wanted, the server decides. */
import type { CodeableConcept, Json, Reference, Resource } from '../../../src/fhir/resource.ts';
import { create, read, Refusal, search, searchAll, update } from '../../fhir/client.ts';

const OVERBOOKING = 'urn:creneau:fhir:overbooking';

export interface Wanted {
  /** Id of the Schedule. */
  agenda: string;
  /** Instants. */
  start: string;
  end: string;
}

export interface FreeSlot extends Wanted {
  id: string;
  serviceTypes: CodeableConcept[];
}

export function slotOf(resource: Resource): FreeSlot {
  return {
    id: resource.id!,
    agenda: String(resource['schedule']?.reference).split('/').at(-1)!,
    start: resource['start'],
    end: resource['end'],
    serviceTypes: resource['serviceType'] ?? [],
  };
}

/** Free slots of one agenda in a window, in order. */
export async function freeSlots(agenda: string, start: string, end: string, signal?: AbortSignal): Promise<FreeSlot[]> {
  const { matches } = await searchAll(
    'Slot',
    { schedule: agenda, status: 'free', start: [`ge${start}`, `lt${end}`], _count: '1000' },
    signal,
  );
  return matches.map(slotOf).sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
}

/**
 * The slot of exactly these times, free or not: it says of which agenda the appointment is, whoever else owns the same
 * people.
 */
async function slotAt({ agenda, start, end }: Wanted): Promise<Reference[] | undefined> {
  const { matches } = await search('Slot', { schedule: agenda, start });
  const found = matches.find((match) => Date.parse(match['end']) === Date.parse(end));
  return found && [{ reference: `Slot/${found.id}` }];
}

/** The participants that stand in the agenda: those who are there in person or as a thing, not the roles they play. */
async function actorsOf(agenda: string): Promise<Json[]> {
  const schedule = await read(`Schedule/${agenda}`);
  return ((schedule['actor'] ?? []) as Reference[])
    .filter((actor) => /^(Practitioner|Location|Device|HealthcareService)\//.test(actor.reference ?? ''))
    .map((actor) => ({ actor, status: 'accepted' }));
}

export interface Booking extends Wanted {
  /** `Patient/x` */
  patient: string;
  serviceType: CodeableConcept | undefined;
  note: string;
  overbook: boolean;
}

export async function book({ patient, serviceType, note, overbook, ...wanted }: Booking): Promise<Resource> {
  const [slot, actors] = await Promise.all([slotAt(wanted), actorsOf(wanted.agenda)]);
  return create({
    resourceType: 'Appointment',
    status: 'booked',
    ...(overbook ? { extension: [{ url: OVERBOOKING, valueBoolean: true }] } : {}),
    ...(serviceType ? { serviceType: [serviceType] } : {}),
    ...(note.trim() === '' ? {} : { comment: note.trim() }),
    ...(slot ? { slot } : {}),
    start: wanted.start,
    end: wanted.end,
    participant: [{ actor: { reference: patient }, status: 'accepted' }, ...actors],
  });
}

/** To other times, or to another agenda. */
export async function move(appointment: Resource, from: string, wanted: Wanted): Promise<Resource> {
  const [slot, old, actors] = await Promise.all([slotAt(wanted), actorsOf(from), actorsOf(wanted.agenda)]);
  const leaving = new Set(old.map((one) => one.actor.reference));
  const others = ((appointment['participant'] ?? []) as Json[]).filter(
    (participant) => !leaving.has(participant.actor?.reference),
  );
  const { slot: _slot, minutesDuration: _minutes, ...rest } = appointment;
  return update({
    ...rest,
    ...(slot ? { slot } : {}),
    start: wanted.start,
    end: wanted.end,
    participant: [...others, ...actors],
  });
}

export async function setStatus(appointment: Resource, status: string, reason?: string): Promise<Resource> {
  const { cancelationReason: _reason, ...rest } = appointment;
  return update({ ...rest, status, ...(reason ? { cancelationReason: { text: reason } } : {}) });
}

/** As it was, on top of what it has become. */
export function restore(before: Resource, now: Resource): Promise<Resource> {
  return update({ ...before, meta: now.meta! });
}

/** The nearest free times that a refusal names. */
export function nearestOf(error: unknown, agenda: string): FreeSlot[] {
  if (!(error instanceof Refusal) || error.status !== 409) return [];
  return error.problems.flatMap(({ diagnostics }) => {
    const found = /^Free: Slot\/(\S+) from (\S+) to (\S+)$/.exec(diagnostics);
    return found === null ? [] : [{ id: found[1]!, agenda, start: found[2]!, end: found[3]!, serviceTypes: [] }];
  });
}

/** Is the time taken? Then a deliberate overbooking may be offered. */
export function isTaken(error: unknown): boolean {
  return (
    error instanceof Refusal && error.status === 409 && error.problems.some((problem) => problem.code === 'conflict')
  );
}
