/** How a visitor is reached: an e-mail address or a mobile number, in one spelling. */

/** Numbers that begin like this in France overseas have a country code of their own. */
const OVERSEAS: readonly [start: RegExp, code: string][] = [
  [/^0(69[01])/, '+590'],
  [/^0(694)/, '+594'],
  [/^0(69[67])/, '+596'],
  [/^0(69[23]|639)/, '+262'],
];

/** `+33612345678`; `undefined`: no telephone number. */
export function phoneNumber(typed: string): string | undefined {
  const digits = typed.replace(/[\s().-]/g, '').replace(/^00/, '+');
  if (/^\+[1-9]\d{5,14}$/.test(digits)) return digits;
  if (!/^0[1-9]\d{8}$/.test(digits)) return undefined;
  const code = OVERSEAS.find(([start]) => start.test(digits))?.[1] ?? '+33';
  return `${code}${digits.slice(1)}`;
}

/** In small letters; `undefined`: no address. Anything else could become a second header or a second recipient. */
export function emailAddress(typed: string): string | undefined {
  const address = typed.trim().toLowerCase();
  return /^[^\s<>",;:@()[\]\\]+@[^\s<>",;:@()[\]\\]+\.[^\s<>",;:@()[\]\\.]{2,}$/.test(address) ? address : undefined;
}

/** `j…@…fr`, `06 … 78`: enough for its owner to see a mistake, and for nobody else to learn it. */
export function masked(contact: string): string {
  if (!contact.includes('@')) return `… ${contact.slice(-2)}`;
  return `${contact.slice(0, 1)}…@…${contact.slice(contact.lastIndexOf('.') + 1)}`;
}
