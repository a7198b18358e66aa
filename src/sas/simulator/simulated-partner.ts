/**
 * A simulated editor, for demonstrations and tests of the platform. It serves the editor's contract (INT_R01, INT_R04,
 * SOS, INT_R02) and misbehaves as told: `slow` answers after 4 s, `drip` one byte at a time, `dead` never, `500` with
 * an error, `rubbish` with invalid JSON, `huge` without end, `duplicate` with everything twice, and `wrong-tls` over
 * TLS with a certificate of an unknown authority.
 */
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { editorAnswer, type EditorShape } from '../../demo/editor-answer.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Config } from '../../runtime/config.ts';
import { DAY, makeAuthority, makeCertificate } from '../../runtime/tls/pki.ts';
import { listenError, urlOf } from '../../server/listening.ts';
import { answerIn, outcome, send } from './answers.ts';
import { receiveAccount } from './received-accounts.ts';

export interface SimulatedPartner {
  /** FHIR base. */
  url: string;
  /** The accounts that it received, by `system|value`. */
  accounts: ReadonlyMap<string, Resource>;
  /** Requests received. */
  requests(): number;
  close(): Promise<void>;
}

export interface PartnerOptions extends Pick<Config, 'mood' | 'port' | 'host' | 'seed'> {
  slots?: number;
  slowMs?: number;
  tlsCert?: string | undefined;
  tlsKey?: string | undefined;
}

const SLOW_MS = 4000;

/** `now`: for the dates of a certificate that it makes itself. */
export async function startPartner(
  { mood, port, host, seed, slots = 10, slowMs = SLOW_MS, tlsCert, tlsKey }: PartnerOptions,
  now: () => number,
): Promise<SimulatedPartner> {
  const accounts = new Map<string, Resource>();
  const stopped = new AbortController();
  // Every answer under way listens to it.
  setMaxListeners(0, stopped.signal);
  let requests = 0;
  const shape: EditorShape = { seed, slots, url: '' };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    requests++;
    const [path = '', query = ''] = (request.url ?? '').replace(/^\/fhir\//, '').split('?');
    if (path === 'Practitioner' && mood === 'good') void receiveAccount(request, response, query, accounts, shape.url);
    else if (path === 'Slot' || path === 'Schedule' || mood !== 'good')
      void answerIn(mood, response, () => editorAnswer(path, query, shape), { slowMs, stopped: stopped.signal });
    else send(response, 404, outcome('not-found', "Rien n'est servi à cette adresse."));
  };
  const identity =
    mood === 'wrong-tls'
      ? await unknownIdentity(now())
      : tlsCert === undefined
        ? undefined
        : { cert: readFileSync(tlsCert), key: readFileSync(tlsKey!) };
  const server = identity === undefined ? createServer(listener) : createTlsServer(identity, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, port)));
    server.listen(port, host, resolve);
  });
  shape.url = `${urlOf(server.address() as AddressInfo, identity !== undefined)}/fhir`;
  return {
    url: shape.url,
    accounts,
    requests: () => requests,
    async close() {
      stopped.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function unknownIdentity(now: number): Promise<{ cert: string; key: string }> {
  const valid = { from: now - DAY, to: now + DAY };
  const { certificate, key } = await makeCertificate(
    await makeAuthority('Autorité inconnue', valid),
    { commonName: 'localhost' },
    valid,
    ['localhost', '127.0.0.1', '::1'],
  );
  return { cert: certificate, key };
}
