/**
 * Secrets at rest: no secret can be read in a dump of the whole database, keys are changed while the server works, and
 * what an older version stored in clear is sealed.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resealed } from '../src/cli/commands/secrets.ts';
import { Secrets, secretKey } from '../src/runtime/secrets.ts';
import { CalendarSources } from '../src/store/records/calendar-sources.ts';
import { resealAll } from '../src/store/records/sealed-places.ts';
import type { Json } from '../src/fhir/resource.ts';
import { calendar, closure, openSite, type Site } from './calendar-kit.ts';
import { loadFixture } from './fixture.ts';
import { call, startTestServer, type TestServer } from './harness.ts';
import { type Listener, listener, subscription } from './listener.ts';
import { startProvider, TestBrowser, type TestProvider } from './oidc-provider.ts';

const newKey = () => secretKey(randomBytes(32).toString('base64'));
const [first, second] = [newKey(), newKey()];

let folder: string;
let provider: TestProvider;
let test: TestServer;
let hook: Listener;
let site: Site;
/** Everything that must not be read in the database, by what it is. */
const secrets = new Map<string, string>();

const TOKEN = 'jeton-du-logiciel';
const program = (method: string, path: string, body?: unknown, headers = {}) =>
  call(`${test.base}/${path}`, method, body, { authorization: `Bearer ${TOKEN}`, ...headers });
const parameters = (...parameter: Json[]): Json => ({
  resourceType: 'Parameters',
  ...(parameter.length > 0 ? { parameter } : {}),
});

async function until<T>(what: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + 30_000; ; ) {
    const found = await what();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-secrets-'));
  const { createHash } = await import('node:crypto');
  const tokenSha256 = createHash('sha256').update(TOKEN).digest('hex');
  writeFileSync(
    join(folder, 'callers.json'),
    JSON.stringify({ callers: [{ name: 'logiciel', roles: ['*'], tokenSha256 }] }),
  );
  writeFileSync(
    join(folder, 'people.json'),
    JSON.stringify({ people: [{ name: 'Op', subject: 'op', roles: ['operator'] }] }),
  );
  provider = await startProvider({ op: { name: 'Marc Aubert' } });
  test = await startTestServer({
    ...provider.settings(),
    ...{ auth: 'token', callers: join(folder, 'callers.json'), people: join(folder, 'people.json') },
    ...{ allowPrivateEndpoints: true, secretKeys: [second, first] },
  });
  provider.serve(test.server.url);
  await loadFixture(test.base, undefined, { authorization: `Bearer ${TOKEN}` });
  hook = await listener();
  site = await openSite();
  Object.assign(site, { text: calendar(...closure('fermeture', '20270104T080000Z', '20270104T090000Z')) });
}, 60_000);
afterAll(async () => {
  await test.close();
  await provider.close();
  hook.close();
  site.close();
  rmSync(folder, { recursive: true });
});

