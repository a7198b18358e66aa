/**
 * What is somebody's own, and what follows from it for reading: people see the appointments of their own agendas and
 * the patients who come to them, besides
 * all that is no secret in a practice (the directory, the agendas, their free and busy time). Programs see all that
 * their roles open.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { ReadScope } from '../../fhir/search/request.ts';
import { CONFIDENTIAL } from '../../store/resources/scope-sql.ts';
import type { RuleServices } from './services.ts';

export const PEOPLE = ['practitioner', 'secretary', 'regulator'] as const;

/** What people read of each type; what is not here is read whole. */
export const PERSON_READS: Record<string, 'own' | 'none'> = {
  Appointment: 'own',
  Patient: 'own',
  RelatedPerson: 'own',
  AuditEvent: 'own',
  Subscription: 'none',
};

/** Whose rights are narrowed: nobody with authentication off, no program that manages agendas. */
export function isNarrowed({ roles }: Context): boolean {
  return PEOPLE.some((person) => roles.includes(person)) && !roles.includes('*') && !roles.includes('manager');
}

/** A practitioner's own agendas, those of a secretary's places and list. */
export async function ownOf({ reader, agendas }: RuleServices, { roles, person }: Context): Promise<ReadScope> {
  const practitioner = roles.includes('practitioner') ? [person?.practitioner ?? []].flat() : [];
  const places = roles.includes('secretary') ? (person?.places ?? []) : [];
  const playedByMe =
    practitioner.length === 0 ? [] : await reader.referringTo('PractitionerRole', 'practitioner', practitioner);
  const playedThere = places.length === 0 ? [] : await reader.referringTo('PractitionerRole', 'location', places);
  const actors = [...practitioner, ...playedByMe, ...places, ...playedThere];
  const rows = actors.length === 0 ? [] : await agendas.stored.ofActors(actors);
  const listed = (person?.agendas ?? []).map((agenda) => agenda.slice('Schedule/'.length));
  return { agendas: [...new Set([...rows.map((row) => row.schedule), ...listed])], actors };
}

/** `undefined`: sees everything. */
export async function readScopeOf(services: RuleServices, context: Context): Promise<ReadScope | undefined> {
  return isNarrowed(context) ? ownOf(services, context) : undefined;
}

/** Those of these `Type/id` that the caller may not see. */
export async function hiddenFrom(
  services: RuleServices,
  context: Context,
  references: readonly string[],
): Promise<ReadonlySet<string>> {
  const sight = references.some((reference) => CONFIDENTIAL.has(reference.split('/')[0]!))
    ? await readScopeOf(services, context)
    : undefined;
  return sight === undefined ? new Set() : services.reader.hidden(sight, references);
}

/** Throws `forbidden` (403). */
export async function requireSeen(services: RuleServices, context: Context, ...references: string[]): Promise<void> {
  const [hidden] = await hiddenFrom(services, context, references);
  if (hidden === undefined) return;
  const [type = ''] = hidden.split('/');
  throw new FhirError('forbidden', `This ${type} belongs to agendas of somebody else`, {
    expression: type,
    text: HIDDEN[type] ?? 'Votre rôle ne permet pas de lire cela.',
  });
}

const HIDDEN: Record<string, string> = {
  Appointment: "Ce rendez-vous n'est pas sur l'un de vos agendas.",
  Patient: "Ce patient n'est connu que d'autres agendas que les vôtres.",
  RelatedPerson: "Ce patient n'est connu que d'autres agendas que les vôtres.",
};
