/** The end of a certificate is announced thirty days before, wherever the certificate was named. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAY, makeAuthority, makeCertificate } from '../src/runtime/tls/pki.ts';
import type { Json } from '../src/fhir/resource.ts';
import { call } from './harness.ts';
import { type ServerProcess, startProcess } from './process.ts';

/** Days that each certificate still has. */
const DAYS = { authority: 400, 'partner-cert': 31.5, own: 29.5, old: -2 };
let folder: string;
let server: ServerProcess;
let end: (days: number) => number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-certificates-'));
  const now = Date.now();
  end = (days) => now + days * DAY;
  const span = (days: number): { from: number; to: number } => ({ from: end(-10), to: end(days) });
  const authority = await makeAuthority('Autorité', span(DAYS.authority));
  writeFileSync(join(folder, 'ca.pem'), authority.certificate);
  for (const name of ['partner-cert', 'own', 'old'] as const) {
    const { certificate, key } = await makeCertificate(authority, { commonName: name }, span(DAYS[name]));
    writeFileSync(join(folder, `${name}.pem`), certificate);
    writeFileSync(join(folder, `${name}.key`), key);
  }
  const partner = (id: string): object => ({
    ...{
      id,
      name: id,
      url: `https://127.0.0.1:1/${id}`,
      kinds: ['PS'],
      cert: `${id}.pem`,
      key: `${id}.key`,
      ca: 'ca.pem',
    },
  });
  writeFileSync(join(folder, 'partners.json'), JSON.stringify({ partners: [partner('own'), partner('old')] }));
  server = await startProcess(
    [
      ...['platform', '--data', 'memory:', '--log-level', 'warn', '--partners', join(folder, 'partners.json')],
      ...['--partner-cert', join(folder, 'partner-cert.pem'), '--partner-key', join(folder, 'partner-cert.key')],
    ],
    {},
  );
});
afterAll(async () => {
  await server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

it('in the log, by name and number of days, and only from then on', () => {
  const lines: Json[] = server
    .printed()
    .split('\n')
    .filter((line) => line.includes('a certificate'))
    .map((line) => JSON.parse(line));
  expect(lines.map(({ certificate, days, msg }) => [certificate, days, msg]).sort()).toEqual([
    ['partner old cert', undefined, 'a certificate has expired'],
    ['partner own cert', 29, 'a certificate expires soon'],
  ]);
});

it('on /metrics, by the one that ends first', async () => {
  const { text } = await call(`${server.url}/metrics`, 'GET');
  const [, value] = /^creneau_certificates_expiry_timestamp_seconds (\S+)$/m.exec(text)!;
  expect(Math.abs(Number(value) * 1000 - end(DAYS.old))).toBeLessThan(2000);
});

it('to operators, with those of partners', async () => {
  const { json } = await call(`${server.url}/fhir/$server-state`, 'GET');
  const options = json.parameter
    .filter(({ name }: Json) => name === 'certificate')
    .map(({ part }: Json) => part.find(({ name }: Json) => name === 'option').valueString);
  expect(options.sort()).toEqual([
    'partner old ca',
    'partner old cert',
    'partner own ca',
    'partner own cert',
    'partnerCert',
  ]);
});
