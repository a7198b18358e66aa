/**
 * A real authorization server for tests (`oidc-provider`), whose clients are programs: they prove who they are by a
 * signed assertion (`private_key_jwt`) and get access tokens that are signed JWT.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { request as http } from 'undici';
import type { Json } from '../src/fhir/resource.ts';

export interface TokenServer {
  issuer: string;
  /** A token as a program gets it. `resource`: the server that it is meant for. */
  token(client: string, scope: string, resource?: string): Promise<string>;
  /** A token that no program asked for, signed by the keys of the issuer. */
  sign(claims: Json, header?: Json): Promise<string>;
  /** From now on it signs with another key. */
  rotate(): Promise<void>;
  /** How often its keys were read. */
  keyReads(): number;
  close(): Promise<void>;
}

const SECONDS = 300;
const SCOPE = /^system\/[A-Za-z*]+\.[a-z*]+(\?\S+)?$/;

/** `audience`: the server that tokens are meant for, unless they say otherwise. */
export async function startTokenServer(clients: readonly string[], audience: string): Promise<TokenServer> {
  let provider: Json;
  let keyReads = 0;
  let signing: { key: Json; kid: string };
  const server: Server = createServer((request, response) => {
    if (request.url === '/jwks') keyReads++;
    provider.callback()(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keys = new Map<string, Json>();
  const listed: Json[] = [];
  for (const client_id of clients) {
    const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true });
    keys.set(client_id, privateKey);
    listed.push({
      ...{ client_id, redirect_uris: [], response_types: [], grant_types: ['client_credentials'] },
      ...{ token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES384' },
      jwks: { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES384', use: 'sig', kid: client_id }] },
    });
  }
  // The library has no types of its own.
  const { default: OidcProvider } = (await import('oidc-provider' as string)) as Json;
  const rotate = async (): Promise<void> => {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const kid = randomUUID();
    signing = { key: privateKey, kid };
    provider = new OidcProvider(issuer, {
      clients: listed,
      jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid }] },
      cookies: { keys: ['of the tests'] },
      scopes: new Set([SCOPE]),
      clientAuthMethods: ['private_key_jwt'],
      enabledJWA: { clientAuthSigningAlgValues: ['ES384', 'RS384'] },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => audience,
          getResourceServerInfo: (context: Json, resource: string) => ({
            scope: context.oidc.params?.scope ?? '',
            audience: resource,
            accessTokenFormat: 'jwt',
            accessTokenTTL: SECONDS,
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
    });
  };
  await rotate();
  return {
    ...{ issuer, rotate },
    keyReads: () => keyReads,
    async token(client, scope, resource = audience) {
      const assertion = await new SignJWT({ jti: randomUUID() })
        .setProtectedHeader({ alg: 'ES384', kid: client, typ: 'JWT' })
        .setIssuer(client)
        .setSubject(client)
        .setAudience(`${issuer}/token`)
        .setIssuedAt()
        .setExpirationTime('2m')
        .sign(keys.get(client)!);
      const reply = await http(`${issuer}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          ...{ grant_type: 'client_credentials', scope, resource, client_assertion: assertion },
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        }).toString(),
      });
      const { access_token: token, ...problem } = (await reply.body.json()) as Json;
      if (token === undefined) throw new Error(JSON.stringify(problem));
      return token;
    },
    sign: (claims, header = {}) =>
      new SignJWT({ iss: issuer, aud: audience, exp: Math.floor(Date.now() / 1000) + SECONDS, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: signing.kid, typ: 'at+jwt', ...header })
        .setIssuedAt()
        .sign(signing.key),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
