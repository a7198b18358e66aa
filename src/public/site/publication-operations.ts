/**
 * Publishing: `GET /fhir/Organization/x/$publication` says what each page holds and lacks; `$publication-write` types
 * it, `$publication-consent` is the agreement of a practitioner in person, `$publish` and `$unpublish` put a page on
 * line and off. Managers run the pages of their practice, practitioners their own. ADR 0036
 */
import { randomUUID } from 'node:crypto';
import type { RuleServices } from '../../agenda/rules/services.ts';
import { factOf } from '../../fhir/audit/fact.ts';
import type { Parameter } from '../../fhir/foundation.ts';
import { parameters } from '../../fhir/foundation.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Operation, OperationCall } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import type { PageContent, PublicationStore } from '../../store/records/publications.ts';
import { Unit } from '../../store/write/unit.ts';
import { isPhysician, MISSING_WORDS, type Missing } from './gate.ts';
import { readPageInput } from './page-input.ts';
import type { PracticePage, PractitionerPage } from './pages-found.ts';
import { type Desk, type DeskPage, isInPerson, openDesk, pageOn, runs } from './publication-desk.ts';
import type { PublicSiteParts } from './public-site.ts';

export function publicationOperations({ site, services }: Omit<PublicSiteParts, 'parts'>): Operation[] {
  const { publications } = site;
  const record = recorder(services);
  /** Opens the desk, does something about one page, records it, and answers with the desk as it is then. */
  const changing = (
    name: string,
    description: string,
    change: (context: Context, call: OperationCall, desk: Desk, practitioner: string) => Promise<void>,
  ): Operation => ({
    ...operation(name, false, description),
    async run(context, call) {
      const practice = `Organization/${call.id!}`;
      const desk = await openDesk(services, publications, context, practice);
      const practitioner = practitionerIn(call, context);
      await change(context, call, desk, practitioner);
      await record(context, name, [practice, ...(practitioner === '' ? [] : [practitioner])]);
      return { resource: deskParameters(context, await openDesk(services, publications, context, practice)) };
    },
  });
  return [
    {
      ...operation('publication', true, 'Les pages publiques du cabinet : ce qu’elles disent, ce qui leur manque.'),
      async run(context, { id }) {
        const desk = await openDesk(services, publications, context, `Organization/${id!}`);
        return { resource: deskParameters(context, desk) };
      },
    },
    changing('publication-write', 'Écrit ce que dit une page publique (practitioner : celle d’un praticien).', write),
    changing('publication-consent', 'Le praticien accepte lui-même d’être publié.', consent),
    changing('publish', 'Met en ligne une page publique, si rien ne lui manque.', publish),
    changing('unpublish', 'Retire une page publique ; par le praticien lui-même, retire aussi son accord.', unpublish),
  ];

  async function write(context: Context, call: OperationCall, desk: Desk, practitioner: string): Promise<void> {
    requireHand(context, desk, practitioner);
    const { page } = pageOn(desk, practitioner);
    const { slug = page.publication.slug, isIndexed, profile } = readPageInput(call, context, practitioner === '');
    const content = { ...page.publication, slug, isIndexed, profile: JSON.stringify(profile) };
    if (!(await publications.write(content, context.now))) throw takenAddress();
  }

  async function consent(context: Context, _call: OperationCall, desk: Desk, practitioner: string): Promise<void> {
    const { page } = pageOn(desk, practitioner);
    if (!isInPerson(context, practitioner))
      throw new FhirError('forbidden', 'Practitioners consent in person', {
        expression: 'practitioner',
        text: 'Seul le praticien, connecté sous son nom, donne son accord à la publication.',
      });
    await ensure(publications, page.publication, context.now);
    await publications.consent(page.publication, context.now);
  }

  async function publish(context: Context, _call: OperationCall, desk: Desk, practitioner: string): Promise<void> {
    requireHand(context, desk, practitioner);
    const { page, missing } = pageOn(desk, practitioner);
    if (missing.length > 0) throw incomplete(missing);
    await ensure(publications, page.publication, context.now);
    // The consent may have been withdrawn since the desk was read: the database asks for it again.
    if (!(await publications.publish(page.publication, context.now))) throw incomplete(['consent']);
  }

  async function unpublish(context: Context, _call: OperationCall, desk: Desk, practitioner: string): Promise<void> {
    requireHand(context, desk, practitioner);
    const { page } = pageOn(desk, practitioner);
    await publications.withdraw(page.publication, isInPerson(context, practitioner), context.now);
  }
}

