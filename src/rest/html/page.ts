/**
 * Pages that the server writes itself, for moments without the application: a login that fails, a regulator who
 * arrives. They have no script, and one style sheet, which the security policy allows by its hash.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { STYLE } from './page-style.ts';

/** A text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = Html | string | number | undefined | false | readonly Piece[];

/** Escapes the values of a template, unless they are `Html` already; leaves out undefined and false. */
export function html(strings: TemplateStringsArray, ...pieces: Piece[]): Html {
  return new Html(strings.reduce((text, string, index) => text + written(pieces[index - 1]) + string));
}

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function written(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (piece instanceof Html) return piece.text;
  if (Array.isArray(piece)) return piece.map(written).join('');
  return String(piece).replace(/[&<>"']/g, (character) => ESCAPED[character]!);
}

export interface HtmlPage {
  status?: number;
  title: string;
  body: Html;
}

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** `formsTo`: another site to which a form of the page may lead. */
export function sendPage(
  reply: FastifyReply,
  { status = 200, title, body }: HtmlPage,
  header: Html = html``,
  formsTo = '',
): FastifyReply {
  const text = html`<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Créneau</title>
<style>${new Html(STYLE)}</style>
</head>
<body><header><strong>Créneau</strong>${header}</header>
<main><h1>${title}</h1>
${body}
</main></body></html>
`.text;
  return reply
    .code(status)
    .headers({
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'same-origin',
      'Content-Security-Policy': policy(formsTo),
    })
    .send(text);
}

function policy(formsTo: string): string {
  const formAction = ["'self'", ...(formsTo === '' ? [] : [formsTo])].join(' ');
  return [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    `form-action ${formAction}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
