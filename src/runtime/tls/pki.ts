/**
 * Certificate authorities for tests: keys, certificates and revocation lists (RFC 5280), through @peculiar/x509 (its
 * only door). Keys are RSA, which every client reads, the national conformance kit among them, or EC P-256, with which
 * a handshake costs half.
 */
import { KeyObject, X509Certificate, webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { listToPem } from './pem.ts';

export type KeyKind = 'rsa' | 'ec';

const EXPONENT_65537 = new Uint8Array([1, 0, 1]);
const ALGORITHMS = {
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: EXPONENT_65537 },
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const;
/** The signature that a key makes. */
const algorithmOf = ({ privateKey }: webcrypto.CryptoKeyPair): (typeof ALGORITHMS)[KeyKind] =>
  privateKey.algorithm.name === 'ECDSA' ? ALGORITHMS.ec : ALGORITHMS.rsa;
export const DAY = 86_400_000;

x509.cryptoProvider.set(webcrypto as never);

export interface KeyPair {
  /** PEM. */
  certificate: string;
  key: string;
}

/** An issuer of certificates. */
export interface Authority extends KeyPair {
  keys: webcrypto.CryptoKeyPair;
}

/** Epoch milliseconds. */
export interface Validity {
  from: number;
  to: number;
}

export interface Subject {
  commonName: string;
  /** Absent or empty: the certificate has no OU. */
  organizationalUnits?: readonly string[];
}

/** Makes a root, or an intermediate of `issuer`. */
export async function makeAuthority(
  commonName: string,
  validity: Validity,
  issuer?: Authority,
  kind: KeyKind = 'ec',
): Promise<Authority> {
  const keys = await makeKeys(kind);
  const certificate = await issue({ commonName }, keys, validity, issuer ?? { keys, certificate: undefined }, [
    new x509.BasicConstraintsExtension(true, issuer === undefined ? undefined : 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ]);
  return { certificate, key: await exportKey(keys), keys };
}

/**
 * Makes the certificate of a client, or of a server when `hosts` (names and addresses) are given. Its key is of the
 * kind of the issuer's.
 */
export async function makeCertificate(
  issuer: Authority,
  subject: Subject,
  validity: Validity,
  hosts?: readonly string[],
): Promise<KeyPair> {
  const keys = await makeKeys(algorithmOf(issuer.keys) === ALGORITHMS.rsa ? 'rsa' : 'ec');
  const names = hosts?.map(
    (host): x509.JsonGeneralName => ({ type: /^[\d.]+$|:/.test(host) ? 'ip' : 'dns', value: host }),
  );
  const certificate = await issue(subject, keys, validity, issuer, [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([
      names === undefined ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth,
    ]),
    ...(names === undefined ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
  ]);
  return { certificate, key: await exportKey(keys) };
}

/** Makes a list as PEM. `serials` are hexadecimal. */
export async function makeRevocationList(
  issuer: Authority,
  serials: readonly string[],
  validity: Validity,
): Promise<string> {
  const list = await x509.X509CrlGenerator.create({
    issuer: new x509.X509Certificate(issuer.certificate).subjectName,
    thisUpdate: new Date(validity.from),
    nextUpdate: new Date(validity.to),
    entries: serials.map((serialNumber) => ({
      serialNumber,
      revocationDate: new Date(validity.from),
      reason: x509.X509CrlReason.keyCompromise,
    })),
    signingAlgorithm: algorithmOf(issuer.keys),
    signingKey: issuer.keys.privateKey as never,
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey as never)],
  });
  return listToPem(Buffer.from(list.rawData));
}

/** Reads an authority from its files, to revoke certificates later. */
export async function openAuthority({ certificate, key }: KeyPair): Promise<Authority> {
  const pkcs8 = x509.PemConverter.decodeFirst(key);
  const { publicKey: known } = new X509Certificate(certificate);
  const algorithm = ALGORITHMS[known.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec'];
  const privateKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']);
  const spki = known.export({ type: 'spki', format: 'der' });
  const publicKey = await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']);
  return { certificate, key, keys: { privateKey, publicKey } };
}

function makeKeys(kind: KeyKind): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHMS[kind], true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

async function exportKey(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
}

async function issue(
  { commonName, organizationalUnits = [] }: Subject,
  keys: webcrypto.CryptoKeyPair,
  validity: Validity,
  issuer: { keys: webcrypto.CryptoKeyPair; certificate: string | undefined },
  extensions: x509.Extension[],
): Promise<string> {
  const subject = new x509.Name([
    { C: ['FR'] },
    { O: ['Essais Créneau'] },
    ...organizationalUnits.map((unit) => ({ OU: [unit] })),
    { CN: [commonName] },
  ]);
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: issuer.certificate === undefined ? subject : new x509.X509Certificate(issuer.certificate).subjectName,
    notBefore: new Date(validity.from),
    notAfter: new Date(validity.to),
    signingAlgorithm: algorithmOf(issuer.keys),
    publicKey: keys.publicKey as never,
    signingKey: issuer.keys.privateKey as never,
    extensions: [
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey as never),
    ],
  });
  return `${made.toString('pem')}\n`;
}

/** 16 random bytes, positive. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
