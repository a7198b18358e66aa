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
  deskReasons,
  hasKindQuota,
  type KindReason,
  type KindTimes,
  kindReason,
  kindSlots,
} from '../../scheduling/kind-limits.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { KIND_WORDS } from '../kinds/kind-words.ts';
import { timesAround } from '../kinds/kind-times.ts';
import type { Occupation, RuleServices } from './services.ts';

const MAX_NEAREST = 3;
const DESK_ROLES = ['practitioner', 'secretary', 'practice-manager'];

export interface JudgedKinds {
  /** By the id of the Schedule; none where an agenda has no kinds. */
  kinds: ReadonlyMap<string, AgendaKind>;
  faults: FhirError[];
  warnings: Issue[];
}

/** Programs act for the desk of a practice; regulators and visitors of its pages for themselves. */
export function visitorOf({ visitor, roles }: Context): Visitor {
  if (visitor !== undefined) return visitor;
  const isRegulator = roles.includes('regulator') && !roles.some((role) => DESK_ROLES.includes(role));
  return { as: isRegulator ? 'regulators' : 'desk' };
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
  if (concerned.length === 0) return judged;
  const visitor = await withBirthDate(services, visitorOf(context), appointment, concerned);
  for (const loaded of concerned) {
    await countOnce(services, loaded, unit);
    const times = await timesAround(services, loaded, time, context.now, id);
    const candidates = candidateKinds(loaded, appointment, time, times);
    const booking: Booking = { loaded, visitor, time, times, now: context.now };
    if (visitor.as === 'desk') {
      const [kind, ...others] = candidates;
      if (kind === undefined || others.length > 0) continue;
      kinds.set(loaded.schedule, kind);
      const reasons = deskReasons(loaded.agenda, kind, visitor, time, times.busy);
      judged.warnings.push(...reasons.map((reason) => warning(loaded, reason)));
      continue;
    }
    const reasons = candidates.map((kind) => reasonFor(booking, kind, appointment.status));
    const kind = candidates[reasons.indexOf(undefined)];
    if (kind === undefined) judged.faults.push(refusal(booking, candidates[0], reasons[0] ?? 'audience'));
    else {
      kinds.set(loaded.schedule, kind);
      // The desk reads for what somebody comes who has only chosen a slot.
      appointment.serviceType ??= [kind.serviceType];
    }
  }
  return judged;
}

interface Booking {
  loaded: LoadedAgenda;
  visitor: Visitor;
  time: Interval;
  times: KindTimes;
  now: number;
}

/** The kinds that the appointment names; where it names no service, those of its slot. */
function candidateKinds(
  { agenda }: LoadedAgenda,
  appointment: Appointment,
  time: Interval,
  { slots }: KindTimes,
): readonly AgendaKind[] {
  const services = list(appointment.serviceType);
  if (services.length === 0)
    return slots.find(({ start, end }) => start === time.start && end === time.end)?.kinds ?? [];
  const keys = services.flatMap(keysOfConcept);
  return agenda.kinds.filter(({ key }) => keys.includes(key)).slice(0, 1);
}

function reasonFor(
  { loaded: { agenda }, visitor, time, times, now }: Booking,
  kind: AgendaKind,
  status: string,
): KindReason | undefined {
  const reason = kindReason(agenda, kind, visitor, time, times, now);
  return reason ?? (kind.needsApproval && status === 'booked' ? 'approval' : undefined);
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
    'business-rule',
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
