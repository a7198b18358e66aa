/**
 * Media types in and out, with the tolerances that callers need: the SAS sends DSTU1's `application/json+fhir`
 * (traps H1 and H2). https://hl7.org/fhir/R4/http.html#mime-type
 */
import { FhirError } from '../fhir/issue.ts';

export type Format = 'json' | 'xml';

const FORMATS: Record<string, Format> = {
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
};

export const CONTENT_TYPE: Record<Format, string> = {
  json: 'application/fhir+json; charset=utf-8',
  xml: 'application/fhir+xml; charset=utf-8',
};

function bare(mediaType: string): string {
  // A "+" of `_format=application/fhir+json` may reach us as a space.
  return mediaType.split(';')[0]!.trim().toLowerCase().replace(' ', '+');
}

/** The format of a body; an absent type or a wildcard means JSON. Throws 415. */
export function bodyFormat(contentType: string | undefined): Format | 'json-patch' {
  if (contentType === undefined || contentType.trim() === '' || contentType.startsWith('*/*')) return 'json';
  const type = bare(contentType);
  if (type === 'application/json-patch+json') return 'json-patch';
  const charset = /charset\s*=\s*"?([^;"\s]+)/i.exec(contentType)?.[1];
  const format = FORMATS[type];
  if (format === undefined || (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset))) {
    throw new FhirError(
      'not-supported',
      `Content-Type ${contentType} is not accepted: send application/fhir+json or application/fhir+xml in UTF-8`,
      {
        status: 415,
        expression: 'http.Content-Type',
        text: 'Type de contenu refusé : envoyez du FHIR en JSON ou en XML, en UTF-8.',
      },
    );
  }
  return format;
}

/** The format of the answer, from `_format` or else `Accept`. Throws 406. */
export function answerFormat(accept: string | undefined, format: string | undefined): Format {
  if (format !== undefined) {
    const asked = FORMATS[bare(format)];
    if (asked !== undefined) return asked;
    throw notAcceptable(`_format=${format}`);
  }
  if (accept === undefined || accept.trim() === '') return 'json';
  const ranges = accept
    .split(',')
    .map((part) => ({ type: bare(part), q: Number(/;\s*q=([\d.]+)/.exec(part)?.[1] ?? 1) }))
    .filter((range) => range.q > 0)
    .sort((a, b) => b.q - a.q);
  for (const { type } of ranges) {
    if (type === '*/*' || type === 'application/*' || type === 'text/*') return 'json';
    const known = FORMATS[type];
    if (known !== undefined) return known;
  }
  // A browser that opens a link gets JSON rather than a refusal.
  if (ranges.some((range) => range.type === 'text/html')) return 'json';
  throw notAcceptable(`Accept: ${accept}`);
}

export function notAcceptable(asked: string): FhirError {
  return new FhirError(
    'not-supported',
    `${asked.slice(0, 200)} cannot be served: ask for application/fhir+json or application/fhir+xml`,
    {
      status: 406,
      expression: 'http.Accept',
      text: 'Format de réponse non disponible : demandez du FHIR en JSON ou en XML.',
    },
  );
}
