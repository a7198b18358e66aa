/** The parts of a commit as the database takes and gives them. */
import { FhirError } from '../../fhir/issue.ts';
import type { CommitResult, Take } from './unit-parts.ts';

/**
 * An overbooking stands beside whatever is there, so it comes after those of the same unit that need a place: which of
 * them is written first must not decide. All times of one appointment stay together.
 */
export function ordinaryFirst<T extends Pick<Take, 'appointment' | 'overbook'>>(take: readonly T[]): T[] {
  const ordinary = new Set(take.filter(({ overbook }) => !overbook).map(({ appointment }) => appointment));
  const isBeside = ({ appointment }: T): number => Number(!ordinary.has(appointment));
  return [...take].sort((a, b) => isBeside(a) - isBeside(b));
}

/** As the database writes it. */
export type RawResult =
  | Exclude<CommitResult, { taken: Take }>
  | { stale: object; floor: number }
  | { taken: Omit<Take, 'start' | 'end'> & { start: string; end: string } }
  | { overtaken: true };

export function overtaken(): FhirError {
  return new FhirError('transient', 'Another process has taken this request over; ask again with the same key', {
    text: 'Un autre processus a repris cette requête : recommencez avec la même clé.',
  });
}
