/**
 * `creneau certs DIR`: writes a public key infrastructure for tests of mutual TLS: two authorities (one of them
 * foreign), the certificate of the server, a client for each role, a client with all roles, and five clients that must
 * be refused. These five carry the names of the client with all roles, so each has exactly one fault. The folder `kit`
 * has the clients under the names that the national conformance kit reads (`CERT_PATH`). `creneau certs DIR NAME`
 * revokes one more. Not for production: the keys of the authorities lie beside the certificates.
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROLES } from '../../rest/access/table.ts';
import type { Config } from '../../runtime/config.ts';
import { listsOf } from '../../runtime/tls/pem.ts';
import {
  type Authority,
  DAY,
  type KeyKind,
  type KeyPair,
  makeAuthority,
  makeCertificate,
  makeRevocationList,
  openAuthority,
  type Subject,
} from '../../runtime/tls/pki.ts';
import { readRevocationList } from '../../runtime/tls/revocation.ts';

const DOMAIN = 'creneau.test';
const UNIT = '1990000001';
const YEARS = 2 * 365 * DAY;

/** Files by name; keys end with `.key`. */
type Files = Record<string, string>;

export interface PkiOptions {
  keys: KeyKind;
  /** Names and addresses of the server, beside those of loopback. */
  hosts?: readonly string[];
}

/** Certificate and key of each client of the national conformance kit, and whose certificate it is. */
const KIT_FILES: readonly [certificate: string, key: string, client: string][] = [
  ['inferno-prePROD.pem', 'inferno-prePROD.key', 'sas-platform'],
  ['invalid_bad_cname_certificate.key.crt.ca.pem', 'invalid_bad_cname.key', 'wrong-cn'],
  ['invalid_bad_ou_certificate.key.crt.ca.pem', 'invalid_bad_ou.key', 'wrong-ou'],
  ['invalid_revoked_certificate.key.crt.ca.pem', 'invalid_revoked_certificate.key', 'revoked'],
];

/** Everything that `creneau certs` writes; `now` in epoch milliseconds. */
export async function makePki(
  now: number,
  { keys, hosts = [] }: PkiOptions,
): Promise<{ files: Files; root: Authority; intermediate: Authority }> {
  const valid = { from: now - DAY, to: now + YEARS };
  const root = await makeAuthority('Créneau essais racine', valid, undefined, keys);
  const intermediate = await makeAuthority('Créneau essais clients', valid, root, keys);
  const foreign = await makeAuthority('Une autre autorité', valid, undefined, keys);
  const good: Subject = { commonName: `good.${DOMAIN}`, organizationalUnits: [UNIT] };
  const revoked = await makeCertificate(intermediate, good, valid);
  const clients: Record<string, KeyPair> = {
    good: await makeCertificate(intermediate, good, valid),
    expired: await makeCertificate(intermediate, good, { from: now - 3 * DAY, to: now - 2 * DAY }),
    revoked,
    'wrong-cn': await makeCertificate(intermediate, { ...good, commonName: `inconnu.${DOMAIN}` }, valid),
    'wrong-ou': await makeCertificate(intermediate, { ...good, organizationalUnits: ['1990000002'] }, valid),
    'other-authority': await makeCertificate(foreign, good, valid),
  };
  for (const role of ROLES)
    clients[role] = await makeCertificate(intermediate, { ...good, commonName: `${role}.${DOMAIN}` }, valid);
  const server = await makeCertificate(intermediate, { commonName: 'localhost' }, valid, [
    ...new Set(['localhost', '127.0.0.1', '::1', ...hosts]),
  ]);
  const caller = (name: string, roles: readonly string[]): object => ({
    name,
    commonName: `${name}.${DOMAIN}`,
    organizationalUnit: UNIT,
    roles,
  });
  const callers = [caller('good', ROLES), ...ROLES.map((role) => caller(role, [role]))];
  return {
    root,
    intermediate,
    files: {
      'ca.pem': root.certificate + intermediate.certificate,
      'ca-root.crl': await makeRevocationList(root, [], valid),
      'ca-clients.crl': await makeRevocationList(intermediate, [serialOf(revoked)], valid),
      'ca-clients.key': intermediate.key,
      'ca-root.key': root.key,
      'other-ca.pem': foreign.certificate,
      'server.pem': server.certificate + intermediate.certificate,
      'server.key': server.key,
      'callers.json': `${JSON.stringify({ callers }, undefined, 2)}\n`,
      ...Object.fromEntries(
        Object.entries(clients).flatMap(([name, { certificate, key }]) => [
          [`${name}.pem`, certificate],
          [`${name}.key`, key],
        ]),
      ),
      ...Object.fromEntries(
        KIT_FILES.flatMap(([certificate, key, client]) => [
          [`kit/${certificate}`, clients[client]!.certificate + intermediate.certificate + root.certificate],
          [`kit/${key}`, clients[client]!.key],
        ]),
      ),
    },
  };
}

