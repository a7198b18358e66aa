/**
 * The actors of appointments and agendas, as `Type/id`. References to other servers and logical ones are left out.
 */
import { localTarget } from './local-reference.ts';
import { type Appointment, list, type Schedule } from './resources.ts';

export function participantsOf({ participant }: Pick<Appointment, 'participant'>): string[] {
  return list(participant).flatMap(({ actor }) => localTarget(actor) ?? []);
}

export function actorsOf({ actor }: Pick<Schedule, 'actor'>): string[] {
  return list(actor).flatMap((reference) => localTarget(reference) ?? []);
}
