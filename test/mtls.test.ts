/**
 * Mutual TLS: each certificate against each path. Only a good one passes, on its own paths; who is refused is told so,
 * in French.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routes, type FhirService } from '../src/rest/routes.ts';
import { call, type Reply, startTestServer, type TestServer } from './harness.ts';
import { client, handshake, once, startTlsServer, type TestPki, testPki } from './tls.ts';

let pki: TestPki;
let test: TestServer;
beforeAll(async () => {
  pki = await testPki();
  test = await startTlsServer(pki);
});
afterAll(async () => {
  await test.close();
  pki.remove();
});

/** All FHIR routes, filled in; what else is served; what is not; and other ways to write the same. */
const FHIR = routes({} as FhirService).map(
  ({ method, path }) =>
    [
      method,
      `/fhir${path
        .replace(/:operation\(.*\)/, '$validate')
        .replace(':type', 'Schedule')
        .replace(':id', 'a')
        .replace(':version', '1')}`,
    ] as const,
);
const PATHS: readonly (readonly [string, string])[] = [
  ...FHIR,
  // The pages hold nothing of anybody's, and people come to them without a certificate: `/` is not here.
  ...[
    '/fhir',
    '/fhir/',
    '/sas',
    '/sas/Slot',
    '/sas/metadata',
    '/health/live',
    '/health/ready',
    '/metrics',
    '/docs',
    '/docs/json',
    '/docs/static/index.html',
    '/nowhere',
    '/%66hir/Schedule',
    '//fhir/Schedule',
    '/FHIR/Schedule',
    '/health/../fhir/Schedule',
    '/health/..%2Ffhir/Schedule',
    '/fhir/metadata%2F..%2FSchedule',
    '/fhir/Schedule/metadata',
    '/fhir/metadata?_format=xml',
  ].map((path) => ['GET', path] as const),
  ['HEAD', '/fhir/Schedule'],
  ['OPTIONS', '/fhir/Schedule'],
  ['POST', '/sas/Practitioner'],
  ['PUT', '/sas/Practitioner?identifier=a'],
  ['POST', '/health/live'],
  ['POST', '/metrics'],
];

const textOf = (reply: Reply): string => reply.json?.issue[0].details.text;
const forwarded = (name: string): string => `:${new X509Certificate(pki.read(`${name}.pem`)).raw.toString('base64')}:`;

describe.each([
  [undefined, 401, 'login', 'Certificat client absent'],
  ['expired', 401, 'login', 'expiré'],
  ['revoked', 401, 'login', 'révoqué'],
  ['other-authority', 401, 'login', "autorité qui n'est pas reconnue"],
  ['wrong-cn', 403, 'forbidden', "n'est pas inscrit"],
  ['wrong-ou', 403, 'forbidden', "n'est pas inscrit"],
] as const)('the certificate %s', (name, status, code, text) => {
  it(`is answered ${status} on every path, with an OperationOutcome`, async () => {
    const caller = client(test, pki, name);
    for (const [method, path] of PATHS) {
      const reply = await caller.call(method, path, ['POST', 'PUT', 'PATCH'].includes(method) ? '{}' : undefined);
      expect([method, path, reply.status]).toEqual([method, path, status]);
      if (method === 'HEAD') continue;
      expect(reply.headers['content-type']).toMatch(/^application\/fhir\+(json|xml)/);
      if (path.includes('xml')) expect(reply.text).toContain('<OperationOutcome');
      else
        expect([reply.json.resourceType, reply.json.issue[0].code, textOf(reply)]).toEqual([
          'OperationOutcome',
          code,
          expect.stringContaining(text),
        ]);
    }
    await caller.close();
  });

  it('is refused in a header too', async () => {
    for (const header of [
      'Client-Cert',
      'X-SSL-Client-Cert',
      'X-Forwarded-Client-Cert',
      'X-Client-Cert',
      'Authorization',
    ]) {
      const reply = await once(test, pki, name, 'GET', '/fhir/Schedule', {
        [header]: header === 'Client-Cert' ? forwarded('good') : `Bearer ${forwarded('good')}`,
      });
      expect([header, reply.status]).toEqual([header, header === 'Client-Cert' ? 403 : status]);
    }
  });
});

