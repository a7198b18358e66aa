/** The parts that every screen of a booking has: the step, the place, hidden fields, and the time that is held. */
import { type Html, html } from '../../rest/html/page.ts';
import { type PageFrame, phoneLink, type PublicPage } from '../../rest/html/public-page.ts';
import { spokenHour, spokenTime } from './spoken-time.ts';

/** The place, as screens show it. */
export interface BookingPlace {
  /** `/p/cabinet/praticien/rendez-vous`. */
  base: string;
  /** `/p/cabinet/praticien`. */
  home: string;
  /** `/p/cabinet`. */
  practice: string;
  practitioner: string;
  address: string;
  phone: string | undefined;
  frame: PageFrame;
}

/** The time that was chosen. */
export interface ChosenTime {
  kindName: string;
  slot: string;
  start: number;
  zone: string;
  /** The end of the hold; `undefined`: nothing is held. */
  heldUntil: number | undefined;
  mayExtend: boolean;
}

const STEPS = ['Motif', 'Jour et heure', 'Le patient et vous', 'Vérification'] as const;

export function screen({ frame }: Pick<BookingPlace, 'frame'>, title: string, body: Html, status = 200): PublicPage {
  return { status, title, body, frame, isPrivate: true };
}

/** `step` from 1. */
export function stepLine(step: number): Html {
  return html`<p class="soft">Étape ${step} sur ${STEPS.length} : ${STEPS[step - 1]!}</p>`;
}

/** A hidden field. */
export function hiddenField(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`;
}

/** The time, with whom and where. */
export function aboutTime({ practitioner, address }: BookingPlace, { kindName, start, zone }: ChosenTime): Html {
  return html`<dl><dt>Motif</dt><dd>${kindName}</dd><dt>Date et heure</dt><dd>${spokenTime(start, zone)}</dd>
<dt>Avec</dt><dd>${practitioner}</dd>${address !== '' && html`<dt>Adresse</dt><dd>${address}</dd>`}</dl>`;
}

export function holdNotice({ heldUntil, zone }: ChosenTime): Html {
  if (heldUntil === undefined)
    return html`<p class="notice">Ce créneau n'est pas gardé pendant que vous remplissez cette page : il sera pris à la
      fin, s'il est encore libre. Rien de ce que vous saisissez ne sera perdu.</p>`;
  return html`<p class="notice">Ce créneau vous est gardé jusqu'à ${spokenHour(heldUntil, zone)}.</p>`;
}

/** Buttons of the form around them: what was typed goes along. */
export function holdButtons({ base }: BookingPlace, { heldUntil, mayExtend }: ChosenTime): Html {
  const more =
    heldUntil !== undefined &&
    mayExtend &&
    html`<p>Besoin de plus de temps ?
<button class="quiet" formaction="${base}/plus" formnovalidate>Garder 10 minutes de plus</button></p>`;
  return html`${more}
<p><button class="quiet" formaction="${base}/liberer" formnovalidate>Libérer ce créneau</button></p>`;
}

/** The number to call, in a sentence. */
export function callLine({ phone }: Pick<BookingPlace, 'phone'>, before: string): Html | false {
  if (phone === undefined) return false;
  return html`<p>${before} ${phoneLink(phone)}</p>`;
}
