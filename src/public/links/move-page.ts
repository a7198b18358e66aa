/** The pages on which a patient moves an appointment: the times of the same kind, and the question before the move. */
import type { KindTime } from '../../agenda/kinds/kind-times.ts';
import { html } from '../../rest/html/page.ts';
import type { PublicPage } from '../../rest/html/public-page.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import { dayOf, type LinkModel, linkPage, noticeOf } from './link-page.ts';
import type { DayOfTimes } from './move-times.ts';

/** `next`: where further days begin, epoch ms. */
export function timesPage(model: LinkModel, days: readonly DayOfTimes[], next: number | undefined): PublicPage {
  const { visit, path } = model;
  const further =
    next !== undefined &&
    html`<p><a class="button quiet" href="${path}?deplacer&amp;apres=${next}">Jours suivants</a></p>`;
  return linkPage('Choisir un autre horaire', 200, [
    html`<p>Votre rendez-vous reste pris (${dayOf(visit)}) tant que vous n'avez pas confirmé le nouvel horaire.</p>`,
    days.length === 0 && html`<p class="notice">Aucun autre horaire en ligne pour le moment.</p>`,
    html`${days.map((day) => dayOfTimes(model, day))}`,
    further,
    html`<p><a href="${path}">Ne rien changer</a></p>`,
  ]);
}

function dayOfTimes({ visit: { zone }, path }: LinkModel, { date, times }: DayOfTimes) {
  const title = new Intl.DateTimeFormat('fr-FR', { timeZone: zone, dateStyle: 'full' }).format(times[0]!.start);
  const id = `jour-${date}`;
  return html`<h2 id="${id}">${title}</h2><ul class="slots" aria-labelledby="${id}">
    ${times.map((time) => html`<li>${timeLink(time, zone, path)}</li>`)}</ul>`;
}

function timeLink({ start, id }: KindTime, zone: string, path: string) {
  const clock = new Intl.DateTimeFormat('fr-FR', { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(start);
  const whole = frenchTime(start, zone);
  return html`<a class="button quiet" href="${path}?deplacer=${encodeURIComponent(id)}" aria-label="${clock}, ${whole}"
    >${clock}</a>`;
}

/** Asks before the move. */
export function confirmPage({ visit, path }: LinkModel, time: KindTime): PublicPage {
  return linkPage('Confirmer le nouvel horaire', 200, [
    html`<dl><dt>Aujourd'hui prévu</dt><dd>${dayOf(visit)}</dd>
      <dt>Nouvel horaire</dt><dd>${frenchTime(time.start, visit.zone)}</dd></dl>`,
    html`<form method="post" action="${path}"><input type="hidden" name="creneau" value="${time.id}">
      <input type="hidden" name="vu" value="${visit.start}">
      <p class="actions"><button name="faire" value="deplacer">Déplacer mon rendez-vous</button>
      <a href="${path}?deplacer">Voir d'autres horaires</a></p></form>`,
  ]);
}

/** Somebody has taken the time; the appointment stands where it was. */
export function takenPage(model: LinkModel, nearest: readonly KindTime[], status = 409): PublicPage {
  const { visit, path } = model;
  const text = `Ce créneau vient d'être pris. Votre rendez-vous reste le ${dayOf(visit)}.`;
  return linkPage('Horaire déjà pris', status, [
    noticeOf({ text, isBad: true }),
    nearest.length > 0 &&
      html`<h2 id="proches">Les plus proches</h2><ul class="slots" aria-labelledby="proches">${nearest.map(
        (time) =>
          html`<li><a class="button quiet" href="${path}?deplacer=${encodeURIComponent(time.id)}"
            >${frenchTime(time.start, visit.zone)}</a></li>`,
      )}</ul>`,
    html`<p class="actions"><a href="${path}?deplacer">Tous les horaires</a> <a href="${path}">Ne rien changer</a></p>`,
  ]);
}
