/**
 * The authorization server of programs: its description, which is read when the first token comes, so that the server
 * starts without it, and its tokens. https://www.rfc-editor.org/rfc/rfc8414
 */
import { FhirError } from '../../fhir/issue.ts';
import { type Claims, TokenReader } from './jwt.ts';

export interface AuthorizationSettings {
  issuer: string;
  /** The names by which tokens may mean this server. */
  audience: readonly string[];
}

interface Description {
  keys: string;
  tokenEndpoint: string;
}

const MAX_WAIT_MS = 5_000;
/** Its addresses may change. */
const KEPT_MS = 3_600_000;
/** Tokens of other kinds (`logout+jwt`) are signed by the same keys. */
const ACCESS_TOKEN_TYPES = ['at+jwt', 'application/at+jwt', 'jwt'];

export class AuthorizationServer {
  private readonly settings: AuthorizationSettings;
  private readonly tokens: TokenReader;
  private known: { at: number; description: Promise<Description> } | undefined;

  constructor(settings: AuthorizationSettings) {
    this.settings = settings;
    this.tokens = new TokenReader(async () => (await this.describe()).keys);
  }

  /** Throws `login` (401) when the token is not one for us now, `transient` (503) when the server is away. */
  async read(token: string): Promise<Claims> {
    const { issuer, audience } = this.settings;
    const claims = await this.tokens.read(token, { issuer, audience, types: ACCESS_TOKEN_TYPES, required: ['exp'] });
    return claims;
  }

  /** Throws `transient` (503). */
  async describe(): Promise<Description> {
    const now = performance.now();
    if (this.known === undefined || now - this.known.at > KEPT_MS) {
      const description = fetchDescription(this.settings.issuer);
      this.known = { at: now, description };
      // The next token tries again.
      description.catch(() => {
        this.known = undefined;
      });
    }
    return this.known.description;
  }
}

async function fetchDescription(issuer: string): Promise<Description> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const addresses = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
  ];
  const failures: unknown[] = [];
  for (const address of addresses) {
    try {
      return await readDescription(address, issuer);
    } catch (cause) {
      failures.push(cause);
    }
  }
  throw new FhirError('transient', 'The authorization server cannot be read', {
    cause: failures.at(-1),
    text: "Le serveur d'autorisation ne répond pas : réessayez dans un instant.",
  });
}

async function readDescription(address: string, issuer: string): Promise<Description> {
  const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(MAX_WAIT_MS) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const {
    issuer: named,
    jwks_uri: keys,
    token_endpoint: tokenEndpoint,
  } = (await response.json()) as Record<string, unknown>;
  if (named !== issuer) throw new Error('it describes another issuer');
  if (typeof keys !== 'string' || typeof tokenEndpoint !== 'string') throw new Error('it names no keys or no tokens');
  return { keys, tokenEndpoint };
}
