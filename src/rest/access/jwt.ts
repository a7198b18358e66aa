/**
 * Tokens that somebody else has signed: an identity provider, an authorization server. The door of jose. The keys of
 * the issuer are kept for ten minutes, and fetched again, twice a minute at most, when a token names another one.
 * https://www.rfc-editor.org/rfc/rfc8725
 */
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { FhirError } from '../../fhir/issue.ts';

export type Claims = JWTPayload;

export interface TokenRules {
  issuer: string;
  /** One of these names. */
  audience: string | readonly string[];
  /** Claims that must be there. */
  required: readonly string[];
  /** The values of `typ` in its header, in lower case; absent: any. A header without `typ` passes. */
  types?: readonly string[];
}

/** Signatures by a key that only the issuer has; none by a shared secret. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const KEYS = { cacheMaxAge: 600_000, cooldownDuration: 30_000, timeoutDuration: 5_000 };
const MAX_TOKEN_CHARS = 16_000;
const CLOCK_SECONDS = 60;

export class TokenReader {
  private readonly keysAt: () => Promise<string>;
  private keys: JWTVerifyGetKey | undefined;

  /** `keysAt`: the address of the keys of the issuer. */
  constructor(keysAt: () => Promise<string>) {
    this.keysAt = keysAt;
  }

  /** Throws `login` (401) when the token is not one of the issuer for us now, `transient` when its keys are away. */
  async read(token: string, { issuer, audience, required, types }: TokenRules): Promise<Claims> {
    if (token.length > MAX_TOKEN_CHARS) throw refused('it is too long');
    try {
      this.keys ??= createRemoteJWKSet(new URL(await this.keysAt()), KEYS);
      const accepted = typeof audience === 'string' ? audience : [...audience];
      const { payload, protectedHeader } = await jwtVerify(token, this.keys, {
        ...{ issuer, audience: accepted, algorithms: ALGORITHMS, clockTolerance: CLOCK_SECONDS },
        requiredClaims: [...required],
      });
      const { typ } = protectedHeader;
      if (typ !== undefined && types?.includes(typ.toLowerCase()) === false) throw refused('it is of another kind');
      return payload;
    } catch (cause) {
      if (cause instanceof FhirError) throw cause;
      if (isAway(cause))
        throw new FhirError('transient', 'The keys of the issuer of the token cannot be read', {
          cause,
          text: "Le service d'identification ne répond pas : réessayez dans un instant.",
        });
      throw refused(cause instanceof errors.JOSEError ? cause.code : 'it cannot be read');
    }
  }
}

function isAway(cause: unknown): boolean {
  if (cause instanceof errors.JWKSTimeout) return true;
  if (cause instanceof errors.JOSEError) return cause.code === 'ERR_JOSE_GENERIC';
  return cause instanceof TypeError && cause.message.includes('fetch');
}

function refused(reason: string): FhirError {
  return new FhirError('login', `The token is not accepted: ${reason}`, {
    text: 'Appelant inconnu : authentifiez-vous.',
  });
}
