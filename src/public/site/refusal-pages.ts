/**
 * « Signaler un refus de soins »: the form below every page of a practice, and the inbox of those who run the practice
 * and of the operator (`$care-refusals`, `$care-refusal-close`). Reports are deleted after a year.
 */
import { runs } from './publication-desk.ts';
import { parameters } from '../../fhir/foundation.ts';
import { FhirError, notFound } from '../../fhir/issue.ts';
import type { Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import { type Html, html } from '../../rest/html/page.ts';
import type { PublicPage } from '../../rest/html/public-page.ts';
import type { PublicRequest } from '../../rest/html/public-route.ts';
import { DAY, HOUR } from '../../scheduling/zone.ts';
import { CareRefusals } from '../../store/records/care-refusals.ts';
import type { PractitionerPage } from './pages-found.ts';
import type { PublicPart, PublicSite, PublicSiteParts } from './public-site.ts';

const MAX_SAID = 2_000;
const MAX_CONTACT = 200;
const MAX_AN_HOUR = 20;
const MAX_LISTED = 200;
const KEPT_MS = 365 * DAY;

export function refusalPages({ site, parts }: PublicSiteParts): PublicPart {
  const refusals = new CareRefusals(parts.database);
  let timer: NodeJS.Timeout | undefined;
  let forgetting: Promise<void> = Promise.resolve();
  const forget = (): void => {
    forgetting = refusals
      .forget(parts.now() - KEPT_MS)
      .catch((error) => parts.log.warn({ error: (error as Error).message }, 'old reports could not be deleted'));
  };
  return {
    operations: () => refusalOperations(refusals),
    open: (routes) => routes.add('/p/:practice/refus-de-soins', (request) => answer(site, refusals, request)),
    start() {
      timer = setInterval(forget, 6 * HOUR);
      timer.unref();
      forget();
    },
    async close() {
      clearInterval(timer);
      await forgetting;
    },
  };
}

async function answer(site: PublicSite, refusals: CareRefusals, request: PublicRequest): Promise<PublicPage> {
  const { context, params, form, path } = request;
  const practice = await site.practice(params['practice']!);
  const people = await site.practitionersOf(practice, context.now);
  const page = { title: 'Signaler un refus de soins', frame: site.frameOf(practice), isPrivate: true };
  if (form === undefined) return { ...page, body: formPart(path, people, '', '', undefined) };
  const said = (form.get('said') ?? '').trim();
  const contact = (form.get('contact') ?? '').trim();
  const fault =
    said === ''
      ? 'Dites en quelques mots ce qui s’est passé.'
      : said.length > MAX_SAID || contact.length > MAX_CONTACT
        ? `Ce texte est trop long : ${MAX_SAID} caractères au plus.`
        : undefined;
  if (fault !== undefined) return { ...page, status: 422, body: formPart(path, people, said, contact, fault) };
  const chosen = people.find(({ publication }) => publication.slug === form.get('practitioner'));
  const report = {
    ...{ practice: practice.publication.practice, practitioner: chosen?.publication.practitioner ?? '' },
    ...{ said, contact, at: context.now },
  };
  // Programs fill the field that people do not see.
  const isProgram = (form.get('site') ?? '') !== '';
  if (!isProgram && !(await refusals.report(report, MAX_AN_HOUR, context.now - HOUR)))
    throw new FhirError('throttled', 'Too many reports about this practice in an hour', {
      text: 'Trop de signalements en peu de temps : réessayez dans une heure, ou écrivez aux organismes cités.',
    });
  return {
    ...page,
    title: 'Signalement reçu',
    body: html`<p class="notice good" role="status">
        Le signalement est transmis au cabinet et à l'exploitant de ce service.
      </p>${recourse()}`,
  };
}

function formPart(
  path: string,
  people: readonly PractitionerPage[],
  said: string,
  contact: string,
  fault: string | undefined,
): Html {
  return html`<p>
      Refuser des soins en raison de la couverture sociale, de l'origine, de l'état de santé ou de tout autre motif
      discriminatoire est interdit. Votre message est lu par le cabinet et par l'exploitant de ce service.
    </p>
    <form method="post" action="${path}">
      <div class="fields">
        <label>Praticien concerné
          <select name="practitioner"><option value="">Le cabinet</option>
            ${people.map(({ publication, name }) => html`<option value="${publication.slug}">${name}</option>`)}
          </select></label>
        <label>Ce qui s'est passé
          <span class="hint">N'écrivez rien sur votre santé.</span>
          ${fault !== undefined && html`<span class="fault" id="fault">${fault}</span>`}
          <textarea name="said" rows="6" required maxlength="${MAX_SAID}"
            ${fault !== undefined && html`aria-invalid="true" aria-describedby="fault"`}>${said}</textarea></label>
        <label>Comment vous répondre (facultatif)
          <span class="hint">Une adresse électronique ou un numéro de téléphone.</span>
          <input name="contact" maxlength="${MAX_CONTACT}" value="${contact}" autocomplete="email"></label>
        <label class="trap" aria-hidden="true">Site<input name="site" tabindex="-1" autocomplete="off"></label>
      </div>
      <button type="submit">Envoyer le signalement</button>
    </form>${recourse()}`;
}

function recourse(): Html {
  return html`<h2>Autres recours</h2>
    <p>Vous pouvez aussi saisir le conciliateur de votre caisse d'assurance maladie, l'ordre professionnel du
      praticien, ou le Défenseur des droits (09 69 39 00 00).</p>`;
}

function refusalOperations(refusals: CareRefusals): Operation[] {
  const on = ['Organization'];
  return [
    {
      ...{ name: 'care-refusals', on, level: 'instance', safe: true },
      description: 'Les refus de soins qui ont été signalés et que personne n’a encore traités.',
      async run(context, { id }) {
        const practice = `Organization/${id!}`;
        if (!runs(context, practice) && !context.roles.includes('operator')) throw notFound('Organization', id!);
        const found = await refusals.open(practice, MAX_LISTED);
        const reports = found.map(({ id: report, practitioner, said, contact, at }) => ({
          name: 'report',
          part: [
            { name: 'id', valueString: report },
            { name: 'at', valueInstant: new Date(at).toISOString() },
            ...(practitioner === '' ? [] : [{ name: 'practitioner', valueReference: { reference: practitioner } }]),
            { name: 'said', valueString: said },
            ...(contact === '' ? [] : [{ name: 'contact', valueString: contact }]),
          ],
        }));
        return { resource: parameters(reports) };
      },
    },
    {
      ...{ name: 'care-refusal-close', on, level: 'instance', safe: false },
      description: 'Classe un signalement (report), une fois traité.',
      async run(context, call) {
        const practice = `Organization/${call.id!}`;
        if (!runs(context, practice)) throw notFound('Organization', call.id!);
        const report = new OperationInput(call, context.base).text('report') ?? '';
        if (await refusals.close(practice, report, context.now)) return { resource: parameters([]) };
        throw new FhirError('not-found', 'There is no open report of this id', {
          expression: 'report',
          text: "Ce signalement n'existe pas, ou il est déjà classé.",
        });
      },
    },
  ];
}
