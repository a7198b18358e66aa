/**
 * The extension of an agenda that any one of a team serves: with it the professionals of the Schedule are not occupied
 * by its appointments, and it takes as many at once as the extension says. Without it an appointment needs them all.
 */
import { extensionsOf, extensionValue } from '../extension.ts';
import { type Issue, issue } from '../issue.ts';
import { numberOf } from '../json.ts';
import type { Resource } from '../resource.ts';
import { MAX_CAPACITY } from './fr-extensions.ts';

/** How many appointments a team takes at once; `undefined`: the agenda is not that of a team. */
export function readTeam(schedule: Resource): number | undefined {
  const [team] = extensionsOf(schedule, 'team');
  if (team === undefined) return undefined;
  const capacity = numberOf(extensionValue(team.extension));
  return isCapacity(capacity) ? capacity : 1;
}

/** The faults of the extension, for which a write is refused. */
export function checkTeam(schedule: Resource): Issue[] {
  return extensionsOf(schedule, 'team').flatMap(({ extension, path }, i) => {
    if (i > 0)
      return issue('error', 'business-rule', 'team: an agenda has one team', {
        expression: path,
        text: 'Un agenda n’a qu’une équipe.',
      });
    if (isCapacity(numberOf(extensionValue(extension)))) return [];
    return issue('error', 'business-rule', `team: the capacity is a whole number from 1 to ${MAX_CAPACITY}`, {
      expression: path,
      text: `Équipe incomprise : le nombre de rendez-vous simultanés est un entier de 1 à ${MAX_CAPACITY}.`,
    });
  });
}

function isCapacity(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_CAPACITY;
}
