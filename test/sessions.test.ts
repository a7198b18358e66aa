/** The sessions of people: each ends her own, an operator those of all, and the provider those that it began. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { startTestServer, type TestServer } from './harness.ts';
import { startProvider, TestBrowser, type TestProvider } from './oidc-provider.ts';

const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';
const CLIENT = 'creneau-test';
const COOKIE = 'creneau_agenda';

let provider: TestProvider;
let test: TestServer;
let folder: string;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-sessions-'));
  provider = await startProvider({ anne: { name: 'Anne' }, op: { name: 'Marc' }, '899': { name: 'Imposteur' } });
  const person = (subject: string, role: string, more: Json = {}): Json => ({
    ...{ name: subject, subject, roles: [role], places: ['Location/cabinet'] },
    ...more,
  });
  writeFileSync(
    join(folder, 'people.json'),
    JSON.stringify({
      people: [
        person('anne', 'secretary', { issuer: provider.issuer }),
        person('op', 'operator'),
        person('899', 'secretary', { issuer: 'https://ailleurs.example' }),
      ],
    }),
  );
  test = await startTestServer({ ...provider.settings(), people: join(folder, 'people.json') });
  url = test.server.url;
  provider.serve(url);
});
afterAll(async () => {
  await test.close();
  await provider.close();
  rmSync(folder, { recursive: true });
});

async function loggedIn(person: string): Promise<{ browser: TestBrowser; token: string; isIn(): Promise<boolean> }> {
  const browser = new TestBrowser();
  await browser.logIn(`${url}/auth/login?return=/auth/me`, person);
  const { csrfToken } = (await browser.json('GET', `${url}/auth/me`)).json;
  const isIn = async () => (await browser.json('GET', `${url}/auth/me`)).json.person !== null;
  return { browser, token: csrfToken, isIn };
}

const listed = async (browser: TestBrowser, query = ''): Promise<Json[]> =>
  (await browser.json('GET', `${url}/auth/sessions${query}`)).json.sessions;
const end = (browser: TestBrowser, token: string, body: Json) =>
  browser.json('POST', `${url}/auth/sessions/end`, body, { 'x-csrf-token': token });

describe('the sessions of a person', () => {
  it('are listed, and each can be ended from another one', async () => {
    const [here, lost, third] = [await loggedIn('anne'), await loggedIn('anne'), await loggedIn('anne')];
    const sessions = await listed(here.browser);
    expect(sessions.map(({ name, current }) => [name, current]).sort()).toEqual([
      ['Anne', false],
      ['Anne', false],
      ['Anne', true],
    ]);
    const own = (await listed(lost.browser)).find(({ current }) => current)!;
    expect((await end(here.browser, 'wrong', { id: own['id'] })).status).toBe(403);
    expect((await end(here.browser, here.token, {})).status).toBe(400);
    expect((await end(here.browser, here.token, { id: own['id'] })).json).toEqual({ ended: 1 });
    expect([await here.isIn(), await lost.isIn(), await third.isIn()]).toEqual([true, false, true]);
    expect((await end(here.browser, here.token, { others: true })).json).toEqual({ ended: 1 });
    expect([await here.isIn(), await third.isIn()]).toEqual([true, false]);
  });

  it('are hidden from others, but not from an operator', async () => {
    const [anne, op] = [await loggedIn('anne'), await loggedIn('op')];
    expect((await anne.browser.json('GET', `${url}/auth/sessions?all=true`)).status).toBe(403);
    expect((await new TestBrowser().json('GET', `${url}/auth/sessions`)).status).toBe(401);
    const [own] = await listed(op.browser);
    expect((await end(anne.browser, anne.token, { id: own!['id'] })).status).toBe(404);
    const all = await listed(op.browser, '?all=true');
    expect(new Set(all.map(({ name }) => name))).toEqual(new Set(['Anne', 'Marc']));
    const [target] = (await listed(anne.browser)).filter(({ current }) => current);
    expect((await end(op.browser, op.token, { id: target!['id'] })).json).toEqual({ ended: 1 });
    expect([await anne.isIn(), await op.isIn()]).toEqual([false, true]);
  });

  it('are a page with a button for each', async () => {
    const [here, other] = [await loggedIn('anne'), await loggedIn('anne')];
    const page = await here.browser.send('GET', `${url}/auth/sessions`, { headers: { accept: 'text/html' } });
    expect([page.status, page.text.includes('<h1>Mes sessions</h1>')]).toEqual([200, true]);
    const [, csrf] = /name="csrf" value="([^"]+)"/.exec(page.text)!;
    const id = (await listed(other.browser)).find(({ current }) => current)!['id'];
    expect(page.text).toContain(`value="${id}"`);
    const ended = await here.browser.send('POST', `${url}/auth/sessions/end`, {
      body: new URLSearchParams({ csrf: csrf!, id }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([ended.status, ended.headers['location'], await other.isIn()]).toEqual([303, '/auth/sessions', false]);
    const away = await new TestBrowser().send('GET', `${url}/auth/sessions`, { headers: { accept: 'text/html' } });
    expect(away.headers['location']).toBe('/auth/login?return=/auth/sessions');
  });
});

it('a subject of another issuer is somebody else', async () => {
  const { browser } = await loggedIn('899');
  expect((await browser.json('GET', `${url}/auth/me`)).json.person).toBe(null);
});

describe('a logout at the provider', () => {
  const tell = (token: string) =>
    new TestBrowser().send('POST', `${url}/auth/backchannel-logout`, {
      body: new URLSearchParams({ logout_token: token }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  const logout = (claims: Json, seconds?: number) =>
    provider.sign({ aud: CLIENT, jti: 'j', events: { [LOGOUT]: {} }, ...claims }, seconds);

  it('ends all sessions of its subject here', async () => {
    const [anne, op] = [await loggedIn('anne'), await loggedIn('op')];
    expect((await tell(await logout({ sub: 'anne' }))).status).toBe(200);
    expect([await anne.isIn(), await op.isIn()]).toEqual([false, true]);
  });

  it('ends the sessions here that began from the one that it names', async () => {
    const [first, other] = [await loggedIn('anne'), await loggedIn('anne')];
    const twin = new TestBrowser();
    for (const [name, value] of first.browser.cookies) if (name !== COOKIE) twin.cookies.set(name, value);
    await twin.go(`${url}/auth/login?return=/auth/me`);
    const isIn = async () => (await twin.json('GET', `${url}/auth/me`)).json.person !== null;
    expect(await isIn()).toBe(true);
    const left = await first.browser.json('POST', `${url}/auth/logout`, undefined, { 'x-csrf-token': first.token });
    const idToken = new URL(left.json.redirect).searchParams.get('id_token_hint')!;
    const { sid } = JSON.parse(Buffer.from(idToken.split('.')[1]!, 'base64url').toString());
    expect((await tell(await logout({ sub: 'anne', sid }))).status).toBe(200);
    expect([await isIn(), await other.isIn()]).toEqual([false, true]);
  });

  it('is believed from the provider alone, and for this server', async () => {
    const anne = await loggedIn('anne');
    const { privateKey } = await generateKeyPair('RS256');
    const events = { [LOGOUT]: {} };
    const forged = new SignJWT({ iss: provider.issuer, aud: CLIENT, sub: 'anne', jti: 'j', events })
      .setProtectedHeader({ alg: 'RS256', kid: 'test' })
      .setIssuedAt()
      .sign(privateKey);
    const shared = new SignJWT({ iss: provider.issuer, aud: CLIENT, sub: 'anne', jti: 'j', events })
      .setProtectedHeader({ alg: 'HS256', kid: 'test' })
      .setIssuedAt()
      .sign(Buffer.from('a-secret-of-the-tests-0123456789'));
    const tokens = [
      await forged,
      await shared,
      await logout({ sub: 'anne', aud: 'another' }),
      await logout({ sub: 'anne', iss: 'https://ailleurs.example' }),
      await logout({ sub: 'anne', nonce: 'n' }),
      await logout({ sub: 'anne', events: { other: {} } }),
      await logout({ sub: 'anne', events: null }),
      await logout({}),
      await logout({ sub: 'anne' }, -3_600),
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"anne"}').toString('base64url')}.`,
      '',
      'x'.repeat(20_000),
    ];
    for (const token of tokens)
      expect([token.slice(0, 20), (await tell(token)).status]).toEqual([token.slice(0, 20), 401]);
    expect(await anne.isIn()).toBe(true);
  });
});
