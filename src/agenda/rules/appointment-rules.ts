/**
 * The booking rule. It sees an appointment before and after a write, and decides which time is freed and which is taken
 * in the same commit; the database refuses time that is not free. ADR 0011, Spec: 6.7
 */
import type { Context } from '../../fhir/interaction.ts';
import { randomUUID } from 'node:crypto';
import { errorOf, FhirError, type Issue, issue } from '../../fhir/issue.ts';
import { isOverbooking, readHold, withHold } from '../../fhir/french/fr-extensions.ts';
import type { CodeableConcept, Resource } from '../../fhir/resource.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import { isOpen, offersFor, openings } from '../../scheduling/availability.ts';
import { contains, type Interval } from '../../scheduling/interval.ts';
import { checkTransition, isTentative, takesTime } from '../../scheduling/life-cycle.ts';
import { capacityOf } from '../../scheduling/slots.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { TakenTime } from '../../store/resources/agenda-reader.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { auditEvent } from './audit.ts';
import { occupationOf } from './occupation.ts';
import type { Occupation, RuleServices } from './services.ts';

/** Gives back the agendas that the appointment occupies from now on. */
export async function writeAppointment(
  services: RuleServices,
  context: Context,
  change: Change,
  unit: Unit,
): Promise<LoadedAgenda[]> {
  const { before, after, id } = change;
  if (after === undefined) {
    unit.freeTime(id);
    for (const one of await services.agendas.stored.heldBy(id)) unit.lock(one.schedule);
    return [];
  }
  checkShape(after);
  const transition = before === undefined ? undefined : checkTransition(before['status'], after['status']);
  if (transition !== undefined) throw errorOf([transition], 422);

  const held = before === undefined ? [] : await services.agendas.stored.heldBy(id);
  for (const one of held) unit.lock(one.schedule);
  const hold = readHold(after);
  // What is pending may be a mere hold, which ends by itself; whatever else it becomes, it is one no more.
  if (hold === undefined) Object.assign(after, { extension: withHold(after, undefined).extension });
  if (
    hold === undefined ? !takesTime(after['status'], services.settings.requestsTakeTime) : hold.until <= context.now
  ) {
    if (held.length > 0) unit.freeTime(id);
    await completeTimes(services, after, unit);
    return [];
  }
  const occupation = await occupationOf(services, after);
  if (occupation === undefined) {
    // A wish has no time yet (app-3).
    if (after['status'] === 'proposed') return [];
    throw new FhirError('required', 'An appointment that takes time needs start and end, or slots', {
      expression: 'Appointment.start',
      text: 'Ce rendez-vous doit avoir un début et une fin, ou un créneau.',
    });
  }
  fillTimes(after, occupation);
  const overbook = isOverbooking(after);
  if (hold !== undefined)
    unit.send({ destination: HOLDS, orderingKey: `${id} ${hold.until}`, payload: id, notBefore: hold.until });
  if (isSame(held, occupation, overbook, isTentative(after['status']), hold?.until ?? null)) return occupation.agendas;
  if (held.length > 0) unit.freeTime(id);
  if (overbook) requireOverbooking(context);
  if (!context.loading) await checkTime(services, context, after, occupation);
  for (const loaded of occupation.agendas) {
    unit.lock(loaded.schedule, loaded.version);
    unit.takeTime({
      appointment: id,
      schedule: loaded.schedule,
      ...occupation.time,
      capacity: capacityAt(loaded, occupation.time),
      overbook,
      tentative: isTentative(after['status']),
      ...(hold === undefined ? {} : { expires: hold.until }),
    });
  }
  if (overbook) {
    unit.put(
      auditEvent(context, randomUUID(), 'overbooking', 'C', [
        `Appointment/${id}`,
        ...occupation.agendas.map((agenda) => `Schedule/${agenda.schedule}`),
      ]),
      'POST',
    );
  }
  return occupation.agendas;
}

/** Where holds go to be released when they run out. */
export const HOLDS = 'hold';

/** Invariants app-2 and app-3 of R4, and what makes no sense at all. */
function checkShape(appointment: Resource): void {
  const issues: Issue[] = [];
  const { start, end, status, slot } = appointment;
  if (start !== undefined && end !== undefined && Date.parse(end) <= Date.parse(start)) {
    issues.push(
      issue('error', 'business-rule', 'The appointment ends before it starts', {
        expression: 'Appointment.end',
        text: 'La fin du rendez-vous doit suivre son début.',
      }),
    );
  }
  if (end !== undefined && start === undefined && slot === undefined) {
    issues.push(
      issue('error', 'invariant', 'An end needs a start (app-2)', {
        expression: 'Appointment.start',
        text: 'Une fin sans début.',
      }),
    );
  }
  if (appointment['cancelationReason'] !== undefined && !['cancelled', 'noshow'].includes(status)) {
    issues.push(
      issue('error', 'invariant', 'cancelationReason is for cancelled and noshow only (app-4)', {
        expression: 'Appointment.cancelationReason',
        text: 'Un motif d’annulation suppose un rendez-vous annulé ou non honoré.',
      }),
    );
  }
  if (issues.length > 0) throw errorOf(issues, 422);
}

/** A change of status, comment or participants without agenda leaves the time alone. */
function isSame(
  held: readonly TakenTime[],
  { time, agendas }: Occupation,
  overbook: boolean,
  tentative: boolean,
  expires: number | null,
): boolean {
  return (
    held.length === agendas.length &&
    held.length > 0 &&
    held.every(
      (one, i) =>
        one.schedule === agendas[i]!.schedule &&
        one.start === time.start &&
        one.end === time.end &&
        (one.lane === null) === overbook &&
        one.tentative === tentative &&
        one.expires === expires,
    )
  );
}

