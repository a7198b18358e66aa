/**
 * The values of search parameters: token, date with its prefix and precision, string, reference, uri, near.
 * Each tolerance cites the trap of the guides that it answers. Spec: 7.1
 * https://hl7.org/fhir/R4/search.html#ptypes
 */
import { type FhirError, wrongValue } from '../issue.ts';
import { type DateRange, parseDateRange } from '../date.ts';
import { localReference } from '../local-reference.ts';
import { normalise } from './text.ts';

export interface TokenValue {
  kind: 'token';
  /** `undefined`: any system; `null`: explicitly none (`|code`). */
  system: string | null | undefined;
  /** `undefined`: any code of the system (`system|`). */
  code: string | undefined;
  /** `:of-type` only: the value, where `system` and `code` are those of the identifier's type. */
  value?: string;
}

export type DatePrefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap';

export interface DateValue extends DateRange {
  kind: 'date';
  prefix: DatePrefix;
  /** The text without its prefix, if it names no zone: then `start` and `end` are those of one zone among others. */
  local?: string;
}

export interface StringValue {
  kind: 'string';
  text: string;
  normalised: string;
}

export interface ReferenceValue {
  kind: 'reference';
  type: string | undefined;
  id: string;
}

export interface UriValue {
  kind: 'uri';
  uri: string;
}

export interface NearValue {
  kind: 'near';
  latitude: number;
  longitude: number;
  /** Metres. */
  distance: number;
}

/** Splits on an unescaped separator; the escapes stay for the next level. */
export function splitEscaped(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === separator) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

export function unescaped(text: string): string {
  return text.includes('\\') ? text.replace(/\\([\\,|$])/g, '$1') : text;
}

/** A national identifier system whose `%7C` lost its percent sign: `urn:oid:...4.27C3341...` (trap H6). */
const LOST_PERCENT = /^(urn:oid:1\.2\.250\.1\.71\.4\.2\.[12])7C(.+)$/;
/** The GAP example escapes the separator of system and code (trap H5). */
const ESCAPED_PIPE = /^([a-z][a-z0-9+.-]*:[^|\\]+)\\\|([^|]+)$/i;

export function parseToken(text: string): TokenValue {
  const lost = LOST_PERCENT.exec(text);
  if (lost) return { kind: 'token', system: lost[1]!, code: lost[2]! };
  const escaped = ESCAPED_PIPE.exec(text);
  if (escaped) return { kind: 'token', system: escaped[1]!, code: unescaped(escaped[2]!) };
  const parts = splitEscaped(text, '|').map(unescaped);
  if (parts.length === 1) return { kind: 'token', system: undefined, code: parts[0]! };
  if (parts.length > 2) throw badValue(text, 'a token is [system]|[code], [system]| or [code]');
  const [system, code] = parts as [string, string];
  if (system === '' && code === '') throw badValue(text, 'a token needs a system or a code');
  return { kind: 'token', system: system === '' ? null : system, code: code === '' ? undefined : code };
}

export function parseOfType(text: string): TokenValue {
  const [system, code, value, ...rest] = splitEscaped(text, '|').map(unescaped);
  if (!system || !code || !value || rest.length > 0) {
    throw badValue(text, ':of-type takes [type system]|[type code]|[value]');
  }
  return { kind: 'token', system, code, value };
}

/** `ap`: the standard suggests 10 % of the distance to now; a tenth of the value's own length needs no clock. */
export function approximately({ start, end }: DateRange): DateRange {
  const margin = Math.max((end - start) / 10, 1);
  return { start: start - margin, end: end + margin };
}

const PREFIX = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)(?=\d)/;

export function parseDate(text: string, zone: string): DateValue {
  // An unescaped "+" of a zone reaches us as a space (trap H10).
  const repaired = text.trim().replace(/ (?=\d\d:\d\d$)/, '+');
  const prefix = PREFIX.exec(repaired)?.[1] as DatePrefix | undefined;
  const written = prefix ? repaired.slice(2) : repaired;
  const range = rangeBy(prefix, written, zone);
  if (range === undefined) {
    throw badValue(
      text,
      'a date is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss[.sss]][zone], after eq ne gt lt ge le sa eb or ap',
    );
  }
  return { kind: 'date', prefix: prefix ?? 'eq', ...range, ...(NAMES_ZONE.test(written) ? {} : { local: written }) };
}

/** Digits of a second that no instant here has. .NET writes seven. */
const FINER = /\.\d{3}\d*[1-9]/;

/** Before a part of a millisecond: up to the end of that millisecond, of which the part is not known. */
function rangeBy(prefix: DatePrefix | undefined, written: string, zone: string): DateRange | undefined {
  const range = parseDateRange(written, zone);
  const isBefore = prefix === 'lt' || prefix === 'eb';
  return range !== undefined && isBefore && FINER.test(written) ? { start: range.end, end: range.end + 1 } : range;
}

const NAMES_ZONE = /(?:Z|[+-]\d\d:\d\d)$/;

/** The same date as the clocks of this zone show it. A date that names its own zone stays what it is. */
export function dateInZone(value: DateValue, zone: string): DateValue {
  return value.local === undefined ? value : { ...value, ...rangeBy(value.prefix, value.local, zone) };
}

export function parseString(text: string): StringValue {
  const plain = unescaped(text);
  return { kind: 'string', text: plain, normalised: normalise(plain) };
}

/** `base`: the address of this server. The address of a resource elsewhere is an id that nothing here has. */
export function parseReference(text: string, typeModifier?: string, base?: string): ReferenceValue {
  const plain = unescaped(text);
  const reading = localReference({ reference: plain }, base);
  if (reading.is === 'local') return { kind: 'reference', type: reading.type, id: reading.id };
  if (reading.is === 'foreign' || /^[A-Za-z0-9\-.]{1,64}$/.test(plain))
    return { kind: 'reference', type: typeModifier, id: plain };
  throw badValue(text, 'a reference is [id], [type]/[id] or an absolute URL of a resource');
}

const METRES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    km: 1000,
    m: 1,
    '': 1000,
    '[mi_us]': 1609.347,
    '[mi_i]': 1609.344,
    mi: 1609.344,
    cm: 0.01,
    '[ft_i]': 0.3048,
  }),
);

/** `latitude|longitude|distance|units`; without a distance, 20 km. https://hl7.org/fhir/R4/location.html#search */
export function parseNear(text: string): NearValue {
  const [latitude, longitude, distance = '20', unit = 'km', ...rest] = splitEscaped(text, '|').map((part) =>
    part.trim(),
  );
  const scale = METRES.get(unit);
  const value = {
    latitude: number(latitude),
    longitude: number(longitude),
    distance: number(distance) * (scale ?? Number.NaN),
  };
  const isPlace = Math.abs(value.latitude) <= 90 && Math.abs(value.longitude) <= 180 && value.distance >= 0;
  if (!isPlace || rest.length > 0) {
    throw badValue(text, 'near is latitude|longitude|distance|units, in degrees, with units km, m or [mi_us]');
  }
  return { kind: 'near', ...value };
}

function number(text: string | undefined): number {
  return text !== undefined && /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

export function badValue(text: string, expected: string): FhirError {
  const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  return wrongValue(`"${shown}" is not understood: ${expected}`, `Valeur de recherche incomprise : « ${shown} ».`);
}
