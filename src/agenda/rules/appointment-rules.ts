/**
 * The booking rule. It sees an appointment before and after a write, and decides which time is freed and which is taken
 * in the same commit; the database refuses time that is not free. ADR 0011, Spec: 6.7
 */
import { randomUUID } from 'node:crypto';
import { FRANCE } from '../../fhir/date.ts';
import { isOverbooking, readHold, withHold } from '../../fhir/french/fr-extensions.ts';
import { factOf } from '../../fhir/audit/fact.ts';
import type { Context } from '../../fhir/interaction.ts';
import { errorOf, FhirError, type Issue, issue } from '../../fhir/issue.ts';
import type { Appointment } from '../../fhir/resources.ts';
import { checkTransition, isTentative, takesTime } from '../../scheduling/life-cycle.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import type { TakenTime } from '../../store/resources/agenda-reader.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { isExclusive } from '../occupied.ts';
import { visitorOf } from '../kinds/visitor.ts';
import { actorsOf } from './appointment-actors.ts';
import { bookAccepted } from './book-accepted.ts';
import { capacityAt, type Objection, timeFaults } from './booking-time.ts';
import { declareOrRefuse } from './declaration.ts';
import { type JudgedKinds, judgeKinds, requestFaults } from './kind-rule.ts';
import { occupationOf } from './occupation.ts';
import type { Occupation, RuleServices } from './services.ts';

/** Destination in the outbox of the holds, which are released when they end. */
export const HOLDS = 'hold';

/** Returns the agendas that the appointment occupies after the write. */
export async function writeAppointment(
  services: RuleServices,
  context: Context,
  change: Change,
  unit: Unit,
): Promise<LoadedAgenda[]> {
  const { id } = change;
  const { before, after } = sidesOf(change, 'Appointment');
  const held = before === undefined ? [] : await services.agendas.stored.heldBy(id);
  for (const { schedule } of held) unit.lock(schedule);
  await giveUpHold(services, context, unit);
  if (after === undefined) {
    unit.freeTime(id);
    return [];
  }
  checkShape(after);
  const hold = readHold(after);
  if (hold === undefined && !context.loading) await bookAccepted(services, after);
  const transition = before === undefined ? undefined : checkTransition(before.status, after.status);
  const isFinal = before?.status === 'entered-in-error';
  const faults: Objection[] =
    transition === undefined ? [] : [{ error: errorOf([transition], 422), isDeclarable: !isFinal }];

  // A pending appointment may be a hold; an appointment in any other status no longer is one.
  if (hold === undefined) Object.assign(after, { extension: withHold(after, undefined).extension });
  const isTaking =
    hold === undefined ? takesTime(after.status, services.settings.requestsTakeTime) : hold.until > context.now;
  const occupation = isTaking ? await occupationOf(services, after) : undefined;
  if (occupation === undefined) {
    if (!isTaking && hold === undefined)
      for (const error of await requestFaults(services, context, { id, before, appointment: after }, unit))
        faults.push({ error, isDeclarable: false });
    await declareOrRefuse(services, context, change, unit, faults);
    if (isTaking) return withoutTime(after);
    if (held.length > 0) unit.freeTime(id);
    await completeTimes(services, after, unit);
    return [];
  }
  fillTimes(after, occupation);
  if (hold !== undefined)
    unit.send({ destination: HOLDS, orderingKey: `${id} ${hold.until}`, payload: id, notBefore: hold.until });
  const taking: Taking = {
    overbook: isOverbooking(after),
    tentative: isTentative(after.status),
    expires: hold?.until ?? null,
  };
  const wasOverbooked = before !== undefined && isOverbooking(before);
  const isUnmoved = isSame(held, occupation, taking, wasOverbooked);
  const isNewlyOverbooked = taking.overbook && !(isUnmoved && wasOverbooked);
  if (isNewlyOverbooked) requireOverbooking(context);
  if (!isUnmoved && !context.loading)
    // Nobody holds a time for a later booking that could not take it.
    for (const fault of await timeFaults(services, context, after, occupation))
      faults.push(hold === undefined ? fault : { ...fault, isDeclarable: false });
  const isOfOtherKind = JSON.stringify(before?.serviceType) !== JSON.stringify(after.serviceType);
  const hasOtherMembers =
    before !== undefined &&
    hasOtherParticipants(before, after) &&
    occupation.agendas.some(({ members }) => members !== undefined);
  const isTaken = !isUnmoved || taking.overbook || hasOtherMembers || isOfOtherKind;
  const judged = isTaken ? await judgeKinds(services, context, id, after, occupation, unit) : NOT_JUDGED;
  if ((!isUnmoved || isOfOtherKind) && !context.loading) {
    faults.push(...judged.faults.map((error) => ({ error, isDeclarable: false })));
    for (const issue of judged.warnings) unit.warn(`Appointment/${id}`, issue);
  }
  await declareOrRefuse(services, context, change, unit, faults);
  // An overbooking stands aside for an appointment of the same transaction that needs the place.
  const isRekinded = isOfOtherKind && !isAsTaken(held, occupation, judged);
  if (!isUnmoved || taking.overbook || hasOtherMembers || isRekinded) {
    if (held.length > 0) unit.freeTime(id);
    takeTime(unit, id, occupation, { ...taking, ...judged, squeeze: visitorOf(context).as === 'desk' });
  }
  if (!isUnmoved || before === undefined || hasOtherParticipants(before, after) || wasOverbooked !== taking.overbook)
    await bringPatients(services, unit, id, after, occupation);
  if (isNewlyOverbooked) recordOverbooking(context, unit, id, occupation);
  return occupation.agendas;
}