describe('the good certificate', () => {
  it('reaches every path that is served, and reads 403 elsewhere', async () => {
    const caller = client(test, pki, 'good');
    for (const path of [
      '/fhir/metadata',
      '/fhir/Schedule',
      '/fhir/Slot',
      '/health/ready',
      '/metrics',
      '/docs/json',
      '/%66hir/Schedule',
    ]) {
      expect([path, (await caller.call('GET', path)).status]).toEqual([path, 200]);
    }
    expect(
      (await caller.call('PUT', '/fhir/Practitioner/a', JSON.stringify({ resourceType: 'Practitioner', id: 'a' })))
        .status,
    ).toBe(201);
    expect((await caller.call('GET', '/nowhere')).status).toBe(403);
    await caller.close();
  });

  it('comes by https, and the links say so', async () => {
    const reply = await once(test, pki, 'good', 'GET', '/fhir/Schedule');
    expect(reply.json.link[0].url).toMatch(/^https:\/\/127\.0\.0\.1:/);
  });

  it('gives no rights to a forged header of a proxy', async () => {
    const reply = await once(test, pki, 'good', 'GET', '/fhir/Schedule', { 'client-cert': forwarded('good') });
    expect([reply.status, textOf(reply)]).toEqual([403, expect.stringContaining('mandataires déclarés')]);
  });

  it('may come alone, or with its intermediate', async () => {
    for (const chain of ['', pki.intermediate.certificate])
      expect((await once(test, pki, 'good', 'GET', '/fhir/Schedule', {}, chain)).status).toBe(200);
  });
});

describe('the handshake', () => {
  it('is refused before TLS 1.2', async () => {
    for (const version of ['TLSv1', 'TLSv1.1'] as const) {
      await expect(
        handshake(test, pki, { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }),
      ).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
    }
  });

  it('completes from TLS 1.2 on, with any certificate or none', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      for (const name of ['good', 'expired', 'other-authority']) {
        const socket = await handshake(test, pki, {
          minVersion: version,
          maxVersion: version,
          cert: pki.read(`${name}.pem`),
          key: pki.read(`${name}.key`),
        });
        expect(socket.getProtocol()).toBe(version);
        socket.destroy();
      }
    }
  });

  it('is done anew by every connection: no session is resumed', async () => {
    const first = await handshake(test, pki, { maxVersion: 'TLSv1.2' });
    const session = first.getSession()!;
    first.destroy();
    const second = await handshake(test, pki, { maxVersion: 'TLSv1.2', session });
    expect(second.isSessionReused()).toBe(false);
    second.destroy();
  });

  it('cannot be avoided by plain HTTP', async () => {
    await expect(call(`${test.server.url.replace('https', 'http')}/fhir/Schedule`, 'GET')).rejects.toThrow();
  });
});

it('a bundle without the intermediate takes it from the client; without the root it vouches for nobody', async () => {
  pki.write({ 'root-only.pem': pki.root.certificate, 'no-root.pem': pki.intermediate.certificate });
  const rootOnly = await startTlsServer(pki, { tlsClientCa: pki.at('root-only.pem') });
  const noRoot = await startTlsServer(pki, { tlsClientCa: pki.at('no-root.pem') });
  try {
    expect((await once(rootOnly, pki, 'good', 'GET', '/fhir/Schedule', {}, pki.intermediate.certificate)).status).toBe(
      200,
    );
    expect(
      (await once(rootOnly, pki, 'revoked', 'GET', '/fhir/Schedule', {}, pki.intermediate.certificate)).status,
    ).toBe(401);
    expect((await once(rootOnly, pki, 'good', 'GET', '/fhir/Schedule')).status).toBe(401);
    expect(
      (
        await once(
          noRoot,
          pki,
          'good',
          'GET',
          '/fhir/Schedule',
          {},
          pki.intermediate.certificate + pki.root.certificate,
        )
      ).status,
    ).toBe(401);
  } finally {
    await rootOnly.close();
    await noRoot.close();
  }
});

