/**
 * Appointments to come that lie in a closure of their agenda: somebody has to call these patients. Computed from what
 * holds now, so that each stays listed until it was moved or cancelled, or the closure goes.
 */
import { setImmediate } from 'node:timers/promises';
import type { Context } from '../../fhir/interaction.ts';
import { parseResource } from '../../fhir/json.ts';
import type { Appointment } from '../../fhir/resources.ts';
import type { Agenda } from '../../scheduling/agenda.ts';
import { closures } from '../../scheduling/availability.ts';
import { MAX_SEARCH_MS } from '../../scheduling/expansion-cost.ts';
import { type Interval, meetsAny, union } from '../../scheduling/interval.ts';
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
  if (!agenda.rules.some(({ availability }) => availability.type === 'busy-unavailable')) return [];
  const taken = await agendas.stored.taken([`Schedule/${schedule}`], { start: now, end: now + AHEAD_MS }, now);
  const kept = taken.filter((time) => time.schedule === schedule && time.expires === null && time.start > now);
  const closed = await inClosures(
    agenda,
    kept.sort((a, b) => a.start - b.start),
  );
  const ids = new Set(closed.map(({ appointment }) => appointment));
  const stored = await reader.readReferences([...ids].slice(0, MAX_CLOSED_OVER).map((id) => `Appointment/${id}`));
  return stored
    .map(({ body }) => parseResource('Appointment', body!))
    .filter(({ status }) => status === 'booked' || isRequest(status))
    .sort((a, b) => Date.parse(a.start!) - Date.parse(b.start!));
}

/**
 * The times that meet a closure, of some that are sorted. Rules are expanded where there are appointments, never
 * further at once than for the longest search of slots: others have their turn in between.
 */
async function inClosures<T extends Interval>(agenda: Agenda, times: readonly T[]): Promise<T[]> {
  const groups: T[][] = [];
  for (const time of times) {
    const group = groups.at(-1);
    if (group !== undefined && time.end - group[0]!.start <= MAX_SEARCH_MS) group.push(time);
    else groups.push([time]);
  }
  const found: T[] = [];
  for (const group of groups) {
    const closed = union(closures(agenda, { start: group[0]!.start, end: Math.max(...group.map(({ end }) => end)) }));
    found.push(...group.filter((time) => meetsAny(time, closed)));
    await setImmediate();
  }
  return found;
}
