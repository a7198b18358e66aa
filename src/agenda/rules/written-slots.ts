/** Slots that somebody wrote for the time of an appointment. Several rules look at them: they are read once. */
import type { ExplicitSlotRow } from '../agendas.ts';
import type { Occupation, RuleServices } from './services.ts';

/** By the id of their Schedule. */
export type WrittenSlots = ReadonlyMap<string, readonly ExplicitSlotRow[]>;

const read = new WeakMap<Occupation, Promise<WrittenSlots>>();

export function writtenAt({ agendas }: RuleServices, occupation: Occupation): Promise<WrittenSlots> {
  const known = read.get(occupation);
  if (known !== undefined) return known;
  const reading = agendas.explicit(occupation.agendas, occupation.time);
  read.set(occupation, reading);
  return reading;
}
