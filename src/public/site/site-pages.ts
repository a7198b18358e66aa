/** `/p/{practice}` and `/p/{practice}/{practitioner}`: who, where, how much, the first free times, the telephone. */
import type { RuleServices } from '../../agenda/rules/services.ts';
import { type Html, html } from '../../rest/html/page.ts';
import { phoneLink, type PublicPage } from '../../rest/html/public-page.ts';
import type { PublicRequest } from '../../rest/html/public-route.ts';
import { list, type Location } from '../../fhir/resources.ts';
import { embeddedPage, isEmbedded } from './embed.ts';
import { practiceForEngines, practitionerForEngines } from './engines.ts';
import { nextTimes, type PublicTime } from './next-times.ts';
import { kindsOf, type OfferedKind, phoneOfPractitioner, type PractitionerPage } from './pages-found.ts';
import type { PublicPart, PublicSite, PublicSiteParts } from './public-site.ts';
import {
  ACCESS_WORDS,
  accessesOf,
  addressOf,
  CSS_WORDS,
  LANGUAGE_WORDS,
  MODE_WORDS,
  PAYMENT_WORDS,
  SECTOR_WORDS,
  specialtyOf,
  THIRD_PARTY_WORDS,
  timeWords,
} from './words.ts';

export function sitePages({ site, services }: PublicSiteParts): PublicPart {
  return {
    open(routes) {
      routes.add('/p/:practice', (request) => practicePage(site, services, request));
      routes.add('/p/:practice/:practitioner', (request) => practitionerPage(site, services, request));
    },
  };
}

async function practicePage(site: PublicSite, services: RuleServices, request: PublicRequest): Promise<PublicPage> {
  const { context, params, origin } = request;
  const practice = await site.practice(params['practice']!);
  const pages = await site.practitionersOf(practice, context.now);
  const offered = pages.map((page) => wholeOffer(kindsOf(page, context.visitor!)));
  const times = await nextTimes(services, offered, context.visitor!, context.now, 1);
  const places = [...new Map(pages.flatMap((page) => page.places.map((place) => [place.id, place]))).values()];
  return {
    ...practiceForEngines(practice, places, origin),
    title: practice.name,
    frame: site.frameOf(practice),
    body: html`${practice.profile.presentation !== undefined && paragraphs(practice.profile.presentation)}
      <h2>Prendre rendez-vous</h2>
      <ul class="cards">${pages.map((page, i) => card(page, times[i]![0]))}</ul>
      ${pages.length === 0 && html`<p>Appelez le cabinet pour prendre rendez-vous.</p>`}
      ${places.length > 0 && html`<h2>Adresse et accès</h2>${places.map(placePart)}`}`,
  };
}

function card(page: PractitionerPage, first: PublicTime | undefined): Html {
  return html`<li><h3><a href="${page.path}">${page.name}</a></h3><p>${specialtyOf(page)}</p>
    <p>${first === undefined ? noTime() : html`Premier rendez-vous en ligne : ${whenOf(first)}`}</p></li>`;
}

async function practitionerPage(site: PublicSite, services: RuleServices, request: PublicRequest): Promise<PublicPage> {
  const { context, params, origin } = request;
  const page = await site.practitioner(params['practice']!, params['practitioner']!, context.now);
  if (isEmbedded(request)) return embeddedPage(site, services, page, request);
  const kinds = kindsOf(page, context.visitor!);
  const times = await nextTimes(services, kinds, context.visitor!, context.now, 1);
  const phone = phoneOfPractitioner(page);
  return {
    ...practitionerForEngines(page, origin),
    title: page.name,
    frame: site.frameOf(page),
    body: html`<p>${specialtyOf(page)}</p>
      ${page.profile.presentation !== undefined && paragraphs(page.profile.presentation)}
      <h2>Prendre rendez-vous</h2>
      ${kinds.length === 0 && html`<p>${noTime()}</p>`}
      <ul class="cards">${kinds.map((kind, i) => kindPart(site, page, kind, times[i]![0]))}</ul>
      ${phone !== undefined && html`<p>Par téléphone : ${phoneLink(phone)}</p>`}
      ${factsPart(page)}
      <h2>Adresse et accès</h2>${page.places.map(placePart)}`,
  };
}

