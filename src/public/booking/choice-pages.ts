/** The screens on which a visitor chooses: the kind of visit, then the day and time, or the nearest ones. */
import { type Html, html } from '../../rest/html/page.ts';
import type { PublicPage } from '../../rest/html/public-page.ts';
import { type BookingPlace, callLine, hiddenField, screen, stepLine } from './booking-view.ts';
import { spokenDay, spokenHour, zoneWords } from './spoken-time.ts';

export interface OfferedTime {
  slot: string;
  start: number;
  zone: string;
}

/** A kind as a visitor chooses it. */
export interface KindChoice {
  key: string;
  name: string;
  minutes: number;
  needsApproval: boolean;
}

export function kindsPage(place: BookingPlace, kinds: readonly KindChoice[]): PublicPage {
  if (kinds.length === 0) {
    const body = html`<p class="notice">Aucun motif ne se réserve en ligne pour le moment.</p>
${callLine(place, 'Appelez le cabinet :')}`;
    return screen(place, `Prendre rendez-vous avec ${place.practitioner}`, body);
  }
  const items = kinds.map(
    ({ key, name, minutes, needsApproval }) =>
      html`<li><a class="button" href="${timesAddress(place, key)}">${name}</a>
<span class="hint">${minutes} min${needsApproval && ' – le cabinet confirme'}</span></li>`,
  );
  const body = html`${stepLine(1)}<h2 id="motifs">Pour quel motif ?</h2>
<ul class="cards" aria-labelledby="motifs">${items}</ul>${callLine(place, 'Vous pouvez aussi appeler le cabinet :')}`;
  return screen(place, `Prendre rendez-vous avec ${place.practitioner}`, body);
}

/** Nothing can be confirmed: no time is offered that could not be booked in the end. */
export function cannotVerify(place: BookingPlace): PublicPage {
  const body = html`<p class="notice">Ce site ne peut pas envoyer de code en ce moment : le rendez-vous se prend par
    téléphone.</p>${callLine(place, 'Appelez le cabinet :')}`;
  return screen(place, 'Prendre rendez-vous par téléphone', body, 503);
}

export interface TimesModel {
  kind: KindChoice;
  /** In the order of time: whole days. */
  times: readonly OfferedTime[];
  /** The day after those that are shown, if there are more times; `2027-01-05`. */
  next: string | undefined;
  /** Do they begin later than now? */
  isLater: boolean;
  notice?: Html | undefined;
  /** Made up for the visit that begins here. */
  secret: string;
}

export function timesPage(place: BookingPlace, model: TimesModel): PublicPage {
  const { kind, times, next, isLater, notice, secret } = model;
  const later = next !== undefined && html`<a href="${timesAddress(place, kind.key, next)}">Jours suivants</a>`;
  const first = isLater && html`<a href="${timesAddress(place, kind.key)}">Premiers jours</a>`;
  const list = times.length === 0 ? noTimes(place) : timesForm(place, kind.key, times, secret);
  const body = html`${stepLine(2)}${notice}
<p><strong>${kind.name}</strong> (${kind.minutes} min) – <a href="${place.base}">Changer de motif</a></p>
${list}<p class="actions">${first}${later}</p>`;
  return screen(place, 'Choisir le jour et l’heure', body);
}

function noTimes(place: BookingPlace): Html {
  return html`<p class="notice">Aucun créneau en ligne pour ce motif en ce moment.</p>
${callLine(place, 'Le cabinet peut en avoir par téléphone :')}`;
}

/** Each time is a button that says the whole date to whoever does not see the page. */
function timesForm({ base }: BookingPlace, kind: string, times: readonly OfferedTime[], secret: string): Html {
  const days = new Map<string, OfferedTime[]>();
  for (const time of times) {
    const day = spokenDay(time.start, time.zone);
    days.set(day, [...(days.get(day) ?? []), time]);
  }
  const clock = zoneWords(times[0]!.zone);
  const sections = [...days].map(
    ([day, found], i) => html`<h2 id="jour-${i}">${capital(day)}</h2>
<ul class="slots" aria-labelledby="jour-${i}">${found.map((time) => timeButton(time, day))}</ul>`,
  );
  const words = clock !== '' && html`<p class="soft">Les heures sont celles du lieu${clock}.</p>`;
  return html`${words}<form method="post" action="${base}/creneau">${hiddenField('motif', kind)}
${hiddenField('visite', secret)}${sections}</form>`;
}

function timeButton({ slot, start, zone }: OfferedTime, day: string): Html {
  const hour = spokenHour(start, zone);
  return html`<li>
<button class="button" name="slot" value="${slot}" aria-label="${hour}, ${day}">${hour}</button></li>`;
}

/** The time is gone: the nearest ones of the same kind, and everything typed is kept. */
export function takenPage(
  place: BookingPlace,
  model: { kind: KindChoice; times: readonly OfferedTime[]; reason: string; isTyped: boolean; secret: string },
): PublicPage {
  const { kind, times, reason, isTyped, secret } = model;
  const kept = isTyped && ' Vos informations sont gardées.';
  const list = times.length === 0 ? noTimes(place) : timesForm(place, kind.key, times, secret);
  const nearest = times.length > 0 && ' Voici les plus proches :';
  const body = html`<p class="notice bad" role="alert">${reason}${kept}${nearest}</p>
${list}<p class="actions"><a href="${timesAddress(place, kind.key)}">Voir tous les horaires</a></p>
${times.length > 0 && callLine(place, 'Vous pouvez aussi appeler le cabinet :')}`;
  return screen(place, 'Ce créneau n’est plus libre', body, 409);
}

/** It names a kind and a day, and nobody. */
function timesAddress({ base }: BookingPlace, kind: string, from?: string): string {
  return `${base}?${new URLSearchParams({ motif: kind, ...(from === undefined ? {} : { le: from }) })}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
