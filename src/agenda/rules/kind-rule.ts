/**
 * The kinds of visit at the booking: the kind of an appointment on each of its agendas, and whether its visitor may
 * have the time. The desk of the practice is warned and never refused; everybody else may book exactly the times that
 * are listed for them. ADR 0035
 */
import { participantsOf } from '../../fhir/actors.ts';
import { keysOfConcept, type Visitor } from '../../fhir/french/visit-kind.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, type Issue, issue } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import type { AgendaKind } from '../../scheduling/agenda-kinds.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import type { Interval } from '../../scheduling/interval.ts';
import {
  absentReason,
  deskReasons,
  hasKindQuota,
  type KindReason,
  type KindTimes,
  kindReason,
  kindSlots,
} from '../../scheduling/kind-limits.ts';
import { isTentative } from '../../scheduling/life-cycle.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import type { FreeSlot } from '../../scheduling/slots.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { KIND_WORDS } from '../kinds/kind-words.ts';
import { timesAround } from '../kinds/kind-times.ts';
import { visitorOf } from '../kinds/visitor.ts';
import { occupationOf } from './occupation.ts';
import type { Occupation, RuleServices } from './services.ts';

const MAX_NEAREST = 3;

export interface JudgedKinds {
  /** By the id of the Schedule; none where an agenda has no kinds. */
  kinds: Map<string, AgendaKind>;
  faults: FhirError[];
  warnings: Issue[];
}

/** Two bookings at once never pass one quota: the second is decided again. */
export async function judgeKinds(
  services: RuleServices,
  context: Context,
  id: string,
  appointment: Appointment,
  { time, agendas, recording }: Occupation,
  unit: Unit,
): Promise<JudgedKinds> {
  const kinds = new Map<string, AgendaKind>();
  const judged: JudgedKinds = { kinds, faults: [], warnings: [] };
  const concerned = agendas.filter(({ schedule, agenda }) => agenda.kinds.length > 0 && !recording.has(schedule));
  if (concerned.length === 0) {
    // Pages of the public list kinds alone; the SAS shows a regulator agendas without any.
    if (context.visitor !== undefined && context.visitor.as !== 'regulators') judged.faults.push(withoutKinds(agendas));
    return judged;
  }
  const visitor = await withBirthDate(services, visitorOf(context), appointment, concerned);
  for (const loaded of concerned) {
    await countOnce(services, loaded, unit);
    const times = await timesAround(services, loaded, time, context.now, [id, context.held]);
    const booking: Booking = { loaded, appointment, visitor, time, times, now: context.now };
    if (visitor.as === 'desk') judgeDesk(booking, judged);
    else judgeVisitor(booking, judged);
  }
  return judged;
}

/** Where several kinds fit, and none is named, the desk has said nothing that counts. */
function judgeDesk(booking: Booking, { kinds, warnings }: JudgedKinds): void {
  const { loaded, appointment, visitor, time, times } = booking;
  const [kind, ...others] = candidateKinds(booking);
  if (kind === undefined || (others.length > 0 && !namesServices(appointment))) return;
  kinds.set(loaded.schedule, kind);
  const reasons = deskReasons(loaded.agenda, kind, visitor, time, times.busy);
  warnings.push(...reasons.map((reason) => warning(loaded, reason)));
}

/** Each kind that is named must be open to the visitor; of those of a slot, any. */
function judgeVisitor(booking: Booking, { kinds, faults }: JudgedKinds): void {
  const { loaded, appointment } = booking;
  if (isWrittenFor(booking)) return;
  const candidates = candidateKinds(booking);
  const reasons = candidates.map((kind) => reasonFor(booking, kind));
  const isOpen = reasons.map((reason) => reason === undefined);
  const fits = namesServices(appointment) ? isOpen.every(Boolean) : isOpen.includes(true);
  const kind = fits ? candidates[isOpen.indexOf(true)] : undefined;
  if (kind === undefined) {
    const faulty = Math.max(0, isOpen.indexOf(false));
    faults.push(refusal(booking, candidates[faulty], reasons[faulty] ?? noKindReason(booking)));
    return;
  }
  kinds.set(loaded.schedule, kind);
  // The desk reads for what somebody comes who has only chosen a slot.
  appointment.serviceType ??= [kind.serviceType];
}

interface Booking {
  loaded: LoadedAgenda;
  appointment: Appointment;
  visitor: Visitor;
  time: Interval;
  times: KindTimes;
  now: number;
}

/** The kinds that the appointment names; where it names no service, those of its slot. */
function candidateKinds({ loaded: { agenda }, appointment, time, times }: Booking): readonly AgendaKind[] {
  if (!namesServices(appointment)) return slotAt(times, time)?.kinds ?? [];
  const keys = list(appointment.serviceType).flatMap(keysOfConcept);
  return agenda.kinds.filter(({ key }) => keys.includes(key));
}

function namesServices({ serviceType }: Appointment): boolean {
  return list(serviceType).length > 0;
}

function slotAt({ slots }: KindTimes, time: Interval): FreeSlot | undefined {
  return slots.find(({ start, end }) => start === time.start && end === time.end);
}

