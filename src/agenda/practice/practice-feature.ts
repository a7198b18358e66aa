/** A practice runs itself: its people, their rights and their invitations. */
import type { Feature } from '../../server/feature.ts';
import { peopleOperations, type PeopleParts } from './people-operations.ts';

export function practiceFeature(parts: PeopleParts): Feature {
  return { name: 'practice', operations: () => peopleOperations(parts) };
}
