/**
 * Whether a time can be booked: not in the past, on active agendas that are open then, for a length that they offer.
 */
import type { Context } from '../../fhir/interaction.ts';
import { isOverbooking } from '../../fhir/french/fr-extensions.ts';
import { rulesFor } from '../../fhir/french/opening-rule.ts';
import { brokenRule, type FhirError } from '../../fhir/issue.ts';
import type { CodeableConcept } from '../../fhir/resource.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { isOpen, offersFor, openings } from '../../scheduling/availability.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import { contains, type Interval } from '../../scheduling/interval.ts';
import { capacityOf, type ExplicitSlot } from '../../scheduling/slots.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import { agendaName } from '../agenda-name.ts';
import type { LoadedAgenda } from '../agendas.ts';
import type { Occupation, RuleServices } from './services.ts';

const MINUTE_MS = 60_000;

/** A reason against a change of an appointment. */
export interface Objection {
  error: FhirError;
  /** May a caller with the right to declare say that it happened all the same? */
  isDeclarable: boolean;
}

/**
 * The reasons not to book at this time (`business-rule`, 422), the one to name first before the others; empty: none. A
 * deliberate overbooking may lie outside of the hours and have any length.
 */
export async function timeFaults(
  services: RuleServices,
  context: Context,
  appointment: Appointment,
  { time, agendas: all, recording }: Occupation,
): Promise<Objection[]> {
  const agendas = all.filter(({ schedule }) => !recording.has(schedule));
  const isPast = time.start < context.now - services.settings.pastToleranceMs;
  const faults: (Objection | undefined)[] = isPast ? [{ error: inThePast(), isDeclarable: true }] : [];
  const explicit = await services.agendas.explicit(agendas, time);
  for (const loaded of agendas) {
    // The extension is checked by whoever takes the time; an agenda that is not active takes nobody.
    if (isOverbooking(appointment) && loaded.agenda.active) continue;
    faults.push(await openFault(services, loaded, time, explicit.get(loaded.schedule) ?? [], isPast));
  }
  const isExplicitOpening = agendas.some(({ schedule }) =>
    explicit.get(schedule)?.some((slot) => slot.status === 'free' && contains(slot, time)),
  );
  if (!isOverbooking(appointment) && !isExplicitOpening && agendas.length > 0)
    faults.push(durationFault(agendas, appointment, time));
  return faults.filter((fault) => fault !== undefined);
}

function inThePast(): FhirError {
  return brokenRule(
    'The appointment starts in the past',
    'Ce rendez-vous commence dans le passé.',
    'Appointment.start',
  );
}

/** How many appointments the agenda takes at once at this time. */
export function capacityAt({ agenda }: LoadedAgenda, time: Interval): number {
  const opening = openings(agenda, time).find(({ regions }) => regions.some((region) => contains(region, time)));
  const ids = opening?.availabilityIds;
  return ids === undefined
    ? capacityOf(agenda, [])
    : capacityOf(agenda, offersFor(agenda, ids), rulesFor(agenda.openingRules, ids));
}

/**
 * Says whose agenda it is. The time that an agenda spent before it was closed can be declared; an inactive agenda gets
 * no appointment to come.
 */
async function openFault(
  { reader }: RuleServices,
  loaded: LoadedAgenda,
  time: Interval,
  explicit: readonly ExplicitSlot[],
  isPast: boolean,
): Promise<Objection | undefined> {
  const { schedule, agenda } = loaded;
  if (!agenda.active) {
    const error = brokenRule(
      `Schedule/${schedule} is not active`,
      `${capital(await agendaName(reader, loaded))} n'est pas actif : il ne prend pas de rendez-vous.`,
      'Appointment.slot',
    );
    return { error, isDeclarable: isPast };
  }
  const added = explicit.filter(({ status }) => status === 'free');
  const removed = explicit.filter(({ status }) => status !== 'free');
  if (isOpen(agenda, time, added, removed)) return undefined;
  const start = formatInstant(time.start, agenda.zone);
  const name = capital(await agendaName(reader, loaded));
  const error = brokenRule(
    `Schedule/${schedule} is not open at ${start}`,
    `${name} n'est pas ouvert à cet horaire (${frenchTime(time.start, agenda.zone)}).`,
    'Appointment.start',
  );
  return { error, isDeclarable: true };
}

/**
 * The length must be that of the service type where an agenda has the type, otherwise a length that some agenda of the
 * appointment offers: a room does not dictate how long a consultation lasts. Several slots in a row add up.
 */
function durationFault(
  agendas: readonly LoadedAgenda[],
  appointment: Appointment,
  time: Interval,
): Objection | undefined {
  const requested = list(appointment.serviceType);
  const all = agendas.flatMap(({ agenda }) => agenda.series);
  const ofType = all.filter(({ serviceTypes }) =>
    serviceTypes.some((type) => requested.some((other) => isSameConcept(type, other))),
  );
  const durations = (ofType.length > 0 ? ofType : all).map(({ durationMs }) => durationMs);
  const allowed = [...new Set(durations)].sort((a, b) => a - b);
  const length = time.end - time.start;
  const isSeveralSlots = list(appointment.slot).length > 1;
  if (allowed.some((duration) => length === duration || (isSeveralSlots && length % duration === 0))) return undefined;
  const minutes = allowed.map((duration) => duration / MINUTE_MS).join(', ');
  const schedules = agendas.map(({ schedule }) => `Schedule/${schedule}`).join(', ');
  const error = brokenRule(
    `${schedules}: appointments last ${minutes} minutes, not ${length / MINUTE_MS}`,
    `Durée impossible : cet agenda propose ${minutes} minutes pour ce motif, pas ${length / MINUTE_MS}.`,
    'Appointment.end',
  );
  return { error, isDeclarable: true };
}

/** By a code that both have; without codes, by the text. */
export function isSameConcept(a: CodeableConcept, b: CodeableConcept): boolean {
  const codes = ({ coding }: CodeableConcept): string[] =>
    list(coding).map(({ system = '', code = '' }) => `${system}|${code}`);
  if (codes(a).some((code) => codes(b).includes(code))) return true;
  return codes(a).length === 0 && a.text !== undefined && a.text === b.text;
}

/** At the start of a sentence. */
function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
