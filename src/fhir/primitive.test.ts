/** Lexical rules as tables: right and wrong values of each primitive type. */
import { describe, expect, test } from 'vitest';
import { parseJson } from './json.ts';
import { checkPrimitive } from './primitive.ts';

/** `type`, then right texts, then wrong ones, as JSON. */
const TABLE = `
id            | "a" "A-1.b" "${'x'.repeat(64)}"                          | "" "a b" "é" "a_b" "${'x'.repeat(65)}" 1 null
code          | "free" "a b" "été"                                       | " a" "a " "a  b" "a\\tb\\n" ""
string        | "a" " a " "à\\n\\t\\r" "🩺"                              | "" "\\u0000" "a\\u0007" "\\ud800" "\\udc00a" "\\uffff" 1 true [] {} null
markdown      | "# a\\n\\nb"                                             | "" 3
uri           | "urn:oid:1.2" "http://a/b?c#d" "x"                       | "a b" "" " a" "a\\u00a0b" 5
url           | "https://exemple.fr"                                     | "https://exemple.fr/a b"
canonical     | "http://a|1.0"                                           | "http://a |1.0"
oid           | "urn:oid:1.2.250.1.213" "urn:oid:0.1"                    | "1.2.250" "urn:oid:3.1" "urn:oid:1.01" "urn:oid:1"
uuid          | "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"          | "c757873d-ec9a-4326-a141-556f43239520" "urn:uuid:1"
date          | "2026" "2026-05" "2026-05-31" "0001" "2024-02-29" "2000-02-29" "9999-12-31" | "0000" "0000-01-01" "2026-13" "2026-00" "2026-04-31" "2026-02-29" "1900-02-29" "2026-5-1" "26" "2026-05-12T09:00:00Z" "12/05/2026" 2026
dateTime      | "2026" "2026-05" "2026-05-12" "2026-05-12T09:00:00Z" "2026-05-12T09:00:00.123456+02:00" "2026-12-31T23:59:60Z" "2026-05-12T00:00:00-14:00" | "2026-05-12T09:00" "2026-05-12T09:00:00" "2026-05-12T09:00Z" "2026-05-12T24:00:00Z" "2026-02-30T09:00:00Z" "2026-05-12T09:00:00+14:01" "2026-05-12 09:00:00Z" "2026-05-12T09:00:00z" "2026-05-12T09:00:00.1234567890Z" "2026-05-12T09:60:00Z"
instant       | "2026-05-12T09:00:00Z" "2026-05-12T09:00:00.000+02:00"   | "2026-05-12" "2026-05-12T09:00:00" "2026-05-12T09:00Z" "2023-02-29T09:00:00Z" "0000-05-12T09:00:00Z" "12026-05-12T09:00:00Z"
time          | "08:00:00" "23:59:60" "12:30:00.5"                       | "8:00:00" "24:00:00" "08:00" "08:00:00Z" "08:60:00"
base64Binary  | "YQ==" "YWI=" "YWJj" "YW\\nJj\\n"                        | "YQ" "Y===" "Y Q" "é===" "====" ""
boolean       | true false                                               | "true" 0 1 null
integer       | 0 -1 2147483647 -2147483648                              | 1.5 2147483648 "1" 1.0 1e3 null
positiveInt   | 1 2147483647                                             | 0 -1 1.5 "1" 1e0
unsignedInt   | 0 12                                                     | -1 "0"
decimal       | 0 1.50 -0.0001 1e300 123456789012345678901234567890      | "1.5" true null {} 1e400 -1e999
xhtml         | "<div xmlns=\\"http://www.w3.org/1999/xhtml\\">a</div>"  | "<div>a</div>" "a" "" "<div xmlns=\\"http://www.w3.org/1999/xhtml\\">a" 1
`;

describe.each(
  TABLE.trim()
    .split('\n')
    .map((line) => line.split(' | ').map((cell) => cell.trim()) as [string, string, string]),
)('%s', (type, right, wrong) => {
  test.each(values(right))('accepts %s', (_, value) => expect(checkPrimitive(type, value)).toBeUndefined());
  test.each(values(wrong))('refuses %s', (_, value) => expect(checkPrimitive(type, value)).toBeDefined());
});

test('a wrong JSON type is a structure issue, a wrong text a value issue', () => {
  expect(checkPrimitive('instant', 5)).toMatchObject({ code: 'structure', found: { en: 'a number', fr: 'un nombre' } });
  expect(checkPrimitive('instant', '2026')).toMatchObject({ code: 'value' });
  expect(checkPrimitive('string', '')).toMatchObject({ code: 'structure' });
});

test('an object that looks like a lossless number is refused', () => {
  expect(checkPrimitive('decimal', { isLosslessNumber: true, value: '1' })).toMatchObject({ code: 'structure' });
});

test('a long wrong text takes time in proportion to its length', () => {
  const long = 200_000;
  for (const [type, text] of [
    ['code', `${'a '.repeat(long)} `],
    ['oid', `urn:oid:1${'.1'.repeat(long)}x`],
    ['base64Binary', `${'    '.repeat(long)}!`],
    ['uri', `${'a'.repeat(long)} `],
    ['dateTime', `2026-05-12T09:00:00.${'1'.repeat(long)}Z`],
  ]) {
    const start = performance.now();
    expect(checkPrimitive(type!, text)).toBeDefined();
    expect(performance.now() - start).toBeLessThan(200);
  }
});

function values(cell: string): [string, unknown][] {
  return cell.match(/"(?:[^"\\]|\\.)*"|\S+/g)!.map((text) => [text.slice(0, 50), jsonOf(text)]);
}

/** Half surrogates do not pass `parseJson`; numbers must. */
function jsonOf(text: string): unknown {
  return text.startsWith('"') ? JSON.parse(text) : (parseJson(`[${text}]`) as unknown[])[0];
}
