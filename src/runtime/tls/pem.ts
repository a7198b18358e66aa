/**
 * Reads certificates and revocation lists from files: PEM (RFC 7468), with any number of them, or plain DER as
 * authorities publish it.
 */
import { X509Certificate } from 'node:crypto';

/** DER of every block with one of these labels; a file that is not PEM is one DER value. */
function blocks(file: Buffer, labels: string): Buffer[] {
  if (file[0] === 0x30) return [file];
  const found = file
    .toString('latin1')
    .matchAll(new RegExp(`-----BEGIN (?:${labels})-----([A-Za-z0-9+/=\\s]+)-----END (?:${labels})-----`, 'g'));
  return [...found].map(([, text]) => Buffer.from(text!, 'base64'));
}

/** Throws when the file holds no certificate. */
export function certificatesOf(file: Buffer): X509Certificate[] {
  const found = blocks(file, '(?:X509 |TRUSTED )?CERTIFICATE').map((der) => new X509Certificate(der));
  if (found.length === 0) throw new Error('the file holds no certificate');
  return found;
}

/** DER of the revocation lists. Throws when the file holds none. */
export function listsOf(file: Buffer): Buffer[] {
  const found = blocks(file, '(?:X509 )?CRL');
  if (found.length === 0) throw new Error('the file holds no revocation list');
  return found;
}

/** The form that OpenSSL reads. */
export function listToPem(der: Buffer): string {
  return `-----BEGIN X509 CRL-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END X509 CRL-----\n`;
}
