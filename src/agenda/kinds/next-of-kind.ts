/** The next times of the kind that an appointment was asked for: what somebody who got none may choose instead. */
import { keysOfConcept, type Visitor } from '../../fhir/french/visit-kind.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import { DAY } from '../../scheduling/zone.ts';
import { agendasOf } from '../rules/occupation.ts';
import type { RuleServices } from '../rules/services.ts';
import { freeTimesOfKind } from './kind-times.ts';

const EVERYONE: Visitor = { as: 'everyone' };
const REACH_DAYS = 28;

/** `mardi 5 janvier 2027 à 09:15`, the first so many. */
export async function nextOfKind(
  services: RuleServices,
  appointment: Appointment,
  now: number,
  count: number,
): Promise<string[]> {
  const keys = list(appointment.serviceType).flatMap(keysOfConcept);
  for (const loaded of await agendasOf(services, appointment)) {
    const kind = loaded.agenda.kinds.find(({ key }) => keys.includes(key));
    if (kind === undefined) continue;
    const window = { start: now, end: now + REACH_DAYS * DAY };
    const times = await freeTimesOfKind(services, loaded, kind, EVERYONE, window, now);
    return times.slice(0, count).map(({ start }) => frenchTime(start, loaded.agenda.zone));
  }
  return [];
}
