/**
 * Appointments that are booked all or nothing: the refusal names every appointment that conflicts, each with its
 * nearest free times.
 */
import type { Context, EntryWrite } from '../../fhir/interaction.ts';
import { isOverbooking } from '../../fhir/french/fr-extensions.ts';
import { keysOfConcept } from '../../fhir/french/visit-kind.ts';
import { FhirError, inEntry, type Issue } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { type Appointment, asType, list } from '../../fhir/resources.ts';
import { overlaps } from '../../scheduling/interval.ts';
import { takesTime } from '../../scheduling/life-cycle.ts';
import { capacityOf, hasRoom } from '../../scheduling/slots.ts';
import { isExclusive } from '../occupied.ts';
import { occupationOf } from '../rules/occupation.ts';
import type { Occupation, RuleServices } from '../rules/services.ts';
import { explainTaken } from '../slots/nearest.ts';

/** An appointment of the series. */
interface Planned extends Occupation {
  /** Place in the Bundle. */
  index: number;
  id: string | undefined;
  /** Keys of its kinds of visit. */
  kinds: readonly string[];
}

/** The refusal of a transaction, with one issue per conflicting appointment instead of the first alone. */
export async function explainSeries(
  services: RuleServices,
  context: Context,
  writes: readonly EntryWrite[],
  refusal: FhirError,
): Promise<FhirError> {
  const planned = await plannedOf(services, writes);
  if (planned.length < 2) return refusal;
  const issues: Issue[] = [];
  for (const appointment of planned) {
    const schedule = (await takenAgenda(services, context, appointment)) ?? meetsEarlier(appointment, planned);
    if (schedule === undefined) continue;
    const take = { appointment: '', schedule, ...appointment.time, capacity: 1, overbook: false, tentative: false };
    const avoid = planned.filter((other) => other !== appointment).map(({ time }) => time);
    const error = await explainTaken(services, context, take, appointment.agendas, avoid);
    issues.push(...inEntry(error, appointment.index).issues);
  }
  const [first, ...more] = issues;
  if (first === undefined) return refusal;
  return new FhirError('conflict', first.diagnostics, {
    expression: first.expression ?? [],
    ...(first.text ? { text: first.text } : {}),
    more,
    cause: refusal.cause,
  });
}

async function plannedOf(services: RuleServices, writes: readonly EntryWrite[]): Promise<Planned[]> {
  const planned: Planned[] = [];
  for (const write of writes) {
    if (write.type !== 'Appointment' || write.method === 'DELETE') continue;
    const appointment = await appointmentOf(services, write);
    // An overbooking is never refused for taken time.
    if (appointment === undefined || !takesTime(appointment.status, true) || isOverbooking(appointment)) continue;
    // An appointment that cannot be resolved has an error of its own.
    const occupation = await occupationOf(services, appointment).catch(() => undefined);
    const kinds = list(appointment.serviceType).flatMap(keysOfConcept);
    if (occupation !== undefined) planned.push({ ...occupation, index: write.index, id: write.id, kinds });
  }
  return planned;
}

/** The appointment as the write would leave it. */
async function appointmentOf(
  { reader }: RuleServices,
  { id, resource, apply }: EntryWrite,
): Promise<Appointment | undefined> {
  if (apply === undefined) return asType(resource, 'Appointment');
  const stored = id === undefined ? undefined : await reader.read('Appointment', id);
  return stored?.body === undefined
    ? undefined
    : asType(apply(parseResource('Appointment', stored.body)), 'Appointment');
}

/** The first agenda of the appointment whose time another appointment has. */
async function takenAgenda(
  services: RuleServices,
  { now }: Context,
  { agendas, time, id, kinds }: Planned,
): Promise<string | undefined> {
  const busy = await services.agendas.busy(agendas, time, now);
  return agendas.filter(isExclusive).find(({ schedule, agenda }) => {
    // Time that is only kept free is not taken: a series is of the desk, to which it gives way.
    const others = busy
      .get(schedule)!
      .filter(({ appointment }) => appointment !== id)
      .sort((a, b) => a.start - b.start);
    const places = agenda.kinds.filter(({ key }) => kinds.includes(key)).map((kind) => kind.places);
    return !hasRoom(time, others, Math.max(capacityOf(agenda, agenda.offers, agenda.openingRules), ...places));
  })?.schedule;
}

/** The first agenda of an appointment that overlaps an earlier one of the series on a shared resource. */
function meetsEarlier(appointment: Planned, planned: readonly Planned[]): string | undefined {
  const { index, time, agendas } = appointment;
  const isMet = planned.some(
    (other) => other.index < index && overlaps(other.time, time) && sharesResource(other, appointment),
  );
  return isMet ? agendas[0]?.schedule : undefined;
}

function sharesResource(a: Occupation, b: Occupation): boolean {
  return a.agendas.some((agenda) => b.agendas.some((other) => agenda.keys.some((key) => other.keys.includes(key))));
}
