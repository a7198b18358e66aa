/**
 * `GET /ical/{token}.ics`: calendars for programs that cannot log in; free and busy time and openings have addresses
 * below it. The address is the permission: anybody who knows it may read. The answer to a wrong address does not reveal
 * whether it was right once.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import { tellAudit } from '../audit/trail.ts';

/** `part`: `events`, `free-busy` or `availability`. */
export type FindCalendar = (token: string, part: string) => Promise<FoundCalendar | undefined>;

export interface FoundCalendar {
  text: string;
  etag: string;
  /** `Type/id` of the resource whose calendar it is. */
  of: string;
  /** It shows the names of patients. */
  names: boolean;
  /** Name of the caller who made the address. */
  author: string;
}

const PARTS = ['free-busy', 'availability'];

export function mountCalendars(app: FastifyInstance, find: FindCalendar): void {
  app.get<{ Params: { file: string } }>('/ical/:file', (request, reply) => {
    const token = /^([A-Za-z0-9_-]{20,100})\.ics$/.exec(request.params.file)?.[1];
    return send(request, reply, token === undefined ? undefined : find(token, 'events'));
  });
  app.get<{ Params: { token: string; file: string } }>('/ical/:token/:file', (request, reply) => {
    const { token, file } = request.params;
    const part = PARTS.find((name) => file === `${name}.ics`);
    const isToken = /^[A-Za-z0-9_-]{20,100}$/.test(token);
    return send(request, reply, part === undefined || !isToken ? undefined : find(token, part));
  });
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  finding: ReturnType<FindCalendar> | undefined,
): Promise<FastifyReply> {
  tellAudit(request, { code: 'calendar' });
  const found = await finding;
  if (found === undefined)
    throw new FhirError('not-found', 'This calendar does not exist, or its address was revoked', {
      text: "Ce calendrier n'existe pas, ou son adresse a été révoquée.",
    });
  tellAudit(request, {
    code: found.names ? 'calendar-names' : 'calendar',
    entities: [found.of],
    agent: { name: 'calendar link', behalf: found.author },
  });
  reply.headers({ ETag: found.etag, 'Cache-Control': 'private, max-age=300', 'Referrer-Policy': 'no-referrer' });
  const known = String(request.headers['if-none-match'] ?? '')
    .split(',')
    .map((part) => part.trim().replace(/^W\//, ''));
  if (known.includes(found.etag) || known.includes('*')) return reply.code(304).send();
  return reply.header('Content-Type', 'text/calendar; charset=utf-8').send(found.text);
}
