/** The screens of the end: the code, the button behind a link, the confirmation, and the limits in words. */
import { type Html, html } from '../../rest/html/page.ts';
import type { PublicPage } from '../../rest/html/public-page.ts';
import {
  aboutTime,
  type BookingPlace,
  callLine,
  type ChosenTime,
  hiddenField,
  holdButtons,
  holdNotice,
  screen,
  stepLine,
} from './booking-view.ts';
import { masked } from './contact.ts';
import { spokenTime } from './spoken-time.ts';

export interface CodeModel {
  chosen: ChosenTime;
  contact: string;
  csrf: string;
  /** The contact was verified in this visit: a button is enough. */
  isVerified: boolean;
  fault?: string | undefined;
  notice?: Html | undefined;
}

export function codePage(place: BookingPlace, model: CodeModel): PublicPage {
  const { chosen, contact, csrf, isVerified, fault, notice } = model;
  const sentence = isVerified
    ? html`Il reste une étape : le rendez-vous n'est pas encore pris. Votre adresse est vérifiée.`
    : html`Il reste une étape : le rendez-vous n'est pas encore pris. Saisissez le code à 6 chiffres envoyé à
      ${masked(contact)}.`;
  const field =
    !isVerified &&
    html`<div class="fields"><div><label for="code">Code à 6 chiffres</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required
${fault !== undefined && CODE_FAULT}>${fault !== undefined && html`<span class="fault" id="code-faute">${fault}</span>`}
</div></div>`;
  const others =
    !isVerified &&
    html`<p><button class="quiet" formaction="${place.base}/renvoyer" formnovalidate>Je n'ai rien reçu</button></p>`;
  const body = html`${stepLine(4)}${notice}<p class="notice"><strong>${sentence}</strong></p>
${aboutTime(place, chosen)}${holdNotice(chosen)}
<form method="post" action="${place.base}/code" novalidate>${hiddenField('csrf', csrf)}
${hiddenField('slot', chosen.slot)}${field}
<p class="actions"><button>Confirmer le rendez-vous</button></p>${others}
<p><a href="${place.base}/patient">Changer d'adresse ou de numéro</a></p>${holdButtons(place, chosen)}</form>`;
  return screen(place, 'Vérification', body, fault === undefined ? 200 : 422);
}

const CODE_FAULT = html`aria-invalid="true" aria-describedby="code-faute"`;

/** Opening the address of the mail shows this and does nothing: programs that look for viruses open it too. */
export function linkPage(place: BookingPlace, chosen: ChosenTime, action: string): PublicPage {
  const body = html`${stepLine(4)}<p class="notice"><strong>Le rendez-vous n'est pas encore pris.</strong></p>
${aboutTime(place, chosen)}<form method="post" action="${action}">
<p class="actions"><button>Confirmer le rendez-vous</button></p></form>`;
  return screen(place, 'Confirmer le rendez-vous', body);
}

export interface BookedModel {
  status: string;
  start: number;
  zone: string;
  kindName: string;
  /** Said by the practice about this kind. */
  texts: readonly string[];
  /** Where to see, move or cancel it. */
  manage?: string | undefined;
}

export function bookedPage(place: BookingPlace, model: BookedModel): PublicPage {
  const { status, start, zone, kindName, texts, manage } = model;
  const isAsked = status === 'proposed' || status === 'pending';
  const isCancelled = ['cancelled', 'noshow', 'entered-in-error'].includes(status);
  const when = `${spokenTime(start, zone)}, avec ${place.practitioner}`;
  const notice = isCancelled
    ? html`<p class="notice bad" role="status">Ce rendez-vous a été annulé.</p>`
    : isAsked
      ? html`<p class="notice good" role="status"><strong>Votre demande est envoyée.</strong> Le rendez-vous n'est pas
          encore pris : le cabinet répond. Sans réponse, la demande est annulée.</p>`
      : html`<p class="notice good" role="status"><strong>Rendez-vous pris.</strong> ${capital(when)}.</p>`;
  const chosen = { kindName, start, zone, slot: '', heldUntil: undefined, mayExtend: false };
  const change =
    manage !== undefined &&
    html`<p class="actions"><a class="button quiet" href="${manage}">Voir, déplacer ou annuler</a></p>`;
  const body = html`${notice}${aboutTime(place, chosen)}${texts.map((text) => html`<p>${text}</p>`)}${change}
${callLine(place, 'Téléphone du cabinet :')}<p><a href="${place.home}">Retour à la page du praticien</a></p>`;
  return screen(place, isCancelled ? 'Rendez-vous annulé' : isAsked ? 'Demande envoyée' : 'Rendez-vous pris', body);
}

/** The patient has an appointment on this agenda already. */
export function alreadyPage(
  place: BookingPlace,
  chosen: ChosenTime,
  earlier: { start: number; zone: string; mayReplace: boolean },
  csrf: string,
): PublicPage {
  const replace =
    earlier.mayReplace &&
    html`<p class="actions"><button name="remplacer" value="1">Le remplacer par celui-ci</button></p>`;
  const body = html`<p class="notice bad" role="alert">Vous avez déjà un rendez-vous le
${spokenTime(earlier.start, earlier.zone)}.</p><p>Le nouveau serait le ${spokenTime(chosen.start, chosen.zone)}.</p>
<form method="post" action="${place.base}/code">${hiddenField('csrf', csrf)}${hiddenField('slot', chosen.slot)}
${replace}<p class="actions">
<button class="quiet" formaction="${place.base}/liberer">Garder l'ancien</button></p></form>
${callLine(place, 'Pour avoir les deux, appelez le cabinet :')}`;
  return screen(place, 'Vous avez déjà un rendez-vous', body, 409);
}

/** Words for whoever has to stop here. */
export function stopPage(place: BookingPlace, title: string, text: string, status: number): PublicPage {
  const body = html`<p class="notice bad" role="alert">${text}</p>${callLine(place, 'Téléphone du cabinet :')}
<p><a href="${place.base}">Recommencer</a></p>`;
  return screen(place, title, body, status);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
