/** The form and the results of `/trouver`, which needs no script: each search is an address that can be shared. */
import { type Html, html } from '../../../rest/html/page.ts';
import { phoneLink, type PublicPage } from '../../../rest/html/public-page.ts';
import type { PublicTime } from '../next-times.ts';
import { phoneOfPractitioner } from '../pages-found.ts';
import type { PublicSite } from '../public-site.ts';
import { ACCESS_WORDS, addressOf, LANGUAGE_WORDS, MODE_WORDS, specialtyOf, timeWords } from '../words.ts';
import type { FoundPractitioner, SearchOutcome } from './public-search.ts';
import { MODES, PAGE_SIZE, type PublicSearchQuery, RADII_KM } from './search-query.ts';

export function searchPage(
  site: PublicSite,
  service: string,
  query: PublicSearchQuery,
  asked: URLSearchParams,
  outcome: SearchOutcome | undefined,
): PublicPage {
  return {
    title: 'Trouver un rendez-vous',
    frame: { name: service, path: '/trouver', phone: undefined, links: [] },
    body: html`${formPart(query)}${outcome !== undefined && resultPart(site, query, asked, outcome)}`,
  };
}

function formPart(query: PublicSearchQuery): Html {
  return html`<form method="get" action="/trouver" role="search">
    <div class="fields">
      <label>Profession, spécialité, motif ou nom
        <input name="quoi" value="${query.what}" maxlength="100" placeholder="médecin généraliste"></label>
      <label>Commune ou code postal
        <input name="lieu" value="${query.where}" maxlength="100" autocomplete="postal-code"></label>
      ${choice(
        'Autour',
        'rayon',
        String(query.radiusKm),
        RADII_KM.map((km) => [String(km), `${km} km`]),
      )}
      <label>Avant le<input type="date" name="avant" value="${query.before ?? ''}"></label>
    </div>
    <details ${isRefined(query) && html`open`}><summary>Plus de critères</summary>
      <div class="fields">
        ${choice('Consultation', 'mode', query.mode ?? '', [['', 'peu importe'], ...MODES.map(modeChoice)])}
        ${choice('Langue parlée', 'langue', query.language ?? '', [['', 'peu importe'], ...LANGUAGE_WORDS])}
        ${choice('Dans l’ordre', 'tri', query.order, [
          ['time', 'du premier rendez-vous'],
          ['distance', 'de la distance'],
        ])}
      </div>
      <fieldset><legend>Accessibilité</legend>
        ${[...ACCESS_WORDS].map(([code, words]) => box('acces', code, words, query.accesses.includes(code)))}
      </fieldset>
      ${box('secteur1', 'oui', 'Secteur 1 seulement', query.isSector1)}
      ${box('nouveaux', 'oui', 'Accepte de nouveaux patients', query.takesNew)}
    </details>
    <p><button type="submit">Chercher</button></p>
  </form>`;
}

function modeChoice(mode: string): [string, string] {
  return [mode, MODE_WORDS.get(mode)!];
}

function isRefined({ mode, language, accesses, isSector1, takesNew, order }: PublicSearchQuery): boolean {
  return (
    [mode, language].some((value) => value !== undefined) ||
    accesses.length > 0 ||
    isSector1 ||
    takesNew ||
    order === 'distance'
  );
}

function choice(label: string, name: string, value: string, options: readonly (readonly [string, string])[]): Html {
  return html`<label>${label}<select name="${name}">${options.map(
    ([code, words]) => html`<option value="${code}" ${code === value && html`selected`}>${words}</option>`,
  )}</select></label>`;
}

function box(name: string, value: string, words: string, isChecked: boolean): Html {
  return html`<label>
    <input type="checkbox" name="${name}" value="${value}" ${isChecked && html`checked`}>${words}</label>`;
}

function resultPart(
  site: PublicSite,
  query: PublicSearchQuery,
  asked: URLSearchParams,
  { found, total, withoutTime, town, isPlaceUnknown }: SearchOutcome,
): Html {
  if (isPlaceUnknown)
    return html`<p class="notice bad" role="alert">Aucune commune ne porte ce nom : vérifiez-le, ou écrivez le code
      postal.</p>`;
  const near = town !== undefined && ` à moins de ${query.radiusKm} km de ${town.name}`;
  const pages = Math.ceil(total / PAGE_SIZE);
  return html`<h2 id="resultats">${countWords(total)}${near}</h2>
    ${
      total === 0 &&
      html`<p>Élargissez la recherche, ou appelez un cabinet : il peut avoir des rendez-vous par téléphone.</p>`
    }
    <ul class="cards">${found.map((practitioner) => card(site, practitioner))}</ul>
    ${pages > 1 && pageLinks(asked, query.page, pages)}
    ${
      withoutTime.length > 0 &&
      html`<h2>Sans horaire en ligne pour le moment</h2><ul class="cards">${withoutTime.map((page) => {
        const phone = phoneOfPractitioner(page);
        return html`<li><h3><a href="${page.path}">${page.name}</a></h3><p>${specialtyOf(page)}</p>
          ${phone !== undefined && html`<p>${phoneLink(phone)}</p>`}</li>`;
      })}</ul>`
    }`;
}

function countWords(total: number): string {
  if (total === 0) return 'Aucun rendez-vous trouvé';
  return total === 1 ? '1 praticien' : `${total} praticiens`;
}

function card(site: PublicSite, { page, times, distance }: FoundPractitioner): Html {
  const [place] = page.places;
  const booking = (time: PublicTime): string => site.bookingPath(page, time.kind.key, time) ?? page.path;
  return html`<li><h3><a href="${page.path}">${page.name}</a></h3>
    <p>${specialtyOf(page)}</p>
    <p>${place !== undefined && addressOf(place)}${distance !== undefined && ` (${distanceWords(distance)})`}</p>
    <ul class="times">${times.map(
      (time) =>
        html`<li><a href="${booking(time)}"><time datetime="${new Date(time.start).toISOString()}">${timeWords(
          time.start,
          time.loaded.agenda.zone,
        )}</time> : ${time.kind.name}</a></li>`,
    )}</ul></li>`;
}

function distanceWords(kilometres: number): string {
  return kilometres < 1 ? 'moins de 1 km' : `${Math.round(kilometres)} km`;
}

function pageLinks(asked: URLSearchParams, page: number, pages: number): Html {
  const to = (number: number): string => {
    const query = new URLSearchParams(asked);
    query.set('page', String(number));
    return `/trouver?${query}#resultats`;
  };
  return html`<nav aria-label="Pages de résultats"><ul>
    ${page > 1 && html`<li><a href="${to(page - 1)}">Page précédente</a></li>`}
    <li aria-current="page">Page ${page} sur ${pages}</li>
    ${page < pages && html`<li><a href="${to(page + 1)}">Page suivante</a></li>`}</ul></nav>`;
}
