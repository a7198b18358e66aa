/** French phone numbers in the international form that the SAS wants, overseas included (trap C19). */

/** Country codes of the overseas departments, by the national prefix of their numbers. */
const OVERSEAS: readonly [RegExp, string][] = [
  [/^0(?:590|690|691)/, '+590'],
  [/^0(?:594|694)/, '+594'],
  [/^0(?:596|696|697)/, '+596'],
  [/^0(?:262|263|269|639|692|693)/, '+262'],
];

const CODES = ['33', '262', '590', '594', '596'];

/** `01 02.03-04 05` -> `+33102030405`; `undefined` for any other text. */
export function phone(text: string): string | undefined {
  const digits = text
    .replaceAll(/\(0\)/g, '')
    .replaceAll(/[^\d+]/g, '')
    .replace(/^00/, '+');
  if (digits.startsWith('+')) {
    for (const code of CODES) {
      const rest = digits.startsWith(`+${code}`) ? digits.slice(code.length + 1).replace(/^0/, '') : '';
      if (/^[1-9]\d{8}$/.test(rest)) return `+${code}${rest}`;
    }
    return undefined;
  }
  if (!/^0[1-9]\d{8}$/.test(digits)) return undefined;
  const code = OVERSEAS.find(([prefix]) => prefix.test(digits))?.[1] ?? '+33';
  return `${code}${digits.slice(1)}`;
}