export function writePki(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text, { mode: name.endsWith('.key') ? 0o600 : 0o644 });
  }
}

export async function certs(
  { certKeys: keys, certHost: hosts }: Pick<Config, 'certKeys' | 'certHost'>,
  [folder, name, ...more]: readonly string[],
  now: () => number = Date.now,
): Promise<void> {
  if (folder === undefined || more.length > 0) throw new Error('creneau certs DIR [NAME]');
  if (name !== undefined) {
    await revoke(folder, name, now());
    process.stdout.write(`${name} : révoqué / revoked (${join(folder, 'ca-clients.crl')})\n`);
    return;
  }
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new Error(`${folder} n'est pas vide / is not empty`);
  const { files } = await makePki(now(), { keys, hosts });
  writePki(folder, files);
  const at = (file: string): string => join(folder, file);
  const count = Object.keys(files).length;
  const serve = ['agenda', '--auth', 'mtls', '--tls-cert', at('server.pem'), '--tls-key', at('server.key')];
  serve.push('--tls-client-ca', at('ca.pem'), '--tls-crl', at('ca-root.crl'), '--tls-crl', at('ca-clients.crl'));
  serve.push('--callers', at('callers.json'));
  process.stdout.write(`Certificats d'essai écrits dans / test certificates written to ${folder} : ${count}

  creneau ${serve.join(' ')}
  curl --cacert ${at('ca.pem')} --cert ${at('good.pem')} --key ${at('good.key')} https://localhost:8080/fhir/metadata

Refusés / refused : expired, revoked, wrong-cn, wrong-ou, other-authority
Révoquer / revoke : creneau certs ${folder} reader
Kit de l'ANS / national kit : CERT_PATH=${at('kit')} SSL_CERT_FILE=${at('ca.pem')}
`);
}

/** Writes the revocation list of the clients' authority anew, with one more certificate. */
async function revoke(folder: string, name: string, now: number): Promise<void> {
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const certificate = read(`${name}.pem`);
  const authorities = read('ca.pem').match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n?/g) ?? [];
  const issuer = authorities.find((authority) =>
    new X509Certificate(certificate).checkIssued(new X509Certificate(authority)),
  );
  if (issuer === undefined) throw new Error(`${name}.pem ne vient pas de / does not come from ca.pem`);
  const before = listsOf(Buffer.from(read('ca-clients.crl'))).flatMap((der) => [...readRevocationList(der).serials]);
  const authority = await openAuthority({ certificate: issuer, key: read('ca-clients.key') });
  const serials = [...new Set([...before, serialOf({ certificate })])];
  writePki(folder, {
    'ca-clients.crl': await makeRevocationList(authority, serials, { from: now - 60_000, to: now + YEARS }),
  });
}

/** Lower-case hexadecimal. */
export function serialOf({ certificate }: Pick<KeyPair, 'certificate'>): string {
  return new X509Certificate(certificate).serialNumber.toLowerCase();
}
