/**
 * The pages behind a link to an appointment. They show when, with whom and where, and never the name of the patient nor
 * the reason of the visit: a mail is read over a shoulder. Addresses hold the token and a time, and no personal datum.
 */
import { readAnswerBy, readComing } from '../../fhir/french/visit-marks.ts';
import { type Html, html } from '../../rest/html/page.ts';
import { phoneLink, type PublicPage } from '../../rest/html/public-page.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import { isLeavable, isMovable, REASONS } from './link-acts.ts';
import type { Visit } from './visit.ts';

/** The parts that every page of a link needs. */
export interface LinkModel {
  visit: Visit;
  /** `/r/{token}` */
  path: string;
  now: number;
}

export interface LinkNotice {
  text: string;
  isBad?: boolean;
}

/** The appointment as it stands, with what may be done. */
export function visitPage(model: LinkModel, notice?: LinkNotice, status = 200): PublicPage {
  const { visit } = model;
  const { appointment, practitioner, instructions } = visit;
  const to = practitioner === undefined ? '' : ` avec ${practitioner}`;
  const isOpen = appointment.status !== 'cancelled' && !(visit.end <= model.now);
  return linkPage(titleOf(model), status, [
    notice && noticeOf(notice),
    stateOf(model),
    factsOf(visit),
    isOpen && instructions.length > 0 && instructionsOf(instructions),
    actionsOf(model, `${dayOf(visit)}${to}`),
  ]);
}

function titleOf({ visit: { appointment, end }, now }: LinkModel): string {
  const { status } = appointment;
  if (status === 'cancelled') return readAnswerBy(appointment) === undefined ? 'Rendez-vous annulé' : 'Demande close';
  if (status === 'proposed' || status === 'pending') return 'Demande en attente';
  if (status === 'waitlist') return 'Liste d’attente';
  return end <= now ? 'Rendez-vous passé' : 'Votre rendez-vous';
}

function stateOf({ visit, now }: LinkModel): Html | false {
  const { appointment, zone, start } = visit;
  const { status } = appointment;
  if (status === 'cancelled')
    return html`<p>Ce rendez-vous n'a pas lieu. L'horaire est libre pour quelqu'un d'autre.</p>`;
  const until = status === 'proposed' || status === 'pending' ? readAnswerBy(appointment) : undefined;
  if (until !== undefined)
    return html`<p>Le rendez-vous n'est pas encore pris. Le cabinet répond avant
      <strong>${frenchTime(until, zone)}</strong>. Sans réponse, la demande est annulée et nous vous le disons.</p>`;
  if (status === 'proposed' || status === 'pending')
    return html`<p>Le rendez-vous n'est pas encore pris : le cabinet doit répondre.</p>`;
  const isComing = status === 'booked' && readComing(appointment) !== undefined && start > now;
  return isComing && html`<p>Vous avez dit que vous venez. Merci.</p>`;
}

function factsOf(visit: Visit): Html {
  const { start, zone, practitioner, place, phone } = visit;
  const rows: [string, Html | string | undefined][] = [
    ['Quand', Number.isNaN(start) ? undefined : frenchTime(start, zone)],
    ['Avec', practitioner],
    ['Où', place],
    ['Téléphone', phone === undefined ? undefined : phoneLink(phone)],
  ];
  return html`<dl>${rows.map(([name, value]) => value !== undefined && html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function instructionsOf(instructions: readonly string[]): Html {
  return html`<h2>Pour préparer votre visite</h2>${instructions.map((text) => html`<p>${text}</p>`)}`;
}

function actionsOf({ visit, path, now }: LinkModel, what: string): Html | false {
  const { appointment, start } = visit;
  const isBooked = appointment.status === 'booked';
  if (!isLeavable(visit, now)) return false;
  const isAsked = !isBooked;
  const mayCome = isBooked && readComing(appointment) === undefined;
  const calendar = isBooked && html`<a class="button quiet" href="${path}/rendez-vous.ics">Ajouter à mon agenda</a>`;
  const moving = isMovable(visit, now)
    ? html`<a class="button quiet" href="${path}?deplacer" aria-label="Déplacer le rendez-vous, ${what}">Déplacer</a>`
    : isBooked && html`<p class="soft">Pour changer d'horaire, ${callText(visit)}</p>`;
  const words = isAsked ? 'Retirer' : now > visit.freeUntil ? 'Je ne viendrai pas' : 'Annuler';
  const leaving =
    !(start <= now) && html`<a class="button quiet" href="${path}?annuler" aria-label="${words}, ${what}">${words}</a>`;
  return html`<h2>Que souhaitez-vous faire ?</h2>
    ${
      mayCome &&
      html`<form method="post" action="${path}"><p class="actions">
      <button name="faire" value="venir">Je viens</button></p></form>`
    }
    <p class="actions">${calendar} ${moving} ${leaving}</p>
    ${isMovable(visit, now) && html`<p><a href="${path}?attendre">${WAIT_TEXT}</a></p>`}`;
}

const WAIT_TEXT = 'Me prévenir si un horaire plus tôt se libère';

/** Asks before it cancels; the only button on the page that acts. */
export function leavePage({ visit, path, now }: LinkModel): PublicPage {
  const isRequest = visit.appointment.status !== 'booked';
  const isLate = !isRequest && now > visit.freeUntil;
  const title = isRequest ? 'Retirer la demande' : isLate ? 'Je ne viendrai pas' : 'Annuler le rendez-vous';
  const late =
    isLate &&
    html`<p class="notice">Il est trop tard pour annuler en ligne sans prévenir le cabinet.
      Dites-nous quand même que vous ne venez pas : quelqu'un d'autre en profitera. Le cabinet en est averti
      aussitôt.</p>`;
  const options = [...REASONS].map(([code, text]) => html`<option value="${code}">${text}</option>`);
  return linkPage(title, 200, [
    late,
    factsOf(visit),
    html`<form method="post" action="${path}">
      <input type="hidden" name="etat" value="${visit.appointment.status}">
      <div class="fields"><label for="raison">Raison (facultatif)
        <select id="raison" name="raison">${options}</select></label></div>
      <p class="actions"><button name="faire" value="annuler">${title}</button>
      <a href="${path}">Ne rien changer</a></p></form>`,
  ]);
}

export function linkPage(title: string, status: number, parts: readonly (Html | false | undefined)[]): PublicPage {
  return { status, title, body: html`${parts}`, isPrivate: true, hidesAddress: true };
}

export function noticeOf({ text, isBad = false }: LinkNotice): Html {
  return isBad
    ? html`<p class="notice bad" role="alert">${text}</p>`
    : html`<p class="notice good" role="status">${text}</p>`;
}

function callText({ phone }: Visit): Html {
  return phone === undefined ? html`appelez le cabinet.` : html`appelez le cabinet au ${phoneLink(phone)}.`;
}

/** `mardi 5 janvier 2027 à 09:15`; of a wish without a time, nothing. */
export function dayOf({ start, zone }: Visit): string {
  return Number.isNaN(start) ? '' : frenchTime(start, zone);
}
