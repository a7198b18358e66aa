/**
 * Settings that change while the server runs: revocation lists, authorities, the server's own certificate, the callers;
 * in force within 10 s, without a restart.
 */
import { once as event } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serialOf } from '../src/cli/commands/certs.ts';
import { DAY, makeAuthority, makeCertificate, makeRevocationList } from '../src/runtime/tls/pki.ts';
import { call, startTestServer, type TestServer } from './harness.ts';
import { client, handshake, once, startTlsServer, type TestPki, testPki, within10s } from './tls.ts';

let pki: TestPki;
let test: TestServer;
beforeEach(async () => {
  pki = await testPki();
  test = await startTlsServer(pki);
});
afterEach(async () => {
  await test.close();
  pki.remove();
});

const current = (): { from: number; to: number } => ({ from: Date.now() - 60_000, to: Date.now() + DAY });
const revoke = async (...names: string[]): Promise<void> =>
  pki.write({
    'ca-clients.crl': await makeRevocationList(
      pki.intermediate,
      names.map((name) => serialOf({ certificate: pki.read(`${name}.pem`) })),
      current(),
    ),
  });
const status = async (name: string): Promise<number> => (await once(test, pki, name, 'GET', '/fhir/metadata')).status;

/** Asks on a connection that is already open; undefined when it has been closed. */
async function askOn(socket: TLSSocket): Promise<string | undefined> {
  if (socket.destroyed || socket.readableEnded) return undefined;
  socket.write('GET /fhir/metadata HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [chunk] = await Promise.race([event(socket, 'data'), event(socket, 'close')]);
  return typeof chunk === 'object' ? String(chunk).split('\r\n')[0] : undefined;
}

it('a connection kept open does not survive the revocation of its certificate; others do', async () => {
  const idle = await handshake(test, pki, { cert: pki.read('reader.pem'), key: pki.read('reader.key') });
  const manager = await handshake(test, pki, { cert: pki.read('manager.pem'), key: pki.read('manager.key') });
  const busy = client(test, pki, 'reader');
  expect([await askOn(idle), await askOn(manager), (await busy.call('GET', '/fhir/metadata')).status]).toEqual([
    'HTTP/1.1 200 OK',
    'HTTP/1.1 200 OK',
    200,
  ]);
  const closed = event(idle, 'close').then(() => true);
  manager.removeAllListeners('data');

  await revoke('revoked', 'reader');
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, 10_000, false));
  const answer = await within10s(
    () => busy.call('GET', '/fhir/metadata').catch(() => undefined),
    (reply) => reply?.status === 401,
  );
  expect(answer?.json.issue[0].details.text).toBe('Certificat client révoqué.');
  expect(answer?.headers['connection']).toBe('close');
  expect(await Promise.race([closed, late])).toBe(true);
  expect([manager.destroyed, await status('manager')]).toEqual([false, 200]);
  manager.destroy();
  await busy.close();
});

it('a certificate that is revoked no more is let in again', async () => {
  expect(await status('revoked')).toBe(401);
  await revoke('operator');
  expect(
    await within10s(
      () => status('revoked'),
      (code) => code === 200,
    ),
  ).toBe(200);
  expect(await status('operator')).toBe(401);
});

it('an expired list lets nobody in, and revoked callers still learn why; a list may be in DER', async () => {
  const serial = serialOf({ certificate: pki.read('revoked.pem') });
  pki.write({
    'ca-clients.crl': await makeRevocationList(pki.intermediate, [serial], {
      from: Date.now() - DAY,
      to: Date.now() - 60_000,
    }),
  });
  expect(
    await within10s(
      () => status('good'),
      (code) => code !== 200,
    ),
  ).toBe(503);
  expect(await status('revoked')).toBe(401);
  const list = await makeRevocationList(pki.intermediate, [serial], current());
  writeFileSync(pki.at('ca-clients.crl'), Buffer.from(list.replace(/-----[^-]+-----/g, ''), 'base64'));
  expect(
    await within10s(
      () => status('good'),
      (code) => code === 200,
    ),
  ).toBe(200);
  expect(await status('revoked')).toBe(401);
});

