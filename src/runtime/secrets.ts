/**
 * Secrets at rest: values that the server must give back (headers of subscriptions, addresses of calendars, sessions)
 * are sealed with AES-256-GCM before they are stored. The first key of the settings seals; every key opens, so that a
 * key is replaced while the server runs: put the new key first, `creneau secrets reseal`, then take the old key away.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

/** A 256-bit key, with the name by which sealed texts say which key opens them. */
export interface SecretKey {
  name: string;
  bytes: Buffer;
}

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^sealed:1:([0-9a-f]{8}):([A-Za-z0-9_-]+)$/;

/** 32 octets in base64 or base64url. Throws with the form that it wants. */
export function secretKey(text: string): SecretKey {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== KEY_BYTES) throw new Error('32 random octets in base64 (openssl rand -base64 32)');
  return { name: createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes };
}

export class Secrets {
  private readonly keys: readonly SecretKey[];

  constructor(keys: readonly SecretKey[]) {
    this.keys = keys;
  }

  /** Without a key, secrets are stored as they are. */
  get hasKey(): boolean {
    return this.keys.length > 0;
  }

  /** A name for a text, from which nobody who reads the database finds the text; with another key, another one. */
  pseudonym(text: string): string {
    return createHmac('sha256', this.keys[0]?.bytes ?? '')
      .update(`pseudonym ${text}`)
      .digest('hex')
      .slice(0, 32);
  }

  /** `place` says where the text is stored (`session:9f86…`): it is opened there only. */
  seal(text: string, place: string): string {
    const [key] = this.keys;
    if (key === undefined) return text;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key.bytes, iv).setAAD(Buffer.from(place));
    const sealed = [iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return `sealed:1:${key.name}:${Buffer.concat(sealed).toString('base64url')}`;
  }

  /** The text; one that was stored without a key as it is. `undefined`: no key opens it, or not in this place. */
  open(stored: string, place: string): string | undefined {
    const [, name, text] = SEALED.exec(stored) ?? [];
    if (text === undefined) return stored;
    const key = this.keys.find((candidate) => candidate.name === name);
    if (key === undefined) return undefined;
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      return undefined;
    }
  }

  /** Sealed with the first key: nothing is to be done. */
  isCurrent(stored: string): boolean {
    return SEALED.exec(stored)?.[1] === this.keys[0]?.name;
  }

  /** The same, sealed with the first key; `undefined`: no key opens it. */
  reseal(stored: string, place: string): string | undefined {
    if (this.isCurrent(stored)) return stored;
    const text = this.open(stored, place);
    return text === undefined ? undefined : this.seal(text, place);
  }
}

export function isSealed(stored: string): boolean {
  return SEALED.test(stored);
}
