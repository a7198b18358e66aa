/**
 * `/dav`: CalDAV (RFC 4791), as far as HTTP goes: its methods, the user and password of the device, the answer. The
 * calendars themselves are behind a `DavHandler`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { Log } from '../../runtime/log.ts';
import { tellAudit } from '../audit/trail.ts';
import { errorResponse } from '../error-response.ts';

export interface DavRequest {
  method: string;
  /** Segments of the path below `/dav`, decoded. */
  path: readonly string[];
  header(name: string): string | undefined;
  body: string;
  /** Basic authentication. */
  user: string;
  password: string;
}

export interface DavAnswer {
  status: number;
  headers?: Record<string, string>;
  type?: string;
  body?: string;
  /** The device that asked, for the audit trail. */
  device?: DavDevice;
  /** Ids of the Schedules that were shown, where the address does not say so. */
  agendas?: readonly string[];
}

export interface DavDevice {
  id: string;
  /** Name of the caller who made it: it has the rights of that one. */
  author: string;
  /** `Type/id` of the agendas that it shows. */
  of: string;
  /** It shows the names of patients. */
  names: boolean;
}

const HINT = 'CalDAV : donnez cette adresse à un agenda (téléphone, Thunderbird, DAVx⁵), pas à un navigateur.\n';

/** `undefined`: the user and the password are not those of a device. Throws FhirError. */
export type DavHandler = (request: DavRequest) => Promise<DavAnswer | undefined>;

const METHODS = ['PROPFIND', 'PROPPATCH', 'REPORT', 'MKCALENDAR', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK'];
const ALLOWED = 'OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH, REPORT';
/** Free and busy time is asked there. Invitations are not served: `DAV` does not say `calendar-auto-schedule`. */
const OUTBOX = /^\/dav\/outbox\/?(\?|$)/;
const DAV = '1, 3, access-control, calendar-access';

export function mountDav(app: FastifyInstance, handler: DavHandler, log: Log): void {
  for (const method of METHODS) app.addHttpMethod(method, { hasBody: true });
  const all = [...METHODS, 'GET', 'HEAD', 'PUT', 'DELETE', 'POST'] as HTTPMethods[];
  for (const url of ['/dav', '/dav/*']) {
    app.route({ method: all, url, handler: (request, reply) => answer(request, reply, handler, log) });
    app.options(url, (request, reply) =>
      reply
        .headers({ DAV, Allow: OUTBOX.test(request.url) ? `${ALLOWED}, POST` : ALLOWED })
        .code(200)
        .send(),
    );
  }
  app.route({
    method: ['GET', 'PROPFIND', 'OPTIONS'] as HTTPMethods[],
    url: '/.well-known/caldav',
    handler: (_request, reply) => reply.redirect('/dav/', 301),
  });
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  handler: DavHandler,
  log: Log,
): Promise<FastifyReply> {
  reply.headers({ DAV, 'Cache-Control': 'no-store' });
  if (isVisitor(request)) return reply.type('text/plain; charset=utf-8').send(HINT);
  const { user, password } = credentialsOf(request);
  tellAudit(request, { code: 'caldav', action: ACTIONS.get(request.method) ?? 'R' });
  let found: DavAnswer | undefined;
  try {
    found = await handler({ ...partsOf(request), user, password });
  } catch (thrown) {
    const { status, headers, outcome } = errorResponse(thrown, request.id, log);
    // Phones show the text of a refusal as it is.
    const [issue] = outcome.issue;
    const text = issue?.details?.text ?? issue?.diagnostics ?? '';
    return reply.code(status).headers(headers).type('text/plain; charset=utf-8').send(text);
  }
  if (found === undefined)
    return reply.code(401).header('WWW-Authenticate', 'Basic realm="Creneau", charset="UTF-8"').send();
  const { status, headers = {}, type, body, device, agendas } = found;
  if (device !== undefined) tellDevice(request, device, agendas);
  reply.code(status).headers(headers);
  return type === undefined ? reply.send(body) : reply.type(type).send(body);
}

const ACTIONS = new Map([
  ['PUT', 'U'],
  ['DELETE', 'D'],
] as const) as ReadonlyMap<string, 'U' | 'D'>;

function tellDevice(
  request: FastifyRequest,
  { id, author, of, names }: DavDevice,
  agendas: readonly string[] = [],
): void {
  const [, schedule] = /^\/dav\/calendars\/([A-Za-z0-9\-.]{1,64})/.exec(request.raw.url ?? '') ?? [];
  const shown = schedule === undefined ? agendas : [schedule];
  tellAudit(request, {
    code: names ? 'caldav-names' : 'caldav',
    entities: shown.length === 0 ? [of] : shown.map((agenda) => `Schedule/${agenda}`),
    agent: { name: `device ${id}`, behalf: author },
  });
}

/** Somebody who opens the address in a browser. */
function isVisitor({ method, url, headers }: FastifyRequest): boolean {
  return method === 'GET' && /^\/dav\/?$/.test(url) && !/^Basic/i.test(headers.authorization ?? '');
}

function partsOf(request: FastifyRequest): Pick<DavRequest, 'method' | 'path' | 'header' | 'body'> {
  const path = (request.raw.url ?? '').split('?')[0]!;
  return {
    method: request.method,
    path: path.split('/').slice(2).filter(Boolean).map(decodedSegment),
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '',
  };
}

/** A segment with a broken escape is what it says. */
export function decodedSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function credentialsOf(request: FastifyRequest): { user: string; password: string } {
  const [, encoded = ''] = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const [, user = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  // No device has such a name, and the database refuses to look for one.
  return user.includes('\0') ? { user: '', password: '' } : { user, password };
}
