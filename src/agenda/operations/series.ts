/**
 * Of several appointments that are booked all or nothing, every one that conflicts, with its nearest free times: not
 * the first alone.
 */
import type { Context, EntryWrite } from '../../fhir/interaction.ts';
import { FhirError, inEntry, type Issue } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { overlaps } from '../../scheduling/interval.ts';
import { takesTime } from '../../scheduling/life-cycle.ts';
import { capacityOf, hasRoom } from '../../scheduling/slots.ts';
import { explainTaken } from '../slots/nearest.ts';
import { occupationOf } from '../rules/occupation.ts';
import type { Occupation, RuleServices } from '../rules/services.ts';

interface Planned extends Occupation {
  index: number;
  id: string | undefined;
}

/** The refusal of a transaction, with one issue per conflicting appointment instead of the first alone. */
export async function explainSeries(
  services: RuleServices,
  context: Context,
  writes: readonly EntryWrite[],
  refusal: FhirError,
): Promise<FhirError> {
  const planned: Planned[] = [];
  for (const write of writes.filter((write) => write.type === 'Appointment' && write.method !== 'DELETE')) {
    const appointment = await afterOf(services, write);
    if (appointment === undefined || !takesTime(appointment['status'], true)) continue;
    // One that cannot be understood is not this refusal's subject.
    const occupation = await occupationOf(services, appointment).catch(() => undefined);
    if (occupation !== undefined) planned.push({ ...occupation, index: write.index, id: write.id });
  }
  if (planned.length < 2) return refusal;
  const issues: Issue[] = [];
  for (const one of planned) {
    const taken =
      (await takenAgenda(services, context, one)) ??
      (planned.some((other) => other.index < one.index && overlaps(other.time, one.time) && shared(other, one))
        ? one.agendas[0]?.schedule
        : undefined);
    if (taken === undefined) continue;
    const take = { appointment: '', schedule: taken, ...one.time, capacity: 1, overbook: false, tentative: false };
    issues.push(
      ...inEntry(
        await explainTaken(
          services,
          context,
          take,
          one.agendas,
          planned.filter((other) => other !== one).map((other) => other.time),
        ),
        one.index,
      ).issues,
    );
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

async function afterOf(services: RuleServices, { id, resource, apply }: EntryWrite): Promise<Resource | undefined> {
  if (apply === undefined) return resource;
  const stored = id === undefined ? undefined : await services.reader.read('Appointment', id);
  return stored?.body === undefined ? undefined : apply(parseJson(stored.body) as Resource);
}

function shared(a: Occupation, b: Occupation): boolean {
  return a.agendas.some((agenda) => b.agendas.some((other) => agenda.keys.some((key) => other.keys.includes(key))));
}

/** The first agenda of the appointment whose time somebody else has. */
async function takenAgenda(
  services: RuleServices,
  context: Context,
  { agendas, time, id }: Planned,
): Promise<string | undefined> {
  const busy = await services.agendas.busy(agendas, time, context.now);
  return agendas.find(({ schedule, agenda }) => {
    const others = busy
      .get(schedule)!
      .filter((one) => one.lane !== null && one.appointment !== id)
      .sort((a, b) => a.start - b.start);
    return !hasRoom(time, others, capacityOf(agenda.offers));
  })?.schedule;
}
