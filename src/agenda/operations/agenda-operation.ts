/**
 * `GET /fhir/Schedule/{id}/$agenda?start&end`: an agenda as it is shown to those who keep it. When it is open and why
 * it is closed, its appointments
 * with their patients, and what the caller may do with each, so that a page holds no rule of its own.
 *
 * Parameters: `zone`, `may-write`, `may-overbook`; `duration` (minutes, service-type*), `opening` (availability, start,
 * end), `closure`
 * (availability, start, end, reason), `appointment` (resource, holds-time, may-become*), `patient` (resource); `busy`
 * (start, end): taken by
 * an appointment that the caller may not see.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FRANCE } from '../../fhir/date.ts';
import { FhirError, notFound } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import { localId, localTarget } from '../../fhir/local-reference.ts';
import type { Json, Reference, Resource } from '../../fhir/resource.ts';
import { searchParameter } from '../../fhir/search/parameters.ts';
import type { Criterion } from '../../fhir/search/request.ts';
import { parseDate } from '../../fhir/search/value.ts';
import type { Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import { closures, openings } from '../../scheduling/availability.ts';
import { clip, type Interval, overlaps } from '../../scheduling/interval.ts';
import { nextStatuses } from '../../scheduling/life-cycle.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import { DAY, formatInstant } from '../../scheduling/zone.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { mayOverbook } from '../rules/appointment-rules.ts';
import { checkPerson } from '../rules/person-rules.ts';
import { hiddenFrom } from '../rules/read-scope.ts';
import type { RuleServices } from '../rules/services.ts';

/** Statuses that hold no time, or may not: found by who takes part. */
const WITHOUT_TIME = ['noshow', 'proposed', 'pending', 'waitlist'];
/** More in one window is no agenda that somebody looks at. */
const MAX_APPOINTMENTS = 2000;

export function agendaOperation(services: RuleServices): Operation {
  return {
    name: 'agenda',
    on: ['Schedule'],
    level: 'instance',
    safe: true,
    description:
      'Un agenda tel que le voient ceux qui le tiennent : ouvertures, fermetures, rendez-vous, et ce que l’appelant peut en faire (start, end).',
    async run(context, call) {
      const [loaded] = await services.agendas.load(await services.agendas.stored.rows([call.id!]));
      if (loaded === undefined) throw notFound('Schedule', call.id!);
      return {
        resource: await describe(
          services,
          context,
          loaded,
          windowOf(new OperationInput(call, context.base), context.now, services.settings.windowDays),
        ),
      };
    },
  };
}

function windowOf(input: OperationInput, now: number, most: number): Interval {
  const instant = (name: string): number | undefined => {
    const text = input.text(name);
    return text === undefined ? undefined : parseDate(text, FRANCE).start;
  };
  const start = instant('start') ?? now;
  const end = instant('end') ?? start + 7 * DAY;
  if (end > start && end - start <= most * DAY) return { start, end };
  throw new FhirError('too-costly', `An agenda is shown for ${most} days at most, from start to end`, {
    expression: 'start',
    text: `La période va de « start » à « end », ${most} jours au plus.`,
  });
}

async function describe(
  services: RuleServices,
  context: Context,
  loaded: LoadedAgenda,
  window: Interval,
): Promise<Resource> {
  const { agenda } = loaded;
  const times = ({ start, end }: Interval): Json[] => [
    { name: 'start', valueDateTime: formatInstant(start, agenda.zone) },
    { name: 'end', valueDateTime: formatInstant(end, agenda.zone) },
  ];
  const names = (ids: readonly string[]): Json[] => ids.map((one) => ({ name: 'availability', valueString: one }));
  const open = openings(agenda, window).flatMap(({ regions, availabilityIds }) =>
    regions
      .map((region) => clip(region, window))
      .flatMap((one) =>
        one === undefined ? [] : [{ name: 'opening', part: [...names(availabilityIds), ...times(one)] }],
      ),
  );
  const closed = closures(agenda, window)
    .filter((closure) => overlaps(closure, window))
    .map((closure) => ({
      name: 'closure',
      part: [
        ...names(closure.availabilityIds),
        ...times(closure),
        ...(closure.reason === undefined ? [] : [{ name: 'reason', valueCodeableConcept: closure.reason }]),
      ],
    }));
  const durations = agenda.series.map(({ durationMs, serviceTypes }) => ({
    name: 'duration',
    part: [
      { name: 'minutes', valueDecimal: durationMs / 60_000 },
      ...serviceTypes.map((one) => ({ name: 'service-type', valueCodeableConcept: one })),
    ],
  }));
  const all = await appointmentsOf(services, context, loaded, window);
  const hidden = await hiddenFrom(
    services,
    context,
    all.map(({ resource }) => `Appointment/${resource.id}`),
  );
  const appointments = all.filter(({ resource }) => !hidden.has(`Appointment/${resource.id}`));
  const busy = all.filter(({ resource, held }) => held && hidden.has(`Appointment/${resource.id}`));
  const patients = await services.reader.readReferences(
    new Set(
      appointments.flatMap(({ resource }) =>
        participantsOf(resource).filter((participant) => participant.startsWith('Patient/')),
      ),
    ),
  );
  const mayWrite = await isAllowed(services, context, loaded);
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'zone', valueCode: agenda.zone },
      { name: 'may-write', valueBoolean: mayWrite },
      { name: 'may-overbook', valueBoolean: mayWrite && mayOverbook(context) },
      ...durations,
      ...open,
      ...closed,
      ...appointments.map(({ resource, held }) => ({
        name: 'appointment',
        part: [
          { name: 'resource', resource },
          { name: 'holds-time', valueBoolean: held },
          ...(mayWrite
            ? nextStatuses(resource['status']).map((status) => ({ name: 'may-become', valueCode: status }))
            : []),
        ],
      })),
      ...busy.map(({ resource }) => ({
        name: 'busy',
        part: times({ start: Date.parse(resource['start']), end: Date.parse(resource['end']) }),
      })),
      ...patients.map((patient) => ({ name: 'patient', resource: parseJson(patient.body!) as Resource })),
    ],
  };
}

