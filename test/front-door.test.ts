/**
 * The front door: requests that a page of another site sends, or that are meant for another host, are refused whatever
 * the authentication, and no answer about people stays in a cache.
 */
import { request as http } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownPath } from '../src/rest/access/return-path.ts';
import { readConfig } from '../src/runtime/config.ts';
import { startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
let other: TestServer;
beforeAll(async () => {
  test = await startTestServer();
  other = await startTestServer({ publicUrl: 'https://agenda.example', allowedHosts: ['agenda.internal'] });
});
afterAll(() => Promise.all([test.close(), other.close()]));

const JSON_TYPE = { 'content-type': 'application/fhir+json' };
const PATIENT = '{"resourceType":"Patient"}';

async function post(base: string, headers: Record<string, string>, path = 'Patient'): Promise<number> {
  const { statusCode, body } = await http(`${base}/${path}`, { method: 'POST', headers, body: PATIENT });
  await body.dump();
  return statusCode;
}

async function get(base: string, host: string, path = 'Patient'): Promise<number> {
  const { statusCode, body } = await http(`${base}/${path}`, { headers: { host } });
  await body.dump();
  return statusCode;
}

describe('a request that a page sent', () => {
  it.each<[string, Record<string, string>, number]>([
    ['no browser', {}, 201],
    ['a page of this server', { 'sec-fetch-site': 'same-origin' }, 201],
    ['the address line', { 'sec-fetch-site': 'none' }, 201],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }, 403],
    ['another site, in an old browser', { origin: 'https://evil.example' }, 403],
    ['a sandboxed page', { origin: 'null' }, 403],
    ['a page of this server without referrer', { origin: 'null', 'sec-fetch-site': 'same-origin' }, 201],
    ['a sandboxed page, in a new browser', { origin: 'null', 'sec-fetch-site': 'cross-site' }, 403],
    ['a page that begins like this server', { origin: 'http://127.0.0.1.evil.example' }, 403],
    ['a page on another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['another site that lies', { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }, 403],
  ])('%s', async (_who, headers, status) => {
    expect(await post(test.base, { ...JSON_TYPE, ...headers })).toBe(status);
  });

  it('may come by the public address', async () => {
    expect(await post(other.base, { ...JSON_TYPE, origin: 'https://agenda.example' })).toBe(201);
    expect(await post(other.base, { ...JSON_TYPE, origin: 'https://agenda.example.evil' })).toBe(403);
  });

  it('needs a content type that a form cannot have', async () => {
    const types = [undefined, '', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'];
    for (const type of types)
      expect([type, await post(test.base, type === undefined ? {} : { 'content-type': type })]).toEqual([type, 415]);
  });

  it('is refused for every unsafe method and address', async () => {
    const headers = { ...JSON_TYPE, origin: 'https://evil.example' };
    for (const path of ['', 'Patient/$validate', 'Patient/_search', 'Appointment/$hold', '$export'])
      expect([path, await post(test.base, headers, path)]).toEqual([path, 403]);
    for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
      const { statusCode, body } = await http(`${test.base}/Patient/x`, { method, headers, body: PATIENT });
      await body.dump();
      expect([method, statusCode]).toEqual([method, 403]);
    }
  });
});

/** Names that some reader takes for this machine. */
const NOT_LOOPBACK = ['127.0.0.1.evil.example', '[::1].evil.example', '127.0.0.1@evil.example', 'localhost:x.evil'];

describe('a host', () => {
  it('without authentication is this machine only', async () => {
    const answers = await Promise.all(
      ['127.0.0.1', 'localhost:8080', '[::1]', '[::1]:8080', 'evil.example', ...NOT_LOOPBACK].map((host) =>
        get(test.base, host),
      ),
    );
    expect(answers).toEqual([200, 200, 200, 200, 421, ...NOT_LOOPBACK.map(() => 421)]);
  });

  it('of a balancer may ask for the health of the machine', async () => {
    expect(await get(test.base.replace('/fhir', ''), '10.0.0.1', 'health/live')).toBe(200);
  });
});

it('an answer stays in no cache, and says that HTTPS is the way', async () => {
  const { headers } = await other.request('GET', 'Patient');
  expect([headers['cache-control'], headers['strict-transport-security']]).toEqual(['no-store', 'max-age=31536000']);
  const { headers: refused } = await test.request('GET', 'Patient/nobody');
  expect([refused['cache-control'], refused['strict-transport-security']]).toEqual(['no-store', undefined]);
});

it.each([
  ['/', '/'],
  ['/rdv?x=1#y', '/rdv?x=1#y'],
  ['/a/../b', '/b'],
  ['/..//evil.example', '/'],
  ['/.//evil.example', '/'],
  ['/x/..//evil.example', '/'],
  ['/%2e%2e//evil.example', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['/\t/evil.example', '/'],
  [undefined, '/'],
])('a login leads back to %j as %s', (asked, path) => expect(ownPath(asked)).toBe(path));

it.each<[string[], string]>([
  [['--auth', 'token', '--callers', 'c.json', '--host', '0.0.0.0'], '--behind-proxy'],
  [['--auth', 'token', '--callers', 'c.json', '--host', '0.0.0.0', '--behind-proxy', 'true'], '--public-url'],
])('%j is refused: plain HTTP stays on this machine', (argv, message) =>
  expect(() => readConfig(argv, {})).toThrow(message),
);

it('a proxy that ends TLS is named', () => {
  const argv = ['--auth', 'token', '--callers', 'c.json', '--host', '0.0.0.0', '--behind-proxy', 'true'];
  expect(readConfig([...argv, '--public-url', 'https://agenda.example'], {}).config.behindProxy).toBe(true);
});
