/** The rights of somebody whom a practice has invited, in the words of every other source of rights. */
import type { Person } from '../../fhir/interaction.ts';
import type { Identity } from '../../rest/access/person.ts';
import type { PeopleStore } from '../../store/records/people.ts';

/** Read at every request, so that a withdrawn right ends at once. */
export async function storedRightsOf(
  people: PeopleStore,
  identity: Identity,
  now: number,
): Promise<Omit<Person, 'name'>[]> {
  return (await people.rightsOf(identity, now)).map(({ role, target, powers }) => ({
    roles: [role],
    practices: role === 'practice-manager' ? [target] : [],
    practitioner: role === 'practitioner' ? target : undefined,
    places: target.startsWith('Location/') ? [target] : [],
    agendas: target.startsWith('Schedule/') ? [target] : [],
    ...(role === 'secretary' ? { withoutOffer: true, withoutHours: !powers.includes('hours') } : {}),
  }));
}
