/**
 * A server that a command calls over HTTP, with a token or a certificate. Only this file of the commands imports
 * undici.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { FhirError } from '../../fhir/issue.ts';
import type { Json } from '../../fhir/resource.ts';
import type { Config } from '../../runtime/config.ts';

export interface Remote {
  /**
   * `path` is relative to the FHIR base and includes the query; `body` is JSON text. Returns the resource. Throws a
   * FhirError with the refusal of the server and its status.
   */
  ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Json>;
  close(): Promise<void>;
}

type Credentials = Pick<Config, 'toToken' | 'toCert' | 'toKey' | 'toCa'>;

/** `base`: the FHIR base. Throws when a file is missing. */
export function openRemote(base: string, { toToken, toCert, toKey, toCa }: Credentials): Remote {
  const pem = { cert: toCert, key: toKey, ca: toCa };
  const connect = Object.fromEntries(
    Object.entries(pem).flatMap(([name, file]) => (file === undefined ? [] : [[name, readFileSync(file)]])),
  );
  const authorization =
    toToken === undefined ? {} : { authorization: `Bearer ${readFileSync(toToken, 'utf8').trim()}` };
  const isKnown = toToken !== undefined || toCert !== undefined;
  const dispatcher = new Agent({ connect });
  return {
    async ask(method, path, body, more = {}) {
      const headers = {
        ...authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/fhir+json', prefer: 'return=minimal' }),
        ...more,
      };
      const reply = await request(`${base}/${path}`, {
        method,
        dispatcher,
        headers,
        ...(body === undefined ? {} : { body }),
      }).catch((error: unknown) => {
        throw unreached(base, error as NodeJS.ErrnoException);
      });
      const text = await reply.body.text();
      const json = text.startsWith('{') ? JSON.parse(text) : undefined;
      if (reply.statusCode < 300) return json;
      const [first] = json?.issue ?? [];
      const hint = reply.statusCode === 401 && !isKnown ? ' (--to-token, --to-cert, --to-key)' : '';
      throw new FhirError('processing', `${first?.diagnostics ?? `${base}: ${reply.statusCode}`}${hint}`, {
        text: `${first?.details?.text ?? `${base} : ${reply.statusCode}`}${hint}`,
        status: reply.statusCode,
      });
    },
    close: () => dispatcher.close(),
  };
}

/** The text at an address outside, as it comes. Throws a FhirError when it is not there. */
export async function openAddress(url: string, headers: Record<string, string>): Promise<AsyncIterable<Buffer>> {
  const reply = await request(url, { headers }).catch((error: unknown) => {
    throw unreached(url, error as NodeJS.ErrnoException);
  });
  if (reply.statusCode === 200) return reply.body;
  await reply.body.dump();
  throw new FhirError('processing', `${url}: ${reply.statusCode}`, { text: `${url} : ${reply.statusCode}` });
}

/** No server answers there, or its certificate is not trusted. */
function unreached(base: string, { code, message }: NodeJS.ErrnoException): FhirError {
  const isTrust = /^(UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|CERT_|ERR_TLS_CERT)/.test(code ?? '');
  const [french, english] = isTrust
    ? ["son certificat n'est pas reconnu (--to-ca, --to)", 'its certificate is not trusted (--to-ca, --to)']
    : ['ne répond pas', 'does not answer'];
  return new FhirError('transient', `${base} ${english}: ${message}`, { text: `${base} : ${french} — ${message}` });
}
