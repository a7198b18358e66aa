/**
 * The pages that a regulator sees on arrival: the slots to choose from, the form, the confirmation. Text for people, in
 * French; times are those of the place.
 */
import { FRANCE } from '../../../fhir/date.ts';
import { Html, html, type HtmlPage } from '../../../rest/html/page.ts';
import type { SasSlot } from '../search/sas-slots.ts';
import type { AgendaLabel } from './agenda-label.ts';
import { PATIENT_FIELDS, type PatientField, type PatientForm } from './arrival-patient.ts';

/** What every page of the journey needs. */
export interface ArrivalModel {
  label: AgendaLabel;
  zone: string;
  csrfToken: string;
  /** The query of the address, carried from page to page. */
  query: URLSearchParams;
}

const MODES: Record<string, string> = { AMB: 'au cabinet', HH: 'à domicile', VR: 'en téléconsultation' };

/**
 * The slots to choose from; they are buttons of a form once a patient has been typed, so that nothing is typed twice.
 */
export function choicePage(
  model: ArrivalModel,
  slots: readonly SasSlot[],
  { gone = false, typed }: { gone?: boolean; typed?: PatientForm | undefined } = {},
): HtmlPage {
  const notice =
    gone &&
    html`<p class="notice bad" role="alert">Ce créneau n'est plus libre. ${slots.length > 0 ? 'Voici les plus proches sur le même agenda.' : ''}${typed && ' Rien de ce que vous avez saisi n’est perdu.'}</p>`;
  const choices =
    slots.length === 0
      ? html`<p>Aucun créneau ouvert au SAS dans les deux semaines à venir. Revenez à la plateforme pour en chercher un autre.</p>`
      : html`<h2 id="libres">${typed ? 'Choisir un autre créneau' : 'Créneaux libres'}</h2>
<ul class="slots" aria-labelledby="libres">${slots.map((slot) => html`<li>${typed ? button(model, slot) : html`<a class="button" href="${addressOf(model, slot)}">${shortTime(slot.start, model.zone)}</a>`}</li>`)}</ul>`;
  const whole = typed
    ? html`<form method="post" action="${addressOf(model)}">${hidden(model, typed)}<input type="hidden" name="step" value="choose">${choices}</form>`
    : choices;
  return {
    status: gone && typed ? 409 : 200,
    title: gone ? 'Créneau déjà pris' : 'Choisir un créneau',
    body: html`${notice}${about(model)}${whole}`,
  };
}

function button(model: ArrivalModel, { id, start }: SasSlot): Html {
  return html`<button class="button" name="slot" value="${id}">${shortTime(start, model.zone)}</button>`;
}

/** The patient's fields; `form` is the number of the form. */
export function formPage(
  model: ArrivalModel,
  slot: SasSlot,
  { form, typed, faults = {} }: { form: string; typed?: PatientForm | undefined; faults?: Partial<PatientForm> },
): HtmlPage {
  const count = Object.keys(faults).length;
  const alert =
    count > 0 &&
    html`<p class="notice bad" role="alert">${count === 1 ? 'Un champ est à corriger' : `${count} champs sont à corriger`} : rien n'est encore réservé.</p>`;
  const body = html`${alert}${about(model, slot)}
<h2>Pour quel patient ?</h2>
<form method="post" action="${addressOf(model, slot)}" autocomplete="off" novalidate>${hidden(model)}<input type="hidden" name="form" value="${form}"><input type="hidden" name="slot" value="${slot.id}">
<div class="fields">${PATIENT_FIELDS.map((field) => fieldOf(field, typed?.[field.name] ?? '', faults[field.name]))}</div>
<p class="actions"><button>Réserver ce créneau</button> <a href="${addressOf(model, undefined)}">Voir d'autres créneaux</a></p></form>`;
  return { status: count > 0 ? 400 : 200, title: 'Réserver un créneau', body };
}

