/**
 * `creneau partner --mood MOOD`: a simulated editor, for demonstrations and tests of the platform. It serves the
 * editor's contract (INT_R01, INT_R04, SOS,
 * INT_R02) and misbehaves as it is told: `slow` answers after 4 s, `drip` a byte at a time, `dead` never, `500` with an
 * error, `rubbish` what cannot be read,
 * `huge` without end, `duplicate` everything twice, `wrong-tls` over TLS with a certificate of an unknown authority.
 */
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { editorAnswer, type EditorShape } from '../../demo/editor-answer.ts';
import type { Identifier, Resource } from '../../fhir/resource.ts';
import type { Bundle } from '../../fhir/foundation.ts';
import type { Config } from '../../runtime/config.ts';
import type { Mood } from '../../runtime/options/demo.ts';
import { makeAuthority, makeCertificate } from '../../runtime/tls/pki.ts';
import { listenError, urlOf } from '../../server/listening.ts';

export interface SimulatedPartner {
  /** FHIR base. */
  url: string;
  /** Accounts that it was sent, by `system|value`. */
  accounts: ReadonlyMap<string, Resource>;
  /** Requests received. */
  requests(): number;
  close(): Promise<void>;
}

const SLOW_MS = 4000;
const DAY = 86_400_000;

export interface PartnerOptions extends Pick<Config, 'mood' | 'port' | 'host' | 'seed'> {
  slots?: number;
  slowMs?: number;
  tlsCert?: string | undefined;
  tlsKey?: string | undefined;
}

export async function startPartner({
  mood,
  port,
  host,
  seed,
  slots = 10,
  slowMs = SLOW_MS,
  tlsCert,
  tlsKey,
}: PartnerOptions): Promise<SimulatedPartner> {
  const accounts = new Map<string, Resource>();
  const stopped = new AbortController();
  // As many answers wait as there are callers.
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
      ? await unknownIdentity()
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

async function answerIn(
  mood: Mood,
  response: ServerResponse,
  answer: () => Resource,
  { slowMs, stopped }: { slowMs: number; stopped: AbortSignal },
): Promise<void> {
  switch (mood) {
    case 'dead':
      return;
    case '500':
      return send(response, 500, outcome('exception', 'Panne simulée.'));
    case 'slow':
      await pause(slowMs, stopped);
      return send(response, 200, answer());
    case 'rubbish': {
      const text = JSON.stringify(answer());
      return void response.writeHead(200, HEADERS).end(`<html>${text.slice(0, text.length / 2)}`);
    }
    case 'duplicate':
      return send(response, 200, twice(answer() as Bundle));
    case 'drip':
      return drip(response, JSON.stringify(answer()), stopped);
    case 'huge':
      return flood(response, answer() as Bundle, stopped);
    default:
      return send(response, 200, answer());
  }
}

const HEADERS = { 'Content-Type': 'application/fhir+json; charset=utf-8' };

function send(response: ServerResponse, status: number, resource: Resource): void {
  const text = JSON.stringify(resource);
  response.writeHead(status, { ...HEADERS, 'Content-Length': Buffer.byteLength(text) }).end(text);
}

/** Every entry again, and every slot once more under another id. */
function twice(bundle: Bundle): Resource {
  const entries = bundle.entry ?? [];
  const copies = entries
    .filter((entry) => entry.resource?.resourceType === 'Slot')
    .map((entry) => ({
      ...entry,
      fullUrl: `${entry.fullUrl}-bis`,
      resource: { ...entry.resource!, id: `${entry.resource!.id}-bis` },
    }));
  return entries.length === 0 ? bundle : { ...bundle, entry: [...entries, ...entries, ...copies] };
}

async function drip(response: ServerResponse, text: string, stopped: AbortSignal): Promise<void> {
  response.writeHead(200, HEADERS);
  for (let i = 0; i < text.length && !response.destroyed && !stopped.aborted; i++) {
    response.write(text[i]!);
    await pause(50, stopped);
  }
  response.end();
}

/** The first entries again and again, until the caller has had enough. */
async function flood(response: ServerResponse, bundle: Bundle, stopped: AbortSignal): Promise<void> {
  const entries = bundle.entry ?? [{ resource: { resourceType: 'Slot', id: 'x', status: 'free' } }];
  const piece = `${entries.map((entry) => JSON.stringify(entry)).join(',')},`.repeat(
    Math.ceil(100_000 / JSON.stringify(entries).length),
  );
  response.writeHead(200, HEADERS);
  const pieces = async function* (): AsyncGenerator<string> {
    yield '{"resourceType":"Bundle","type":"searchset","entry":[';
    while (!stopped.aborted) yield piece;
  };
  // The caller's leaving ends it.
  await pipeline(pieces, response).catch(() => {});
}

/** Ends early when the partner stops. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal }).catch(() => {});
}

/** INT_R02: POST creates, PUT by identifier updates or creates. */
async function receiveAccount(
  request: IncomingMessage,
  response: ServerResponse,
  query: string,
  accounts: Map<string, Resource>,
  url: string,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    const account = JSON.parse(Buffer.concat(chunks).toString()) as Resource;
    const [identifier] = account['identifier'] as Identifier[];
    const key = `${identifier!.system}|${identifier!.value}`;
    const asked = request.method === 'PUT' ? (new URLSearchParams(query).get('identifier') ?? key) : undefined;
    if (request.method === 'POST' && accounts.has(key))
      return send(response, 422, outcome('duplicate', 'Ce compte existe déjà.'));
    const isNew = asked === undefined || !accounts.has(asked);
    if (asked !== undefined) accounts.delete(asked);
    accounts.set(key, account);
    response.setHeader('Location', `${url}/Practitioner/${encodeURIComponent(identifier!.value!)}`);
    return send(response, isNew ? 201 : 200, account);
  } catch {
    return send(response, 400, outcome('structure', 'Compte illisible.'));
  }
}

function outcome(code: string, text: string): Resource {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, details: { text } }] };
}

async function unknownIdentity(): Promise<{ cert: string; key: string }> {
  const valid = { from: Date.now() - DAY, to: Date.now() + DAY };
  const { certificate, key } = await makeCertificate(
    await makeAuthority('Autorité inconnue', valid),
    { commonName: 'localhost' },
    valid,
    ['localhost', '127.0.0.1', '::1'],
  );
  return { cert: certificate, key };
}
