/**
 * The pages of a practitioner inside of a site of the practice: kinds and times in a frame, which only the sites that
 * the practice has named may show. To choose a time is to leave the frame: nobody types an identity into a frame.
 */
import type { RuleServices } from '../../agenda/rules/services.ts';
import { html } from '../../rest/html/page.ts';
import type { PublicPage } from '../../rest/html/public-page.ts';
import type { PublicRequest } from '../../rest/html/public-route.ts';
import { nextTimes } from './next-times.ts';
import { kindsOf, type PractitionerPage } from './pages-found.ts';
import type { PublicPart, PublicSite } from './public-site.ts';
import { timeWords } from './words.ts';

const TIMES = 4;

/**
 * `<creneau-rdv praticien="maison-de-sante/anne-vasseur">`: the frame and a link below it. Without scripts, or where a
 * frame is refused, the link that stands inside of the element remains. No cookie, no style in a text.
 */
const ELEMENT = `'use strict';
(() => {
  const origin = new URL(document.currentScript.src).origin;
  class CreneauRdv extends HTMLElement {
    connectedCallback() {
      const page = (this.getAttribute('praticien') || '').replace(/[^a-z0-9/-]/g, '');
      if (!/^[a-z0-9-]+\\/[a-z0-9-]+$/.test(page) || this.querySelector('iframe')) return;
      const frame = document.createElement('iframe');
      frame.src = origin + '/p/' + page + '?cadre=1';
      frame.title = 'Prendre rendez-vous';
      frame.loading = 'lazy';
      frame.referrerPolicy = 'no-referrer';
      frame.style.width = '100%';
      frame.style.height = this.getAttribute('hauteur') || '32rem';
      frame.style.border = '0';
      this.prepend(frame);
      if (this.querySelector('a')) return;
      const link = document.createElement('a');
      link.href = origin + '/p/' + page;
      link.textContent = 'Ouvrir la page de rendez-vous';
      this.append(link);
    }
  }
  customElements.define('creneau-rdv', CreneauRdv);
})();
`;

export function embedPart(): PublicPart {
  return {
    open: (routes) =>
      routes.add('/p/creneau-rdv.js', async () => ({
        ...{ type: 'text/javascript; charset=utf-8', text: ELEMENT, keptSeconds: 3600, isForAll: true },
      })),
  };
}

export function isEmbedded({ query }: Pick<PublicRequest, 'query'>): boolean {
  return query.get('cadre') === '1';
}

export async function embeddedPage(
  site: PublicSite,
  services: RuleServices,
  page: PractitionerPage,
  { context }: PublicRequest,
): Promise<PublicPage> {
  const kinds = kindsOf(page, context.visitor!);
  const times = await nextTimes(services, kinds, context.visitor!, context.now, TIMES);
  return {
    title: `Rendez-vous avec ${page.name}`,
    frame: site.frameOf(page),
    isEmbedded: true,
    frameAncestors: page.practice.profile.sites ?? [],
    body: html`${kinds.map(
      (kind, i) =>
        html`<h2>${kind.name}</h2><ul class="times">${times[i]!.map(
          (time) =>
            html`<li><a target="_top" href="${site.bookingPath(page, kind.key, time) ?? page.path}">${timeWords(
              time.start,
              time.loaded.agenda.zone,
            )}</a></li>`,
        )}</ul>${times[i]!.length === 0 && html`<p>Aucun horaire en ligne pour le moment.</p>`}`,
    )}
      <p><a target="_top" href="${page.path}">Voir la page de ${page.name}</a></p>`,
  };
}
