/** How far the set-up of a practice is: read from what is stored, so that it goes on after any interruption. */
import type { Resource } from '../../../src/fhir/resource.ts';
import type { Location, Schedule } from '../../../src/fhir/resources.ts';
import { ask, Refusal, search } from '../../fhir/client.ts';
import { FRANCE } from '../../fhir/zone.ts';
import type { Me } from '../../fhir/me.ts';
import { zoneOf } from '../../fhir/place-zone.ts';
import type { SetUpStep } from './params.ts';

export interface Progress {
  /** `Organization/x`; on a server that identifies nobody, `undefined` until it is stored. */
  practice: string | undefined;
  organization: Resource | undefined;
  place: Location | undefined;
  role: Resource | undefined;
  practitioner: Resource | undefined;
  schedule: Schedule | undefined;
  zone: string;
}

export async function readProgress({ person }: Me, signal: AbortSignal): Promise<Progress> {
  const organization = await organizationOf(person?.practices?.[0], signal);
  const practice = person?.practices?.[0] ?? (organization && `Organization/${organization.id}`);
  const place = organization && (await search('Location', { organization: practice }, signal)).matches[0];
  const roles =
    organization &&
    (await search('PractitionerRole', { organization: practice, _include: 'PractitionerRole:practitioner' }, signal));
  const role = roles?.matches[0];
  const schedule = role && (await search('Schedule', { actor: `PractitionerRole/${role.id}` }, signal)).matches[0];
  return {
    ...{ practice, organization, place, role, schedule },
    practitioner: roles?.included[0],
    zone: place === undefined ? FRANCE : zoneOf(place.address?.postalCode),
  };
}

/** The practice of a manager has its id before it is stored. */
async function organizationOf(practice: string | undefined, signal: AbortSignal): Promise<Resource | undefined> {
  if (practice === undefined) return (await search('Organization', { _count: '1' }, signal)).matches[0];
  try {
    return (await ask(`/fhir/${practice}`, { signal })).json;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return undefined;
    throw error;
  }
}

export function firstMissing({ place, role, schedule }: Progress): SetUpStep {
  if (place === undefined) return 2;
  if (role === undefined) return 3;
  return schedule === undefined ? 4 : 5;
}

export interface StepContentProps {
  progress: Progress;
  /** The step is stored: on to the next one. */
  onDone: () => Promise<void>;
}