/** The page gets its row; when its address is taken, it gets another one. */
async function ensure(publications: PublicationStore, page: PageContent, now: number): Promise<void> {
  const { practice, practitioner, slug } = page;
  if ((await publications.ofPractice(practice)).some((row) => row.practitioner === practitioner)) return;
  for (let n = 1; n < 100; n++)
    if (await publications.write({ ...page, slug: n === 1 ? slug : `${slug}-${n}` }, now)) return;
  throw takenAddress();
}

/** Managers have a hand on every page of their practice, practitioners on their own. Throws `forbidden` (403). */
function requireHand(context: Context, desk: Desk, practitioner: string): void {
  if (runs(context, desk.practice.page.publication.practice) || isInPerson(context, practitioner)) return;
  throw new FhirError('forbidden', 'The page of the practice is run by its managers', {
    text: 'La page du cabinet est tenue par ses gestionnaires.',
  });
}

function practitionerIn(call: OperationCall, context: Context): string {
  return new OperationInput(call, context.base).references('practitioner', ['Practitioner']).literal[0] ?? '';
}

function operation(name: string, safe: boolean, description: string) {
  return { name, safe, description, on: ['Organization'], level: 'instance' as const };
}

function deskParameters(context: Context, desk: Desk): ReturnType<typeof parameters> {
  const { practice } = desk;
  return parameters([
    ...(runs(context, practice.page.publication.practice) ? [{ name: 'runs', valueBoolean: true }] : []),
    { name: 'practice', part: pageParts(context, practice) },
    ...desk.practitioners.map(({ page, missing }) => ({
      name: 'practitioner',
      part: [
        { name: 'practitioner', valueReference: { reference: page.publication.practitioner } },
        ...pageParts(context, { page, missing }),
        ...(page.publication.consentAt === null
          ? []
          : [{ name: 'consent', valueInstant: new Date(page.publication.consentAt).toISOString() }]),
        { name: 'physician', valueBoolean: isPhysician(page) },
        { name: 'inPerson', valueBoolean: isInPerson(context, page.publication.practitioner) },
      ],
    })),
  ]);
}

function pageParts({ base }: Context, { page, missing }: DeskPage<PracticePage | PractitionerPage>): Parameter[] {
  const { publication, profile, path, name } = page;
  const { presentation, fees, sector, thirdParty, css, payments = [], languages = [], sites = [] } = profile;
  const text = (part: string, value: string | undefined): Parameter[] =>
    value === undefined ? [] : [{ name: part, valueString: value }];
  const code = (part: string, value: string): Parameter => ({ name: part, valueCode: value });
  return [
    { name: 'name', valueString: name },
    { name: 'slug', valueString: publication.slug },
    code('state', publication.state),
    { name: 'url', valueUrl: `${base.replace(/\/fhir$/, '')}${path}` },
    { name: 'indexed', valueBoolean: publication.isIndexed },
    ...missing.flatMap((item) => [
      { name: 'missing', part: [code('item', item), { name: 'words', valueString: MISSING_WORDS[item] }] },
    ]),
    ...text('presentation', presentation),
    ...text('fees', fees),
    ...[sector ?? []].flat().map((value) => code('sector', value)),
    ...[thirdParty ?? []].flat().map((value) => code('thirdParty', value)),
    ...(css === true ? [{ name: 'css', valueBoolean: true }] : []),
    ...payments.map((value) => code('payment', value)),
    ...languages.map((value) => code('language', value)),
    ...sites.map((value) => ({ name: 'site', valueUri: value })),
  ];
}

type Record = (context: Context, code: string, entities: readonly string[]) => Promise<void>;

function recorder({ reader }: RuleServices): Record {
  return async (context, code, entities) => {
    const unit = new Unit();
    unit.audit(factOf(context, randomUUID(), [code], 'U', [...entities]));
    await unit.commit(reader.database);
  };
}

function incomplete(missing: readonly Missing[]): FhirError {
  const words = missing.map((item) => MISSING_WORDS[item]).join(', ');
  const isLegal = missing.some((item) => ['fees', 'payments', 'sector', 'thirdParty', 'css'].includes(item));
  const law = isLegal
    ? ' La loi demande de les indiquer quand vous présentez votre activité au public (article R. 4127-53 du code de ' +
      'la santé publique).'
    : '';
  return new FhirError('business-rule', `The page lacks: ${missing.join(', ')}`, {
    text: `Il manque : ${words}.${law}`,
  });
}

function takenAddress(): FhirError {
  return new FhirError('duplicate', 'Another page has this address', {
    expression: 'slug',
    text: "Cette adresse est déjà celle d'une autre page : choisissez-en une autre.",
  });
}
