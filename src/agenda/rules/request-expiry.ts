/**
 * Requests that nobody answers end, if their agenda says so: each write of a request sends itself a message that is
 * delivered when its time is over, by the clock of the database. ADR 0027
 */
import { readHold } from '../../fhir/french/fr-extensions.ts';
import { readRequestSettings } from '../../fhir/french/request-settings.ts';
import { readAnswerBy, withAnswerBy } from '../../fhir/french/visit-marks.ts';
import { readWaiting } from '../../fhir/french/waiting.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { type Appointment, asType, list } from '../../fhir/resources.ts';
import type { Backend } from '../../rest/backend.ts';
import { isRequest } from '../../scheduling/life-cycle.ts';
import type { Delivery } from '../../store/delivery/relay.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { visitorOf } from '../kinds/visitor.ts';
import { concernedAgendas } from './addressed.ts';
import type { RuleServices } from './services.ts';

const HOUR_MS = 3_600_000;
/** Nobody who asked by a page waits longer for an answer. */
const MAX_ANSWER_MS = 48 * HOUR_MS;

/**
 * A request of somebody who asked by a page of the practice says until when it is answered: two days, or half of what
 * is left before its start. `agendas`: those whose time it takes. ADR 0037
 */
export function promiseAnswer(context: Context, change: Change, agendas: readonly LoadedAgenda[]): void {
  const { before, after } = sidesOf(change, 'Appointment');
  if (context.visitor === undefined || visitorOf(context).as === 'desk') return;
  if (before !== undefined || after === undefined || !isOpen(after) || after.start === undefined) return;
  const halfMs = Math.max(0, Date.parse(after.start) - context.now) / 2;
  const until = context.now + Math.min(MAX_ANSWER_MS, halfMs, expiryOf(agendas) ?? MAX_ANSWER_MS);
  Object.assign(after, withAnswerBy(after, Math.floor(until)));
}

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
  const until =
    endOfWait(after) ?? readAnswerBy(after) ?? (expiresMs === undefined ? undefined : context.now + expiresMs);
  if (until === undefined) return;
  const { id, version } = change;
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
    ...{ now, requestId: `request-${id}`, caller: 'Créneau', roles: ['*'], strict: false, base: '', isOwnWork: true },
  };
  const stored = await backend.read(context, 'Appointment', id).catch(ignoreGone);
  if (stored === undefined || stored.version !== version) return { outcome: 'delivered' };
  const request = parseResource('Appointment', stored.body);
  const mayEnd = endOfWait(request) ?? readAnswerBy(request) ?? expiryOf(await concernedAgendas(services, request));
  if (!isOpen(request) || mayEnd === undefined) return { outcome: 'delivered' };
  const ended = { status: 'cancelled', cancelationReason: UNANSWERED };
  // Somebody may answer at this moment.
  await backend
    .patch(context, 'Appointment', id, (current) => ({ ...current, ...ended }), { ifMatch: version })
    .catch(ignoreGone);
  return { outcome: 'delivered' };
}

/** Of an entry of the waiting list: nobody waits for a time that has passed. */
function endOfWait(appointment: Appointment): number | undefined {
  if (readWaiting(appointment) === undefined) return undefined;
  const ends = list(appointment.requestedPeriod).map(({ end }) => Date.parse(end ?? ''));
  return ends.length === 0 || ends.some(Number.isNaN) ? undefined : Math.max(...ends);
}

const UNANSWERED = {
  coding: [{ system: 'urn:creneau:fhir:cancelation', code: 'unanswered' }],
  text: 'Demande restée sans réponse',
};

function ignoreGone(error: unknown): undefined {
  if (error instanceof FhirError && [404, 409, 410, 412].includes(error.status)) return undefined;
  throw error;
}
