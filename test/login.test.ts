/** Login by OpenID Connect at a real provider, over real HTTP: what succeeds, and everything that must not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NOW, startTestServer, type TestServer } from './harness.ts';
import { startProvider, TestBrowser, type TestProvider } from './oidc-provider.ts';

const COOKIE = 'creneau_agenda';

let provider: TestProvider;
let test: TestServer;
let folder: string;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-people-'));
  const people = [
    {
      name: 'Dr Camille Vasseur',
      subject: '899700000001',
      roles: ['practitioner'],
      practitioner: 'Practitioner/vasseur',
    },
    {
      name: 'Accueil',
      email: 'Accueil@cabinet.example',
      roles: ['secretary'],
      places: ['Location/cabinet'],
      agendas: ['Schedule/salle-2'],
    },
    { name: 'Exploitation', subject: 'op', roles: ['operator'] },
  ];
  writeFileSync(join(folder, 'people.json'), JSON.stringify({ people }));
  provider = await startProvider({
    vasseur: {
      given_name: 'Camille',
      family_name: 'Vasseur',
      SubjectNameID: '899700000001',
      email: 'camille@cabinet.example',
    },
    accueil: { name: 'Sophie Delmas', email: 'accueil@cabinet.EXAMPLE' },
    usurpateur: { name: 'Sans preuve', email: 'accueil@cabinet.example', email_verified: false },
    op: { name: 'Marc Aubert' },
    inconnu: { name: 'Personne', email: 'personne@ailleurs.example' },
  });
  test = await startTestServer({
    ...provider.settings(),
    people: join(folder, 'people.json'),
    sessionIdleMinutes: 30,
    sessionHours: 8,
  });
  url = test.server.url;
  provider.serve(url);
});

afterAll(async () => {
  await test.close();
  await provider.close();
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  test.clock.now = NOW;
});

async function loggedIn(person: string): Promise<{ browser: TestBrowser; token: string }> {
  const browser = new TestBrowser();
  await browser.logIn(`${url}/auth/login?return=/auth/me`, person);
  return { browser, token: (await browser.json('GET', `${url}/auth/me`)).json.csrfToken };
}

describe('a login', () => {
  it('leads to the provider and back to the same page, which shows who has logged in', async () => {
    const browser = new TestBrowser();
    const arrived = await browser.logIn(
      `${url}/auth/login?return=${encodeURIComponent('/auth/me?a=b&c=d')}`,
      'vasseur',
    );
    expect(arrived.url).toBe(`${url}/auth/me?a=b&c=d`);
    expect(arrived.json).toEqual({
      person: {
        name: 'Dr Camille Vasseur',
        roles: ['practitioner'],
        practitioner: 'Practitioner/vasseur',
        agendas: [],
        places: [],
      },
      csrfToken: expect.stringMatching(/^[\w-]{43}$/),
      expired: false,
      demo: false,
      methods: ['openid-connect'],
      open: false,
    });
  });

  it('asks with PKCE, state and nonce, and keeps nothing readable in the browser', async () => {
    const browser = new TestBrowser();
    const reply = await browser.send('GET', `${url}/auth/login`);
    const asked = new URL(reply.headers['location'] as string).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      scope: 'openid profile email',
      redirect_uri: `${url}/auth/callback`,
    });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked.get(name)!.length).toBeGreaterThan(30);
    const [cookie] = [reply.headers['set-cookie']].flat();
    expect(cookie).toMatch(/^creneau_agenda_login=[\w-]{43}; Max-Age=900; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  it('by e-mail, in any case, when the people file has no subject; never by an unverified one', async () => {
    const { browser } = await loggedIn('accueil');
    expect((await browser.json('GET', `${url}/auth/me`)).json.person).toEqual({
      name: 'Accueil',
      roles: ['secretary'],
      agendas: ['Schedule/salle-2'],
      places: ['Location/cabinet'],
    });
    const refused = await new TestBrowser().logIn(`${url}/auth/login`, 'usurpateur');
    expect([refused.status, refused.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
  });

  it('of somebody without an account is refused in clear French, and leaves no session', async () => {
    const browser = new TestBrowser();
    const reply = await browser.logIn(`${url}/auth/login`, 'inconnu');
    expect([reply.status, reply.text]).toEqual([403, expect.stringContaining('aucun compte ne lui correspond ici')]);
    expect(browser.cookies.has(COOKIE)).toBe(false);
    expect(await test.sql('SELECT * FROM session WHERE data LIKE $1', ['%personne@ailleurs%'])).toEqual([]);
  });

  it.each([
    ['//evil.example/', '/'],
    ['https://evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['/%09/evil.example', '/%09/evil.example'],
    ['javascript:alert(1)', '/'],
    ['/rdv?agenda=a&origin=sas', '/rdv?agenda=a&origin=sas'],
  ])('with return=%s leads to %s of this server', async (asked, path) => {
    const reply = await new TestBrowser().logIn(
      `${url}/auth/login?return=${encodeURIComponent(asked)}`,
      'op',
      path === '/' ? undefined : path.slice(0, 5),
    );
    expect(reply.url).toBe(url + path);
  });
});

it('of another level of authentication than was asked for is refused', async () => {
  const strict = await startProvider({ op: { name: 'Marc Aubert' } });
  for (const [given, asked, status] of [
    ['eidas1', 'eidas1', 200],
    ['eidas2', 'eidas1 eidas2', 200],
    ['eidas0', 'eidas1', 400],
    [undefined, 'eidas1', 400],
  ] as const) {
    const own = await startTestServer({
      ...strict.settings(),
      ...{ people: join(folder, 'people.json'), oidcAcrValues: asked },
    });
    strict.serve(own.server.url, given);
    const browser = new TestBrowser();
    const reply = await browser.logIn(`${own.server.url}/auth/login?return=/auth/me`, 'op');
    expect([given, asked, reply.status, browser.cookies.has(COOKIE)]).toEqual([given, asked, status, status === 200]);
    await own.close();
  }
  await strict.close();
});

describe('an answer of the provider that was not asked for', () => {
  it.each([
    ['wrong state', (address: URL) => address.searchParams.set('state', 'another')],
    ['no state', (address: URL) => address.searchParams.delete('state')],
    ['wrong code', (address: URL) => address.searchParams.set('code', 'invented')],
    ['wrong issuer', (address: URL) => address.searchParams.set('iss', 'http://127.0.0.1:1')],
    [
      'a refusal',
      (address: URL) => {
        address.searchParams.delete('code');
        address.searchParams.set('error', 'access_denied');
      },
    ],
  ])('%s', async (_name, spoil) => {
    const browser = new TestBrowser();
    const back = await browser.logIn(`${url}/auth/login`, 'vasseur', '/auth/callback');
    const address = new URL(back.url);
    spoil(address);
    const reply = await browser.send('GET', address.href);
    expect([reply.status, reply.text]).toEqual([400, expect.stringContaining('Connexion interrompue')]);
    expect(browser.cookies.has(COOKIE)).toBe(false);
  });

  it('in another browser, or twice, or too late', async () => {
    const browser = new TestBrowser();
    const back = await browser.logIn(`${url}/auth/login`, 'vasseur', '/auth/callback');
    const elsewhere = await new TestBrowser().send('GET', back.url);
    expect([elsewhere.status, elsewhere.text]).toEqual([400, expect.stringContaining('n&#39;est plus en cours')]);
    const cookies = new Map(browser.cookies);
    expect((await browser.send('GET', back.url)).status).toBe(303);
    for (const [name, value] of cookies) browser.cookies.set(name, value);
    const again = await browser.send('GET', back.url);
    expect([again.status, again.text]).toEqual([400, expect.stringContaining('n&#39;est plus en cours')]);

    const slow = new TestBrowser();
    const late = await slow.logIn(`${url}/auth/login`, 'vasseur', '/auth/callback');
    test.clock.now = NOW + 16 * 60_000;
    expect((await slow.send('GET', late.url)).status).toBe(400);
  });

  it('a provider that is away gets a French page (503), and is found again later', async () => {
    const gone = await startProvider({ op: { name: 'op' } });
    const other = await startTestServer({ ...gone.settings(), publicUrl: 'https://agenda.example' });
    const reply = await new TestBrowser().send('GET', `${other.server.url}/auth/login`);
    expect([reply.status, reply.text]).toEqual([
      503,
      expect.stringContaining('Le service d&#39;identification ne répond pas'),
    ]);
    gone.serve(other.server.url);
    const found = await new TestBrowser().send('GET', `${other.server.url}/auth/login`);
    expect(found.status).toBe(303);
    // Behind a proxy that speaks https for it.
    expect(new URL(found.headers['location'] as string).searchParams.get('redirect_uri')).toBe(
      'https://agenda.example/auth/callback',
    );
    expect([found.headers['set-cookie']].flat()[0]).toMatch(
      /^__Host-creneau_agenda_login=[\w-]{43}; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    await other.close();
    await gone.close();
  });
});

describe('a session', () => {
  it('is a cookie that no script can read; its value is not in the database', async () => {
    const browser = new TestBrowser();
    const back = await browser.logIn(`${url}/auth/login`, 'op', '/auth/callback');
    const reply = await browser.send('GET', back.url);
    const set = [reply.headers['set-cookie'] ?? []].flat().find((cookie) => cookie.startsWith(`${COOKIE}=`));
    expect(set).toMatch(/; Max-Age=28800; Path=\/; HttpOnly; SameSite=Lax$/);
    const secret = browser.cookies.get(COOKIE)!;
    expect(JSON.stringify(await test.sql('SELECT * FROM session'))).not.toContain(secret);
  });

  it('has the rights of its roles; a program without one gets 401 with an OperationOutcome', async () => {
    const nobody = await test.request('GET', 'Schedule');
    expect([nobody.status, nobody.json.issue[0].code, nobody.json.issue[0].details.text]).toEqual([
      401,
      'login',
      'Connectez-vous.',
    ]);
    const asked = async (person: string) => {
      const { browser } = await loggedIn(person);
      return Promise.all(
        ['/fhir/Schedule', '/metrics', '/sas/Slot', '/health/live', '/nowhere'].map(
          async (path) => (await browser.send('GET', url + path)).status,
        ),
      );
    };
    expect(await asked('vasseur')).toEqual([200, 403, 403, 200, 403]);
    expect(await asked('op')).toEqual([403, 200, 403, 200, 403]);
    expect((await new TestBrowser().send('GET', `${url}/auth/demo-people`)).status).toBe(404);
    expect(
      await Promise.all(
        ['/metrics', '/docs/json', '/nowhere'].map(
          async (path) => (await new TestBrowser().send('GET', url + path)).status,
        ),
      ),
    ).toEqual([401, 401, 401]);
  });

  it('changes nothing without its CSRF token, nor from a page of another site', async () => {
    const { browser, token } = await loggedIn('vasseur');
    const other = await loggedIn('accueil');
    const send = (headers: Record<string, string>) =>
      browser.json('POST', `${url}/fhir/Patient`, { resourceType: 'Patient' }, headers);
    const outcomes = await Promise.all([
      send({}),
      send({ 'x-csrf-token': other.token }),
      send({ 'x-csrf-token': token, origin: 'https://evil.example' }),
      send({ 'x-csrf-token': token, origin: 'null' }),
    ]);
    expect(outcomes.map((outcome) => [outcome.status, outcome.json.issue[0].expression[0]])).toEqual([
      [403, 'http.X-CSRF-Token'],
      [403, 'http.X-CSRF-Token'],
      [403, 'http.Origin'],
      [403, 'http.Origin'],
    ]);
    expect((await send({ 'x-csrf-token': token, origin: url })).status).toBe(201);
  });

  it('ends without use, and in any case after a day of work', async () => {
    const { browser } = await loggedIn('vasseur');
    const at = async (minutes: number): Promise<[number, boolean]> => {
      test.clock.now = NOW + minutes * 60_000;
      return [
        (await browser.send('GET', `${url}/fhir/Schedule`)).status,
        (await browser.json('GET', `${url}/auth/me`)).json.expired,
      ];
    };
    expect([await at(29), await at(58), await at(89)]).toEqual([
      [200, false],
      [200, false],
      [401, true],
    ]);
    const worker = await loggedIn('vasseur');
    const begun = test.clock.now;
    const statuses: number[] = [];
    for (let minutes = 0; minutes <= 500; minutes += 20) {
      test.clock.now = begun + minutes * 60_000;
      statuses.push((await worker.browser.send('GET', `${url}/fhir/Schedule`)).status);
    }
    expect(statuses.lastIndexOf(200) * 20).toBe(460);
  });

  it('ends at logout, here and at the provider', async () => {
    const { browser, token } = await loggedIn('vasseur');
    const kept = new Map(browser.cookies);
    expect((await browser.json('POST', `${url}/auth/logout`)).status).toBe(403);
    const reply = await browser.json('POST', `${url}/auth/logout`, undefined, { 'x-csrf-token': token });
    expect(new URL(reply.json.redirect).origin).toBe(provider.issuer);
    expect(browser.cookies.has(COOKIE)).toBe(false);
    for (const [name, value] of kept) browser.cookies.set(name, value);
    expect((await browser.send('GET', `${url}/fhir/Schedule`)).status).toBe(401);
    expect((await new TestBrowser().json('POST', `${url}/auth/logout`)).json).toEqual({ redirect: '/' });
  });

  it('loses its rights when the people file takes them away', async () => {
    const { browser } = await loggedIn('op');
    const { browser: other } = await loggedIn('vasseur');
    expect((await browser.send('GET', `${url}/metrics`)).status).toBe(200);
    writeFileSync(
      join(folder, 'people.json'),
      JSON.stringify({
        people: [
          {
            name: 'Dr Camille Vasseur',
            subject: '899700000001',
            roles: ['practitioner'],
            practitioner: 'Practitioner/vasseur',
          },
        ],
      }),
    );
    await expect
      .poll(async () => (await browser.send('GET', `${url}/metrics`)).status, { timeout: 15_000, interval: 200 })
      .toBe(403);
    expect((await browser.json('GET', `${url}/auth/me`)).json.person).toEqual({
      name: 'Marc Aubert',
      roles: [],
      agendas: [],
      places: [],
    });
    expect((await other.send('GET', `${url}/fhir/Schedule`)).status).toBe(200);
  });
});
