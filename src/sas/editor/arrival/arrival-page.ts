/**
 * What a regulator who arrives sees: the slots to choose from, the form, the confirmation. Text for people, in French;
 * times of the place.
 */
import { Html, html, type HtmlPage } from '../../../rest/html/page.ts';
import { FIELDS, type Field, type Given } from './arrival-patient.ts';
import type { Place } from './arrival-slots.ts';
import type { SasSlot } from '../search/sas-slots.ts';

/** What every page of the journey knows. */
export interface Look {
  place: Place;
  zone: string;
  csrfToken: string;
  /** Of the address, carried along. */
  query: URLSearchParams;
}

const PARIS = 'Europe/Paris';

const MODES: Record<string, string> = { AMB: 'au cabinet', HH: 'à domicile', VR: 'en téléconsultation' };

/** Slots to choose from; as buttons when a patient has been typed in already, so that nothing is typed twice. */
export function choicePage(
  look: Look,
  slots: readonly SasSlot[],
  { gone = false, given }: { gone?: boolean; given?: Given | undefined } = {},
): HtmlPage {
  const notice =
    gone &&
    html`<p class="notice bad" role="alert">Ce créneau n'est plus libre. ${slots.length > 0 ? 'Voici les plus proches sur le même agenda.' : ''}${given && ' Rien de ce que vous avez saisi n’est perdu.'}</p>`;
  const choices =
    slots.length === 0
      ? html`<p>Aucun créneau ouvert au SAS dans les deux semaines à venir. Revenez à la plateforme pour en chercher un autre.</p>`
      : html`<h2 id="libres">${given ? 'Choisir un autre créneau' : 'Créneaux libres'}</h2>
<ul class="slots" aria-labelledby="libres">${slots.map((slot) => html`<li>${given ? button(look, slot) : html`<a class="button" href="${addressOf(look, slot)}">${shortTime(slot.start, look.zone)}</a>`}</li>`)}</ul>`;
  const whole = given
    ? html`<form method="post" action="${addressOf(look)}">${hidden(look, given)}<input type="hidden" name="step" value="choose">${choices}</form>`
    : choices;
  return {
    status: gone && given ? 409 : 200,
    title: gone ? 'Créneau déjà pris' : 'Choisir un créneau',
    body: html`${notice}${about(look)}${whole}`,
  };
}

function button(look: Look, { id, start }: SasSlot): Html {
  return html`<button class="button" name="slot" value="${id}">${shortTime(start, look.zone)}</button>`;
}

/** The patient's fields; `form` numbers the form. */
export function formPage(
  look: Look,
  slot: SasSlot,
  { form, given, faults = {} }: { form: string; given?: Given | undefined; faults?: Partial<Given> },
): HtmlPage {
  const count = Object.keys(faults).length;
  const alert =
    count > 0 &&
    html`<p class="notice bad" role="alert">${count === 1 ? 'Un champ est à corriger' : `${count} champs sont à corriger`} : rien n'est encore réservé.</p>`;
  const body = html`${alert}${about(look, slot)}
<h2>Pour quel patient ?</h2>
<form method="post" action="${addressOf(look, slot)}" autocomplete="off" novalidate>${hidden(look)}<input type="hidden" name="form" value="${form}"><input type="hidden" name="slot" value="${slot.id}">
<div class="fields">${FIELDS.map((field) => fieldOf(field, given?.[field.name] ?? '', faults[field.name]))}</div>
<p class="actions"><button>Réserver ce créneau</button> <a href="${addressOf(look, undefined)}">Voir d'autres créneaux</a></p></form>`;
  return { status: count > 0 ? 400 : 200, title: 'Réserver un créneau', body };
}