it('a certificate that expires while its connection is open is refused on it', async () => {
  const brief = await makeCertificate(
    pki.intermediate,
    { commonName: 'reader.creneau.test', organizationalUnits: ['1990000001'] },
    { from: Date.now() - DAY, to: Date.now() + 3000 },
  );
  pki.write({ 'brief.pem': brief.certificate, 'brief.key': brief.key });
  const caller = client(test, pki, 'brief');
  expect((await caller.call('GET', '/fhir/metadata')).status).toBe(200);
  const answer = await within10s(
    () => caller.call('GET', '/fhir/metadata').catch(() => undefined),
    (reply) => reply?.status === 401,
  );
  expect(answer?.json.issue[0].details.text).toBe('Certificat client expiré.');
  await caller.close();
});

it("the server's certificate is exchanged; a pair that does not fit leaves the old one in force", async () => {
  const serial = async (): Promise<string> => {
    const socket = await handshake(test, pki);
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };
  const before = await serial();
  const next = await makeCertificate(pki.intermediate, { commonName: 'localhost' }, current(), [
    'localhost',
    '127.0.0.1',
  ]);
  pki.write({ 'server.pem': next.certificate + pki.intermediate.certificate });
  // Long enough for the server to look at the half-written pair.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(await serial()).toBe(before);
  pki.write({ 'server.key': next.key });
  expect((await within10s(serial, (number) => number !== before)).toLowerCase()).toBe(serialOf(next));
  expect(await status('good')).toBe(200);
});

it('a list that is replaced by rubbish stays in force', async () => {
  for (const text of ['', 'rubbish', '-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n', pki.read('ca.pem')]) {
    pki.write({ 'ca-clients.crl': text });
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect([await status('good'), await status('revoked')]).toEqual([200, 401]);
  }
});

it('a new authority counts once it is in the bundle, with its list', async () => {
  const other = await makeAuthority('Nouvelle autorité', current());
  const pair = await makeCertificate(
    other,
    { commonName: 'reader.creneau.test', organizationalUnits: ['1990000001'] },
    current(),
  );
  pki.write({ 'new.pem': pair.certificate, 'new.key': pair.key });
  expect(await status('new')).toBe(401);
  pki.write({ 'ca.pem': pki.read('ca.pem') + other.certificate });
  expect(
    await within10s(
      () => status('new'),
      (code) => code !== 401,
    ),
  ).toBe(503);
  pki.write({ 'ca-root.crl': pki.read('ca-root.crl') + (await makeRevocationList(other, [], current())) });
  expect(
    await within10s(
      () => status('new'),
      (code) => code === 200,
    ),
  ).toBe(200);
});

it('the file of callers is read again; a faulty file leaves the callers as they were', async () => {
  const { callers } = JSON.parse(pki.read('callers.json'));
  pki.write({
    'callers.json': JSON.stringify({ callers: callers.filter((caller: { name: string }) => caller.name !== 'reader') }),
  });
  expect(
    await within10s(
      () => status('reader'),
      (code) => code === 403,
    ),
  ).toBe(403);
  pki.write({ 'callers.json': JSON.stringify({ callers: [{ ...callers[0], roles: ['magician'] }] }) });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect([await status('good'), await status('reader')]).toEqual([200, 403]);
});

it('a certificate that a proxy forwards is checked against the new list too', async () => {
  const behind = await startTestServer({
    ...pki.settings(),
    tlsCert: undefined,
    tlsKey: undefined,
    trustedProxy: ['127.0.0.1'],
  });
  const header = `:${pki.read('reader.pem').replace(/-----[^-]+-----|\s/g, '')}:`;
  const forward = async (): Promise<number> =>
    (await call(`${behind.server.url}/fhir/metadata`, 'GET', undefined, { 'client-cert': header })).status;
  try {
    expect([await forward(), await forward()]).toEqual([200, 200]);
    await revoke('revoked', 'reader');
    expect(await within10s(forward, (code) => code !== 200)).toBe(401);
  } finally {
    await behind.close();
  }
});
