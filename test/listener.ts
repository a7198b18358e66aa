/** A foreign server for tests: it keeps its requests and answers as told. And Subscriptions that point to it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from '../src/fhir/resource.ts';

export const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';

export interface Listener {
  url: string;
  got: { body: Json; headers: IncomingMessage['headers'] }[];
  answer: (reply: ServerResponse, body: Json) => void;
  server: Server;
  close(): void;
}

export async function listener(): Promise<Listener> {
  const server = createServer(async (request, reply) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = text === '' ? undefined : JSON.parse(text);
    result.got.push({ body, headers: request.headers });
    result.answer(reply, body);
  });
  const result: Listener = {
    ...{ url: '', got: [], server, answer: (reply) => reply.writeHead(200).end() },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  result.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return result;
}

/** Writes text as fast as it is read, until the connection closes. */
export function endlessly(reply: ServerResponse, text = 'x'.repeat(65_536), everyMs = 1): void {
  reply.writeHead(200);
  const timer = setInterval(() => reply.write(text), everyMs);
  reply.on('close', () => clearInterval(timer));
}

export function subscription(
  url: string,
  topic: string,
  {
    filter,
    content = 'id-only',
    extension = [],
    header,
  }: { filter?: string; content?: string; extension?: Json[]; header?: string[] } = {},
): Json {
  return {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'agenda délégué',
    criteria: `urn:creneau:fhir:topic:${topic}`,
    ...(filter === undefined
      ? {}
      : { _criteria: { extension: [{ url: `${BACKPORT}/backport-filter-criteria`, valueString: filter }] } }),
    channel: {
      ...(extension.length > 0 ? { extension } : {}),
      type: 'rest-hook',
      endpoint: url,
      payload: 'application/fhir+json',
      _payload: { extension: [{ url: `${BACKPORT}/backport-payload-content`, valueCode: content }] },
      ...(header === undefined ? {} : { header }),
    },
  };
}
