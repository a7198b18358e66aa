/**
 * The lexical rules of FHIR's primitive types, on JSON values: right JSON type, right text. All are linear in the text.
 * A date is a day of the calendar, years 0001 to 9999. https://hl7.org/fhir/R4/datatypes.html#primitive
 */
import { isDecimal, numberOf } from './json.ts';
import type { Json } from './resource.ts';
import { narrativeFault } from './xml/narrative.ts';

/** The same words for the engineer and for the person. */
export interface Wording {
  en: string;
  fr: string;
}

export interface PrimitiveFault {
  /** `structure`: wrong JSON type or nothing at all; `value`: right type, wrong text. */
  code: 'structure' | 'value';
  /** Described without repeating the value, where that is possible. */
  found?: Wording;
  expected: Wording;
}

interface Rule {
  test: (text: string) => boolean;
  expected: Wording;
}

/** Strings longer than this are refused, as the standard says (1 MB). */
const MAX_STRING = 1024 * 1024;

const ZONE = '(?:Z|[+-](?:0\\d|1[0-3]):[0-5]\\d|[+-]14:00)';
const CLOCK = '(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d{1,9})?';
const DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/;
const TIME = new RegExp(`^${CLOCK}$`);
const DATE_TIME = new RegExp(`^(\\d{4})(?:-(\\d\\d)(?:-(\\d\\d)(?:T${CLOCK}${ZONE})?)?)?$`);
const INSTANT = new RegExp(`^(\\d{4})-(\\d\\d)-(\\d\\d)T${CLOCK}${ZONE}$`);
const ID = /^[A-Za-z0-9\-.]{1,64}$/;
const CODE = /^\S+(?:\s\S+)*$/;
const NO_BLANK = /^\S+$/;
const OID = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/;
const UUID = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;
/** Neither FHIR nor XML carries these; half of a surrogate pair is not a character. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/u;

const anyText: Rule = { test: () => true, expected: { en: 'a string', fr: 'un texte' } };
const uri: Rule = {
  test: (v) => NO_BLANK.test(v),
  expected: { en: 'a URI without blanks', fr: 'une URI sans espace' },
};

const STRING_RULES: Record<string, Rule> = {
  string: anyText,
  markdown: anyText,
  uri,
  url: uri,
  canonical: uri,
  id: {
    test: (v) => ID.test(v),
    expected: { en: '1 to 64 letters, digits, "-" or "."', fr: '1 à 64 lettres, chiffres, « - » ou « . »' },
  },
  code: {
    test: (v) => CODE.test(v),
    expected: { en: 'a code without outer or double blanks', fr: 'un code sans espace au bord ni double espace' },
  },
  oid: { test: (v) => OID.test(v), expected: { en: 'an OID: urn:oid:1.2.250...', fr: 'un OID : urn:oid:1.2.250…' } },
  uuid: { test: (v) => UUID.test(v), expected: { en: 'a UUID: urn:uuid:...', fr: 'un UUID : urn:uuid:…' } },
  date: {
    test: (v) => isDay(DATE.exec(v)),
    expected: { en: 'a real date: YYYY, YYYY-MM or YYYY-MM-DD', fr: 'une date réelle : AAAA, AAAA-MM ou AAAA-MM-JJ' },
  },
  dateTime: {
    test: (v) => isDay(DATE_TIME.exec(v)),
    expected: {
      en: 'a real date, or a date and time with seconds and zone (2026-05-12T09:00:00+02:00)',
      fr: 'une date réelle, ou une date et une heure avec secondes et fuseau (2026-05-12T09:00:00+02:00)',
    },
  },
  instant: {
    test: (v) => isDay(INSTANT.exec(v)),
    expected: {
      en: 'a real date and time with seconds and zone (2026-05-12T09:00:00+02:00)',
      fr: 'une date et une heure réelles avec secondes et fuseau (2026-05-12T09:00:00+02:00)',
    },
  },
  time: { test: (v) => TIME.test(v), expected: { en: 'a time of day: hh:mm:ss', fr: 'une heure : hh:mm:ss' } },
  base64Binary: { test: isBase64, expected: { en: 'base64', fr: 'du base64' } },
};

const INTEGERS: Record<string, { least: number; most: number; expected: Wording }> = {
  integer: { least: -2147483648, most: 2147483647, expected: { en: 'a whole number', fr: 'un nombre entier' } },
  positiveInt: {
    least: 1,
    most: 2147483647,
    expected: { en: 'a whole number from 1', fr: 'un nombre entier à partir de 1' },
  },
  unsignedInt: {
    least: 0,
    most: 2147483647,
    expected: { en: 'a whole number from 0', fr: 'un nombre entier à partir de 0' },
  },
};

const BOOLEAN: Wording = { en: 'true or false', fr: 'true ou false' };
const DECIMAL: Wording = { en: 'a number', fr: 'un nombre' };
const DOUBLE: Wording = { en: 'a number below 1.8e308', fr: 'un nombre inférieur à 1,8e308' };

/** The fault of the JSON value of a primitive type; `undefined` when there is none. `null` is wrong everywhere. */
export function checkPrimitive(type: string, value: Json): PrimitiveFault | undefined {
  if (typeof value === 'string' && STRING_RULES[type] !== undefined) return checkString(STRING_RULES[type], value);
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : wrongType(value, BOOLEAN);
  if (type === 'decimal')
    return !isDecimal(value)
      ? wrongType(value, DECIMAL)
      : Number.isFinite(numberOf(value))
        ? undefined
        : { code: 'value', expected: DOUBLE };
  const integer = INTEGERS[type];
  if (integer !== undefined) return checkInteger(integer, value);
  if (type === 'xhtml') return checkXhtml(value);
  return wrongType(value, (STRING_RULES[type] ?? anyText).expected);
}

