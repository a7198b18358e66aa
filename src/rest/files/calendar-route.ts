/**
 * `GET /ical/{token}.ics`: calendars for programs that cannot log in. Whoever knows the address may read the calendar.
 * The answer to a wrong address does not reveal whether it was right once.
 */
import type { FastifyInstance } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';

export type FindCalendar = (token: string) => Promise<{ text: string; etag: string } | undefined>;

export function mountCalendars(app: FastifyInstance, find: FindCalendar): void {
  app.get<{ Params: { file: string } }>('/ical/:file', async (request, reply) => {
    const token = /^([A-Za-z0-9_-]{20,100})\.ics$/.exec(request.params.file)?.[1];
    const found = token === undefined ? undefined : await find(token);
    if (found === undefined)
      throw new FhirError('not-found', 'This calendar does not exist, or its address was revoked', {
        text: "Ce calendrier n'existe pas, ou son adresse a été révoquée.",
      });
    reply.headers({ ETag: found.etag, 'Cache-Control': 'private, max-age=300', 'Referrer-Policy': 'no-referrer' });
    const known = String(request.headers['if-none-match'] ?? '')
      .split(',')
      .map((part) => part.trim().replace(/^W\//, ''));
    if (known.includes(found.etag) || known.includes('*')) return reply.code(304).send();
    return reply.header('Content-Type', 'text/calendar; charset=utf-8').send(found.text);
  });
}
