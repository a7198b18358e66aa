/** The types of file that an appointment takes; the first octets tell if one comes under another name. */
import { FhirError } from '../../fhir/issue.ts';

const FIRST_OCTETS: ReadonlyMap<string, readonly (readonly number[])[]> = new Map([
  ['application/pdf', [[0x25, 0x50, 0x44, 0x46, 0x2d]]],
  ['image/jpeg', [[0xff, 0xd8, 0xff]]],
  ['image/png', [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]]],
  [
    'image/tiff',
    [
      [0x49, 0x49, 0x2a, 0x00],
      [0x4d, 0x4d, 0x00, 0x2a],
    ],
  ],
]);

const PLAIN = 'text/plain';

const ATTACHMENT_TYPES: readonly string[] = [...FIRST_OCTETS.keys(), PLAIN];

/** The type without its parameters, in small letters. */
export function bareType(contentType: string): string {
  return contentType.split(';')[0]!.trim().toLowerCase();
}

/** Throws `not-supported` (422) for a type that is not in the list, `value` (422) for octets of another type. */
export function requireType(contentType: string, octets: Buffer): void {
  const type = bareType(contentType);
  const isPlain = type === PLAIN && /^text\/plain(\s*;\s*charset\s*=\s*"?utf-8"?)?$/i.test(contentType.trim());
  if (!isPlain && !(FIRST_OCTETS.has(type) && contentType.trim().toLowerCase() === type)) {
    throw new FhirError('not-supported', `An attachment is ${ATTACHMENT_TYPES.join(', ')} (UTF-8)`, {
      status: 422,
      expression: 'Binary.contentType',
      text: `Type de pièce jointe refusé. Sont admis : ${ATTACHMENT_TYPES.join(', ')} (en UTF-8).`,
    });
  }
  const begins = (first: readonly number[]): boolean => first.every((octet, i) => octets[i] === octet);
  if (isPlain ? isUtf8Text(octets) : FIRST_OCTETS.get(type)!.some(begins)) return;
  throw new FhirError('value', `The content is not ${type}`, {
    status: 422,
    expression: 'Binary.data',
    text: "Le contenu n'est pas du type annoncé.",
  });
}

function isUtf8Text(octets: Buffer): boolean {
  try {
    return !new TextDecoder('utf-8', { fatal: true }).decode(octets).includes('\u0000');
  } catch {
    return false;
  }
}
