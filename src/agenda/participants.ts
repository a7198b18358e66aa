/** The participants of an appointment, as references. */
import { type Appointment, list } from '../fhir/resources.ts';

/** `Type/id` of each participant; logical references are left out. */
export function participantsOf({ participant }: Appointment): string[] {
  return list(participant).flatMap(({ actor }) => actor?.reference ?? []);
}
