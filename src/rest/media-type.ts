/**
 * Media types in and out, with the tolerances that callers need: the SAS sends DSTU1's `application/json+fhir`
 * (traps H1 and H2). https://hl7.org/fhir/R4/http.html#mime-type
 */
import type { FhirError } from '../fhir/issue.ts';
import { compressedBody, notAcceptable, wrongMediaType } from '../fhir/refusals.ts';

export type Format = 'json' | 'xml';

const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>(
  Object.entries({
    'application/fhir+json': 'json',
    'application/json+fhir': 'json',
    'application/json': 'json',
    'text/json': 'json',
    json: 'json',
    'application/fhir+xml': 'xml',
    'application/xml+fhir': 'xml',
    'application/xml': 'xml',
    'text/xml': 'xml',
    xml: 'xml',
  }),
);

export const CONTENT_TYPE: Record<Format, string> = {
  json: 'application/fhir+json; charset=utf-8',
  xml: 'application/fhir+xml; charset=utf-8',
};

function bare(mediaType: string): string {
  // A "+" of `_format=application/fhir+json` may reach us as a space.
  return mediaType.split(';')[0]!.trim().toLowerCase().replace(' ', '+');
}

/**
 * The format of a body; a wildcard means JSON. Throws 415, also without a type: a page of another site can send such
 * a body without the leave of this server.
 */
export function bodyFormat(contentType: string | undefined): Format | 'json-patch' {
  if (contentType?.startsWith('*/*')) return 'json';
  const type = bare(contentType ?? '');
  if (type === 'application/json-patch+json') return 'json-patch';
  const charset = /charset\s*=\s*"?([^;"\s]+)/i.exec(contentType ?? '')?.[1];
  const format = FORMATS.get(type);
  if (format === undefined || (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset))) {
    const sent = contentType ?? '(none)';
    throw wrongMediaType(
      `Content-Type ${sent} is not accepted: send application/fhir+json or application/fhir+xml in UTF-8`,
      'Type de contenu refusé : envoyez du FHIR en JSON ou en XML, en UTF-8.',
    );
  }
  return format;
}

/** Throws 415 for a body in a content coding (`Content-Encoding: gzip`): none is read. */
export function requireUncoded(coding: string | undefined): void {
  const codings = (coding ?? '').split(',').map((name) => name.trim().toLowerCase());
  if (!codings.every((name) => name === '' || name === 'identity')) throw compressedBody(coding!);
}

/** The format of the answer, from `_format` or else `Accept`. Throws 406. */
export function answerFormat(accept: string | undefined, format: string | undefined): Format {
  if (format !== undefined) {
    const asked = FORMATS.get(bare(format));
    if (asked !== undefined) return asked;
    throw noFormat(`_format=${format}`);
  }
  if (accept === undefined || accept.trim() === '') return 'json';
  const ranges = accept
    .split(',')
    .map((part) => ({ type: bare(part), q: Number(/;\s*q=([\d.]+)/.exec(part)?.[1] ?? 1) }))
    .filter((range) => range.q > 0)
    .sort((a, b) => b.q - a.q);
  for (const { type } of ranges) {
    if (type === '*/*' || type === 'application/*' || type === 'text/*') return 'json';
    const known = FORMATS.get(type);
    if (known !== undefined) return known;
  }
  // A browser that opens a link gets JSON rather than a refusal.
  if (ranges.some((range) => range.type === 'text/html')) return 'json';
  throw noFormat(`Accept: ${accept}`);
}

/** The caller names a format of FHIR, by `_format` or `Accept`, and not just anything. */
export function namesFormat(accept: string | undefined, format: string | undefined): boolean {
  if (format !== undefined) return true;
  return (accept ?? '').split(',').some((part) => FORMATS.has(bare(part)));
}

/** `Accept` allows this media type; without the header, any. */
export function accepts(accept: string | undefined, type: string): boolean {
  const ranges = (accept ?? '*/*').split(',').map(bare);
  return ranges.some((range) => range === '*/*' || range === type || range === `${type.split('/')[0]}/*`);
}

/** A body that is neither FHIR nor a patch: its Content-Type. */
export function foreignType(contentType: string | undefined): string | undefined {
  const type = bare(contentType ?? '');
  const isKnown = type === '' || type.startsWith('*/*') || FORMATS.has(type) || type === 'application/json-patch+json';
  return isKnown ? undefined : contentType;
}

export function noFormat(asked: string): FhirError {
  return notAcceptable(
    `${asked.slice(0, 200)} cannot be served: ask for application/fhir+json or application/fhir+xml`,
    'Format de réponse non disponible : demandez du FHIR en JSON ou en XML.',
  );
}