/** `a number`, `an array`...: the kind of a JSON value, without the value. */
export function kindOf(value: Json): Wording {
  if (value === null || value === undefined) return { en: 'null', fr: 'null' };
  if (Array.isArray(value)) return { en: 'an array', fr: 'une liste' };
  if (isDecimal(value)) return { en: 'a number', fr: 'un nombre' };
  if (typeof value === 'boolean') return { en: 'a boolean', fr: 'un booléen' };
  return typeof value === 'string' ? { en: 'a string', fr: 'un texte' } : { en: 'an object', fr: 'un objet' };
}

function wrongType(value: Json, expected: Wording): PrimitiveFault {
  return { code: 'structure', found: kindOf(value), expected };
}

function checkString(rule: Rule, text: string): PrimitiveFault | undefined {
  if (text === '')
    return { code: 'structure', found: { en: 'an empty string', fr: 'un texte vide' }, expected: rule.expected };
  if (text.length > MAX_STRING) {
    return {
      code: 'value',
      found: { en: `${text.length} characters`, fr: `${text.length} caractères` },
      expected: { en: 'at most 1 MB', fr: '1 Mo au plus' },
    };
  }
  if (FORBIDDEN.test(text)) {
    const found = {
      en: 'a control character or half of a surrogate pair',
      fr: 'un caractère de contrôle ou incomplet',
    };
    return { code: 'value', found, expected: { en: 'readable characters', fr: 'des caractères lisibles' } };
  }
  return rule.test(text) ? undefined : { code: 'value', expected: rule.expected };
}

function checkInteger(
  { least, most, expected }: { least: number; most: number; expected: Wording },
  value: Json,
): PrimitiveFault | undefined {
  if (!isDecimal(value)) return wrongType(value, expected);
  const number = typeof value === 'number' ? value : INTEGER.test(String(value)) ? Number(String(value)) : Number.NaN;
  return Number.isInteger(number) && number >= least && number <= most ? undefined : { code: 'value', expected };
}

function checkXhtml(value: Json): PrimitiveFault | undefined {
  const expected = {
    en: 'XHTML in <div xmlns="http://www.w3.org/1999/xhtml">',
    fr: 'du XHTML dans <div xmlns="http://www.w3.org/1999/xhtml">',
  };
  if (typeof value !== 'string') return wrongType(value, expected);
  const fault = checkString({ test: () => true, expected }, value);
  if (fault !== undefined) return fault;
  const reason = narrativeFault(value);
  return reason === undefined
    ? undefined
    : { code: 'value', found: { en: reason, fr: 'un XHTML mal formé ou interdit' }, expected };
}

/** Whitespace may wrap the lines of base64; the length without it is a multiple of 4. */
function isBase64(text: string): boolean {
  const bare = /\s/.test(text) ? text.replace(/\s+/g, '') : text;
  return bare.length % 4 === 0 && BASE64.test(bare);
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Year, month and day of the match are a day (month, year) of the Gregorian calendar. */
function isDay(match: RegExpExecArray | null): boolean {
  if (match === null || match[1] === '0000') return false;
  if (match[2] === undefined) return true;
  const month = Number(match[2]);
  if (month < 1 || month > 12) return false;
  if (match[3] === undefined) return true;
  const day = Number(match[3]);
  if (day < 1 || day > DAYS[month - 1]!) return false;
  const year = Number(match[1]);
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}
