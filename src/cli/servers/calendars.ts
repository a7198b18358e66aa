/** Wires the calendars of the agenda server: links and feeds, import, calendars that are followed. */
import type { FastifyInstance } from 'fastify';
import type { AgendaBackend } from '../../agenda/agenda-backend.ts';
import { mountCalendars } from '../../rest/files/calendar-route.ts';
import type { WriteChecks } from '../../rest/conformance/write-checks.ts';
import type { Config } from '../../runtime/config.ts';
import type { Log } from '../../runtime/log.ts';
import { CalendarLinks, CalendarSources } from '../../store/records/calendar-links.ts';
import type { Database } from '../../store/engine/database.ts';
import { CalendarFeeds } from '../../sync/ical/feed.ts';
import { CalendarFollower } from '../../sync/ical/follow.ts';
import { CalendarImport, importOperation } from '../../sync/ical/import-operation.ts';
import { linkOperations } from '../../sync/ical/link-operations.ts';

export interface Calendars {
  follower: CalendarFollower;
  mount(app: FastifyInstance): void;
  close(): Promise<void>;
}

export function openCalendars(
  config: Config,
  agenda: AgendaBackend,
  checks: WriteChecks,
  database: Database,
  log: Log,
  now: () => number,
): Calendars {
  const links = new CalendarLinks(database);
  const calendars = new CalendarImport(agenda, database, config.slotMinutes * 60_000);
  const follower = new CalendarFollower({
    calendars,
    validate: (resource) => void checks.check(resource),
    sources: new CalendarSources(database),
    allowPrivate: config.allowPrivateEndpoints,
    maxBytes: config.maxBodyBytes,
    now,
    log,
  });
  const feeds = new CalendarFeeds(database, config.slotMinutes * 60_000);
  agenda.operations.push(
    ...linkOperations(links, agenda.repository.reader, (context, resource) => agenda.requireOwn(context, resource)),
    importOperation(calendars, follower),
  );
  return {
    follower,
    mount: (app) =>
      mountCalendars(app, async (token) => {
        const link = await links.find(token);
        return link === undefined ? undefined : feeds.of(link, now());
      }),
    close: () => follower.close(),
  };
}
