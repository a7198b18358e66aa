/** A server behind mutual TLS and clients with each certificate, for tests. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { Agent, request as http } from 'undici';
import { makePki, writePki } from '../src/cli/commands/certs.ts';
import type { Json } from '../src/fhir/resource.ts';
import type { Config } from '../src/runtime/config.ts';
import type { Authority } from '../src/runtime/tls/pki.ts';
import { type Reply, startTestServer, type TestServer } from './harness.ts';

export interface TestPki {
  folder: string;
  root: Authority;
  intermediate: Authority;
  /** Path of a file. */
  at(name: string): string;
  read(name: string): string;
  write(files: Record<string, string>): void;
  /** The settings that use it. */
  settings(): Partial<Config>;
  remove(): void;
}

export async function testPki(): Promise<TestPki> {
  const folder = mkdtempSync(join(tmpdir(), 'creneau-pki-'));
  const { files, root, intermediate } = await makePki(Date.now(), { keys: 'ec' });
  writePki(folder, files);
  const at = (name: string): string => join(folder, name);
  return {
    folder,
    root,
    intermediate,
    at,
    read: (name) => readFileSync(at(name), 'utf8'),
    write: (changed) => writePki(folder, changed),
    settings: () => ({
      auth: 'mtls',
      callers: at('callers.json'),
      tlsCert: at('server.pem'),
      tlsKey: at('server.key'),
      tlsClientCa: at('ca.pem'),
      tlsCrl: [at('ca-root.crl'), at('ca-clients.crl')],
    }),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

export interface Client {
  call(method: string, path: string, body?: string, headers?: Record<string, string>): Promise<Reply>;
  close(): Promise<void>;
}

/** A client with the certificate of that name, or none; `chain` is sent along after it. */
export function client(
  { server: { url } }: { server: { url: string } },
  pki: TestPki,
  name: string | undefined,
  chain = '',
): Client {
  const pair = name === undefined ? {} : { cert: pki.read(`${name}.pem`) + chain, key: pki.read(`${name}.key`) };
  // The root alone: from a bundle OpenSSL would take the intermediate and send it along.
  const agent = new Agent({ connect: { ca: pki.root.certificate, ...pair }, connections: 2 });
  return {
    async call(method, path, body, headers = {}) {
      const reply = await http(url + path, {
        method: method as 'GET',
        dispatcher: agent,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }), ...headers },
        ...(body === undefined ? {} : { body }),
      });
      const text = await reply.body.text();
      return {
        status: reply.statusCode,
        headers: reply.headers as Record<string, string>,
        text,
        json: text.startsWith('{') ? (JSON.parse(text) as Json) : undefined,
      };
    },
    close: () => agent.destroy(),
  };
}

/** One request with a connection of its own. */
export async function once(
  server: TestServer,
  pki: TestPki,
  name: string | undefined,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  chain = '',
): Promise<Reply> {
  const caller = client(server, pki, name, chain);
  try {
    return await caller.call(method, path, method === 'GET' ? undefined : '{}', headers);
  } finally {
    await caller.close();
  }
}

/** A bare connection. Rejects with the error of the handshake. */
export function handshake(server: TestServer, pki: TestPki, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { hostname, port } = new URL(server.server.url);
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        host: hostname,
        port: Number(port),
        ca: pki.root.certificate,
        cert: pki.read('good.pem'),
        key: pki.read('good.key'),
        ...options,
      },
      () => resolve(socket),
    );
    socket.once('error', reject);
  });
}

export async function startTlsServer(pki: TestPki, changes: Partial<Config> = {}): Promise<TestServer> {
  return startTestServer({ ...pki.settings(), ...changes });
}

/**
 * Asks until the answer is as wanted; gives up, with the last answer, after the 10 s within which changes must be in
 * force.
 */
export async function within10s<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (wanted(answer) || Date.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
