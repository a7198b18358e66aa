/**
 * A real OpenID provider for tests (`oidc-provider`), in this process on a port of its own, and a browser without a
 * screen that keeps
 * cookies and follows redirects. Its login page lists the people as buttons, so that a real browser can use it too.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { request as http } from 'undici';
import type { Json } from '../src/fhir/resource.ts';
import type { Config } from '../src/runtime/config.ts';

const CLIENT = { id: 'creneau-test', secret: 'a-secret-of-the-tests-0123456789' };

/** The claims of a person, as Pro Santé Connect would give them. */
export interface Claims {
  name?: string;
  given_name?: string;
  family_name?: string;
  email?: string;
  email_verified?: boolean;
  SubjectNameID?: string;
}

export interface TestProvider {
  issuer: string;
  /** By `sub`; may change while the provider runs. */
  people: Map<string, Claims>;
  /** The settings of a server that uses it. */
  settings(): Partial<Config>;
  /** A token that it has signed, valid for so many seconds. */
  sign(claims: Json, seconds?: number): Promise<string>;
  /** To be called once the address of that server is known. `acr`: the level of its logins, whatever is asked. */
  serve(clientUrl: string, acr?: string): void;
  close(): Promise<void>;
}

export async function startProvider(people: Record<string, Claims>): Promise<TestProvider> {
  const known = new Map(Object.entries(people));
  let provider: Json;
  let level: string | undefined;
  const server: Server = createServer((request, response) => {
    if (provider === undefined) response.writeHead(503).end();
    else if (request.url?.startsWith('/interaction/'))
      interact(provider, known, request, response, level).catch(() => response.writeHead(500).end());
    else provider.callback()(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: 'test' };
  // The library has no types of its own.
  const { default: OidcProvider } = (await import('oidc-provider' as string)) as Json;
  return {
    issuer,
    people: known,
    settings: () => ({
      oidcIssuer: issuer,
      oidcClientId: CLIENT.id,
      oidcClientSecret: CLIENT.secret,
      oidcTrustEmail: true,
    }),
    sign: (claims, seconds = 60) =>
      new SignJWT({ iss: issuer, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'test' })
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
        .sign(privateKey),
    serve(clientUrl, acr) {
      level = acr;
      provider = new OidcProvider(issuer, {
        clients: [
          {
            client_id: CLIENT.id,
            client_secret: CLIENT.secret,
            redirect_uris: [`${clientUrl}/auth/callback`],
            post_logout_redirect_uris: [`${clientUrl}/`],
            backchannel_logout_uri: `${clientUrl}/auth/backchannel-logout`,
            backchannel_logout_session_required: true,
            token_endpoint_auth_method: 'client_secret_post',
          },
        ],
        jwks: { keys: [key] },
        cookies: { keys: ['of the tests'] },
        ...(acr === undefined ? {} : { acrValues: ['eidas0', 'eidas1', 'eidas2'] }),
        features: {
          devInteractions: { enabled: false },
          rpInitiatedLogout: { enabled: true },
          backchannelLogout: { enabled: true },
        },
        claims: {
          openid: ['sub', 'SubjectNameID'],
          profile: ['name', 'given_name', 'family_name'],
          email: ['email', 'email_verified'],
        },
        interactions: { url: (_context: Json, interaction: Json) => `/interaction/${interaction.uid}` },
        findAccount: (_context: Json, sub: string) =>
          known.has(sub) && { accountId: sub, claims: async () => ({ sub, email_verified: true, ...known.get(sub) }) },
        async loadExistingGrant({ oidc }: Json) {
          const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
          grant.addOIDCScope('openid profile email');
          await grant.save();
          return grant;
        },
      });
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** The login page: a button for each person; `?person=` chooses without a click. */
async function interact(
  provider: Json,
  people: ReadonlyMap<string, Claims>,
  request: IncomingMessage,
  response: ServerResponse,
  acr: string | undefined,
): Promise<void> {
  const chosen = new URL(request.url!, 'http://here').searchParams.get('person');
  if (chosen !== null) {
    await provider.interactionFinished(
      request,
      response,
      { login: { accountId: chosen, ...(acr === undefined ? {} : { acr }) } },
      { mergeWithLastSubmission: false },
    );
    return;
  }
  const buttons = [...people]
    .map(([sub, claims]) => `<li><button name="person" value="${sub}">${claims.name ?? sub}</button></li>`)
    .join('');
  response
    .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    .end(
      '<!doctype html><html lang="fr"><title>Identification</title><main><h1>Qui êtes-vous ?</h1><form>' +
        `<ul>${buttons}</ul></form></main></html>`,
    );
}

export interface PageReply {
  status: number;
  /** Where the browser is now. */
  url: string;
  text: string;
  json: Json;
  headers: Record<string, string | string[] | undefined>;
}

/** Keeps cookies as a browser does (of one host, whatever the port) and follows redirects when told so. */
export class TestBrowser {
  readonly cookies = new Map<string, string>();

  async send(
    method: string,
    url: string,
    { body, headers = {} }: { body?: string; headers?: Record<string, string> } = {},
  ): Promise<PageReply> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await http(url, {
      method: method as 'GET',
      headers: { ...(cookie ? { cookie } : {}), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    for (const header of [reply.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header)!;
      if (value === '' || /max-age=0\b/i.test(header) || /expires=Thu, 01 Jan 1970/i.test(header))
        this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await reply.body.text();
    return {
      status: reply.statusCode,
      url,
      text,
      json: text.startsWith('{') ? JSON.parse(text) : undefined,
      headers: reply.headers,
    };
  }

  /** Follows redirects to the end; `stopAt` ends at the first address that holds it, before going there. */
  async go(url: string, stopAt?: string): Promise<PageReply> {
    let reply = await this.send('GET', url);
    for (let hops = 0; hops < 15 && reply.status >= 300 && reply.status < 400; hops++) {
      const next = new URL(reply.headers['location'] as string, reply.url).href;
      if (stopAt !== undefined && next.includes(stopAt)) return { ...reply, url: next };
      reply = await this.send('GET', next);
    }
    return reply;
  }

  /** From an address that leads to the provider, as that person, to where one is led back. */
  async logIn(url: string, person: string, stopAt?: string): Promise<PageReply> {
    const reply = await this.go(url, stopAt);
    return /\/interaction\//.test(reply.url)
      ? this.go(`${reply.url}?person=${encodeURIComponent(person)}`, stopAt)
      : reply;
  }

  json(method: string, url: string, body?: Json, headers: Record<string, string> = {}): Promise<PageReply> {
    return this.send(
      method,
      url,
      body === undefined
        ? { headers }
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } },
    );
  }

  form(url: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<PageReply> {
    return this.send('POST', url, {
      body: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });
  }
}