describe('behind a proxy', () => {
  let behind: TestServer;
  const ask = (headers: Record<string, string>, path = '/fhir/Schedule'): Promise<Reply> =>
    call(behind.server.url + path, 'GET', undefined, headers);
  beforeAll(async () => {
    behind = await startTestServer({
      ...pki.settings(),
      tlsCert: undefined,
      tlsKey: undefined,
      trustedProxy: ['10.9.8.0/24', '127.0.0.1'],
    });
  });
  afterAll(() => behind.close());

  it('the forwarded certificate is the caller, in each of the forms that proxies write', async () => {
    const pem = pki.read('reader.pem');
    for (const header of [forwarded('reader'), encodeURIComponent(pem), pem.trim().replaceAll('\n', ' ')]) {
      expect((await ask({ 'client-cert': header })).status).toBe(200);
      expect((await ask({ 'client-cert': header }, '/metrics')).status).toBe(403);
    }
  });

  it('the server checks it like any other, whatever the proxy thought of it', async () => {
    for (const [name, status] of [
      ['expired', 401],
      ['revoked', 401],
      ['other-authority', 401],
      ['wrong-cn', 403],
      ['wrong-ou', 403],
    ] as const) {
      const replies = [await ask({ 'client-cert': forwarded(name) }), await ask({ 'client-cert': forwarded(name) })];
      expect([name, ...replies.map((reply) => reply.status)]).toEqual([name, status, status]);
    }
  });

  it('a header without exactly one certificate is refused', async () => {
    const good = forwarded('good');
    expect((await ask({})).status).toBe(401);
    for (const header of [
      '',
      ':',
      '::',
      ':AAAA:',
      '%',
      '%GG',
      'x'.repeat(40_000),
      `${good}, ${good}`,
      `${good}${good}`,
      pki.read('good.pem').replaceAll('\n', ' ').repeat(2),
    ]) {
      const reply = await ask({ 'client-cert': header });
      expect([header.slice(0, 20), reply.status, reply.json?.resourceType]).toEqual([
        header.slice(0, 20),
        401,
        'OperationOutcome',
      ]);
    }
  });

  it('the header is refused unless it comes from a listed proxy', async () => {
    const other = await startTestServer({
      ...pki.settings(),
      tlsCert: undefined,
      tlsKey: undefined,
      trustedProxy: ['10.9.8.7', 'fd00::/8'],
    });
    try {
      for (const [headers, status] of [
        [{ 'client-cert': forwarded('good') }, 403],
        [{}, 401],
      ] as const) {
        const reply = await call(`${other.server.url}/fhir/Schedule`, 'GET', undefined, headers);
        expect([reply.status, reply.json.resourceType]).toEqual([status, 'OperationOutcome']);
      }
    } finally {
      await other.close();
    }
  });
});

it('TLS without client certificates works with tokens', async () => {
  pki.write({
    'tokens.json': JSON.stringify({
      callers: [{ name: 'a', roles: ['*'], tokenSha256: createHash('sha256').update('abc').digest('hex') }],
    }),
  });
  const tokens = await startTestServer({
    auth: 'token',
    callers: pki.at('tokens.json'),
    tlsCert: pki.at('server.pem'),
    tlsKey: pki.at('server.key'),
  });
  try {
    const socket = await handshake(tokens, pki);
    expect(socket.authorized).toBe(true);
    socket.destroy();
    expect((await once(tokens, pki, undefined, 'GET', '/fhir/Schedule', { authorization: 'Bearer abc' })).status).toBe(
      200,
    );
    expect((await once(tokens, pki, 'good', 'GET', '/fhir/Schedule', { authorization: 'Bearer another' })).status).toBe(
      401,
    );
  } finally {
    await tokens.close();
  }
});
