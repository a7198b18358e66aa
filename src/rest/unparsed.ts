/**
 * Requests that the HTTP parser refuses before the framework sees them: headers that are too long, a request that does
 * not arrive in time, bytes that are not HTTP. Their answer is an OperationOutcome too.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type Issue, issue, toOperationOutcome } from '../fhir/issue.ts';
import { stringifyJson } from '../fhir/json.ts';
import { CONTENT_TYPE } from './media-type.ts';

type Unparsed = NodeJS.ErrnoException & { rawPacket?: unknown };

export function refuseUnparsed(error: Unparsed, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const { status, issue } = refusal(error);
  const body = stringifyJson(toOperationOutcome([issue]));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${CONTENT_TYPE.json}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function refusal({ code, rawPacket }: Unparsed): { status: number; issue: Issue } {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const text = 'Adresse ou en-têtes trop longs.';
    return {
      status: isUrlTooLong(rawPacket as Buffer | undefined) ? 414 : 431,
      issue: issue('error', 'too-long', 'The address or the headers are too long', { text }),
    };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const text = 'Requête incomplète dans le délai.';
    return { status: 408, issue: issue('error', 'timeout', 'The request did not arrive in time', { text }) };
  }
  return {
    status: 400,
    issue: issue('error', 'invalid', 'This is not HTTP', { text: 'Requête HTTP illisible.' }),
  };
}

/** If the first line alone fills the packet, the address is too long. */
function isUrlTooLong(packet: Buffer | undefined): boolean {
  const text = packet?.subarray(0, 65_536).toString('latin1') ?? '';
  const end = text.indexOf('\r\n');
  return end < 0 || end > 16_000;
}
