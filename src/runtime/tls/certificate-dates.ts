/** Expiry dates of the certificates of this server: its own, those that it shows to others, those that it trusts. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface CertificateDate {
  /** The option that names the file. */
  option: string;
  subject: string;
  /** Epoch milliseconds. */
  until: number | undefined;
  /** The reason why it cannot be read. */
  problem: string | undefined;
}

/** `files`: options and paths of PEM files; each may hold several certificates. */
export function certificateDates(
  files: readonly (readonly [option: string, path: string | undefined])[],
): CertificateDate[] {
  return files.flatMap(([option, path]) => (path === undefined ? [] : readFile(option, path)));
}

function readFile(option: string, path: string): CertificateDate[] {
  try {
    return datesIn(option, readFileSync(path, 'utf8'));
  } catch (error) {
    return [{ option, subject: path.split('/').at(-1)!, until: undefined, problem: (error as Error).message }];
  }
}

/** The certificates of a PEM text. Throws an Error when it holds none, or one that cannot be read. */
export function datesIn(option: string, pem: string): CertificateDate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('no certificate in the file');
  return blocks.map((block) => {
    const certificate = new X509Certificate(block);
    return {
      option,
      subject: certificate.subject.replaceAll('\n', ', '),
      until: Date.parse(certificate.validTo),
      problem: undefined,
    };
  });
}