function fieldOf(
  { name, label, missing, hint, type, maxLength }: PatientField,
  value: string,
  fault: string | undefined,
): Html {
  const described = [hint && `${name}-aide`, fault && `${name}-faute`].filter(Boolean).join(' ');
  const attributes = new Html(
    [missing && 'required', fault && 'aria-invalid="true"', described && `aria-describedby="${described}"`]
      .filter(Boolean)
      .join(' '),
  );
  return html`<div><label for="${name}">${label}${missing === undefined && ' (facultatif)'}</label><input id="${name}" name="${name}" type="${type}" maxlength="${maxLength}" value="${value}" ${attributes}>${hint && html`<span class="hint" id="${name}-aide">${hint}</span>`}${fault && html`<span class="fault" id="${name}-faute">${fault}</span>`}</div>`;
}

export interface BookedAppointment {
  status: string;
  start: number;
  end: number;
  patient: string;
}

export function bookedPage(
  { label, zone }: Pick<ArrivalModel, 'label' | 'zone'>,
  { status, start, end, patient }: BookedAppointment,
): HtmlPage {
  const isCancelled = status === 'cancelled';
  const body = html`<p class="notice ${isCancelled ? 'bad' : 'good'}" role="status">${isCancelled ? 'Ce rendez-vous a été annulé.' : 'Le rendez-vous est enregistré dans l’agenda du professionnel.'}</p>
<dl><dt>Patient</dt><dd>${patient || 'non précisé'}</dd>${rows(label)}<dt>Horaire</dt><dd>${longTime(start, end, zone)}</dd></dl>
<p>Vous pouvez fermer cette page et revenir à la plateforme SAS.</p>`;
  return { title: isCancelled ? 'Rendez-vous annulé' : 'Rendez-vous confirmé', body };
}

function about({ label, zone }: ArrivalModel, slot?: SasSlot): Html {
  const modes =
    slot?.serviceType
      .flatMap((serviceType) => serviceType.coding ?? [])
      .flatMap(({ code }) => MODES[code ?? ''] ?? []) ?? [];
  return html`<dl>${rows(label)}${slot && html`<dt>Horaire</dt><dd>${longTime(slot.start, slot.end, zone)}</dd>`}${modes.length > 0 && html`<dt>Consultation</dt><dd>${modes.join(', ')}</dd>`}</dl>`;
}

function rows({ practitioner, specialty, address, phone }: AgendaLabel): Html {
  const row = (name: string, value: string): Html | false => value !== '' && html`<dt>${name}</dt><dd>${value}</dd>`;
  return html`${row('Professionnel', practitioner)}${row('Spécialité', specialty)}${row('Lieu', address)}${row('Téléphone du lieu', phone)}`;
}

function hidden({ csrfToken }: ArrivalModel, typed?: PatientForm): Html {
  const field = (name: string, value: string): Html => html`<input type="hidden" name="${name}" value="${value}">`;
  return html`${field('csrf', csrfToken)}${typed && PATIENT_FIELDS.map(({ name }) => field(name, typed[name]))}`;
}

/** The same address with another slot, or without one. It never holds patient data. */
function addressOf({ query }: ArrivalModel, slot?: SasSlot): string {
  const carried = new URLSearchParams([...query].filter(([name]) => name === 'agenda' || name === 'origin'));
  if (slot !== undefined) carried.set('slot', slot.id);
  return `/rdv?${carried}`;
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

/** `mercredi 25 novembre 2026, de 10:15 à 10:30`; overseas, the time in Paris is added. */
function longTime(start: number, end: number, zone: string): string {
  const day = new Intl.DateTimeFormat('fr-FR', { timeZone: zone, dateStyle: 'full' }).format(start);
  const time = new Intl.DateTimeFormat('fr-FR', { timeZone: zone, hour: '2-digit', minute: '2-digit' });
  const whose =
    zone === FRANCE
      ? ''
      : ` (heure du lieu ; à Paris : ${new Intl.DateTimeFormat('fr-FR', { timeZone: FRANCE, weekday: 'long', hour: '2-digit', minute: '2-digit' }).format(start)})`;
  return `${day}, de ${time.format(start)} à ${time.format(end)}${whose}`;
}
