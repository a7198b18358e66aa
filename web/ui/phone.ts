/** Telephone numbers of France: read however people write them, shown in pairs, and the forms that records have. */

/** `0612345678`, or `+` and up to 15 digits for a number abroad. `undefined`: this is not a telephone number. */
export function phoneOf(text: string): string | undefined {
  const compact = text.replace(/[\s.\-()/\u00a0]/g, '');
  const national = compact.replace(/^(?:\+|00)33\(?0?\)?(?=[1-9]\d{8}$)/, '0');
  if (/^0[1-9]\d{8}$/.test(national)) return national;
  return /^\+[1-9]\d{6,14}$/.test(compact) ? compact : undefined;
}

/** `06 12 34 56 78`; a number that cannot be read stays as it is. */
export function phoneText(text: string): string {
  const number = phoneOf(text);
  if (number === undefined || number.startsWith('+')) return number ?? text;
  return pairs(number, ' ');
}

function pairs(number: string, separator: string): string {
  return number.match(/\d\d/g)!.join(separator);
}

/** How records may have written a number that `phoneOf` has read. */
export function phoneForms(number: string): string[] {
  if (number.startsWith('+')) return [number];
  const subscriber = number.slice(1);
  const abroad = `${subscriber[0]} ${pairs(subscriber.slice(1), ' ')}`;
  return [
    number,
    ...[' ', '.', '-'].map((separator) => pairs(number, separator)),
    `+33${subscriber}`,
    `+33 ${abroad}`,
    `0033${subscriber}`,
  ];
}
