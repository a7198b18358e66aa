/**
 * Passkeys (WebAuthn), the built-in login of a practice without identity provider (ADR 0026): checks the answer of an
 * authenticator. No attestation is asked for, so that a new key is taken as the browser gives it, in the form of
 * SubjectPublicKeyInfo; node:crypto verifies the signatures.
 * https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential and #sctn-verifying-assertion
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { FhirError } from '../../fhir/issue.ts';

/** The server expects these in the answer. */
export interface Ceremony {
  /** base64url, as it was sent. */
  challenge: string;
  /** `https://agenda.example.fr` */
  origin: string;
}

/** Bytes are base64url. */
export interface NewCredential {
  id: string;
  clientDataJSON: string;
  authenticatorData: string;
  publicKey: string;
  /** COSE. */
  algorithm: number;
}

export interface Assertion {
  id: string;
  clientDataJSON: string;
  authenticatorData: string;
  signature: string;
}

export interface PasskeyKey {
  id: string;
  publicKey: string;
  algorithm: number;
  /** Signatures made so far; 0: the authenticator does not count. */
  counter: number;
}

/** COSE: ES256, EdDSA, RS256. */
export const ALGORITHMS: readonly number[] = [-7, -8, -257];

const MAX_FIELD_LENGTH = 4096;
const MIN_RSA_BITS = 2048;
const FLAGS = { present: 0x01, verified: 0x04, attested: 0x40 };
/** Offsets in the authenticator data: hash of the server's name, flags, counter, AAGUID, length of the id, id. */
const AT = { flags: 32, counter: 33, idLength: 53, id: 55 };

/** The server's name in the sense of WebAuthn: the host of its origin. */
export function relyingParty(origin: string): string {
  return new URL(origin).hostname;
}

/** Throws `login` (401) when the answer is not what was asked for. */
export function verifyRegistration(credential: NewCredential, ceremony: Ceremony): PasskeyKey {
  const { id, algorithm, publicKey } = credential;
  checkClientData(credential.clientDataJSON, 'webauthn.create', ceremony);
  const data = readAuthenticatorData(credential.authenticatorData, ceremony);
  const length = data.length >= AT.id ? data.readUInt16BE(AT.idLength) : 0;
  const stored = data.subarray(AT.id, AT.id + length).toString('base64url');
  if ((data[AT.flags]! & FLAGS.attested) === 0 || length === 0 || stored !== id) throw refused('the id differs');
  keyOf(publicKey, algorithm);
  return { id, publicKey, algorithm, counter: data.readUInt32BE(AT.counter) };
}

/** Returns the counter from now on. Throws `login` (401). */
export function verifyAssertion(assertion: Assertion, key: PasskeyKey, ceremony: Ceremony): number {
  const clientData = checkClientData(assertion.clientDataJSON, 'webauthn.get', ceremony);
  const data = readAuthenticatorData(assertion.authenticatorData, ceremony);
  const signed = Buffer.concat([data, createHash('sha256').update(clientData).digest()]);
  const digest = key.algorithm === -8 ? null : 'sha256';
  if (!verify(digest, signed, keyOf(key.publicKey, key.algorithm), bytesOf(assertion.signature)))
    throw refused('the signature is wrong');
  const counter = data.readUInt32BE(AT.counter);
  // A counter that does not grow tells of a copied authenticator.
  if ((counter !== 0 || key.counter !== 0) && counter <= key.counter) throw refused('the counter went back');
  return counter;
}

function checkClientData(text: string, type: string, { challenge, origin }: Ceremony): Buffer {
  const bytes = bytesOf(text);
  const data = readJson(bytes);
  if (data?.['type'] !== type) throw refused('the type differs');
  if (data['challenge'] !== challenge) throw refused('the challenge differs');
  if (data['origin'] !== origin || data['crossOrigin'] === true) throw refused('the origin differs');
  return bytes;
}

function readJson(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The person was present, and has been recognised by the device: two factors. */
function readAuthenticatorData(text: string, { origin }: Ceremony): Buffer {
  const data = bytesOf(text);
  const server = createHash('sha256').update(relyingParty(origin)).digest();
  if (data.length < AT.counter + 4 || !data.subarray(0, AT.flags).equals(server)) throw refused('another server');
  const wanted = FLAGS.present | FLAGS.verified;
  if ((data[AT.flags]! & wanted) !== wanted) throw refused('the person was not verified');
  return data;
}

/** Throws when the key is none of the algorithm, or is weak. */
function keyOf(publicKey: string, algorithm: number): KeyObject {
  const key = parseKey(publicKey);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  const isFit =
    (algorithm === -7 && type === 'ec' && details.namedCurve === 'prime256v1') ||
    (algorithm === -8 && type === 'ed25519') ||
    (algorithm === -257 && type === 'rsa' && (details.modulusLength ?? 0) >= MIN_RSA_BITS);
  if (!isFit) throw refused('the key does not fit its algorithm');
  return key;
}

function parseKey(publicKey: string): KeyObject {
  try {
    return createPublicKey({ key: bytesOf(publicKey), format: 'der', type: 'spki' });
  } catch (cause) {
    throw refused('the key cannot be read', cause);
  }
}

function bytesOf(text: unknown): Buffer {
  if (typeof text !== 'string' || text.length > MAX_FIELD_LENGTH || !/^[A-Za-z0-9_-]*$/.test(text))
    throw refused('a field is not base64url');
  return Buffer.from(text, 'base64url');
}

function refused(reason: string, cause?: unknown): FhirError {
  return new FhirError('login', `The passkey was not accepted: ${reason}`, {
    cause,
    text: "La clé d'accès n'a pas été acceptée : recommencez.",
  });
}
