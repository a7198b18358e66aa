/**
 * Free times of several agendas, the earliest first (`$find`), and a time that is kept while a form is filled in
 * (`$hold`, `$book`). Names of patients and kinds travel in bodies, never in addresses.
 */
import type { Parameter } from '../../src/fhir/foundation.ts';
import type { CodeableConcept } from '../../src/fhir/resource.ts';
import { extensionsOf, partValue } from '../../src/fhir/extension.ts';
import { type Appointment, isType, list } from '../../src/fhir/resources.ts';
import type { Bundle } from '../../src/fhir/foundation.ts';
import { ask, Refusal } from '../fhir/client.ts';
import type { Span } from '../ui/dates.ts';
import type { AgendaSummary } from './agendas.ts';
import { type FreeSlot, participantsOf, setStatus } from './appointments.ts';

/** A part of the day, on the clocks of the agenda. */
export const HALF_DAYS = ['AM', 'PM'] as const;
export type HalfDay = (typeof HALF_DAYS)[number];

export interface TimeQuestion {
  agendas: readonly AgendaSummary[];
  /** The kind of visit. Each agenda has its own length for it; without a kind, the length counts. */
  kind: CodeableConcept | undefined;
  minutes: number;
  /** `YYYY-MM-DD`: on the clocks of each agenda. */
  from: string;
  halfDay: HalfDay | undefined;
  /** At most this many. */
  count: number;
}

/** A free time, and whose it is. */
export interface ProposedTime extends Span {
  /** Of the proposal, for `holdTime`. */
  id: string;
  agenda: AgendaSummary;
  resource: Appointment;
}

/** The name that `$find` knows a kind by. */
function kindToken({ coding, text }: CodeableConcept): string {
  const [first] = coding ?? [];
  if (first?.code === undefined) return text ?? '';
  return first.system === undefined ? first.code : `${first.system}|${first.code}`;
}

export async function proposedTimes(question: TimeQuestion, signal?: AbortSignal): Promise<ProposedTime[]> {
  const { agendas, kind, minutes, from, halfDay, count } = question;
  const parameter: Parameter[] = [
    ...agendas.map(({ id }) => ({ name: 'schedule', valueReference: { reference: `Schedule/${id}` } })),
    kind === undefined
      ? { name: 'duration', valuePositiveInt: minutes }
      : { name: 'service-type', valueString: kindToken(kind) },
    { name: 'start', valueDate: from },
    ...(halfDay === undefined ? [] : [{ name: 'half-day', valueString: halfDay }]),
    { name: '_count', valuePositiveInt: count },
  ];
  const body = { resourceType: 'Parameters', parameter };
  const { json } = await ask('/fhir/Appointment/$find', { method: 'POST', body, signal });
  return appointmentsIn(json).flatMap((resource) => {
    const agenda = agendaOf(resource, agendas);
    return agenda === undefined ? [] : [{ id: resource.id!, agenda, resource, ...spanOf(resource) }];
  });
}

function appointmentsIn(bundle: Bundle): Appointment[] {
  return list(bundle.entry).flatMap(({ resource }) =>
    resource !== undefined && isType(resource, 'Appointment') ? [resource] : [],
  );
}

function spanOf({ start, end }: Appointment): Span {
  return { start: start!, end: end! };
}

/** The agenda whose actors the appointment has; a person may have several agendas at several places. */
function agendaOf({ participant }: Appointment, agendas: readonly AgendaSummary[]): AgendaSummary | undefined {
  const present = new Set(participant.map(({ actor }) => actor?.reference));
  return agendas
    .filter(({ actors }) => actors.every((actor) => present.has(actor)))
    .sort((a, b) => b.actors.length - a.actors.length)[0];
}

/** The agendas that an appointment may be in: all their people and things take part. Roles need not be named. */
export function possibleAgendas({ participant }: Appointment, agendas: readonly AgendaSummary[]): AgendaSummary[] {
  const present = new Set(participant.map(({ actor }) => actor?.reference));
  return agendas.filter(({ actors }) => {
    const bodies = actors.filter((actor) => !actor.startsWith('PractitionerRole/'));
    return bodies.length > 0 && bodies.every((actor) => present.has(actor));
  });
}

/** A time that nobody else can take until `until`. */
export interface HeldTime extends Span {
  agenda: AgendaSummary;
  resource: Appointment;
  /** Epoch milliseconds. */
  until: number;
}

/** Longer than a call; a page that goes away gives the time back after it. */
const HOLD_SECONDS = 300;

const ttl: Parameter = { name: 'ttl', valuePositiveInt: HOLD_SECONDS };

async function onAppointment(operation: 'hold' | 'book', ...parameter: Parameter[]): Promise<Appointment> {
  const body = { resourceType: 'Parameters', parameter };
  const { json } = await ask(`/fhir/Appointment/$${operation}`, { method: 'POST', body });
  return appointmentsIn(json)[0]!;
}

function heldOf(resource: Appointment, agenda: AgendaSummary): HeldTime {
  const [hold] = extensionsOf(resource, 'hold');
  const until = hold === undefined ? Number.NaN : Date.parse(partValue(hold, 'until'));
  return { agenda, resource, until, ...spanOf(resource) };
}

/** Throws a `Refusal` 409 when somebody else was faster. */
export async function holdTime({ resource, agenda }: ProposedTime): Promise<HeldTime> {
  const held = await onAppointment('hold', { name: 'appointment-resource', resource }, ttl);
  return heldOf(held, agenda);
}

/** A slot that a refusal has named. */
export async function holdSlot({ id, start, end }: FreeSlot, before: HeldTime): Promise<HeldTime> {
  const { agenda, resource } = before;
  const { serviceType } = resource;
  const slot: Appointment = {
    resourceType: 'Appointment',
    status: 'proposed',
    ...(serviceType ? { serviceType } : {}),
    slot: [{ reference: `Slot/${id}` }],
    start,
    end,
    participant: await participantsOf(agenda.id),
  };
  return heldOf(await onAppointment('hold', { name: 'appointment-resource', resource: slot }, ttl), agenda);
}

/** Keeps the time for as long again. */
export async function renewHold({ resource, agenda }: HeldTime): Promise<HeldTime> {
  const reference: Parameter = {
    name: 'appointment-reference',
    valueReference: { reference: `Appointment/${resource.id}` },
  };
  return heldOf(await onAppointment('hold', reference, ttl), agenda);
}

/** Gives the time back. If that fails, the hold ends by itself. */
export async function releaseHold({ resource }: HeldTime, reason: string): Promise<void> {
  await setStatus(resource, 'cancelled', reason).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
  });
}

export interface HeldBooking {
  /** `Patient/x` */
  patient: string;
  note: string;
}

export async function bookHeld({ resource, agenda }: HeldTime, { patient, note }: HeldBooking): Promise<Appointment> {
  const participants = await participantsOf(agenda.id);
  const content: Appointment = {
    ...resource,
    ...(note.trim() === '' ? {} : { comment: note.trim() }),
    participant: [{ actor: { reference: patient }, status: 'accepted' }, ...participants],
  };
  return onAppointment('book', { name: 'appointment-resource', resource: content });
}
