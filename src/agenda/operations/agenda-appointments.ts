/** The appointments of an agenda in a window, for those who manage it. */
import { FRANCE } from '../../fhir/date.ts';
import type { Context } from '../../fhir/interaction.ts';
import { parseResource } from '../../fhir/json.ts';
import { localId } from '../../fhir/local-reference.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { searchParameter } from '../../fhir/search/parameters.ts';
import type { Criterion, ParameterCriterion } from '../../fhir/search/request.ts';
import { parseDate } from '../../fhir/search/value.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { addressedAgendas } from '../rules/addressed.ts';
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
    total: 'none',
  });
  const others = rows
    .map(({ body }) => parseResource('Appointment', body!))
    .filter((appointment) => !holding.has(appointment.id!) && isOfAgenda(appointment, loaded));
  return [
    ...holders.map(({ body }) => ({ appointment: parseResource('Appointment', body!), holdsTime: true })),
    ...others.map((appointment) => ({ appointment, holdsTime: false })),
  ].sort((a, b) => Date.parse(a.appointment.start!) - Date.parse(b.appointment.start!));
}

/** The statuses of a request that nobody has answered with a time. */
const UNANSWERED = ['proposed', 'pending', 'waitlist'];
/** More requests than this wait in no inbox; the oldest are shown. */
const MAX_REQUESTS = 200;

/** The requests without time that are addressed to the agenda, the oldest first. */
export async function agendaRequests(services: RuleServices, loaded: LoadedAgenda): Promise<Appointment[]> {
  const { rows } = await services.reader.search(
    'Appointment',
    [
      criterion(
        'status',
        UNANSWERED.map((code) => ({ kind: 'token', system: undefined, code })),
      ),
      { ...criterion('date', []), modifier: 'missing', missing: true },
      criterion('actor', actorValues(loaded)),
    ],
    {
      count: MAX_REQUESTS,
      total: 'none',
      sort: [{ parameter: searchParameter('Appointment', '_lastUpdated')!, descending: false }],
    },
  );
  const requests: Appointment[] = [];
  for (const { body } of rows) {
    const request = parseResource('Appointment', body!);
    const addressed = await addressedAgendas(services, request);
    if (addressed.some(({ schedule }) => schedule === loaded.schedule)) requests.push(request);
  }
  return requests;
}

function criterion(name: string, values: ParameterCriterion['values']): ParameterCriterion {
  return { is: 'parameter', parameter: searchParameter('Appointment', name)!, values };
}

/** The actors as the agenda names them, and the professionals behind their roles. */
function actorValues({ actors, keys, members }: LoadedAgenda): ParameterCriterion['values'] {
  const people = members?.values() ?? [];
  const named = new Set([...actors, ...keys.filter((key) => !key.startsWith('Schedule/')), ...people]);
  return [...named].map((actor) => {
    const [type, id] = actor.split('/');
    return { kind: 'reference' as const, type, id: id! };
  });
}

/** Those of some statuses in a window, whether or not they hold time. */
export async function appointmentsBetween(
  { reader }: RuleServices,
  loaded: LoadedAgenda,
  statuses: readonly string[],
  window: Interval,
): Promise<Appointment[]> {
  const criteria = criteriaFor(loaded, window, statuses);
  const { rows } = await reader.search('Appointment', criteria, { count: MAX_APPOINTMENTS, total: 'none' });
  return rows
    .map(({ body }) => parseResource('Appointment', body!))
    .filter((appointment) => isOfAgenda(appointment, loaded));
}

function criteriaFor(loaded: LoadedAgenda, window: Interval, statuses: readonly string[] = WITHOUT_TIME): Criterion[] {
  const date = (prefix: 'ge' | 'lt', instant: number) =>
    parseDate(`${prefix}${new Date(instant).toISOString()}`, FRANCE);
  return [
    criterion(
      'status',
      statuses.map((code) => ({ kind: 'token', system: undefined, code })),
    ),
    criterion('date', [date('ge', window.start)]),
    criterion('date', [date('lt', window.end)]),
    criterion('actor', actorValues(loaded)),
  ];
}

/** A computed slot names its agenda; an appointment without slots was found by the actors. */
function isOfAgenda(appointment: Appointment, { code }: LoadedAgenda): boolean {
  const slots = list(appointment.slot).map((slot) => parseSlotId(localId(slot, 'Slot') ?? ''));
  return slots.length === 0 || slots.some((slot) => slot?.agenda === code);
}