/**
 * Those that hold time of this agenda, whoever takes part; and requests and no-shows, which hold none, by their
 * participants.
 */
async function appointmentsOf(
  services: RuleServices,
  { now }: Context,
  loaded: LoadedAgenda,
  window: Interval,
): Promise<{ resource: Resource; held: boolean }[]> {
  const taken = await services.agendas.stored.taken([`Schedule/${loaded.schedule}`, ...loaded.keys], window, now);
  const held = new Set(taken.filter((one) => one.schedule === loaded.schedule).map((one) => one.appointment));
  const bodies = await services.reader.readReferences([...held].map((id) => `Appointment/${id}`));
  const { rows } = await services.reader.search('Appointment', criteriaFor(loaded, window), {
    count: MAX_APPOINTMENTS,
    total: false,
  });
  const others = rows
    .map((row) => parseJson(row.body!) as Resource)
    .filter((one) => !held.has(one.id!) && isOfAgenda(one, loaded));
  return [
    ...bodies.map((body) => ({ resource: parseJson(body.body!) as Resource, held: true })),
    ...others.map((resource) => ({ resource, held: false })),
  ].sort((a, b) => Date.parse(a.resource['start']) - Date.parse(b.resource['start']));
}

function criteriaFor({ actors }: LoadedAgenda, window: Interval): Criterion[] {
  const parameter = (name: string) => searchParameter('Appointment', name)!;
  const day = (instant: number, prefix: 'ge' | 'lt') =>
    parseDate(`${prefix}${new Date(instant).toISOString()}`, FRANCE);
  return [
    {
      is: 'parameter',
      parameter: parameter('status'),
      values: WITHOUT_TIME.map((code) => ({ kind: 'token', system: undefined, code })),
    },
    { is: 'parameter', parameter: parameter('date'), values: [day(window.start, 'ge')] },
    { is: 'parameter', parameter: parameter('date'), values: [day(window.end, 'lt')] },
    {
      is: 'parameter',
      parameter: parameter('actor'),
      values: actors.map((actor) => ({ kind: 'reference', type: actor.split('/')[0], id: actor.split('/')[1]! })),
    },
  ];
}

/** A slot says of which agenda it is; without one, the actors do. */
function isOfAgenda(appointment: Resource, { code }: LoadedAgenda): boolean {
  const slots = ((appointment['slot'] as Reference[] | undefined) ?? []).map((slot) =>
    parseSlotId(localId(slot, 'Slot') ?? ''),
  );
  return slots.length === 0 || slots.some((slot) => slot?.agenda === code);
}

function participantsOf(appointment: Resource): string[] {
  return ((appointment['participant'] as Json[] | undefined) ?? []).flatMap(({ actor }) => localTarget(actor) ?? []);
}

async function isAllowed(
  services: RuleServices,
  context: Context,
  { schedule, version, resource }: LoadedAgenda,
): Promise<boolean> {
  try {
    await checkPerson(services, context, {
      method: 'PUT',
      type: 'Schedule',
      id: schedule,
      version,
      before: resource,
      after: resource,
    });
    return true;
  } catch (error) {
    if (error instanceof FhirError && error.code === 'forbidden') return false;
    throw error;
  }
}
