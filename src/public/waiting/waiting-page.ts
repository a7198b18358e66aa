/** The pages of an entry on the waiting list: its wishes, and its offers with their buttons. */
import { readWaiting } from '../../fhir/french/waiting.ts';
import { html, type Html } from '../../rest/html/page.ts';
import type { PublicPage } from '../../rest/html/public-page.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import { dayOf, type LinkModel, linkPage, type LinkNotice, noticeOf } from '../links/link-page.ts';
import type { Visit } from '../links/visit.ts';
import { isTaken, type Offer, offersOf } from './offer-acts.ts';

const DAYS = ['lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi', 'dimanche'];

/** `later`: the appointment that moves if an offer is taken. */
export function waitingPage(model: LinkModel, later: Visit | undefined, notice?: LinkNotice, status = 200): PublicPage {
  const { visit, path, now } = model;
  if (isTaken(visit.appointment))
    return linkPage('Rendez-vous avancé', status, [
      html`<p>C’est fait.${later !== undefined && ` Votre rendez-vous est maintenant le ${dayOf(later)}.`}</p>`,
    ]);
  const waiting = readWaiting(visit.appointment);
  const offers = offersOf(visit.appointment, now);
  const isAsleep = waiting?.isAsleep === true;
  return linkPage(offers.length > 0 ? 'Un horaire s’est libéré' : 'Liste d’attente', status, [
    notice && noticeOf(notice),
    html`${offers.map((offer) => offerOf(offer, model, later))}`,
    offers.length === 0 && !isAsleep && html`<p>Nous vous écrivons dès qu'un horaire qui vous convient se libère.</p>`,
    isAsleep &&
      html`<p class="notice">Vous n'avez pas répondu à deux propositions : nous n'en envoyons plus.</p>
        <form method="post" action="${path}"><p><button name="faire" value="reprendre">Recevoir de nouveau des
        propositions</button></p></form>`,
    html`<dl>${visit.practitioner !== undefined && html`<dt>Avec</dt><dd>${visit.practitioner}</dd>`}
      <dt>Jours possibles</dt><dd>${wishOf(waiting?.days ?? [], waiting?.half)}</dd></dl>`,
    html`<p class="actions"><a class="button quiet" href="${path}?annuler">Quitter la liste d'attente</a></p>`,
  ]);
}

function offerOf({ slot, start, heldUntil }: Offer, { visit, path }: LinkModel, later: Visit | undefined): Html {
  const when = frenchTime(start, visit.zone);
  const held =
    heldUntil === undefined
      ? 'Il n’est gardé pour personne : le premier qui répond l’a.'
      : `Il vous est gardé jusqu’au ${frenchTime(heldUntil, visit.zone)}.`;
  const moves = later === undefined ? '' : ` Si vous le prenez, votre rendez-vous du ${dayOf(later)} sera libéré.`;
  return html`<section aria-label="${when}"><p class="notice good"><strong>${when}</strong>. ${held}${moves}</p>
    <form method="post" action="${path}"><input type="hidden" name="creneau" value="${slot}"><p class="actions">
    <button name="faire" value="prendre" aria-label="Le prendre, ${when}">Le prendre</button>
    <button class="quiet" name="faire" value="laisser" aria-label="Le laisser, ${when}">Le laisser</button></p></form>
    </section>`;
}

function wishOf(days: readonly number[], half: 'am' | 'pm' | undefined): string {
  const named = days.length === 0 ? 'tous les jours' : days.map((day) => DAYS[day]).join(', ');
  return half === undefined ? named : `${named}, ${half === 'am' ? 'le matin' : 'l’après-midi'}`;
}

/** Asks for what an earlier time may be. */
export function wishPage({ visit, path }: LinkModel): PublicPage {
  const boxes = DAYS.map((name, day) => html`<label><input type="checkbox" name="jour" value="${day}">${name}</label>`);
  return linkPage('Être prévenu si un horaire se libère', 200, [
    html`<p>Votre rendez-vous reste pris (${dayOf(visit)}). Si un horaire plus tôt se libère, nous vous le proposons par
      courriel, et il vous est gardé le temps de répondre.</p>`,
    html`<form method="post" action="${path}">
      <fieldset><legend>Jours possibles (sans choix : tous)</legend>${boxes}</fieldset>
      <div class="fields"><label for="moment">Moment
        <select id="moment" name="moment"><option value="">toute la journée</option><option value="am">le matin</option>
        <option value="pm">l'après-midi</option></select></label></div>
      <p class="actions"><button name="faire" value="attendre">Me prévenir</button>
      <a href="${path}">Ne rien changer</a></p></form>`,
  ]);
}
