/** The content of one agenda in a period, as the server tells it (`$agenda`), read into plain objects. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import { isExtension } from '../../src/fhir/extension.ts';
import type { HolidayState } from '../../src/fhir/french/holiday-rule.ts';
import { type IdentityStatus, identityStatusOf } from '../../src/fhir/french/identity.ts';
import type { CodeableConcept, Period } from '../../src/fhir/resource.ts';
import type { Parameter } from '../../src/fhir/foundation.ts';
import { type Appointment, isType, list, type Patient } from '../../src/fhir/resources.ts';
import { ask } from '../fhir/client.ts';
import { conceptName, patientName } from '../fhir/names.ts';
import { parametersNamed, parameterValue, partValue, partValues } from '../fhir/parameters.ts';
import { addDays, dayIn, FRANCE, instantAt } from '../fhir/zone.ts';
import type { Span } from '../ui/dates.ts';
import { phoneText } from '../ui/phone.ts';

export interface Opening extends Span {
  /** Names of the availabilities that it comes from. */
  availability: string[];
}

export interface Closure extends Opening {
  reason: string;
}

/** A public holiday of the agenda's territory, whatever is done on it. */
export interface DayHoliday {
  /** `YYYY-MM-DD` */
  date: string;
  name: string;
  state: HolidayState;
}

/** Somebody takes the appointments of the agenda from one day to another. */
export interface DayReplacement {
  /** `Practitioner/x` */
  practitioner: string;
  name: string;
  first: string;
  last: string;
}

export interface VisitKind {
  minutes: number;
  serviceTypes: CodeableConcept[];
}

export interface AgendaAppointment extends Span {
  id: string;
  resource: Appointment;
  status: string;
  patient: string;
  /** `undefined` where the patient may not be read. */
  identity: PatientIdentity | undefined;
  /** The kind of visit. */
  kind: string;
  isOverbooked: boolean;
  /** The regulator who booked it; `undefined`: somebody of the practice, or a program. */
  regulator: string | undefined;
  /** The time is taken: a missed appointment gives it back. */
  holdsTime: boolean;
  /** The statuses that the server lets it take next. */
  mayBecome: readonly string[];
}

/** A request without time, or an entry of the waiting list. */
export interface AgendaRequest {
  id: string;
  resource: Appointment;
  patient: string;
  kind: string;
  wishes: readonly Period[];
  mayBecome: readonly string[];
}

/** The patient of an appointment, and how sure the practice is who it is. */
export interface PatientIdentity {
  id: string;
  status: IdentityStatus;
  /** `YYYY-MM-DD`, or less; `''`: unknown. */
  birthDate: string;
  /** `''`: unknown. */
  phone: string;
}

export interface AgendaContent {
  id: string;
  /** The ids of its slots begin with it. */
  code: string;
  zone: string;
  mayWrite: boolean;
  mayOverbook: boolean;
  kinds: VisitKind[];
  openings: Opening[];
  closures: Closure[];
  holidays: DayHoliday[];
  replacements: DayReplacement[];
  appointments: AgendaAppointment[];
  /** The oldest first. */
  requests: AgendaRequest[];
  /** Appointments to come in closed time, on any day; the next ones first. */
  closedOver: AgendaAppointment[];
  /** Times of appointments that this person may not see. */
  busy: Span[];
}

/** How to read the content of an agenda in a period; pages that read several agendas ask for several. */
export function agendaQuery(id: string, period: Span) {
  return queryOptions({
    queryKey: ['agenda', id, period.start, period.end],
    queryFn: ({ signal }) => readContent(id, period, signal),
  });
}

export function useAgendaContent(id: string, period: Span) {
  return useQuery({
    ...agendaQuery(id, period),
    placeholderData: (before) => (before?.id === id ? before : undefined),
  });
}

/** For pages that need the settings of an agenda and none of its appointments. */
export function useAgendaSettings(id: string) {
  const today = dayIn(Date.now(), 'UTC');
  return useAgendaContent(id, daysPeriod(today, 1, 'UTC'));
}

/** Whole days in a zone. */
export function daysPeriod(from: string, days: number, zone: string): Span {
  return { start: instantAt(from, '00:00', zone), end: instantAt(addDays(from, days), '00:00', zone) };
}

