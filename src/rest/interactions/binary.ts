/** A Binary as a file of its own media type, in and out. https://hl7.org/fhir/R4/binary.html#rest */
import type { Existing } from '../../fhir/interaction.ts';
import { parseResource } from '../../fhir/json.ts';
import { notAcceptable } from '../../fhir/refusals.ts';
import type { Binary } from '../../fhir/resources.ts';
import { type Answer, type Exchange, versionHeaders } from '../exchange.ts';
import { accepts, foreignType } from '../media-type.ts';

/** A file that was sent as it is; `undefined`: the body is FHIR. */
export function fileOf(exchange: Exchange): Binary | undefined {
  const contentType = exchange.json === undefined ? foreignType(exchange.header('content-type')) : undefined;
  if (contentType === undefined) return undefined;
  const reference = exchange.header('x-security-context');
  return {
    resourceType: 'Binary',
    contentType,
    ...(reference === undefined ? {} : { securityContext: { reference } }),
    data: (exchange.body ?? Buffer.alloc(0)).toString('base64'),
  };
}

/** Never shown in the page of this server: the octets come from others. */
const APART = { 'Content-Security-Policy': "sandbox; default-src 'none'", Vary: 'Accept' };

/** The octets, under a name that says nothing. Throws 406 where `Accept` rules their type out. */
export function fileAnswer(exchange: Exchange, stored: Existing): Answer {
  const { contentType, securityContext, data = '', ...rest } = parseResource('Binary', stored.body);
  const [type = ''] = contentType.split(';');
  if (!accepts(exchange.header('accept'), type)) {
    throw notAcceptable(
      `This Binary is ${contentType}; ask for that, application/fhir+json or application/fhir+xml`,
      `Cette pièce jointe est du type ${contentType}.`,
    );
  }
  const context = securityContext?.reference;
  return {
    status: 200,
    headers: {
      ...versionHeaders(stored),
      ...APART,
      'Content-Disposition': `attachment; filename="${stored.id}.${EXTENSIONS.get(type) ?? 'bin'}"`,
      ...(context === undefined ? {} : { 'X-Security-Context': context }),
    },
    text: JSON.stringify({ ...rest, contentType, securityContext }),
    file: { type: contentType, octets: Buffer.from(data, 'base64') },
  };
}

const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['application/pdf', 'pdf'],
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/tiff', 'tif'],
  ['text/plain', 'txt'],
]);
