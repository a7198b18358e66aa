/**
 * Requests that nobody answers end, if their agenda says so: each write of a request sends itself a message that is
 * delivered when its time is over, by the clock of the database. ADR 0027
 */
import { readHold } from '../../fhir/french/fr-extensions.ts';
import { readRequestSettings } from '../../fhir/french/request-settings.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { type Appointment, asType } from '../../fhir/resources.ts';
import type { Backend } from '../../rest/backend.ts';
import { isRequest } from '../../scheduling/life-cycle.ts';
import type { Delivery } from '../../store/delivery/relay.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { concernedAgendas } from './addressed.ts';
import type { RuleServices } from './services.ts';

/** Destination in the outbox of the requests, which end when nobody answers. */
export const REQUESTS = 'request';

/** The shortest time that one of the agendas gives; milliseconds. */
function expiryOf(agendas: readonly LoadedAgenda[]): number | undefined {
  const times = agendas.map(({ resource }) => readRequestSettings(resource).expiresMs).filter((ms) => ms !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** `agendas`: those that the request is about. */
export function sendExpiry(context: Context, change: Change, unit: Unit, agendas: readonly LoadedAgenda[]): void {
  const after = asType(change.after, 'Appointment');
  if (after === undefined || !isOpen(after)) return;
  const expiresMs = expiryOf(agendas);
  if (expiresMs === undefined) return;
  const { id, version } = change;
  const until = context.now + expiresMs;
  const payload: OpenRequest = { id, version, until };
  unit.send({
    ...{ destination: REQUESTS, orderingKey: `${id} ${version}` },
    ...{ payload: JSON.stringify(payload), notBefore: until },
  });
}

/** A version of an appointment that is a request, and when it ends (epoch milliseconds). */
interface OpenRequest {
  id: string;
  version: number;
  until: number;
}

function isOpen(appointment: Appointment): boolean {
  return isRequest(appointment.status) && readHold(appointment) === undefined;
}

/** Cancels the request of a message, if nobody has touched it since and its agenda still lets requests end. */
export async function endRequest(
  services: RuleServices,
  backend: Pick<Backend, 'read' | 'patch'>,
  payload: string,
  now: number,
): Promise<Delivery> {
  const { id, version, until } = JSON.parse(payload) as OpenRequest;
  if (until > now) return { outcome: 'retry', reason: 'the clocks differ' };
  const context: Context = {
    ...{ now, requestId: `request-${id}`, caller: 'Créneau', roles: ['*'], strict: false, base: '' },
  };
  const stored = await backend.read(context, 'Appointment', id).catch(ignoreGone);
  if (stored === undefined || stored.version !== version) return { outcome: 'delivered' };
  const request = parseResource('Appointment', stored.body);
  if (!isOpen(request) || expiryOf(await concernedAgendas(services, request)) === undefined)
    return { outcome: 'delivered' };
  const ended = { status: 'cancelled', cancelationReason: { text: 'Demande restée sans réponse' } };
  // Somebody may answer at this moment.
  await backend
    .patch(context, 'Appointment', id, (current) => ({ ...current, ...ended }), { ifMatch: version })
    .catch(ignoreGone);
  return { outcome: 'delivered' };
}

function ignoreGone(error: unknown): undefined {
  if (error instanceof FhirError && [404, 409, 410, 412].includes(error.status)) return undefined;
  throw error;
}