function fieldOf({ name, label, missing, hint, type, most }: Field, value: string, fault: string | undefined): Html {
  const described = [hint && `${name}-aide`, fault && `${name}-faute`].filter(Boolean).join(' ');
  const attributes = new Html(
    [missing && 'required', fault && 'aria-invalid="true"', described && `aria-describedby="${described}"`]
      .filter(Boolean)
      .join(' '),
  );
  return html`<div><label for="${name}">${label}${missing === undefined && ' (facultatif)'}</label><input id="${name}" name="${name}" type="${type}" maxlength="${most}" value="${value}" ${attributes}>${hint && html`<span class="hint" id="${name}-aide">${hint}</span>`}${fault && html`<span class="fault" id="${name}-faute">${fault}</span>`}</div>`;
}

export interface Booked {
  status: string;
  start: number;
  end: number;
  patient: string;
}

export function bookedPage(
  { place, zone }: Pick<Look, 'place' | 'zone'>,
  { status, start, end, patient }: Booked,
): HtmlPage {
  const isCancelled = status === 'cancelled';
  const body = html`<p class="notice ${isCancelled ? 'bad' : 'good'}" role="status">${isCancelled ? 'Ce rendez-vous a été annulé.' : 'Le rendez-vous est enregistré dans l’agenda du professionnel.'}</p>
<dl><dt>Patient</dt><dd>${patient || 'non précisé'}</dd>${rows(place)}<dt>Horaire</dt><dd>${longTime(start, end, zone)}</dd></dl>
<p>Vous pouvez fermer cette page et revenir à la plateforme SAS.</p>`;
  return { title: isCancelled ? 'Rendez-vous annulé' : 'Rendez-vous confirmé', body };
}

function about({ place, zone }: Look, slot?: SasSlot): Html {
  const modes =
    slot?.serviceType
      .flatMap((serviceType) => serviceType.coding ?? [])
      .flatMap(({ code }) => MODES[code ?? ''] ?? []) ?? [];
  return html`<dl>${rows(place)}${slot && html`<dt>Horaire</dt><dd>${longTime(slot.start, slot.end, zone)}</dd>`}${modes.length > 0 && html`<dt>Consultation</dt><dd>${modes.join(', ')}</dd>`}</dl>`;
}

function rows({ practitioner, specialty, address, phone }: Place): Html {
  const row = (name: string, value: string): Html | false => value !== '' && html`<dt>${name}</dt><dd>${value}</dd>`;
  return html`${row('Professionnel', practitioner)}${row('Spécialité', specialty)}${row('Lieu', address)}${row('Téléphone du lieu', phone)}`;
}

function hidden({ csrfToken }: Look, given?: Given): Html {
  const field = (name: string, value: string): Html => html`<input type="hidden" name="${name}" value="${value}">`;
  return html`${field('csrf', csrfToken)}${given && FIELDS.map(({ name }) => field(name, given[name]))}`;
}

/** The same address with another slot, or none: nothing of the patient is in it. */
function addressOf({ query }: Look, slot?: SasSlot): string {
  const kept = new URLSearchParams([...query].filter(([name]) => name === 'agenda' || name === 'origin'));
  if (slot !== undefined) kept.set('slot', slot.id);
  return `/rdv?${kept}`;
}

/** `mer. 25 nov. 10:15` */
function shortTime(instant: number, zone: string): string {
  return new Intl.DateTimeFormat('fr-FR', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  }).format(instant);
}

/** `mercredi 25 novembre 2026, de 10:15 à 10:30`; overseas it says whose time that is. */
function longTime(start: number, end: number, zone: string): string {
  const day = new Intl.DateTimeFormat('fr-FR', { timeZone: zone, dateStyle: 'full' }).format(start);
  const time = new Intl.DateTimeFormat('fr-FR', { timeZone: zone, hour: '2-digit', minute: '2-digit' });
  const whose =
    zone === PARIS
      ? ''
      : ` (heure du lieu ; à Paris : ${new Intl.DateTimeFormat('fr-FR', { timeZone: PARIS, weekday: 'long', hour: '2-digit', minute: '2-digit' }).format(start)})`;
  return `${day}, de ${time.format(start)} à ${time.format(end)}${whose}`;
}
