/**
 * The frame of every page that the public reads: the emergency number first, then the practice with its telephone. The
 * pages need no script, load nothing from anywhere, and are found by search engines only where a page says so.
 */
import { createHash } from 'node:crypto';
import { Html, html } from './page.ts';
import { PUBLIC_STYLE } from './public-style.ts';

/** The practice on whose behalf a page speaks. */
export interface PageFrame {
  /** In the place of `Créneau`, with the address of its page. */
  name: string;
  path: string;
  phone: string | undefined;
  /** Below the page, in this order. */
  links: readonly { path: string; text: string }[];
}

export interface PublicPage {
  status?: number;
  title: string;
  /** Of the head of the page, where it says more than the heading. */
  headTitle?: string;
  body: Html;
  frame?: PageFrame | undefined;
  /** For search engines: one sentence. */
  description?: string;
  /** The whole address of the page; with it, search engines may list the page. */
  canonical?: string | undefined;
  /** Structured data, where search engines may list the page. */
  data?: object | undefined;
  /** Sites whose pages may show this one in a frame; none: no site. */
  frameAncestors?: readonly string[];
  /** Inside of a page of the practice: without the frame. */
  isEmbedded?: boolean;
  /** Optional scripts, which only add: texts of scripts, allowed by their hashes. */
  scripts?: readonly string[];
  /** The page may be kept for this long by a browser and by caches on the way; absent: it is asked anew each time. */
  keptSeconds?: number;
  /** When somebody who asks too often may ask again. */
  retryAfterSeconds?: number;
  /** The page says something about one person: nobody keeps it. */
  isPrivate?: boolean;
  /** The address is a permission: no browser tells it to anybody, this server included. */
  hidesAddress?: boolean;
}

const STYLE_HASH = hashOf(PUBLIC_STYLE);

export const EMERGENCY = html`<strong>Urgence vitale : appelez le 15 ou le 112.</strong>
  Cette page ne convient pas à une urgence.`;

/** The page as text, and the headers that it needs. */
export function writePublicPage(page: PublicPage): { text: string; headers: Record<string, string> } {
  const isListed = page.canonical !== undefined;
  const { title, body, frame, scripts = [] } = page;
  const head = html`<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.headTitle ?? titleIn(title, frame)}</title>
${page.description !== undefined && html`<meta name="description" content="${page.description}">`}
${isListed ? html`<link rel="canonical" href="${page.canonical}">` : html`<meta name="robots" content="noindex">`}
<style>${new Html(PUBLIC_STYLE)}</style>
${isListed && page.data !== undefined && structured(page.data)}`;
  const text = html`<!doctype html>
<html lang="fr">
<head>
${head}
</head>
<body>
<div role="region" aria-label="Urgence"><p class="urgent">${EMERGENCY}</p></div>
${page.isEmbedded !== true && banner(frame)}
<main id="contenu"><h1>${title}</h1>
${body}
</main>
${page.isEmbedded !== true && links(frame)}
${scripts.map((script) => html`<script>${new Html(script)}</script>`)}
</body></html>
`.text;
  return { text, headers: headersOf(page) };
}

function titleIn(title: string, frame: PageFrame | undefined): string {
  const name = frame?.name ?? 'Créneau';
  return name === title ? title : `${title} – ${name}`;
}

function banner(frame: PageFrame | undefined): Html {
  const skip = html`<a class="skip" href="#contenu">Aller au contenu</a>`;
  if (frame === undefined) return html`<header>${skip}<strong>Créneau</strong></header>`;
  return html`<header>${skip}<a href="${frame.path}"><strong>${frame.name}</strong></a>
    ${frame.phone !== undefined && html`<span>Téléphone : ${phoneLink(frame.phone)}</span>`}</header>`;
}

function links(frame: PageFrame | undefined): Html | false {
  if (frame === undefined || frame.links.length === 0) return false;
  return html`<footer><nav aria-label="À propos de cette page"><ul>
    ${frame.links.map(({ path, text }) => html`<li><a href="${path}">${text}</a></li>`)}</ul></nav></footer>`;
}

/** A telephone number as people in France write it, with its link. */
export function phoneLink(phone: string): Html {
  const number = phone.replace(/[^\d+]/g, '');
  const national = number.replace(/^\+33/, '0');
  const text = /^0\d{9}$/.test(national) ? national.replace(/(\d\d)(?=\d)/g, '$1 ') : phone;
  return html`<a href="tel:${number}">${text}</a>`;
}

/** No text of it ends the element. */
function structured(data: object): Html {
  const text = JSON.stringify(data).replaceAll('<', '\\u003c');
  return html`<script type="application/ld+json">${new Html(text)}</script>`;
}

function headersOf(page: PublicPage): Record<string, string> {
  const { canonical, frameAncestors = [], keptSeconds, scripts = [] } = page;
  const kept = keptSeconds === undefined ? 'no-cache' : `public, max-age=${keptSeconds}`;
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': page.isPrivate === true ? 'no-store' : kept,
    // A stricter policy hides the `Origin` of its forms from us too: the front door looks at `Sec-Fetch-Site` then.
    'Referrer-Policy': page.hidesAddress === true ? 'no-referrer' : 'same-origin',
    'Content-Security-Policy': [
      "default-src 'none'",
      `style-src 'sha256-${STYLE_HASH}'`,
      ...(scripts.length > 0 ? [`script-src ${scripts.map((script) => `'sha256-${hashOf(script)}'`).join(' ')}`] : []),
      "form-action 'self'",
      "base-uri 'none'",
      `frame-ancestors ${frameAncestors.length === 0 ? "'none'" : frameAncestors.join(' ')}`,
    ].join('; '),
    ...(page.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(page.retryAfterSeconds) }),
    ...(canonical === undefined ? { 'X-Robots-Tag': 'noindex' } : {}),
  };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
