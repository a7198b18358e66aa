/** Puts a practice of the demonstration on line, and introduces the doctor who runs it. */
import { PUBLIC_DOCTOR, PUBLIC_PRACTICE, publicPractice } from '../../demo/public-practice.ts';
import type { Context } from '../../fhir/interaction.ts';
import { demoIdentity } from '../../rest/access/people.ts';
import { PublicationStore } from '../../store/records/publications.ts';
import type { AgendaServer } from '../servers/agenda.ts';

/** Once: whatever somebody has changed since stays. */
export async function publishDemo({ backend, database, people }: AgendaServer, context: Context): Promise<void> {
  introduceDoctor(people);
  const { reader } = backend.repository;
  if ((await reader.read('Organization', PUBLIC_PRACTICE)) !== undefined) return;
  const { resources, publications } = publicPractice(context.now);
  for (const resource of resources) await backend.update(context, resource, resource.id, {});
  const store = new PublicationStore(database);
  for (const { practice, practitioner, slug, profile } of publications) {
    const page = { practice, practitioner, slug, isIndexed: false, profile: JSON.stringify(profile) };
    await store.write(page, context.now);
    // Fictional people have agreed.
    if (practitioner !== '') await store.consent(page, context.now);
    await store.publish(page, context.now);
  }
}

function introduceDoctor(people: AgendaServer['people']): void {
  const identity = demoIdentity('gestionnaire', 'Dr Anna Lune');
  const roles = ['practitioner', 'practice-manager'] as const;
  people.introduce([
    {
      person: { id: 'gestionnaire', roles, description: 'Tient son cabinet et ses pages publiques', identity },
      rights: {
        ...{ name: identity.name, subject: identity.subject, roles, agendas: [], places: [] },
        practitioner: `Practitioner/${PUBLIC_DOCTOR}`,
        practices: [`Organization/${PUBLIC_PRACTICE}`],
      },
    },
  ]);
}