/** Every row of every table, as text. */
async function dump(): Promise<Map<string, string>> {
  const tables = await test.sql<{ name: string }>(
    'SELECT table_name AS name FROM information_schema.tables ' +
      `WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  const rows = new Map<string, string>();
  for (const { name } of tables) {
    const [row] = await test.sql<{ text: string | null }>(`SELECT string_agg(t::text, E'\n') AS text FROM "${name}" t`);
    rows.set(name, row!.text ?? '');
  }
  return rows;
}

async function readable(): Promise<string[]> {
  const found = [];
  for (const [table, text] of await dump())
    for (const [what, secret] of secrets) if (text.includes(secret)) found.push(`${what} in ${table}`);
  return found;
}

it('no secret is read in a dump of the database', async () => {
  secrets.set('token of a program', TOKEN);
  const header = 'Authorization: Bearer sesame-ouvre-toi';
  const made = await program('POST', 'Subscription', subscription(hook.url, 'schedule', { header: [header] }));
  expect(made.status, made.text).toBe(201);
  secrets.set('header of a subscription', 'sesame-ouvre-toi');
  await until(async () => hook.got.length > 0);
  expect(hook.got[0]!.headers.authorization).toBe('Bearer sesame-ouvre-toi');

  const address = site.url('adresse-secrete.ics');
  const followed = await program(
    'POST',
    'Schedule/vasseur-paris/$import-ical',
    parameters({ name: 'url', valueUrl: address }),
  );
  expect(followed.status, followed.text).toBe(200);
  secrets.set('address of a followed calendar', 'adresse-secrete');

  const idempotent = { 'idempotency-key': 'deux-fois' };
  const link = await program('POST', 'Schedule/vasseur-paris/$calendar-link', parameters(), idempotent);
  expect(link.status, link.text).toBe(201);
  secrets.set('address of our calendar', /\/ical\/([\w-]{20,})/.exec(link.text)![1]!);
  const again = await program('POST', 'Schedule/vasseur-paris/$calendar-link', parameters(), idempotent);
  expect(again.text).toBe(link.text);

  const browser = new TestBrowser();
  const session = await browser.logIn(`${test.server.url}/auth/login?return=/auth/me`, 'op');
  expect(session.json.person.name).toBe('Op');
  secrets.set('identity token', 'eyJ');
  const pending = await new TestBrowser().send('GET', `${test.server.url}/auth/login`);
  const { searchParams } = new URL(String(pending.headers['location']));
  secrets.set('state of a login', searchParams.get('state')!);
  secrets.set('nonce of a login', searchParams.get('nonce')!);

  expect(secrets.size).toBe(7);
  expect(await readable()).toEqual([]);
  // The dump would show it: what is not secret is there.
  expect([...(await dump()).values()].join()).toContain('urn:creneau:fhir:topic:schedule');
});

it('the first key seals everything that an older version stored in clear, or another key sealed', async () => {
  const { database } = test.server;
  const plain = new Secrets([]);
  const legacy = site.url('ancienne-adresse.ics');
  secrets.set('address of an older version', 'ancienne-adresse');
  await new CalendarSources(database, plain).follow('vasseur-lyon', legacy, 60, '{"caller":"logiciel"}');
  await test.sql(
    `UPDATE subscriptionchannel SET body = regexp_replace(body, 'sealed:1:[^"]*', 'Bearer sesame-ouvre-toi')`,
  );
  await test.sql(
    `UPDATE history SET body = regexp_replace(body, 'sealed:1:[^"]*', 'Bearer sesame-ouvre-toi')
     WHERE type = 'SubscriptionChannel'`,
  );
  expect((await readable()).map((found) => found.split(' in ')[1]).sort()).toEqual([
    ...['calendar_source', 'history', 'subscriptionchannel'],
  ]);
  const both = new Secrets([second, first]);
  const sealAll = (keys: Secrets, isWriting: boolean) =>
    resealAll(database, keys, (body) => resealed(keys, body), isWriting);
  const othersOf = async (keys: Secrets): Promise<number> =>
    [...(await sealAll(keys, false)).values()].reduce((sum, { others }) => sum + others, 0);
  expect(await othersOf(both)).toBeGreaterThan(2);
  await sealAll(both, true);
  expect([await othersOf(both), await readable()]).toEqual([0, []]);

  // Another key: everything is sealed anew, and found again.
  const swapped = new Secrets([first, second]);
  expect(await othersOf(swapped)).toBeGreaterThan(4);
  await sealAll(swapped, true);
  const alone = new Secrets([first]);
  expect([await othersOf(swapped), await othersOf(alone), await readable()]).toEqual([0, 0, []]);
  const sources = new CalendarSources(database, alone);
  expect((await sources.find('vasseur-lyon', legacy))?.url).toBe(legacy);
  expect((await sources.of('vasseur-paris'))[0]?.url).toBe(site.url('adresse-secrete.ics'));
  // The key that is gone opens nothing, and says so.
  const lost = [...(await sealAll(new Secrets([second]), true)).values()].map((counts) => counts.lost);
  expect(lost.reduce((a, b) => a + b)).toBeGreaterThan(4);
  expect(await othersOf(alone)).toBe(0);

  // The server goes on with what was sealed with its other key.
  const before = hook.got.length;
  const schedule = (await program('GET', 'Schedule/vasseur-paris')).json;
  await program('PUT', 'Schedule/vasseur-paris', { ...schedule, comment: 'Autre' });
  await until(async () => hook.got.length > before);
  expect(hook.got.at(-1)!.headers.authorization).toBe('Bearer sesame-ouvre-toi');
});

it('a followed calendar is followed once, in clear before and sealed after', async () => {
  const url = site.url('une-fois.ics');
  const { database } = test.server;
  await new CalendarSources(database, new Secrets([])).follow('leroy-paris', url, 60, '{}');
  const sealed = new CalendarSources(database, new Secrets([first]));
  await sealed.follow('leroy-paris', url, 30, '{}');
  expect((await sealed.of('leroy-paris')).map((source) => [source.url, source.everyMinutes])).toEqual([[url, 30]]);
  expect([await sealed.leave('leroy-paris', url), await sealed.of('leroy-paris')]).toEqual([true, []]);
});

it('a masked header is kept, a new one sealed, and one that looks sealed refused', async () => {
  const { json } = await program('POST', 'Subscription', {
    ...subscription(hook.url, 'schedule', { header: ['X-Key: premier-secret'] }),
    status: 'off',
  });
  secrets.set('second header', 'second-secret');
  const header = [...json.channel.header, 'X-Other: second-secret'];
  const put = await program('PUT', `Subscription/${json.id}`, { ...json, channel: { ...json.channel, header } });
  expect([put.status, put.json.channel.header]).toEqual([200, ['X-Key: ***', 'X-Other: ***']]);
  const [{ body }] = (await test.sql<{ body: string }>(`SELECT body FROM subscriptionchannel WHERE id = $1`, [
    json.id,
  ])) as [{ body: string }];
  expect(body.match(/sealed:1:/g)).toHaveLength(2);
  expect(await readable()).toEqual([]);
  const sealed = new Secrets([second]).seal('x', 'y');
  const forged = await program('PUT', `Subscription/${json.id}`, {
    ...{ ...json, channel: { ...json.channel, header: [`X-Key: ${sealed}`] } },
  });
  expect(forged.status).toBe(422);
});