function kindPart(site: PublicSite, page: PractitionerPage, kind: OfferedKind, first: PublicTime | undefined): Html {
  const booking = site.bookingPath(page, kind.key, first);
  const { durationMs, modes, takesNew, needsApproval } = kind.offers[0]!.kind;
  const details = [`${durationMs / 60_000} minutes`, ...modes.map((mode) => MODE_WORDS.get(mode) ?? '')].filter(
    Boolean,
  );
  return html`<li><h3>${kind.name}</h3><p>${details.join(', ')}</p>
    <p>Nouveaux patients : ${takesNew ? 'acceptés' : 'non'}</p>
    ${needsApproval && html`<p>Le cabinet confirme le rendez-vous après votre demande.</p>`}
    <p>${first === undefined ? noTime() : html`Premier rendez-vous : ${whenOf(first)}`}</p>
    ${
      first !== undefined &&
      booking !== undefined &&
      html`<p><a class="button" href="${booking}">Prendre rendez-vous<span class="skip"> : ${kind.name}</span></a></p>`
    }
  </li>`;
}

function whenOf({ start, loaded }: PublicTime): Html {
  const { zone } = loaded.agenda;
  return html`<time datetime="${new Date(start).toISOString()}">${timeWords(start, zone)}</time>`;
}

/** Never a dead end: the telephone stands beside it. */
function noTime(): string {
  return 'Aucun horaire en ligne pour le moment. Le cabinet peut en avoir par téléphone.';
}

function factsPart({ profile }: PractitionerPage): Html | false {
  const { sector, fees, payments = [], thirdParty, css, languages = [] } = profile;
  const rows: [string, string | Html][] = [
    ...(sector === undefined ? [] : [['Convention', SECTOR_WORDS[sector]] as [string, string]]),
    ...(fees === undefined ? [] : [['Honoraires', lines(fees)] as [string, Html]]),
    ...(payments.length === 0
      ? []
      : [['Moyens de paiement', payments.map((payment) => PAYMENT_WORDS[payment]).join(', ')] as [string, string]]),
    ...(thirdParty === undefined ? [] : [['Tiers payant', THIRD_PARTY_WORDS[thirdParty]] as [string, string]]),
    ...(css === true ? [['Solidarité', CSS_WORDS] as [string, string]] : []),
    ...(languages.length === 0
      ? []
      : [
          ['Langues parlées', languages.map((code) => LANGUAGE_WORDS.get(code) ?? code).join(', ')] as [string, string],
        ]),
  ];
  if (rows.length === 0) return false;
  return html`<h2>Honoraires et informations</h2>
    <dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function placePart(place: Location): Html {
  const address = addressOf(place);
  const map = `https://www.openstreetmap.org/search?query=${encodeURIComponent(address)}`;
  const accesses = accessesOf(place).flatMap((code) => ACCESS_WORDS.get(code) ?? []);
  return html`<h3>${place.name ?? 'Cabinet'}</h3>
    ${address !== '' && html`<p>${address}<br><a href="${map}">Voir sur une carte</a></p>`}
    ${hoursPart(place)}${place.description !== undefined && paragraphs(place.description)}
    ${accesses.length > 0 && html`<ul>${accesses.map((words) => html`<li>${words}</li>`)}</ul>`}`;
}

const DAY_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ mon: 'lundi', tue: 'mardi', wed: 'mercredi', thu: 'jeudi' },
    ...{ fri: 'vendredi', sat: 'samedi', sun: 'dimanche' },
  }),
);

/** When somebody answers there, where the place says so. */
function hoursPart({ hoursOfOperation }: Location): Html | false {
  const rows = list(hoursOfOperation).map(({ daysOfWeek = [], allDay, openingTime = '', closingTime = '' }) => {
    const days = daysOfWeek.flatMap((day) => DAY_WORDS.get(day) ?? []).join(', ');
    const span = `de ${openingTime.slice(0, 5)} à ${closingTime.slice(0, 5)}`;
    return html`<li>${days} : ${allDay === true ? 'toute la journée' : span}</li>`;
  });
  return rows.length > 0 && html`<p>Horaires d'ouverture :</p><ul>${rows}</ul>`;
}

/** All kinds of a practitioner as one, for the first time of any of them. */
export function wholeOffer(kinds: readonly OfferedKind[]): OfferedKind {
  return { key: '', name: '', offers: kinds.flatMap(({ offers }) => offers) };
}

function paragraphs(text: string): Html {
  return html`${text.split(/\n\s*\n/).map((part) => html`<p>${lines(part)}</p>`)}`;
}

function lines(text: string): Html {
  return html`${text.split('\n').map((line, i) => html`${i > 0 && html`<br>`}${line}`)}`;
}
