/** Passkeys in the browser: the authenticator answers, the server verifies (src/rest/access/passkeys.ts). */
import { ask } from './client.ts';

interface Asked {
  /** Bytes are base64url. */
  challenge: string;
  rpId: string;
  /** COSE, the preferred first. */
  algorithms: number[];
  user?: { id: string; name: string };
}

/** Browsers know no passkeys for addresses such as 127.0.0.1, nor on plain HTTP elsewhere. */
export function hasPasskeys(): boolean {
  return 'PublicKeyCredential' in globalThis && !/^[\d.]+$|^\[/.test(location.hostname);
}

/** Registers a passkey with a ticket, which makes its holder a person here. */
export async function joinByPasskey(ticket: string, name: string | undefined): Promise<void> {
  const asked: Asked = (await ask('/auth/join/passkey', { method: 'POST', body: { ticket, name } })).json;
  const credential = (await navigator.credentials.create({
    publicKey: {
      challenge: bytesOf(asked.challenge),
      rp: { id: asked.rpId, name: asked.rpId },
      user: { id: new TextEncoder().encode(asked.user!.id), name: asked.user!.name, displayName: asked.user!.name },
      pubKeyCredParams: asked.algorithms.map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
    },
  })) as PublicKeyCredential;
  const response = credential.response as AuthenticatorAttestationResponse;
  const body = {
    id: credential.id,
    clientDataJSON: textOf(response.clientDataJSON),
    authenticatorData: textOf(response.getAuthenticatorData()),
    publicKey: textOf(response.getPublicKey()!),
    algorithm: response.getPublicKeyAlgorithm(),
  };
  await ask('/auth/join/passkey/finish', { method: 'POST', body });
}

export async function logInByPasskey(): Promise<void> {
  const asked: Asked = (await ask('/auth/passkey', { method: 'POST', body: {} })).json;
  const credential = (await navigator.credentials.get({
    publicKey: { challenge: bytesOf(asked.challenge), rpId: asked.rpId, userVerification: 'required' },
  })) as PublicKeyCredential;
  const response = credential.response as AuthenticatorAssertionResponse;
  const body = {
    id: credential.id,
    clientDataJSON: textOf(response.clientDataJSON),
    authenticatorData: textOf(response.authenticatorData),
    signature: textOf(response.signature),
  };
  await ask('/auth/passkey/finish', { method: 'POST', body });
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function textOf(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
