/** The time of an appointment that has a start and a service type only: an agenda says how long the service lasts. */
import { type Appointment, list } from '../../fhir/resources.ts';
import { isOpen } from '../../scheduling/availability.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { actorsOf } from './appointment-actors.ts';
import { isSameConcept } from './booking-time.ts';
import type { RuleServices } from './services.ts';

/**
 * The length is that of the service on the agendas of the participants: on those that are open then, else on all of
 * them. `undefined` where no agenda has the service, or where they differ: nobody guesses.
 */
export async function deducedTime(
  { agendas, reader }: RuleServices,
  appointment: Appointment,
): Promise<Interval | undefined> {
  const requested = list(appointment.serviceType);
  if (appointment.start === undefined || appointment.end !== undefined || requested.length === 0) return undefined;
  const start = Date.parse(appointment.start);
  const actors = await actorsOf(reader, appointment);
  const rows = await agendas.stored.ofActors(actors.map(({ reference }) => reference));
  const offered = (await agendas.load(rows)).flatMap(({ agenda }) =>
    agenda.series
      .filter(({ serviceTypes }) => serviceTypes.some((type) => requested.some((other) => isSameConcept(type, other))))
      .map(({ durationMs }) => ({ agenda, time: { start, end: start + durationMs } })),
  );
  const open = offered.filter(({ agenda, time }) => agenda.active && isOpen(agenda, time));
  const ends = new Set((open.length > 0 ? open : offered).map(({ time }) => time.end));
  return ends.size === 1 ? { start, end: [...ends][0]! } : undefined;
}
