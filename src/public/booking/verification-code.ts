/**
 * The code of six digits that a visitor types, and the link that does the same. The database keeps their hashes alone:
 * that of a code is made with the secret of the visit, which only the browser has, so that nobody finds six digits by
 * trying them on a copy of the database. It is bound to the visit, the time and the contact.
 */
import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

export const CODE_MS = 10 * 60_000;
export const MAX_TRIES = 5;

const DIGITS = 6;

/** The visit, time and contact that a code is bound to. */
export interface CodeUse {
  /** The value of the cookie. */
  secret: string;
  slot: string;
  contact: string;
}

export function newCode(): string {
  return String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
}

/** 256 bits, for a cookie or an address. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function isSecret(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function codeHash({ secret, slot, contact }: CodeUse, code: string): string {
  return createHmac('sha256', secret).update(`${slot} ${contact} ${code}`).digest('hex');
}

/** Takes as long for each code. People type spaces between the digits. */
export function isCode(use: CodeUse, stored: string, typed: string): boolean {
  const given = Buffer.from(codeHash(use, typed.replace(/\D/g, '')));
  const wanted = Buffer.from(stored);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** A value that only the holder of the secret can know, for the forms of the visit. */
export function csrfOf(secret: string): string {
  return createHmac('sha256', secret).update('csrf').digest('base64url');
}

export function isToken(secret: string, typed: string | null): boolean {
  const [given, wanted] = [Buffer.from(typed ?? ''), Buffer.from(csrfOf(secret))];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Nobody reads and fills in a form in less. */
const MIN_SHOWN_MS = 3_000;

/** When a form was shown, signed by the visit. */
export function shownAt(secret: string, now: number): string {
  return `${now}.${createHmac('sha256', secret).update(`shown ${now}`).digest('base64url')}`;
}

/** Was the form shown for as long as somebody needs to fill it in? */
export function isShownLong(secret: string, shown: string | null, now: number): boolean {
  const at = Number(shown?.split('.')[0]);
  return shown === shownAt(secret, at) && now - at >= MIN_SHOWN_MS;
}
