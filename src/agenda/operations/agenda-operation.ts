/**
 * `GET /fhir/Schedule/{id}/$agenda?start&end`: an agenda for those who manage it: when it is open and why it is closed,
 * its appointments with their patients, and what the caller may do with each, so that pages need no rules of their own.
 *
 * Parameters: `zone`, `code` (of its slots), `may-write`, `may-overbook`; `duration` (minutes, service-type*);
 * `opening` (availability, start, end); `closure` (availability, start, end, reason); `holiday` (date, name, state),
 * whatever is done on it; `replacement` (practitioner, first, last); `appointment` (resource, holds-time, may-become*);
 * `patient` (resource); `busy` (start, end), the time of an appointment that the caller may not read; `request`
 * (resource, may-become*), a proposal or an entry of the waiting list that has no time and is addressed to the agenda;
 * `closed-over` (resource, holds-time, may-become*), an appointment to come, in any window, that lies in a closure.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, notFound } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Appointment } from '../../fhir/resources.ts';
import { parseDate } from '../../fhir/search/value.ts';
import type { Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import type { Agenda } from '../../scheduling/agenda.ts';
import { closures, openings } from '../../scheduling/availability.ts';
import { holidaysIn } from '../../scheduling/holiday-times.ts';
import { clip, type Interval, overlaps } from '../../scheduling/interval.ts';
import { nextStatuses } from '../../scheduling/life-cycle.ts';
import { DAY, formatInstant, localDate } from '../../scheduling/zone.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { participantsOf } from '../../fhir/actors.ts';
import type { Parameter } from '../../fhir/foundation.ts';
import { mayOverbook } from '../rules/appointment-rules.ts';
import { checkPerson } from '../rules/person-rules.ts';
import { hiddenFrom } from '../rules/read-scope.ts';
import type { RuleServices } from '../rules/services.ts';
import { type AgendaAppointment, agendaAppointments, agendaRequests } from './agenda-appointments.ts';
import { closedOver } from './closed-over.ts';

const DEFAULT_DAYS = 7;

export function agendaOperation(services: RuleServices): Operation {
  return {
    name: 'agenda',
    on: ['Schedule'],
    level: 'instance',
    safe: true,
    description:
      'Un agenda tel que le voient ceux qui le tiennent : ouvertures, fermetures, rendez-vous, demandes, ' +
      'rendez-vous à venir dans une fermeture (closed-over), et ce que l’appelant peut en faire (start, end).',
    async run(context, call) {
      const [loaded] = await services.agendas.load(await services.agendas.stored.rows([call.id!]));
      if (loaded === undefined) throw notFound('Schedule', call.id!);
      const window = windowOf(
        new OperationInput(call, context.base),
        context.now,
        services.settings.windowDays,
        loaded.agenda,
      );
      return { resource: await describe(services, context, loaded, window) };
    },
  };
}

function windowOf(input: OperationInput, now: number, maxDays: number, { zone }: Agenda): Interval {
  const instant = (name: string): number | undefined => {
    const text = input.text(name);
    return text === undefined ? undefined : parseDate(text, zone).start;
  };
  const start = instant('start') ?? now;
  const end = instant('end') ?? start + DEFAULT_DAYS * DAY;
  if (end > start && end - start <= maxDays * DAY) return { start, end };
  throw new FhirError('too-costly', `An agenda is shown for ${maxDays} days at most, from start to end`, {
    expression: 'start',
    text: `La période va de « start » à « end », ${maxDays} jours au plus.`,
  });
}

async function describe(
  services: RuleServices,
  context: Context,
  loaded: LoadedAgenda,
  window: Interval,
): Promise<Resource> {
  const { agenda, code } = loaded;
  const all = await agendaAppointments(services, context, loaded, window);
  const referenceOf = ({ appointment }: AgendaAppointment): string => `Appointment/${appointment.id}`;
  const hidden = await hiddenFrom(services, context, all.map(referenceOf));
  const shown = all.filter((item) => !hidden.has(referenceOf(item)));
  const busy = all.filter((item) => item.holdsTime && hidden.has(referenceOf(item)));
  const requests = await readable(services, context, await agendaRequests(services, loaded));
  const inClosures = await readable(services, context, await closedOver(services, context, loaded));
  const mayWrite = await isAllowed(services, context, loaded);
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'zone', valueCode: agenda.zone },
      { name: 'code', valueString: code },
      { name: 'may-write', valueBoolean: mayWrite },
      { name: 'may-overbook', valueBoolean: mayWrite && mayOverbook(context) },
      ...durationParameters(agenda),
      ...openingParameters(agenda, window),
      ...closureParameters(agenda, window),
      ...holidayParameters(agenda, window),
      ...replacementParameters(agenda, window),
      ...shown.map((item) => appointmentParameter(item, mayWrite)),
      ...busy.map(({ appointment: { start, end } }) => ({
        name: 'busy',
        part: times(agenda, { start: Date.parse(start!), end: Date.parse(end!) }),
      })),
      ...requests.map((request) => ({ name: 'request', part: [...contentOf(request, mayWrite)] })),
      ...inClosures.map((appointment) => ({
        ...appointmentParameter({ appointment, holdsTime: true }, mayWrite),
        name: 'closed-over',
      })),
      ...(await patientParameters(services, [
        ...shown.map(({ appointment }) => appointment),
        ...requests,
        ...inClosures,
      ])),
    ],
  };
}

function times({ zone }: Agenda, { start, end }: Interval): Parameter[] {
  return [
    { name: 'start', valueDateTime: formatInstant(start, zone) },
    { name: 'end', valueDateTime: formatInstant(end, zone) },
  ];
}

function availabilities(ids: readonly string[]): Parameter[] {
  return ids.map((id) => ({ name: 'availability', valueString: id }));
}

function durationParameters({ series }: Agenda): Parameter[] {
  return series.map(({ durationMs, serviceTypes }) => ({
    name: 'duration',
    part: [
      { name: 'minutes', valueDecimal: durationMs / 60_000 },
      ...serviceTypes.map((serviceType) => ({ name: 'service-type', valueCodeableConcept: serviceType })),
    ],
  }));
}

function openingParameters(agenda: Agenda, window: Interval): Parameter[] {
  return openings(agenda, window).flatMap(({ regions, availabilityIds }) =>
    regions
      .map((region) => clip(region, window))
      .filter((region) => region !== undefined)
      .map((region) => ({ name: 'opening', part: [...availabilities(availabilityIds), ...times(agenda, region)] })),
  );
}

function closureParameters(agenda: Agenda, window: Interval): Parameter[] {
  return closures(agenda, window)
    .filter((closure) => overlaps(closure, window))
    .map((closure) => ({
      name: 'closure',
      part: [
        ...availabilities(closure.availabilityIds),
        ...times(agenda, closure),
        ...(closure.reason === undefined ? [] : [{ name: 'reason', valueCodeableConcept: closure.reason }]),
      ],
    }));
}

function holidayParameters({ holidays, zone }: Agenda, window: Interval): Parameter[] {
  if (holidays === undefined) return [];
  return holidaysIn(holidays, zone, { ...window, end: window.end - 1 }).map(({ date, name, state }) => ({
    name: 'holiday',
    part: [
      { name: 'date', valueDate: date },
      { name: 'name', valueString: name },
      { name: 'state', valueCode: state },
    ],
  }));
}

function replacementParameters({ replacements, zone }: Agenda, { start, end }: Interval): Parameter[] {
  const [from, to] = [localDate(start, zone), localDate(end, zone)];
  return replacements
    .filter(({ first, last }) => first <= to && from <= last)
    .map(({ practitioner, name, first, last }) => ({
      name: 'replacement',
      part: [
        {
          name: 'practitioner',
          valueReference: { reference: practitioner, ...(name === '' ? {} : { display: name }) },
        },
        { name: 'first', valueDate: first },
        { name: 'last', valueDate: last },
      ],
    }));
}

async function readable(
  services: RuleServices,
  context: Context,
  appointments: readonly Appointment[],
): Promise<readonly Appointment[]> {
  const hidden = await hiddenFrom(
    services,
    context,
    appointments.map(({ id }) => `Appointment/${id}`),
  );
  return appointments.filter(({ id }) => !hidden.has(`Appointment/${id}`));
}

function appointmentParameter({ appointment, holdsTime }: AgendaAppointment, mayWrite: boolean): Parameter {
  const part = contentOf(appointment, mayWrite);
  part.splice(1, 0, { name: 'holds-time', valueBoolean: holdsTime });
  return { name: 'appointment', part };
}

/** The appointment, and what the caller may make of it. */
function contentOf(appointment: Appointment, mayWrite: boolean): Parameter[] {
  const next = mayWrite ? nextStatuses(appointment.status) : [];
  return [
    { name: 'resource', resource: appointment },
    ...next.map((status) => ({ name: 'may-become', valueCode: status })),
  ];
}

async function patientParameters({ reader }: RuleServices, shown: readonly Appointment[]): Promise<Parameter[]> {
  const participants = shown.flatMap(participantsOf);
  const patients = new Set(participants.filter((participant) => participant.startsWith('Patient/')));
  const stored = await reader.readReferences(patients);
  return stored.map(({ body }) => ({ name: 'patient', resource: parseResource('Patient', body!) }));
}

/** May the caller write the agenda? */
async function isAllowed(
  services: RuleServices,
  context: Context,
  { schedule: id, version, resource }: LoadedAgenda,
): Promise<boolean> {
  const change = { method: 'PUT', type: 'Schedule', id, version, before: resource, after: resource } as const;
  try {
    await checkPerson(services, context, change);
    return true;
  } catch (error) {
    if (error instanceof FhirError && error.code === 'forbidden') return false;
    throw error;
  }
}
