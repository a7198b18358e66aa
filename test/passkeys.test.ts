/** Login with a passkey, by an authenticator made of node:crypto: the set-up, later logins, and every forgery. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSetUp } from '../src/agenda/practice/joining.ts';
import type { Json } from '../src/fhir/resource.ts';
import { PeopleStore } from '../src/store/records/people.ts';
import { startTestServer, type TestServer } from './harness.ts';
import { type PageReply, TestBrowser } from './oidc-provider.ts';

const ALGORITHMS = {
  '-7': () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  '-8': () => generateKeyPairSync('ed25519'),
  '-257': () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
} as const;

interface Forgery {
  type?: string;
  origin?: string;
  challenge?: string;
  rpId?: string;
  flags?: number;
  crossOrigin?: boolean;
  id?: string;
  signature?: Buffer;
  counter?: number;
}

class Authenticator {
  readonly id = randomBytes(16);
  private readonly algorithm: keyof typeof ALGORITHMS;
  private readonly keys: { publicKey: KeyObject; privateKey: KeyObject };
  private counter = 0;

  constructor(algorithm: keyof typeof ALGORITHMS = '-7') {
    this.algorithm = algorithm;
    this.keys = ALGORITHMS[algorithm]();
  }

  create(challenge: string, url: string, forged: Forgery = {}): Json {
    const { clientDataJSON, data } = this.answer('webauthn.create', challenge, url, 0x45, forged);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.id.length);
    const attested = Buffer.concat([data, Buffer.alloc(16), length, this.id]);
    return {
      id: forged.id ?? this.id.toString('base64url'),
      clientDataJSON,
      authenticatorData: attested.toString('base64url'),
      publicKey: this.keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
      algorithm: Number(this.algorithm),
    };
  }

  get(challenge: string, url: string, forged: Forgery = {}): Json {
    const { clientDataJSON, data } = this.answer('webauthn.get', challenge, url, 0x05, forged);
    const signed = Buffer.concat([
      data,
      createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest(),
    ]);
    const signature = forged.signature ?? sign(this.algorithm === '-8' ? null : 'sha256', signed, this.keys.privateKey);
    return {
      id: forged.id ?? this.id.toString('base64url'),
      clientDataJSON,
      authenticatorData: data.toString('base64url'),
      signature: signature.toString('base64url'),
    };
  }

  private answer(type: string, challenge: string, url: string, flags: number, forged: Forgery) {
    const { origin, hostname } = new URL(url);
    const clientData = { type, challenge, origin, crossOrigin: false, ...forged };
    const data = Buffer.alloc(37);
    createHash('sha256')
      .update(forged.rpId ?? hostname)
      .digest()
      .copy(data);
    data[32] = forged.flags ?? flags;
    data.writeUInt32BE(forged.counter ?? ++this.counter, 33);
    return { clientDataJSON: Buffer.from(JSON.stringify(clientData)).toString('base64url'), data };
  }
}

let test: TestServer;
let url: string;
const device = new Authenticator();

beforeAll(async () => {
  test = await startTestServer({ passkeys: true });
  // A name: passkeys do not exist for addresses.
  url = test.server.url.replace('127.0.0.1', 'localhost');
});
afterAll(() => test.close());

const code = (): Promise<string> => openSetUp(new PeopleStore(test.server.database), test.clock.now);

async function join(authenticator: Authenticator, forged: Forgery = {}, ticket?: string): Promise<PageReply> {
  const browser = new TestBrowser();
  const asked = await browser.json('POST', `${url}/auth/join/passkey`, {
    ticket: ticket ?? (await code()),
    name: 'Claire',
  });
  if (asked.status !== 200) return asked;
  const { challenge } = asked.json;
  return browser.json('POST', `${url}/auth/join/passkey/finish`, authenticator.create(challenge, url, forged));
}

async function logIn(
  authenticator: Authenticator,
  forged: Forgery = {},
): Promise<{ browser: TestBrowser; reply: PageReply }> {
  const browser = new TestBrowser();
  const { challenge } = (await browser.json('POST', `${url}/auth/passkey`, {})).json;
  const reply = await browser.json('POST', `${url}/auth/passkey/finish`, authenticator.get(challenge, url, forged));
  return { browser, reply };
}

const FORGERIES: readonly [string, Forgery][] = [
  ['of another site', { origin: 'https://elsewhere.example' }],
  ['inside a page of another site', { crossOrigin: true }],
  ['of another ceremony', { challenge: 'AAAA' }],
  ['of the other kind', { type: 'webauthn.other' }],
  ['for another server', { rpId: 'elsewhere.example' }],
  ['without a person', { flags: 0x44 }],
  ['by a person who was not verified', { flags: 0x41 }],
  ['with another id', { id: randomBytes(16).toString('base64url') }],
];

describe('a new passkey', () => {
  it.each(FORGERIES)('%s is refused, and the code still works', async (_what, forged) => {
    const ticket = await code();
    expect((await join(new Authenticator(), forged, ticket)).status).toBe(401);
    const looked = await new TestBrowser().json('POST', `${url}/auth/join`, { ticket });
    expect([looked.status, looked.json.kind]).toEqual([200, 'set-up']);
  });

  it('with a weak key, or one of another algorithm, is refused', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const browser = new TestBrowser();
    const statuses = [];
    for (const change of [
      { algorithm: -257, publicKey: weak.export({ format: 'der', type: 'spki' }).toString('base64url') },
      { algorithm: -8 },
      { publicKey: 'AAAA' },
      { publicKey: '%%%' },
    ]) {
      const { json } = await browser.json('POST', `${url}/auth/join/passkey`, { ticket: await code(), name: 'X' });
      const made = { ...new Authenticator().create(json.challenge, url), ...change };
      statuses.push((await browser.json('POST', `${url}/auth/join/passkey/finish`, made)).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401]);
  });

  it('makes the first manager, who is logged in; programs and strangers stay outside', async () => {
    const reply = await join(device);
    expect(reply.json).toMatchObject({ person: { name: 'Claire', roles: ['practice-manager'] }, methods: ['passkey'] });
    const asked = await new TestBrowser().send('GET', `${url}/fhir/Schedule`);
    expect(asked.status).toBe(401);
    expect((await join(new Authenticator())).status).toBe(410);
    expect(await test.sql('SELECT id FROM passkey')).toHaveLength(1);
  });
});

describe('a later login', () => {
  it('with the same passkey is the same person', async () => {
    const { browser, reply } = await logIn(device);
    expect(reply.json.person.roles).toEqual(['practice-manager']);
    expect((await browser.send('GET', `${url}/fhir/Schedule`)).status).toBe(200);
  });

  it.each([...FORGERIES, ['with another signature', { signature: randomBytes(70) }], ['of a copy', { counter: 1 }]])(
    '%s is refused',
    async (_what, forged) => {
      const { browser, reply } = await logIn(device, forged as Forgery);
      expect([reply.status, (await browser.json('GET', `${url}/auth/me`)).json.person]).toEqual([401, null]);
    },
  );

  it('takes a challenge once', async () => {
    const browser = new TestBrowser();
    const { challenge } = (await browser.json('POST', `${url}/auth/passkey`, {})).json;
    const cookies = [...browser.cookies];
    const first = await browser.json('POST', `${url}/auth/passkey/finish`, device.get(challenge, url));
    const second = new TestBrowser();
    for (const [name, value] of cookies) second.cookies.set(name, value);
    const again = await second.json('POST', `${url}/auth/passkey/finish`, device.get(challenge, url));
    expect([first.status, again.status]).toEqual([200, 401]);
  });

  it.each(['-8', '-257'] as const)('works with a key of algorithm %s', async (algorithm) => {
    const other = new Authenticator(algorithm);
    const secret = `invitation-${algorithm}`;
    await new PeopleStore(test.server.database).invite(
      { practice: 'Organization/x', name: 'Sophie', rights: [{ role: 'secretary', target: 'Location/x', powers: [] }] },
      secret,
      test.clock.now,
      test.clock.now + 1000,
    );
    expect((await join(other, {}, secret)).status).toBe(200);
    expect((await logIn(other)).reply.json.person).toMatchObject({ name: 'Sophie', roles: ['secretary'] });
  });

  it('refuses bodies that are none', async () => {
    const statuses = [];
    for (const body of [{}, { id: 1 }, { id: 'a', clientDataJSON: 'e30', authenticatorData: 'AA', signature: 'AA' }]) {
      const browser = new TestBrowser();
      await browser.json('POST', `${url}/auth/passkey`, {});
      statuses.push((await browser.json('POST', `${url}/auth/passkey/finish`, body)).status);
    }
    expect(statuses).toEqual([400, 400, 401]);
  });
});