async function readContent(id: string, { start, end }: Span, signal: AbortSignal): Promise<AgendaContent> {
  const query = new URLSearchParams({ start, end });
  const { json } = await ask(`/fhir/Schedule/${id}/$agenda?${query}`, { signal });
  const patients = new Map(
    parametersNamed(json, 'patient').flatMap(({ resource }) =>
      resource !== undefined && isType(resource, 'Patient') ? [[`Patient/${resource.id}`, resource]] : [],
    ),
  );
  return {
    id,
    code: parameterValue(json, 'code') ?? '',
    zone: parameterValue(json, 'zone') ?? FRANCE,
    mayWrite: parameterValue(json, 'may-write') === true,
    mayOverbook: parameterValue(json, 'may-overbook') === true,
    kinds: parametersNamed(json, 'duration').map((duration) => ({
      minutes: Number(partValue(duration, 'minutes')),
      serviceTypes: partValues(duration, 'service-type'),
    })),
    openings: parametersNamed(json, 'opening').map(openingOf),
    closures: parametersNamed(json, 'closure').map((closure) => ({
      ...openingOf(closure),
      reason: conceptName(partValue(closure, 'reason')),
    })),
    holidays: parametersNamed(json, 'holiday').map((holiday) => ({
      date: partValue(holiday, 'date'),
      name: partValue(holiday, 'name'),
      state: partValue(holiday, 'state'),
    })),
    replacements: parametersNamed(json, 'replacement').map((replacement) => ({
      practitioner: partValue(replacement, 'practitioner')?.reference ?? '',
      name: partValue(replacement, 'practitioner')?.display ?? '',
      first: partValue(replacement, 'first'),
      last: partValue(replacement, 'last'),
    })),
    appointments: parametersNamed(json, 'appointment').map((appointment) => appointmentOf(appointment, patients)),
    requests: parametersNamed(json, 'request').map((request) => requestOf(request, patients)),
    closedOver: parametersNamed(json, 'closed-over').map((appointment) => appointmentOf(appointment, patients)),
    busy: parametersNamed(json, 'busy').map(spanOf),
  };
}

/** The locum of a day, if the practitioner is replaced then. */
export function replacementOf({ replacements, zone }: AgendaContent, start: string): DayReplacement | undefined {
  const day = dayIn(start, zone);
  return replacements.find(({ first, last }) => first <= day && day <= last);
}

function spanOf(parameter: Parameter): Span {
  return { start: partValue(parameter, 'start'), end: partValue(parameter, 'end') };
}

function openingOf(parameter: Parameter): Opening {
  return { ...spanOf(parameter), availability: partValues(parameter, 'availability') };
}

function requestOf(parameter: Parameter, patients: ReadonlyMap<string, Patient>): AgendaRequest {
  const resource: Appointment = partValue(parameter, 'resource');
  return {
    id: resource.id!,
    resource,
    patient: patientOf(resource, patients),
    kind: kindOf(resource),
    wishes: list(resource.requestedPeriod),
    mayBecome: partValues(parameter, 'may-become'),
  };
}

function kindOf({ serviceType, description }: Appointment): string {
  return conceptName(serviceType?.[0]) || (description ?? '');
}

function appointmentOf(parameter: Parameter, patients: ReadonlyMap<string, Patient>): AgendaAppointment {
  const resource: Appointment = partValue(parameter, 'resource');
  const { id, start, end, status } = resource;
  return {
    id: id!,
    resource,
    start: start!,
    end: end!,
    status,
    patient: patientOf(resource, patients),
    identity: identityOf(resource, patients),
    kind: kindOf(resource),
    isOverbooked: list(resource.extension).some(
      (extension) => isExtension(extension, 'overbooking') && extension['valueBoolean'] === true,
    ),
    regulator: regulatorOf(resource),
    holdsTime: partValue(parameter, 'holds-time') === true,
    mayBecome: partValues(parameter, 'may-become'),
  };
}

/** The operator whom the SAS names (INT_R02, INT_R03). */
function regulatorOf({ extension }: Appointment): string | undefined {
  const operator = list(extension).find((candidate) => isExtension(candidate, 'appointmentOperator'))?.valueReference;
  return operator && (operator.display ?? operator.identifier?.value ?? '');
}

function identityOf({ participant }: Appointment, patients: ReadonlyMap<string, Patient>): PatientIdentity | undefined {
  const patient = participant.flatMap(({ actor }) => patients.get(actor?.reference ?? '') ?? [])[0];
  return (
    patient && {
      id: patient.id!,
      status: identityStatusOf(patient),
      birthDate: patient.birthDate ?? '',
      phone: phoneText(list(patient.telecom).find(({ system }) => system === 'phone' || system === 'sms')?.value ?? ''),
    }
  );
}

function patientOf({ participant }: Appointment, patients: ReadonlyMap<string, Patient>): string {
  const patient = participant.find(({ actor }) => actor?.reference?.startsWith('Patient/'))?.actor;
  return patientName(patients.get(patient?.reference ?? '')) || (patient?.display ?? '');
}
