/**
 * Login at an OpenID provider (Pro Santé Connect is one): authorization code with PKCE, state and nonce. The door of
 * openid-client. The provider is discovered when the first person logs in, so that the server starts without it.
 * https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth
 */
import * as client from 'openid-client';
import { FhirError } from '../../fhir/issue.ts';
import { TokenReader } from './jwt.ts';
import type { Identity } from './person.ts';

export interface ProviderSettings {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** `openid`, and the scopes that the provider requires; Pro Santé Connect: `openid scope_all`. */
  scope: string;
  /** The level of authentication to ask for; Pro Santé Connect: `eidas1`. */
  acrValues: string | undefined;
  /** A verified e-mail address identifies a person of this provider. */
  trustEmail: boolean;
}

/** The secrets of a login under way, which its answer must match. They are kept where the browser cannot read them. */
export interface PendingLogin {
  state: string;
  nonce: string;
  verifier: string;
}

export interface LoginResult {
  identity: Omit<Identity, 'fromSas'>;
  /** Names the person to the provider at logout. */
  idToken: string;
  /** The provider's name for its own session. */
  sid: string | undefined;
}

/** A provider ends one session of its own, or all of a subject. */
export interface ProviderLogout {
  subject: string | undefined;
  sid: string | undefined;
}

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

const MAX_WAIT_MS = 10_000;

export class Provider {
  readonly issuer: string;
  /**
   * The origin to which a form that logs out may lead, for the security policy of the pages. The issuer's own until the
   * provider is discovered.
   */
  logoutOrigin: string;
  private readonly settings: ProviderSettings;
  private readonly tokens: TokenReader;
  private found: Promise<client.Configuration> | undefined;

  constructor(settings: ProviderSettings) {
    this.settings = settings;
    this.issuer = settings.issuer;
    this.logoutOrigin = new URL(settings.issuer).origin;
    this.tokens = new TokenReader(async () => {
      const configuration = await this.reach(() => this.configuration());
      return configuration.serverMetadata().jwks_uri ?? '';
    });
  }

  private configuration(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.settings;
    const insecure = issuer.startsWith('http:') ? { execute: [client.allowInsecureRequests] } : {};
    this.found ??= client.discovery(new URL(issuer), clientId, clientSecret, undefined, {
      ...insecure,
      timeout: MAX_WAIT_MS / 1000,
    });
    this.found.then(
      (found) => {
        this.logoutOrigin = new URL(found.serverMetadata().end_session_endpoint ?? this.issuer).origin;
      },
      () => {
        // The next login tries again.
        this.found = undefined;
      },
    );
    return this.found;
  }

  /** Asks the provider for its description. Throws `transient` (503) when it does not answer. */
  async discover(): Promise<void> {
    await this.reach(() => this.configuration());
  }

  /** The address to which to send the browser. Throws `transient` (503) when the provider does not answer. */
  async begin(redirectUri: string): Promise<{ url: URL; pending: PendingLogin }> {
    const configuration = await this.reach(() => this.configuration());
    const pending = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.settings.scope,
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: 'S256',
      ...(this.settings.acrValues === undefined ? {} : { acr_values: this.settings.acrValues }),
    });
    return { url, pending };
  }

  /**
   * `url`: the address at which the browser came back. Throws `login` (401) when the answer is not valid, `transient`
   * when the provider is away.
   */
  async finish(url: URL, { state, nonce, verifier }: PendingLogin): Promise<LoginResult> {
    const configuration = await this.reach(() => this.configuration());
    return this.reach(async () => {
      const tokens = await client.authorizationCodeGrant(configuration, url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims()!;
      this.requireLevel(claims.acr);
      const userInfo =
        configuration.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
      const { trustEmail } = this.settings;
      const identity = identityOf(this.issuer, { ...claims, ...userInfo }, trustEmail);
      return { identity, idToken: tokens.id_token!, sid: textIn(claims, 'sid') };
    });
  }

  /** The provider may answer with another level than it was asked for. Throws `login` (401). */
  private requireLevel(acr: unknown): void {
    const { acrValues } = this.settings;
    if (acrValues === undefined || acrValues.split(/\s+/).includes(String(acr))) return;
    throw new FhirError('login', 'The login has another level of authentication than the one that was asked for', {
      text: "Le niveau d'authentification n'est pas celui qui est exigé : recommencez.",
    });
  }

  /**
   * Reads a logout token. Throws `login` (401) when it is not one of this provider for us.
   * https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation
   */
  async readLogout(token: string): Promise<ProviderLogout> {
    const { issuer, clientId: audience } = this.settings;
    const claims = await this.tokens.read(token, { issuer, audience, required: ['iat', 'jti', 'events'] });
    const { events } = claims;
    const [subject, sid] = [claims.sub, textIn(claims, 'sid')];
    const isLogout = typeof events === 'object' && events !== null && Object.hasOwn(events, LOGOUT_EVENT);
    if (!isLogout || 'nonce' in claims || (subject === undefined && sid === undefined))
      throw new FhirError('login', 'The token is not a logout token', { text: 'Jeton de déconnexion refusé.' });
    return { subject, sid };
  }

  /** The address at which the provider logs people out; `undefined` when it has none. */
  async endSession(idToken: string, backTo: string): Promise<string | undefined> {
    const configuration = await this.reach(() => this.configuration());
    if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
    return client.buildEndSessionUrl(configuration, { id_token_hint: idToken, post_logout_redirect_uri: backTo }).href;
  }

  private async reach<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof FhirError) throw cause;
      if (isAway(cause))
        throw new FhirError('transient', 'The identity provider does not answer', {
          cause,
          text: "Le service d'identification ne répond pas : réessayez dans un instant.",
        });
      throw new FhirError(
        'login',
        `The login was not accepted: ${(cause as { code?: string }).code ?? 'unknown reason'}`,
        { cause, text: "L'identification n'a pas abouti : recommencez." },
      );
    }
  }
}

/** Is the provider down, too slow or broken? An answer that says no is none of these. */
function isAway(cause: unknown): boolean {
  const { name, code, status } = cause as { name?: string; code?: string; status?: number };
  return (
    name === 'TypeError' ||
    name === 'TimeoutError' ||
    code === 'OAUTH_TIMEOUT' ||
    code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' ||
    (status ?? 0) >= 500
  );
}

function textIn(claims: Record<string, unknown>, name: string): string | undefined {
  return typeof claims[name] === 'string' && claims[name].trim() !== '' ? claims[name].trim() : undefined;
}

function identityOf(issuer: string, claims: Record<string, unknown>, trustEmail: boolean): Omit<Identity, 'fromSas'> {
  const text = (name: string): string | undefined => textIn(claims, name);
  const subjectNameId = text('SubjectNameID');
  // Only `iss` and `sub` identify somebody (OpenID Connect Core 5.7). An address does where the provider verifies it
  // and the settings say so.
  const email = trustEmail && claims['email_verified'] === true ? text('email') : undefined;
  const name =
    text('name') ?? ([text('given_name'), text('family_name')].filter(Boolean).join(' ') || (email ?? 'Utilisateur'));
  return {
    issuer,
    subject: text('sub')!,
    name: name.slice(0, 200),
    ...(subjectNameId ? { subjectNameId } : {}),
    ...(email ? { email } : {}),
  };
}
