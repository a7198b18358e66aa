/** Calendars: the addresses of feeds, the import, and calendars elsewhere that an agenda follows. */
import { mountCalendars } from '../../rest/files/calendar-route.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import { CalendarLinks, CalendarSources } from '../../store/records/calendar-links.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import { CalendarFeeds } from './feed.ts';
import { CalendarFollower } from './follow.ts';
import { CalendarImport, importOperation } from './import-operation.ts';
import { linkOperations, type MayShare } from './link-operations.ts';

export interface CalendarsFeature extends Feature {
  /** Reads the followed calendars that are due, without waiting for the timer. */
  readDue(): Promise<void>;
}

export function calendarsFeature(
  { config, database, conformance, now, log }: ServerParts,
  mayShare: MayShare,
): CalendarsFeature {
  const links = new CalendarLinks(database);
  const defaultDurationMs = config.slotMinutes * 60_000;
  const feeds = new CalendarFeeds(database, defaultDurationMs);
  let follower: CalendarFollower | undefined;
  return {
    name: 'calendars',
    operations(backend) {
      const calendars = new CalendarImport(backend, database, defaultDurationMs);
      follower = new CalendarFollower({
        calendars,
        validate: (resource) => void conformance.checks.check(resource),
        sources: new CalendarSources(database),
        allowPrivate: config.allowPrivateEndpoints,
        maxBytes: config.maxBodyBytes,
        now,
        log,
      });
      const reader = new ResourceReader(database);
      return [...linkOperations(links, reader, mayShare), importOperation(calendars, follower)];
    },
    mount: (app) =>
      mountCalendars(app, async (token) => {
        const link = await links.find(token);
        return link === undefined ? undefined : feeds.of(link, now());
      }),
    readDue: async () => follower?.look(),
    start: () => follower?.start(),
    close: () => follower?.close(),
  };
}
