/** The terms of use: accepted before anything else, once for each version of their text, and recorded. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { startTestServer, type TestServer } from './harness.ts';
import { startProvider, TestBrowser, type TestProvider } from './oidc-provider.ts';

const FIRST = "CGU du cabinet, version 1\n\nN'écrivez rien de <médical> dans la remarque.\n";
const SECOND = FIRST.replace('version 1', 'version 2');

let provider: TestProvider;
let test: TestServer;
let folder: string;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-terms-'));
  const people = [
    { name: 'Accueil', email: 'accueil@cabinet.example', roles: ['secretary'], places: ['Location/cabinet'] },
    { name: 'Exploitation', subject: 'op', roles: ['operator'] },
  ];
  writeFileSync(join(folder, 'people.json'), JSON.stringify({ people }));
  writeFileSync(join(folder, 'terms.txt'), FIRST);
  provider = await startProvider({
    accueil: { name: 'Sophie Delmas', email: 'accueil@cabinet.example' },
    op: { name: 'Marc Aubert' },
  });
  const files = { people: join(folder, 'people.json'), terms: join(folder, 'terms.txt') };
  test = await startTestServer({ ...provider.settings(), ...files });
  url = test.server.url;
  provider.serve(url);
});

afterAll(async () => {
  await test.close();
  await provider.close();
  rmSync(folder, { recursive: true });
});

const me = async (browser: TestBrowser): Promise<Json> => (await browser.json('GET', `${url}/auth/me`)).json;

async function fieldsOf(browser: TestBrowser, returnTo: string): Promise<Record<string, string>> {
  const { text } = await browser.go(`${url}/auth/terms?return=${encodeURIComponent(returnTo)}`);
  const [form = ''] = text.split('/auth/logout"').filter((part) => part.includes('name="version"'));
  return Object.fromEntries(
    [...form.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!]),
  );
}

async function accept(browser: TestBrowser, returnTo = '/auth/me'): Promise<number> {
  return (await browser.form(`${url}/auth/terms`, await fieldsOf(browser, returnTo))).status;
}

const acceptances = (): Promise<Json[]> =>
  test.sql('SELECT name, label, issuer, accepted_at FROM terms_acceptance ORDER BY accepted_at DESC');

describe('the terms of use', () => {
  it('come right after the first login, and close everything else until they are accepted', async () => {
    const browser = new TestBrowser();
    const arrived = await browser.logIn(`${url}/auth/login?return=/agenda?day=2026-12-01`, 'accueil');
    expect(arrived.url).toBe(`${url}/auth/terms?return=${encodeURIComponent('/agenda?day=2026-12-01')}`);
    expect(arrived.text).toContain('CGU du cabinet, version 1');
    expect(arrived.text).toContain('&lt;médical&gt;');
    const { termsOwed, csrfToken } = await me(browser);
    expect(termsOwed).toBe(true);
    const token = { 'x-csrf-token': csrfToken };
    for (const [method, path] of [
      ['GET', 'fhir/Schedule'],
      ['POST', 'fhir/Patient'],
      ['GET', 'fhir/$events'],
    ] as const) {
      const body = method === 'POST' ? { resourceType: 'Patient' } : undefined;
      const { status, json } = await browser.json(method, `${url}/${path}`, body, token);
      expect([path, status, json.issue[0].code]).toEqual([path, 403, 'forbidden']);
    }
    const page = await browser.send('GET', `${url}/rdv?agenda=x&slot=y`);
    expect(page.headers['location']).toBe(`/auth/terms?return=${encodeURIComponent('/rdv?agenda=x&slot=y')}`);
    expect(await acceptances()).toEqual([]);
  });

  it('are accepted by the form of their own page only, in the version that it showed', async () => {
    const browser = new TestBrowser();
    await browser.logIn(`${url}/auth/login?return=/auth/me`, 'accueil');
    const fields = await fieldsOf(browser, '/auth/me');
    const { accept: _, ...unticked } = fields;
    const send = async (changed: Record<string, string>): Promise<number> =>
      (await browser.form(`${url}/auth/terms`, changed)).status;
    expect(await send(unticked)).toBe(400);
    expect(await send({ ...fields, version: 'another' })).toBe(400);
    expect(await send({ ...fields, csrf: 'stolen' })).toBe(403);
    expect((await me(browser)).termsOwed).toBe(true);
    const reply = await browser.form(`${url}/auth/terms`, { ...fields, return: '//evil.example' });
    expect([reply.status, reply.headers['location']]).toEqual([303, '/']);
    expect((await me(browser)).termsOwed).toBeUndefined();
    expect((await browser.json('GET', `${url}/fhir/Schedule`)).status).toBe(200);
    // The next login of the same person leads straight on.
    const again = new TestBrowser();
    expect((await again.logIn(`${url}/auth/login?return=/auth/me`, 'accueil')).url).toBe(`${url}/auth/me`);
  });

  it('are recorded with person, version and time, and accepted anew when their text changes', async () => {
    const [first, ...others] = await acceptances();
    expect(others).toEqual([]);
    expect(first).toMatchObject({ name: 'Sophie Delmas', label: 'CGU du cabinet, version 1', issuer: provider.issuer });
    expect(new Date(first.accepted_at).getTime()).toBe(test.clock.now);
    const browser = new TestBrowser();
    await browser.logIn(`${url}/auth/login?return=/auth/me`, 'accueil');
    expect((await me(browser)).termsOwed).toBeUndefined();
    writeFileSync(join(folder, 'terms.txt'), SECOND);
    await expect.poll(async () => (await me(browser)).termsOwed, { timeout: 20_000 }).toBe(true);
    expect((await browser.json('GET', `${url}/fhir/Schedule`)).status).toBe(403);
    test.clock.now += 60_000;
    expect(await accept(browser)).toBeLessThan(400);
    expect((await browser.json('GET', `${url}/fhir/Schedule`)).status).toBe(200);
    expect((await acceptances()).map(({ label }) => label)).toEqual([
      'CGU du cabinet, version 2',
      'CGU du cabinet, version 1',
    ]);
  });

  it('bind each person; the operators see the record, and nobody else', async () => {
    const operator = new TestBrowser();
    await operator.logIn(`${url}/auth/login?return=/auth/me`, 'op');
    expect((await operator.json('GET', `${url}/fhir/$terms`)).status).toBe(403);
    await accept(operator);
    const seen = await operator.json('GET', `${url}/fhir/$terms`);
    expect(seen.json.parameter.map(({ name }: Json) => name)).toEqual([
      'current',
      'acceptance',
      'acceptance',
      'acceptance',
    ]);
    const secretary = new TestBrowser();
    await secretary.logIn(`${url}/auth/login?return=/auth/me`, 'accueil');
    expect((await secretary.json('GET', `${url}/fhir/$terms`)).status).toBe(403);
  });
});
