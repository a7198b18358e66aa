/**
 * A receiver of appointment reports, for tests: real HTTP, as naive as the contract allows. A POST always makes a new
 * record, so that whoever
 * posts twice is found out; what is not valid is refused. Bad days can be arranged, by identifier.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { errorOf, type FhirError, toOperationOutcome } from '../src/fhir/issue.ts';
import type { Json } from '../src/fhir/resource.ts';
import { CURRENT } from '../src/sas/contract/contract.ts';
import { checkReport } from '../src/sas/platform/reports/report.ts';

/** Deals with one request in place of the receiver; `keep` does what it would have done, without an answer. */
export type BadDay = (response: ServerResponse, keep: () => void, request: IncomingMessage) => void;

export interface Receiver {
  url: string;
  /** Every request that arrived whole. */
  heard: { method: string; path: string; body: Json; client: string | undefined }[];
  /** The requests received until now, in order of arrival. */
  records: Json[];
  /** Days to come, in order; for all, whatever the report. */
  bad: BadDay[];
  close(): Promise<void>;
}

export async function startReceiver(tls?: ServerOptions): Promise<Receiver> {
  const receiver: Receiver = { url: '', heard: [], records: [], bad: [], close: () => Promise.resolve() };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Json;
      const socket = request.socket as TLSSocket;
      const subject = socket.encrypted
        ? (socket.getPeerCertificate().subject as unknown as Record<string, string> | undefined)
        : undefined;
      receiver.heard.push({
        method: request.method!,
        path: decodeURIComponent(request.url!),
        body,
        client: subject?.['CN'],
      });
      const keep = (): { status: number; answer: Json } =>
        take(receiver, request.method!, new URL(request.url!, 'http://x').searchParams.get('identifier'), body);
      const day = receiver.bad.shift();
      if (day !== undefined) return day(response, keep, request);
      const { status, answer } = keep();
      response.writeHead(status, {
        'content-type': 'application/fhir+json',
        ...(status < 300 ? { location: `${receiver.url}/Appointment/1` } : {}),
      });
      response.end(JSON.stringify(answer));
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`;
  receiver.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return receiver;
}

function take(
  { records }: Receiver,
  method: string,
  asked: string | null,
  body: Json,
): { status: number; answer: Json } {
  try {
    checkReport(CURRENT, body);
    const [own] = body.identifier;
    if (method === 'PUT' && asked !== `${own.system}|${own.value}`) throw errorOf([], 422);
    const at =
      method === 'PUT'
        ? records.findIndex(
            (record) => record.identifier[0].value === own.value && record.identifier[0].system === own.system,
          )
        : -1;
    if (at >= 0) records[at] = body;
    else records.push(body);
    return { status: at >= 0 ? 200 : 201, answer: body };
  } catch (error) {
    return { status: (error as FhirError).status, answer: toOperationOutcome((error as FhirError).issues, 'receiver') };
  }
}

/** Waits for something that is about to be true. Throws what was there instead after `seconds`. */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  wanted: (found: T) => boolean,
  seconds = 30,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await ask();
    if (wanted(found)) return found;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
