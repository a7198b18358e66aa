/**
 * Whether a time can be booked: not in the past, on active agendas that are open then, for a length that they offer.
 */
import type { Context } from '../../fhir/interaction.ts';
import { isOverbooking } from '../../fhir/french/fr-extensions.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { CodeableConcept } from '../../fhir/resource.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { isOpen, offersFor, openings } from '../../scheduling/availability.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import { contains, type Interval } from '../../scheduling/interval.ts';
import { capacityOf, type ExplicitSlot } from '../../scheduling/slots.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import type { LoadedAgenda } from '../agendas.ts';
import type { Occupation, RuleServices } from './services.ts';

const MINUTE_MS = 60_000;

/** Throws `business-rule` (422). */
export async function checkTime(
  services: RuleServices,
  context: Context,
  appointment: Appointment,
  { time, agendas }: Occupation,
): Promise<void> {
  if (time.start < context.now - services.settings.pastToleranceMs) {
    throw new FhirError('business-rule', 'The appointment starts in the past', {
      expression: 'Appointment.start',
      text: 'Ce rendez-vous commence dans le passé.',
    });
  }
  const explicit = await services.agendas.explicit(agendas, time);
  for (const loaded of agendas) checkOpen(loaded, time, explicit.get(loaded.schedule) ?? []);
  const isExplicitOpening = agendas.some(({ schedule }) =>
    explicit.get(schedule)?.some((slot) => slot.status === 'free' && contains(slot, time)),
  );
  if (!isOverbooking(appointment) && !isExplicitOpening && agendas.length > 0)
    checkDuration(agendas, appointment, time);
}

/** How many appointments the agenda takes at once at this time. */
export function capacityAt({ agenda }: LoadedAgenda, time: Interval): number {
  const opening = openings(agenda, time).find(({ regions }) => regions.some((region) => contains(region, time)));
  return opening === undefined ? 1 : capacityOf(offersFor(agenda, opening.availabilityIds));
}

function checkOpen({ schedule, agenda }: LoadedAgenda, time: Interval, explicit: readonly ExplicitSlot[]): void {
  if (!agenda.active) {
    throw new FhirError('business-rule', `Schedule/${schedule} is not active`, {
      expression: 'Appointment.slot',
      text: "Cet agenda n'est pas actif : il ne prend pas de rendez-vous.",
    });
  }
  const added = explicit.filter(({ status }) => status === 'free');
  const removed = explicit.filter(({ status }) => status !== 'free');
  if (isOpen(agenda, time, added, removed)) return;
  const start = formatInstant(time.start, agenda.zone);
  throw new FhirError('business-rule', `Schedule/${schedule} is not open at ${start}`, {
    expression: 'Appointment.start',
    text: `L'agenda n'est pas ouvert à cet horaire (${frenchTime(time.start, agenda.zone)}).`,
  });
}

/**
 * The length must be that of the service type where an agenda has the type, otherwise a length that some agenda of the
 * appointment offers: a room does not dictate how long a consultation lasts. Several slots in a row add up.
 */
function checkDuration(agendas: readonly LoadedAgenda[], appointment: Appointment, time: Interval): void {
  const requested = list(appointment.serviceType);
  const all = agendas.flatMap(({ agenda }) => agenda.series);
  const ofType = all.filter(({ serviceTypes }) =>
    serviceTypes.some((type) => requested.some((other) => isSameConcept(type, other))),
  );
  const durations = (ofType.length > 0 ? ofType : all).map(({ durationMs }) => durationMs);
  const allowed = [...new Set(durations)].sort((a, b) => a - b);
  const length = time.end - time.start;
  const isSeveralSlots = list(appointment.slot).length > 1;
  if (allowed.some((duration) => length === duration || (isSeveralSlots && length % duration === 0))) return;
  const minutes = allowed.map((duration) => duration / MINUTE_MS).join(', ');
  const schedules = agendas.map(({ schedule }) => `Schedule/${schedule}`).join(', ');
  throw new FhirError(
    'business-rule',
    `${schedules}: appointments last ${minutes} minutes, not ${length / MINUTE_MS}`,
    {
      expression: 'Appointment.end',
      text: `Durée impossible : cet agenda propose ${minutes} minutes pour ce motif, pas ${length / MINUTE_MS}.`,
    },
  );
}

/** By a code that both have; without codes, by the text. */
function isSameConcept(a: CodeableConcept, b: CodeableConcept): boolean {
  const codes = ({ coding }: CodeableConcept): string[] =>
    list(coding).map(({ system = '', code = '' }) => `${system}|${code}`);
  if (codes(a).some((code) => codes(b).includes(code))) return true;
  return codes(a).length === 0 && a.text !== undefined && a.text === b.text;
}