async function checkTime(
  services: RuleServices,
  context: Context,
  appointment: Resource,
  { time, agendas }: Occupation,
): Promise<void> {
  if (time.start < context.now - services.settings.pastToleranceMs) {
    throw new FhirError('business-rule', 'The appointment starts in the past', {
      expression: 'Appointment.start',
      text: 'Ce rendez-vous commence dans le passé.',
    });
  }
  const explicit = await services.agendas.explicit(agendas, time);
  for (const loaded of agendas) {
    checkAgendaOpen(loaded, time, explicit.get(loaded.schedule) ?? []);
  }
  const isOpening = agendas.some((agenda) =>
    explicit.get(agenda.schedule)?.some((slot) => slot.status === 'free' && contains(slot, time)),
  );
  if (!isOverbooking(appointment) && !isOpening && agendas.length > 0) checkDuration(agendas, appointment, time);
}

function checkAgendaOpen(
  loaded: LoadedAgenda,
  time: Interval,
  explicit: readonly (Interval & { status: string })[],
): void {
  if (!loaded.agenda.active) {
    throw new FhirError('business-rule', `Schedule/${loaded.schedule} is not active`, {
      expression: 'Appointment.slot',
      text: "Cet agenda n'est pas actif : il ne prend pas de rendez-vous.",
    });
  }
  const extra = explicit.filter((one) => one.status === 'free');
  const gone = explicit.filter((one) => one.status !== 'free');
  if (!isOpen(loaded.agenda, time, extra, gone)) {
    const at = formatInstant(time.start, loaded.agenda.zone);
    throw new FhirError('business-rule', `Schedule/${loaded.schedule} is not open at ${at}`, {
      expression: 'Appointment.start',
      text: `L'agenda n'est pas ouvert à cet horaire (${frenchTime(time.start, loaded.agenda.zone)}).`,
    });
  }
}

/**
 * The length must be that of the service type where an agenda has it, else one that some agenda of the appointment
 * gives: a room does not dictate how long a consultation lasts. Several slots in a row add up.
 */
function checkDuration(agendas: readonly LoadedAgenda[], appointment: Resource, time: Interval): void {
  const asked = (appointment['serviceType'] as CodeableConcept[] | undefined) ?? [];
  const all = agendas.flatMap((agenda) => agenda.agenda.series);
  const named = all.filter((one) => one.serviceTypes.some((type) => asked.some((other) => isSameConcept(type, other))));
  const allowed = [...new Set((named.length > 0 ? named : all).map((one) => one.durationMs))].sort((a, b) => a - b);
  const length = time.end - time.start;
  const slots = ((appointment['slot'] as unknown[] | undefined) ?? []).length || 1;
  if (allowed.some((one) => length === one || (slots > 1 && length % one === 0))) return;
  const minutes = allowed.map((one) => one / 60_000).join(', ');
  throw new FhirError(
    'business-rule',
    `${agendas.map((agenda) => `Schedule/${agenda.schedule}`).join(', ')}: appointments last ${minutes} minutes, not ${length / 60_000}`,
    {
      expression: 'Appointment.end',
      text: `Durée impossible : cet agenda propose ${minutes} minutes pour ce motif, pas ${length / 60_000}.`,
    },
  );
}

function isSameConcept(a: CodeableConcept, b: CodeableConcept): boolean {
  const codes = (codeableConcept: CodeableConcept): string[] =>
    (codeableConcept.coding ?? []).map((coding) => `${coding.system ?? ''}|${coding.code ?? ''}`);
  if (codes(a).some((code) => codes(b).includes(code))) return true;
  return codes(a).length === 0 && a.text !== undefined && a.text === b.text;
}

function capacityAt({ agenda }: LoadedAgenda, time: Interval): number {
  const opening = openings(agenda, time).find((opening) => opening.regions.some((region) => contains(region, time)));
  return opening === undefined ? 1 : capacityOf(offersFor(agenda, opening.availabilityIds));
}

/** Times that follow from slots are written down: app-3 wants them, and the SAS too. */
function fillTimes(appointment: Resource, { time, agendas }: Occupation): void {
  const zone = agendas[0]?.agenda.zone ?? 'Europe/Paris';
  appointment['start'] ??= formatInstant(time.start, zone);
  appointment['end'] ??= formatInstant(time.end, zone);
}

/** A request or a cancelled appointment with slots gets their times too; without any, it has none. */
async function completeTimes(services: RuleServices, appointment: Resource, unit: Unit): Promise<void> {
  if (appointment['start'] !== undefined && appointment['end'] !== undefined) return;
  if (appointment['slot'] === undefined && appointment['start'] === undefined) return;
  const occupation = await occupationOf(services, appointment);
  if (occupation === undefined) return;
  for (const agenda of occupation.agendas) unit.concern(agenda.schedule);
  fillTimes(appointment, occupation);
}

/** Callers with authentication off have every right (`*`); people decide on their own agendas. */
const MAY_OVERBOOK = ['*', 'overbooking', 'practitioner', 'secretary'];

export function mayOverbook({ roles }: Context): boolean {
  return roles.some((role) => MAY_OVERBOOK.includes(role));
}

function requireOverbooking(context: Context): void {
  if (mayOverbook(context)) return;
  throw new FhirError('forbidden', 'Overbooking needs the role "overbooking"', {
    expression: 'Appointment.extension',
    text: 'La surréservation demande le droit « overbooking ».',
  });
}