/** A slot that the practice wrote says itself which regulators may have it, where it names none of the kinds. */
function isWrittenFor({ visitor, appointment, time, times }: Booking): boolean {
  if (visitor.as !== 'regulators' || namesServices(appointment)) return false;
  const slot = slotAt(times, time);
  return slot?.explicitId !== undefined && slot.kinds.length === 0;
}

function withoutKinds(agendas: readonly LoadedAgenda[]): FhirError {
  const named = agendas.map(({ schedule }) => `Schedule/${schedule}`).join(', ');
  const { english, french } = KIND_WORDS.audience;
  return new FhirError('business-rule', `${named}: ${english}`, {
    expression: 'Appointment.serviceType',
    text: french,
  });
}

/**
 * The faults of a visitor's request that takes no time (`--requests-take-time false`): nobody asks for a time that is
 * not listed.
 */
export async function requestFaults(
  services: RuleServices,
  context: Context,
  { id, before, appointment }: { id: string; before: Appointment | undefined; appointment: Appointment },
  unit: Unit,
): Promise<FhirError[]> {
  const isDesk = visitorOf(context).as === 'desk';
  if (isDesk || context.loading || !isTentative(appointment.status)) return [];
  if (before !== undefined && askedOf(before) === askedOf(appointment)) return [];
  const occupation = await occupationOf(services, appointment);
  return occupation === undefined
    ? []
    : (await judgeKinds(services, context, id, appointment, occupation, unit)).faults;
}

function askedOf({ start, end, slot, serviceType }: Appointment): string {
  return JSON.stringify([start, end, slot, serviceType]);
}

function reasonFor(booking: Booking, kind: AgendaKind): KindReason | undefined {
  const { loaded, appointment, visitor, time, times, now } = booking;
  const reason = kindReason(loaded.agenda, kind, visitor, time, times, now);
  return reason ?? (kind.needsApproval && appointment.status === 'booked' ? 'approval' : undefined);
}

/** The appointment names services that are not kinds here, or a time that is not a slot. */
function noKindReason({ appointment, time, times }: Booking): KindReason {
  return namesServices(appointment) || slotAt(times, time) !== undefined ? 'audience' : absentReason(time, times.busy);
}

/** Ages are known by the patient's record, whoever books. */
async function withBirthDate(
  { reader }: RuleServices,
  visitor: Visitor,
  appointment: Appointment,
  agendas: readonly LoadedAgenda[],
): Promise<Visitor> {
  const isAged = ({ ageMin, ageMax }: AgendaKind): boolean => ageMin > 0 || Number.isFinite(ageMax);
  if (visitor.birthDate !== undefined || !agendas.some(({ agenda }) => agenda.kinds.some(isAged))) return visitor;
  const patients = participantsOf(appointment).filter((participant) => participant.startsWith('Patient/'));
  const [patient] = await reader.readReferences(patients.slice(0, 1));
  const birthDate = patient?.body && parseResource('Patient', patient.body).birthDate;
  return birthDate ? { ...visitor, birthDate } : visitor;
}

async function countOnce({ reader }: RuleServices, { schedule, agenda }: LoadedAgenda, unit: Unit): Promise<void> {
  if (!agenda.kinds.some(hasKindQuota)) return;
  const criterion = `quota Schedule/${schedule}`;
  unit.dependOn(criterion, await reader.conditionWrites(criterion));
}

/** The refusal, with the nearest times that are listed for this visitor. */
function refusal(booking: Booking, kind: AgendaKind | undefined, reason: KindReason): FhirError {
  const { loaded, time } = booking;
  const { zone } = loaded.agenda;
  const { english, french } = KIND_WORDS[reason];
  const more = (kind === undefined ? [] : nearest(booking, kind)).map(({ start, id }) =>
    issue('information', 'informational', `Free: Slot/${id} from ${formatInstant(start, zone)}`, {
      text: `Libre : ${frenchTime(start, zone)} (Slot/${id}).`,
    }),
  );
  return new FhirError(
    reason === 'taken' ? 'conflict' : 'business-rule',
    `Schedule/${loaded.schedule} at ${formatInstant(time.start, zone)}: ${english}`,
    { expression: 'Appointment.start', text: french, more },
  );
}

function nearest({ loaded, visitor, time, times, now }: Booking, kind: AgendaKind): { start: number; id: string }[] {
  const { agenda, code } = loaded;
  const always = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };
  return kindSlots(agenda, kind, visitor, times, always, now)
    .sort((a, b) => Math.abs(a.start - time.start) - Math.abs(b.start - time.start))
    .slice(0, MAX_NEAREST)
    .sort((a, b) => a.start - b.start)
    .map(({ start, end, explicitId }) => ({
      start,
      id: explicitId ?? slotId({ agenda: code, start, durationMs: end - start }),
    }));
}

function warning({ schedule }: LoadedAgenda, reason: KindReason): Issue {
  const { english, french } = KIND_WORDS[reason];
  return issue('warning', 'business-rule', `Schedule/${schedule}: ${english}`, {
    expression: 'Appointment.start',
    text: french,
  });
}
