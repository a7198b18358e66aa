/** An agenda with the actors that it inherits from. */
import { readTimezone } from '../../../src/fhir/french/fr-extensions.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import type { Schedule } from '../../../src/fhir/resources.ts';
import { search } from '../../fhir/client.ts';
import { FRANCE } from '../../fhir/zone.ts';

export interface AgendaParts {
  schedule: Schedule;
  /** Its own clock, or that of its place. */
  zone: string;
  included: Resource[];
}

export async function readAgendaParts(id: string, signal: AbortSignal): Promise<AgendaParts> {
  const actors = { _include: 'Schedule:actor', '_include:iterate': 'PractitionerRole:location' };
  const { matches, included } = await search('Schedule', { _id: id, ...actors }, signal);
  const schedule = matches[0]!;
  const zones = [schedule, ...included].flatMap((resource) => readTimezone(resource) ?? []);
  return { schedule, zone: zones[0] ?? FRANCE, included: [...included] };
}
