/**
 * The description of the access of programs: `.well-known/smart-configuration`, and the security part of the
 * capability statement. https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html
 */
import type { Json } from '../../fhir/resource.ts';
import type { AuthorizationServer } from './authorization-server.ts';

/** The ways in which programs say who they are. */
export interface Security {
  auth: 'off' | 'token' | 'mtls';
  /** Where programs get access tokens. */
  issuer: string | undefined;
  server: AuthorizationServer | undefined;
}

export const SMART_PATH = '/fhir/.well-known/smart-configuration';

/** Throws `transient` (503) when the authorization server is away. */
export async function smartConfiguration(
  { issuer, server }: { issuer: string; server: AuthorizationServer },
  types: Iterable<string>,
): Promise<Json> {
  const { keys, tokenEndpoint } = await server.describe();
  return {
    issuer,
    jwks_uri: keys,
    token_endpoint: tokenEndpoint,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    grant_types_supported: ['client_credentials'],
    scopes_supported: ['system/*.cruds', 'system/*.rs', ...[...types].map((type) => `system/${type}.cruds`)],
    capabilities: ['client-confidential-asymmetric', 'permission-v2'],
  };
}

const SERVICES = 'http://terminology.hl7.org/CodeSystem/restful-security-service';
const OAUTH_URIS = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris';

/** `rest.security`; `undefined`: nobody is asked who it is. */
export async function securityPart({ auth, server }: Security): Promise<Json | undefined> {
  const services = [
    ...(server === undefined ? [] : [service('SMART-on-FHIR')]),
    ...(auth === 'mtls' ? [service('Certificates')] : []),
  ];
  if (auth === 'off' && services.length === 0) return undefined;
  const token = await server?.describe().then(
    ({ tokenEndpoint }) => tokenEndpoint,
    // The statement says what else there is.
    () => undefined,
  );
  return {
    ...(token === undefined
      ? {}
      : { extension: [{ url: OAUTH_URIS, extension: [{ url: 'token', valueUri: token }] }] }),
    cors: false,
    ...(services.length === 0 ? {} : { service: services }),
    description: DESCRIPTIONS[auth] + (server === undefined ? '' : `. ${BACKEND_SERVICES}`),
  };
}

const DESCRIPTIONS = {
  off: 'Les personnes se connectent ; aucun programme',
  token: 'Jeton (Authorization: Bearer)',
  mtls: 'TLS mutuel',
} as const;
const BACKEND_SERVICES = 'SMART Backend Services : client_credentials avec private_key_jwt, droits system/*.cruds';

function service(code: string): Json {
  return { coding: [{ system: SERVICES, code }] };
}