/** A visitor of the public pages gives up the time held in the commit that books it. ADR 0039 */
async function giveUpHold({ agendas }: RuleServices, { held }: Context, unit: Unit): Promise<void> {
  if (held === undefined) return;
  for (const { schedule } of await agendas.stored.heldBy(held)) unit.lock(schedule);
  unit.freeTime(held);
}

/** Nobody has two appointments on one agenda at one time, unless an overbooking says so. */
async function bringPatients(
  { reader }: RuleServices,
  unit: Unit,
  id: string,
  appointment: Appointment,
  { time, agendas }: Occupation,
): Promise<void> {
  const actors = await actorsOf(reader, appointment);
  const patients = [...new Set(actors.map(({ reference }) => reference).filter((actor) => /^Patient\//.test(actor)))];
  for (const { schedule } of agendas.filter(isExclusive))
    unit.bring({ appointment: id, schedule, ...time, patients, overbook: isOverbooking(appointment) });
}

function hasOtherParticipants(before: Appointment, after: Appointment): boolean {
  return JSON.stringify(before.participant) !== JSON.stringify(after.participant);
}

/** How an appointment takes its time. */
interface Taking {
  overbook: boolean;
  tentative: boolean;
  /** End of the hold, epoch milliseconds; `null`: no hold. */
  expires: number | null;
}

type KindTaking = Pick<JudgedKinds, 'kinds'> & {
  /** Time that is only kept free between two appointments may be given up. */
  squeeze: boolean;
};

const NOT_JUDGED: JudgedKinds = { kinds: new Map(), faults: [], warnings: [] };

/** Does the appointment already take its time for the kind that it has now? */
function isAsTaken(held: readonly TakenTime[], { agendas }: Occupation, { kinds }: JudgedKinds): boolean {
  return held.every(({ kind }, i) => {
    const now = kinds.get(agendas[i]?.schedule ?? '');
    return kind === (now?.key ?? null);
  });
}

/** Invariants app-2 and app-4 of R4, and the order of start and end. Throws them all (422). */
function checkShape({ start, end, status, slot, cancelationReason }: Appointment): void {
  const issues: Issue[] = [];
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
  if (cancelationReason !== undefined && !['cancelled', 'noshow'].includes(status)) {
    issues.push(
      issue('error', 'invariant', 'cancelationReason is for cancelled and noshow only (app-4)', {
        expression: 'Appointment.cancelationReason',
        text: 'Un motif d’annulation suppose un rendez-vous annulé ou non honoré.',
      }),
    );
  }
  if (issues.length > 0) throw errorOf(issues, 422);
}

/** A proposal may have no time yet (app-3). Throws `required` for any other status that takes time. */
function withoutTime({ status }: Appointment): LoadedAgenda[] {
  if (status === 'proposed') return [];
  throw new FhirError('required', 'An appointment that takes time needs start and end, or slots', {
    expression: 'Appointment.start',
    text: 'Ce rendez-vous doit avoir un début et une fin, ou un créneau.',
  });
}

/**
 * True when only the status, a comment or a participant without agenda changes: the time stays as it is, in a place or
 * beside the places. An appointment that is no longer an overbooking needs a place.
 */
function isSame(
  held: readonly TakenTime[],
  { time, agendas }: Occupation,
  taking: Taking,
  wasOverbooked: boolean,
): boolean {
  const mayStayBeside = taking.overbook || !wasOverbooked;
  return (
    held.length === agendas.length &&
    held.length > 0 &&
    held.every(
      ({ schedule, start, end, lane, tentative, expires }, i) =>
        schedule === agendas[i]!.schedule &&
        start === time.start &&
        end === time.end &&
        (lane !== null || mayStayBeside || !isExclusive(agendas[i]!)) &&
        tentative === taking.tentative &&
        expires === taking.expires,
    )
  );
}

function takeTime(
  unit: Unit,
  appointment: string,
  { time, agendas, named }: Occupation,
  { overbook, tentative, expires, kinds, squeeze }: Taking & KindTaking,
): void {
  for (const loaded of agendas) {
    const { schedule, version, agenda } = loaded;
    const isGuest = !isExclusive(loaded);
    const kind = kinds.get(schedule);
    const capacity = Math.max(capacityAt(loaded, time), kind?.places ?? 1);
    unit.lock(schedule, version);
    unit.takeTime({
      ...{ appointment, schedule, ...time, capacity, tentative },
      overbook: overbook || isGuest,
      ...(expires === null ? {} : { expires }),
      ...(named === undefined ? {} : { named }),
      ...(kind === undefined ? {} : { kind: kind.key, buffer: kind.bufferMs / 1000 }),
      ...(agenda.kinds.length === 0 ? {} : { places: capacity }),
      ...(squeeze ? { squeeze } : {}),
    });
    if (isGuest) unit.warn(`Appointment/${appointment}`, overlapOf(loaded), schedule);
  }
}

/** A patient can be booked anywhere, also twice at a time: whoever books is told. */
function overlapOf({ schedule }: LoadedAgenda): Issue {
  return issue('warning', 'conflict', `Schedule/${schedule} of the patient has another appointment at that time`, {
    expression: 'Appointment.participant',
    text: 'Le patient a un autre rendez-vous à cet horaire dans son agenda.',
  });
}

function recordOverbooking(context: Context, unit: Unit, id: string, { agendas }: Occupation): void {
  const schedules = agendas.map(({ schedule }) => `Schedule/${schedule}`);
  unit.audit(factOf(context, randomUUID(), ['overbooking'], 'C', [`Appointment/${id}`, ...schedules]));
}

/** Writes down the times that follow from slots: app-3 and the SAS want them. */
function fillTimes(appointment: Appointment, { time, agendas }: Occupation): void {
  const zone = agendas[0]?.agenda.zone ?? FRANCE;
  appointment.start ??= formatInstant(time.start, zone);
  appointment.end ??= formatInstant(time.end, zone);
}

/** A request or a cancelled appointment also gets the times of its slots; without slots, it has none. */
async function completeTimes(services: RuleServices, appointment: Appointment, unit: Unit): Promise<void> {
  const { start, end, slot } = appointment;
  if (start !== undefined && end !== undefined) return;
  if (slot === undefined && start === undefined) return;
  const occupation = await occupationOf(services, appointment);
  if (occupation === undefined) return;
  for (const { schedule } of occupation.agendas) unit.concern(schedule);
  fillTimes(appointment, occupation);
}

/** `*` grants every right; practitioners and secretaries decide on their own agendas. */
const MAY_OVERBOOK = ['*', 'overbooking', 'practitioner', 'secretary', 'practice-manager'];

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
