/** Until when the certificates of this server hold: its own, those that it shows to others, those that it trusts. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface CertificateDate {
  /** Name of the option whose file it is in. */
  option: string;
  subject: string;
  /** Epoch milliseconds. */
  until: number | undefined;
  /** Why it cannot be read. */
  problem: string | undefined;
}

/** `files`: option and path of PEM files, each with any number of certificates. */
export function certificateDates(
  files: readonly (readonly [option: string, path: string | undefined])[],
): CertificateDate[] {
  return files.flatMap(([option, path]) => (path === undefined ? [] : readFile(option, path)));
}

function readFile(option: string, path: string): CertificateDate[] {
  try {
    const blocks =
      readFileSync(path, 'utf8').match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
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
  } catch (error) {
    return [{ option, subject: path.split('/').at(-1)!, until: undefined, problem: (error as Error).message }];
  }
}
