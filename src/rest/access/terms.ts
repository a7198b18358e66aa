/**
 * The terms of use (CGU): at the first login, and again when their text has changed, a person accepts them before
 * anything else (`terms-page.ts`).
 * Until then every request of the session is refused (403), and `GET /auth/me` says `termsOwed`.
 */
import { createHash } from 'node:crypto';
import { FhirError } from '../../fhir/issue.ts';
import type { Identity } from './person.ts';

/** One version of the terms: their text makes it. */
export interface TermsVersion {
  /** SHA-256 of the text. */
  id: string;
  /** The first line. */
  label: string;
  text: string;
}

export interface TermsStorage {
  isAccepted(issuer: string, subject: string, terms: string): Promise<boolean>;
  accept(acceptance: {
    issuer: string;
    subject: string;
    name: string;
    terms: string;
    label: string;
    at: number;
  }): Promise<void>;
}

/** Throws when the file says nothing. */
export function readTerms(file: Buffer): TermsVersion {
  const text = file.toString('utf8').trim();
  if (text === '') throw new Error('the terms of use are empty');
  return {
    id: createHash('sha256').update(text).digest('hex'),
    label: text.split('\n')[0]!.trim().slice(0, 200),
    text,
  };
}

const MAX_KNOWN = 10_000;

export class Terms {
  private readonly current: () => TermsVersion;
  private readonly store: TermsStorage;
  /** An acceptance stays for ever: whoever has accepted is asked about once. */
  private readonly accepted = new Set<string>();

  constructor(current: () => TermsVersion, store: TermsStorage) {
    this.current = current;
    this.store = store;
  }

  get version(): TermsVersion {
    return this.current();
  }

  async isOwed({ issuer, subject }: Identity): Promise<boolean> {
    const { id } = this.current();
    const key = JSON.stringify([issuer, subject, id]);
    if (this.accepted.has(key)) return false;
    if (!(await this.store.isAccepted(issuer, subject, id))) return true;
    if (this.accepted.size >= MAX_KNOWN) this.accepted.clear();
    this.accepted.add(key);
    return false;
  }

  async accept({ issuer, subject, name }: Identity, at: number): Promise<void> {
    const { id, label } = this.current();
    await this.store.accept({ issuer, subject, name, terms: id, label, at });
  }
}

/** The page that leads back to an address once the terms are accepted. */
export function termsAddress(returnTo: string): string {
  return `/auth/terms?return=${encodeURIComponent(returnTo)}`;
}

export function termsOwed(): FhirError {
  return new FhirError('forbidden', 'This person has not accepted the terms of use (/auth/terms)', {
    expression: 'http.Cookie',
    text: "Acceptez d'abord les conditions d'utilisation (/auth/terms).",
  });
}
