/** The pages of one practice as those see them who run it, and as each practitioner sees her own: drafts too. */
import type { RuleServices } from '../../agenda/rules/services.ts';
import { practicesOf, writesAll } from '../../agenda/rules/read-scope.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, notFound } from '../../fhir/issue.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import { isType } from '../../fhir/resources.ts';
import type { Publication, PublicationStore } from '../../store/records/publications.ts';
import { readResources } from '../../store/resources/read-resources.ts';
import { type Missing, missingOfPractice, missingOfPractitioner } from './gate.ts';
import { slugOf } from './page-input.ts';
import { findPractices, findPractitioners, type PracticePage, type PractitionerPage } from './pages-found.ts';

export interface DeskPage<Page> {
  page: Page;
  missing: Missing[];
}

export interface Desk {
  practice: DeskPage<PracticePage>;
  practitioners: DeskPage<PractitionerPage>[];
}

/** The practices that somebody runs; a program runs all. */
export function runs(context: Context, practice: string): boolean {
  return (writesAll(context) && context.person === undefined) || practicesOf(context).includes(practice);
}

/** Is it this practitioner who asks, in person? */
export function isInPerson({ person, roles }: Context, practitioner: string): boolean {
  return person !== undefined && roles.includes('practitioner') && person.practitioner === practitioner;
}

/** Throws 404 to those who have nothing to do with the practice. */
export async function openDesk(
  services: RuleServices,
  publications: PublicationStore,
  context: Context,
  practice: string,
): Promise<Desk> {
  const { reader } = services;
  const roles = await readResources(reader, await reader.referringTo('PractitionerRole', 'organization', [practice]));
  const all = new Set(
    roles.flatMap((role) => (isType(role, 'PractitionerRole') ? (localTarget(role.practitioner) ?? []) : [])),
  );
  const seen = [...all].filter((person) => runs(context, practice) || isInPerson(context, person));
  if (!runs(context, practice) && seen.length === 0) throw notFound('Organization', practice.split('/')[1]!);
  const stored = await publications.ofPractice(practice);
  const rowOf = (practitioner: string): Publication =>
    stored.find((row) => row.practitioner === practitioner) ?? draftOf(practice, practitioner, context.now);
  const practices = await findPractices(services, [rowOf('')]);
  const own = practices.get(practice);
  if (own === undefined) throw notFound('Organization', practice.split('/')[1]!);
  if (own.publication.slug === '') own.publication.slug = slugOf(own.name);
  own.path = `/p/${own.publication.slug}`;
  const pages = await findPractitioners(services, practices, seen.map(rowOf), context.now);
  for (const page of pages) {
    if (page.publication.slug === '') page.publication.slug = slugOf(page.name);
    page.path = `${own.path}/${page.publication.slug}`;
  }
  return {
    practice: { page: own, missing: missingOfPractice(own) },
    practitioners: pages
      .map((page) => ({ page, missing: missingOfPractitioner(page) }))
      .sort((a, b) => a.page.name.localeCompare(b.page.name, 'fr')),
  };
}

/** The page of the practice (`''`) or of a practitioner. Throws 404 for one that the caller does not see. */
export function pageOn(desk: Desk, practitioner: string): DeskPage<PracticePage | PractitionerPage> {
  if (practitioner === '') return desk.practice;
  const found = desk.practitioners.find(({ page }) => page.publication.practitioner === practitioner);
  if (found !== undefined) return found;
  throw new FhirError('not-found', 'This practitioner has no page here', {
    expression: 'practitioner',
    text: "Ce praticien n'exerce pas dans ce cabinet, ou sa page n'est pas la vôtre.",
  });
}

function draftOf(practice: string, practitioner: string, now: number): Publication {
  const content = { slug: '', isIndexed: false, profile: '{}' };
  return { practice, practitioner, ...content, state: 'draft', consentAt: null, changedAt: now };
}
