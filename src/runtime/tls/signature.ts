/**
 * The signatures that a certificate or a revocation list may have: SHA-2 with RSA, RSA-PSS or ECDSA, and Ed25519 (RFC
 * 8017, 5758, 8410). SHA-1 and MD5 are refused.
 */
import { constants, type KeyObject, verify } from 'node:crypto';
import { type Der, derAt, oid, sequence, TAG, within } from './der.ts';

const HASH: Record<string, string | null> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};
const PSS = '1.2.840.113549.1.1.10';
const PSS_HASH: Record<string, string> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

interface Algorithm {
  hash: string | null;
  pss: boolean;
}

/** Reads `AlgorithmIdentifier`; undefined when this server does not accept the algorithm. */
function algorithm(identifier: Der | undefined): Algorithm | undefined {
  const [id, parameters] = sequence(identifier);
  const name = oid(id);
  if (name in HASH) return { hash: HASH[name]!, pss: false };
  if (name !== PSS || parameters?.tag !== TAG.sequence) return undefined;
  const [first] = within(parameters);
  const hash = first?.tag === 0xa0 ? PSS_HASH[oid(sequence(derAt(first.bytes, first.from, first.to))[0])] : undefined;
  return hash === undefined ? undefined : { hash, pss: true };
}

/** Certificates and lists have the same frame: the signed part, the algorithm, and the signature. */
export function frame(der: Buffer): { signed: Der; algorithm: Algorithm | undefined; signature: Buffer } {
  const [signed, how, signature] = sequence(derAt(der));
  if (signed === undefined || signature?.tag !== TAG.bitString)
    throw new Error('this is neither a certificate nor a revocation list');
  return { signed, algorithm: algorithm(how), signature: der.subarray(signature.from + 1, signature.to) };
}

/** Has the holder of `key` signed this certificate or list, with an algorithm that this server accepts? */
export function isSignedBy(der: Buffer, key: KeyObject): boolean {
  const { signed, algorithm: how, signature } = frame(der);
  if (how === undefined) return false;
  const padding = how.pss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
    : {};
  try {
    return verify(how.hash, signed.bytes.subarray(signed.start, signed.to), { key, ...padding }, signature);
  } catch {
    // The key is of another kind than the signature.
    return false;
  }
}
