/**
 * The pages that a regulator sees on arrival: the slots to choose from, the form, the confirmation. Text for people, in
 * French; times are those of the place.
 */
import { FRANCE } from '../../../fhir/date.ts';
import { Html, html, type HtmlPage } from '../../../rest/html/page.ts';
import type { SasSlot } from '../search/sas-slots.ts';
import type { AgendaLabel } from './agenda-label.ts';
import { PATIENT_FIELDS, type PatientField, type PatientForm } from './arrival-patient.ts';

/** The parts that every page of the journey needs. */
export interface ArrivalModel {
  label: AgendaLabel;
  zone: string;
  csrfToken: string;
  /** The query of the address, carried from page to page. */
  query: URLSearchParams;
}

const MODES: ReadonlyMap<string, string> = new Map([
  ['AMB', 'au cabinet'],
  ['HH', 'à domicile'],
  ['VR', 'en téléconsultation'],
]);

/**
 * The slots to choose from; they are buttons of a form once a patient has been typed, so that nothing is typed twice.
 */
export function choicePage(
  model: ArrivalModel,
  slots: readonly SasSlot[],
  { gone = false, typed }: { gone?: boolean; typed?: PatientForm | undefined } = {},
): HtmlPage {
  const choices = slots.length === 0 ? NO_SLOTS : slotList(model, slots, typed !== undefined);
  const whole = typed
    ? html`<form method="post" action="${addressOf(model)}">${hidden(model, typed)}${field('step', 'choose')}${choices}
</form>`
    : choices;
  return {
    status: gone && typed ? 409 : 200,
    title: gone ? 'Créneau déjà pris' : 'Choisir un créneau',
    body: html`${gone && goneNotice(slots.length > 0, typed !== undefined)}${about(model)}${whole}`,
  };
}

const NO_SLOTS = html`<p>Aucun créneau ouvert au SAS dans les deux semaines à venir.
Revenez à la plateforme pour en chercher un autre.</p>`;

function goneNotice(hasOthers: boolean, isTyped: boolean): Html {
  const others = hasOthers && 'Voici les plus proches sur le même agenda.';
  const kept = isTyped && ' Rien de ce que vous avez saisi n’est perdu.';
  return html`<p class="notice bad" role="alert">Ce créneau n'est plus libre. ${others}${kept}</p>`;
}

function slotList(model: ArrivalModel, slots: readonly SasSlot[], asButtons: boolean): Html {
  const items = slots.map((slot) => {
    const time = shortTime(slot.start, model.zone);
    return asButtons
      ? html`<li><button class="button" name="slot" value="${slot.id}">${time}</button></li>`
      : html`<li><a class="button" href="${addressOf(model, slot)}">${time}</a></li>`;
  });
  return html`<h2 id="libres">${asButtons ? 'Choisir un autre créneau' : 'Créneaux libres'}</h2>
<ul class="slots" aria-labelledby="libres">${items}</ul>`;
}

/** The patient's fields; `form` is the number of the form. */
export function formPage(
  model: ArrivalModel,
  slot: SasSlot,
  { form, typed, faults = {} }: { form: string; typed?: PatientForm | undefined; faults?: Partial<PatientForm> },
): HtmlPage {
  const count = Object.keys(faults).length;
  const corrections = count === 1 ? 'Un champ est à corriger' : `${count} champs sont à corriger`;
  const alert = html`<p class="notice bad" role="alert">${corrections} : rien n'est encore réservé.</p>`;
  const fields = PATIENT_FIELDS.map((shape) => fieldOf(shape, typed?.[shape.name] ?? '', faults[shape.name]));
  const body = html`${count > 0 && alert}${about(model, slot)}
<h2>Pour quel patient ?</h2>
<form method="post" action="${addressOf(model, slot)}" autocomplete="off" novalidate>
${hidden(model)}${field('form', form)}${field('slot', slot.id)}
<div class="fields">${fields}</div>
<p class="actions"><button>Réserver ce créneau</button>
<a href="${addressOf(model, undefined)}">Voir d'autres créneaux</a></p></form>`;
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
  const optional = missing === undefined && ' (facultatif)';
  const help = hint && html`<span class="hint" id="${name}-aide">${hint}</span>`;
  const complaint = fault && html`<span class="fault" id="${name}-faute">${fault}</span>`;
  return html`<div><label for="${name}">${label}${optional}</label>
<input id="${name}" name="${name}" type="${type}" maxlength="${maxLength}" value="${value}" ${attributes}>
${help}${complaint}</div>`;
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
  const notice = isCancelled
    ? html`<p class="notice bad" role="status">Ce rendez-vous a été annulé.</p>`
    : html`<p class="notice good" role="status">Le rendez-vous est enregistré dans l’agenda du professionnel.</p>`;
  const patientRow = row('Patient', patient || 'non précisé');
  const body = html`${notice}
<dl>${patientRow}${rows(label)}${row('Horaire', longTime(start, end, zone))}</dl>
<p>Vous pouvez fermer cette page et revenir à la plateforme SAS.</p>`;
  return { title: isCancelled ? 'Rendez-vous annulé' : 'Rendez-vous confirmé', body };
}

function about({ label, zone }: ArrivalModel, slot?: SasSlot): Html {
  const modes = (slot?.serviceType ?? [])
    .flatMap(({ coding }) => coding ?? [])
    .flatMap(({ code }) => MODES.get(code ?? '') ?? []);
  const time = slot && row('Horaire', longTime(slot.start, slot.end, zone));
  return html`<dl>${rows(label)}${time}${row('Consultation', modes.join(', '))}</dl>`;
}

function rows({ practitioner, specialty, address, phone }: AgendaLabel): (Html | false)[] {
  return [
    row('Professionnel', practitioner),
    row('Spécialité', specialty),
    row('Lieu', address),
    row('Téléphone du lieu', phone),
  ];
}

/** A line of a description list, unless it is empty. */
function row(name: string, value: string): Html | false {
  return value !== '' && html`<dt>${name}</dt><dd>${value}</dd>`;
}

function hidden({ csrfToken }: ArrivalModel, typed?: PatientForm): Html {
  return html`${field('csrf', csrfToken)}${typed && PATIENT_FIELDS.map(({ name }) => field(name, typed[name]))}`;
}

/** A hidden field. */
function field(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`;
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
  const hour = { hour: '2-digit', minute: '2-digit' } as const;
  const day = new Intl.DateTimeFormat('fr-FR', { timeZone: zone, dateStyle: 'full' }).format(start);
  const time = new Intl.DateTimeFormat('fr-FR', { timeZone: zone, ...hour });
  const paris = new Intl.DateTimeFormat('fr-FR', { timeZone: FRANCE, weekday: 'long', ...hour });
  const whose = zone === FRANCE ? '' : ` (heure du lieu ; à Paris : ${paris.format(start)})`;
  return `${day}, de ${time.format(start)} à ${time.format(end)}${whose}`;
}
