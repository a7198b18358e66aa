/**
 * Certificates and revocation lists out of files: PEM (RFC 7468), one or many to a file, or plain DER as authorities
 * publish them.
 */
import { X509Certificate } from 'node:crypto';

/** DER of every block of that label; a file that is not PEM is one DER value. */
function blocks(file: Buffer, labels: string): Buffer[] {
  if (file[0] === 0x30) return [file];
  const found = file
    .toString('latin1')
    .matchAll(new RegExp(`-----BEGIN (?:${labels})-----([A-Za-z0-9+/=\\s]+)-----END (?:${labels})-----`, 'g'));
  return [...found].map(([, text]) => Buffer.from(text!, 'base64'));
}

/** Throws when there is none. */
export function certificatesOf(file: Buffer): X509Certificate[] {
  const found = blocks(file, '(?:X509 |TRUSTED )?CERTIFICATE').map((der) => new X509Certificate(der));
  if (found.length === 0) throw new Error('no certificate in it');
  return found;
}

/** DER of the revocation lists. Throws when there is none. */
export function listsOf(file: Buffer): Buffer[] {
  const found = blocks(file, '(?:X509 )?CRL');
  if (found.length === 0) throw new Error('no revocation list in it');
  return found;
}

/** What OpenSSL reads. */
export function listToPem(der: Buffer): string {
  return `-----BEGIN X509 CRL-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END X509 CRL-----\n`;
}
