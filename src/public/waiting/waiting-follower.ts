/**
 * Time that comes free goes to the waiting list: the commit that frees it tells the list, by the outbox, so that none
 * is forgotten. Messages about one agenda are handled one after the other: each time is offered once. ADR 0041
 */
import type { Context } from '../../fhir/interaction.ts';
import type { Appointment } from '../../fhir/resources.ts';
import { takesTime } from '../../scheduling/life-cycle.ts';
import { afterNight } from '../../scheduling/reminders.ts';
import type { AppointmentFollower, Surroundings } from '../../server/feature.ts';
import type { Unit } from '../../store/write/unit.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';

/** Destination in the outbox. */
export const WAITING = 'waiting';

/** Time of an agenda that somebody has left. */
export interface FreedTime {
  /** Id of the Schedule. */
  schedule: string;
  /** Epoch ms. */
  start: number;
  end: number;
  /** Nobody left it: it may have been free for long. */
  isSweep?: true;
}

export function sendFreed(unit: Unit, freed: FreedTime, notBefore: number): void {
  unit.send({ destination: WAITING, orderingKey: freed.schedule, payload: JSON.stringify(freed), notBefore });
}

export const waitingFollower: AppointmentFollower = {
  async follow(context: Context, change: Change, unit: Unit, around: Surroundings): Promise<void> {
    const { before, after } = sidesOf(change, 'Appointment');
    const left = timeOf(before);
    if (context.loading || before === undefined || left === undefined || left.end <= context.now) return;
    const kept = timeOf(after);
    if (kept?.start === left.start && kept.end === left.end) return;
    for (const { schedule, agenda } of await around.agendasOf(before))
      sendFreed(unit, { schedule, ...left }, afterNight(context.now, agenda.zone));
  },
};

function timeOf(appointment: Appointment | undefined): { start: number; end: number } | undefined {
  if (appointment === undefined || !takesTime(appointment.status, true)) return undefined;
  const [start, end] = [Date.parse(appointment.start ?? ''), Date.parse(appointment.end ?? '')];
  return end > start ? { start, end } : undefined;
}
