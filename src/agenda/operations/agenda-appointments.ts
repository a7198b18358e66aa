/** The appointments of an agenda in a window, for those who manage it. */
import { FRANCE } from '../../fhir/date.ts';
import type { Context } from '../../fhir/interaction.ts';
import { parseResource } from '../../fhir/json.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { searchParameter } from '../../fhir/search/parameters.ts';
import type { Criterion, ParameterCriterion } from '../../fhir/search/request.ts';
import { parseDate } from '../../fhir/search/value.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import type { LoadedAgenda } from '../agendas.ts';
import type { RuleServices } from '../rules/services.ts';

export interface AgendaAppointment {
  appointment: Appointment;
  holdsTime: boolean;
}

/** Statuses that hold no time, or may hold none: these appointments are found by their participants. */
const WITHOUT_TIME = ['noshow', 'proposed', 'pending', 'waitlist'];
/** No agenda that somebody looks at has more in one window. */
const MAX_APPOINTMENTS = 2000;

/** Those that hold time of the agenda, and requests and no-shows, which hold none; in the order of time. */
export async function agendaAppointments(
  { agendas, reader }: RuleServices,
  { now }: Context,
  loaded: LoadedAgenda,
  window: Interval,
): Promise<AgendaAppointment[]> {
  const taken = await agendas.stored.taken([`Schedule/${loaded.schedule}`, ...loaded.keys], window, now);
  const own = taken.filter(({ schedule }) => schedule === loaded.schedule);
  const holding = new Set(own.map(({ appointment }) => appointment));
  const holders = await reader.readReferences([...holding].map((id) => `Appointment/${id}`));
  const { rows } = await reader.search('Appointment', criteriaFor(loaded, window), {
    count: MAX_APPOINTMENTS,
    total: false,
  });
  const others = rows
    .map(({ body }) => parseResource('Appointment', body!))
    .filter((appointment) => !holding.has(appointment.id!) && isOfAgenda(appointment, loaded));
  return [
    ...holders.map(({ body }) => ({ appointment: parseResource('Appointment', body!), holdsTime: true })),
    ...others.map((appointment) => ({ appointment, holdsTime: false })),
  ].sort((a, b) => Date.parse(a.appointment.start!) - Date.parse(b.appointment.start!));
}

function criteriaFor({ actors }: LoadedAgenda, window: Interval): Criterion[] {
  const criterion = (name: string, values: ParameterCriterion['values']): Criterion => ({
    is: 'parameter',
    parameter: searchParameter('Appointment', name)!,
    values,
  });
  const date = (prefix: 'ge' | 'lt', instant: number) =>
    parseDate(`${prefix}${new Date(instant).toISOString()}`, FRANCE);
  const references = actors.map((actor) => {
    const [type, id] = actor.split('/');
    return { kind: 'reference' as const, type, id: id! };
  });
  return [
    criterion(
      'status',
      WITHOUT_TIME.map((code) => ({ kind: 'token', system: undefined, code })),
    ),
    criterion('date', [date('ge', window.start)]),
    criterion('date', [date('lt', window.end)]),
    criterion('actor', references),
  ];
}

/** A computed slot names its agenda; an appointment without slots was found by the actors. */
function isOfAgenda(appointment: Appointment, { code }: LoadedAgenda): boolean {
  const slots = list(appointment.slot).map(({ reference = '' }) => parseSlotId(reference.split('/').at(-1)!));
  return slots.length === 0 || slots.some((slot) => slot?.agenda === code);
}
