/**
 * Addresses as the directory writes them: parts of a line in extensions (ISO 21090), and a town that may stand behind
 * its postal code (`92140 CLAMART`).
 */
import type { Address, Json } from '../../fhir/resource.ts';

/** The parts of a street line in their order; the others have a line of their own. */
const STREET = ['houseNumber', 'buildingNumberSuffix', 'streetNameType', 'streetNameBase'];
const BESIDE = ['careOf', 'additionalLocator', 'as-ext-lieu-dit', 'postBox'];

/** The usual codes of TRE_J103 in words; any other is kept as it is. */
const STREET_TYPES: ReadonlyMap<string, string> = new Map([
  ['ALL', 'Allée'],
  ['AV', 'Avenue'],
  ['BD', 'Boulevard'],
  ['CHE', 'Chemin'],
  ['CRS', 'Cours'],
  ['IMP', 'Impasse'],
  ['PL', 'Place'],
  ['QUAI', 'Quai'],
  ['R', 'Rue'],
  ['RTE', 'Route'],
  ['SQ', 'Square'],
]);

/** The words of a kind of street. */
export function streetType(code: string): string {
  return STREET_TYPES.get(code) ?? code;
}

/** Postal code and town, also where both stand in one text. */
export function townOf(city = '', postalCode = ''): Pick<Address, 'city' | 'postalCode'> {
  const [, code = '', name = ''] = /^(\d{5}|2[AB]\d{3})\s+(.+)$/.exec(city.trim()) ?? [];
  const town = name === '' ? city.trim() : name;
  const number = postalCode.trim() || code;
  return { ...(town === '' ? {} : { city: town }), ...(number === '' ? {} : { postalCode: number }) };
}

/** An address of the FHIR form with whole lines and a town; its extensions stay. */
export function wholeAddress(address: Address): Address {
  const { line: _line, city, postalCode, ...rest } = address;
  const line = linesOf(address);
  return { ...rest, ...(line.length === 0 ? {} : { line }), ...townOf(city, postalCode) };
}

function linesOf(address: Address): string[] {
  const given = address.line ?? [];
  const parts: Json[] = Array.isArray(address['_line']) ? address['_line'] : [];
  const count = Math.max(given.length, parts.length);
  return Array.from({ length: count }, (_, i) => textOf(given[i], parts[i])).flat();
}

/** The text of a line if it has one, else its parts. */
function textOf(text: unknown, element: Json): string[] {
  if (typeof text === 'string' && text.trim() !== '') return [text.trim()];
  const found = new Map<string, string>();
  for (const { url = '', ...value } of element?.extension ?? []) {
    const name = String(url)
      .split(/[/-](?=ADXP-)|\//)
      .at(-1)!
      .replace(/^ADXP-/, '');
    const [content] = Object.values(value);
    if (typeof content === 'string') found.set(name, name === 'streetNameType' ? streetType(content) : content);
    else if (typeof (content as Json)?.code === 'string') found.set(name, streetType((content as Json).code));
  }
  const street = STREET.flatMap((name) => found.get(name) ?? []).join(' ');
  const beside = BESIDE.flatMap((name) => found.get(name) ?? []);
  return [...beside.slice(0, 2), street, ...beside.slice(2)].filter((line) => line.trim() !== '');
}
