/** One agenda in a window, as the server tells it (`$agenda`): read into plain objects. */
import { useQuery } from '@tanstack/react-query';
import type { CodeableConcept, Json, Resource } from '../../src/fhir/resource.ts';
import { ask } from '../fhir/client.ts';
import { conceptName, personName } from '../fhir/names.ts';

export interface Opening {
  availability: string[];
  start: string;
  end: string;
}

export interface Closure extends Opening {
  reason: string;
}

export interface Kind {
  minutes: number;
  serviceTypes: CodeableConcept[];
}

export interface ShownAppointment {
  id: string;
  resource: Resource;
  start: string;
  end: string;
  status: string;
  patient: string;
  what: string;
  overbooked: boolean;
  /** Does it hold the time: of a missed one the time is free. */
  holds: boolean;
  /** Statuses that the server lets it take next. */
  mayBecome: readonly string[];
}

export interface ShownAgenda {
  id: string;
  zone: string;
  mayWrite: boolean;
  mayOverbook: boolean;
  kinds: Kind[];
  openings: Opening[];
  closures: Closure[];
  appointments: ShownAppointment[];
  /** Taken by appointments that this person may not see. */
  busy: { start: string; end: string }[];
}

export interface Window {
  /** Instants. */
  start: string;
  end: string;
}

export function shownKey(id: string, window: Window) {
  return ['shown', id, window.start, window.end];
}

export async function readShown(id: string, window: Window, signal?: AbortSignal): Promise<ShownAgenda> {
  const query = new URLSearchParams({ start: window.start, end: window.end });
  return parse(id, (await ask(`/fhir/Schedule/${id}/$agenda?${query}`, { signal })).json);
}

export function useShown(id: string, window: Window) {
  return useQuery({
    queryKey: shownKey(id, window),
    queryFn: ({ signal }) => readShown(id, window, signal),
    placeholderData: (before) => (before?.id === id ? before : undefined),
  });
}

function parse(id: string, json: Json): ShownAgenda {
  const all = (json?.parameter ?? []) as Json[];
  const of = (name: string): Json[] => all.filter((one) => one.name === name);
  const patients = new Map(of('patient').map((one) => [`Patient/${one.resource.id}`, one.resource as Resource]));
  return {
    id,
    zone: of('zone')[0]?.valueCode ?? 'Europe/Paris',
    mayWrite: of('may-write')[0]?.valueBoolean === true,
    mayOverbook: of('may-overbook')[0]?.valueBoolean === true,
    kinds: of('duration').map((one) => ({
      minutes: Number(part(one, 'minutes')?.valueDecimal),
      serviceTypes: parts(one, 'service-type').map((type) => type.valueCodeableConcept),
    })),
    openings: of('opening').map(times),
    closures: of('closure').map((one) => ({
      ...times(one),
      reason: conceptName(part(one, 'reason')?.valueCodeableConcept),
    })),
    appointments: of('appointment').map((one) => appointment(one, patients)),
    busy: of('busy').map(times),
  };
}

function parts(parameter: Json, name: string): Json[] {
  return ((parameter.part ?? []) as Json[]).filter((one) => one.name === name);
}

function part(parameter: Json, name: string): Json {
  return parts(parameter, name)[0];
}

function times(parameter: Json): Opening {
  return {
    availability: parts(parameter, 'availability').map((part) => part.valueString),
    start: part(parameter, 'start').valueDateTime,
    end: part(parameter, 'end').valueDateTime,
  };
}

const OVERBOOKING = 'urn:creneau:fhir:overbooking';

function appointment(parameter: Json, patients: ReadonlyMap<string, Resource>): ShownAppointment {
  const resource = part(parameter, 'resource').resource as Resource;
  const participants = (resource['participant'] ?? []) as Json[];
  const patient = participants.find((participant) => /^Patient\//.test(participant.actor?.reference ?? ''))?.actor;
  return {
    id: resource.id!,
    resource,
    start: resource['start'],
    end: resource['end'],
    status: resource['status'],
    patient: personName(patients.get(patient?.reference ?? '')) || (patient?.display ?? ''),
    what: conceptName(resource['serviceType']?.[0]) || (resource['description'] ?? ''),
    overbooked:
      resource.extension?.some((extension) => extension.url === OVERBOOKING && extension['valueBoolean'] === true) ??
      false,
    holds: part(parameter, 'holds-time')?.valueBoolean === true,
    mayBecome: parts(parameter, 'may-become').map((part) => part.valueCode),
  };
}
