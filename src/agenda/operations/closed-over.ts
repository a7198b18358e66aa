/**
 * Appointments to come that lie in a closure of their agenda: somebody has to call these patients. Computed from what
 * holds now, so that each stays listed until it was moved or cancelled, or the closure goes.
 */
import { setImmediate } from 'node:timers/promises';
import type { Context } from '../../fhir/interaction.ts';
import { parseResource } from '../../fhir/json.ts';
import type { Appointment } from '../../fhir/resources.ts';
import { closedTimes } from '../../scheduling/closed-times.ts';
import { isRequest } from '../../scheduling/life-cycle.ts';
import { DAY } from '../../scheduling/zone.ts';
import type { LoadedAgenda } from '../agendas.ts';
import type { RuleServices } from '../rules/services.ts';

/** As far as appointments are made. */
const AHEAD_MS = 2 * 366 * DAY;
/** Nobody calls more patients from one list; the next ones come up when these are settled. */
const MAX_CLOSED_OVER = 200;

/** The next ones first. */
export async function closedOver(
  { agendas, reader }: RuleServices,
  { now }: Context,
  { agenda, schedule }: LoadedAgenda,
): Promise<Appointment[]> {
  const hasClosures = agenda.rules.some(({ availability }) => availability.type === 'busy-unavailable');
  if (!hasClosures && agenda.holidays === undefined) return [];
  const taken = await agendas.stored.taken([`Schedule/${schedule}`], { start: now, end: now + AHEAD_MS }, now);
  const kept = taken.filter((time) => time.schedule === schedule && time.expires === null && time.start > now);
  const ids = new Set<string>();
  for (const closed of closedTimes(agenda, kept)) {
    for (const { appointment } of closed) ids.add(appointment);
    await setImmediate();
  }
  const stored = await reader.readReferences([...ids].slice(0, MAX_CLOSED_OVER).map((id) => `Appointment/${id}`));
  return stored
    .map(({ body }) => parseResource('Appointment', body!))
    .filter(({ status }) => status === 'booked' || isRequest(status))
    .sort((a, b) => Date.parse(a.start!) - Date.parse(b.start!));
}
