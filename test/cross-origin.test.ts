/** Pages of other origins read `/fhir` and calendar feeds only if their origin is listed, and nothing else. */
import { gunzipSync } from 'node:zlib';
import { request as http } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../src/runtime/config.ts';
import { loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';

const APP = 'https://app.example';
const TRUSTED = 'https://trusted.example';
let test: TestServer;
let closed: TestServer;
beforeAll(async () => {
  test = await startTestServer({ corsOrigins: [APP], corsCredentials: [TRUSTED] });
  closed = await startTestServer();
  await loadFixture(test.base);
});
afterAll(() => Promise.all([test.close(), closed.close()]));

async function send(
  path: string,
  headers: Record<string, string>,
  { method = 'GET', body, on = test }: { method?: string; body?: string; on?: TestServer } = {},
): Promise<{ status: number; headers: Record<string, unknown>; octets: Buffer }> {
  const url = on.base.replace('/fhir', '') + path;
  const answer = await http(url, { method: method as 'GET', headers, ...(body === undefined ? {} : { body }) });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    octets: Buffer.from(await answer.body.arrayBuffer()),
  };
}

/** The origin that may read, and with the identity of the browser or not. */
const allowed = (headers: Record<string, unknown>): unknown[] => [
  headers['access-control-allow-origin'],
  headers['access-control-allow-credentials'],
];

describe('an answer', () => {
  it.each([
    ['a listed origin', APP, [APP, undefined]],
    ['one listed with credentials', TRUSTED, [TRUSTED, 'true']],
    ['another', 'https://evil.example', [undefined, undefined]],
    ['one that begins alike', `${APP}.evil.example`, [undefined, undefined]],
    ['the same host over HTTP', 'http://app.example', [undefined, undefined]],
    ['the same host on another port', `${APP}:8443`, [undefined, undefined]],
    ['a sandboxed page', 'null', [undefined, undefined]],
  ])('to %s', async (_who, origin, expected) => {
    const { status, headers } = await send('/fhir/metadata', { origin });
    expect([status, ...allowed(headers), headers['vary']]).toEqual([200, ...expected, 'Origin']);
  });

  it('that refuses can be read too', async () => {
    const { status, headers } = await send('/fhir/Patient/nobody', { origin: APP });
    expect([status, ...allowed(headers)]).toEqual([404, APP, undefined]);
    expect(String(headers['access-control-expose-headers'])).toMatch(/ETag.*Location.*X-Request-Id/);
  });

  it('names both grounds on which it varies', async () => {
    const { headers, octets } = await send('/fhir/metadata', { origin: APP, 'accept-encoding': 'gzip' });
    expect(headers['vary']).toBe('Origin, Accept-Encoding');
    expect(JSON.parse(gunzipSync(octets).toString()).resourceType).toBe('CapabilityStatement');
  });

  it('is not shared from other addresses, nor without the setting', async () => {
    for (const path of ['/', '/auth/me', '/dav/', '/sas/metadata', '/metrics', '/fhirx', '/health/ready'])
      expect([path, ...allowed((await send(path, { origin: TRUSTED })).headers)]).toEqual([path, undefined, undefined]);
    const { headers } = await send('/fhir/metadata', { origin: APP }, { on: closed });
    expect([...allowed(headers), headers['vary']]).toEqual([undefined, undefined, undefined]);
  });

  it('may be a calendar feed', async () => {
    const link = await test.request('POST', 'Schedule/vasseur-paris/$calendar-link');
    const url = link.json.parameter.find(({ name }: { name: string }) => name === 'url').valueUrl;
    const feed = await send(new URL(url).pathname, { origin: APP });
    expect([feed.status, ...allowed(feed.headers)]).toEqual([200, APP, undefined]);
    const again = await send(new URL(url).pathname, {
      origin: APP,
      'if-none-match': String(feed.headers['etag']),
    });
    expect([again.status, ...allowed(again.headers)]).toEqual([304, APP, undefined]);
  });
});

describe('a preflight', () => {
  const ask = {
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'authorization,content-type',
  };
  it('from a listed origin is answered before anybody authenticates', async () => {
    const { status, headers, octets } = await send('/fhir/Patient/x', { origin: APP, ...ask }, { method: 'OPTIONS' });
    expect([status, octets.length, ...allowed(headers)]).toEqual([204, 0, APP, undefined]);
    expect(String(headers['access-control-allow-methods'])).toContain('PUT');
    expect(String(headers['access-control-allow-headers'])).toMatch(/Authorization.*Content-Type.*If-Match/);
  });

  it.each([
    ['another origin', 'https://evil.example', '/fhir/Patient/x'],
    ['another address', APP, '/auth/me'],
  ])('from or to %s gets no permission', async (_what, origin, path) => {
    const { status, headers } = await send(path, { origin, ...ask }, { method: 'OPTIONS' });
    expect([status === 204, headers['access-control-allow-methods'], ...allowed(headers)]).toEqual([
      ...[false, undefined, undefined, undefined],
    ]);
  });
});

describe('a write', () => {
  const patient = '{"resourceType":"Patient"}';
  const json = { 'content-type': 'application/fhir+json' };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const cross = { 'sec-fetch-site': 'cross-site' };
  it.each<[string, Record<string, string>, string, number]>([
    ['a listed origin', { origin: APP, ...json, ...cross }, 'Patient', 201],
    ['one listed with credentials', { origin: TRUSTED, ...json, ...cross, cookie: 'a=b' }, 'Patient', 201],
    ['a listed origin with a session', { origin: APP, ...json, ...cross, cookie: 'a=b' }, 'Patient', 403],
    ['a form of a listed origin', { origin: APP, ...form, ...cross }, 'Patient/_search', 403],
    ['a form of a trusted origin', { origin: TRUSTED, ...form, ...cross }, 'Patient/_search', 403],
    ['a listed origin without a type', { origin: APP, ...cross }, 'Patient', 403],
    ['text of a listed origin', { origin: APP, 'content-type': 'Text/Plain; x=1', ...cross }, 'Patient', 403],
    ['another origin', { origin: 'https://evil.example', ...json, ...cross }, 'Patient', 403],
    ['no origin, of another site', { ...json, ...cross }, 'Patient', 403],
  ])('of %s', async (_who, headers, path, status) => {
    expect((await send(`/fhir/${path}`, headers, { method: 'POST', body: patient })).status).toBe(status);
  });

  it('outside of the shared addresses stays refused', async () => {
    const headers = { origin: TRUSTED, ...json, ...cross };
    for (const path of ['/auth/logout', '/sas/Appointment', '/dav/'])
      expect([path, (await send(path, headers, { method: 'POST', body: patient })).status]).toEqual([path, 403]);
  });
});

describe('the setting', () => {
  const origins = (value: string): string[] => readConfig([], { CRENEAU_CORS_ORIGINS: value }).config.corsOrigins;
  it('is off by default, and takes origins as browsers write them', () => {
    expect(readConfig([], {}).config).toMatchObject({ corsOrigins: [], corsCredentials: [] });
    expect(origins('HTTPS://App.Example/,http://127.0.0.1:3000')).toEqual([APP, 'http://127.0.0.1:3000']);
  });

  it.each([
    '*',
    'null',
    'https://*.example',
    'app.example',
    'https://app.example/path',
    'file:///x',
    'https://u:p@a.b',
  ])('refuses %s', (value) => expect(() => origins(value)).toThrow('cors-origin'));
});
