/** Calendars: the addresses of feeds, the import, and calendars elsewhere that an agenda follows. */
import { mountCalendars } from '../../rest/files/calendar-route.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import { CalendarLinks } from '../../store/records/calendar-links.ts';
import { CalendarSources } from '../../store/records/calendar-sources.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { ClosureNotices } from '../notice/closure-notices.ts';
import { CalendarFollower } from './follow/calendar-follower.ts';
import { CalendarImport } from './follow/calendar-import.ts';
import { importOperation } from './follow/import-operation.ts';
import { sourcesOperation } from './follow/sources-operation.ts';
import { CalendarFeeds, type CalendarPart } from './out/feed.ts';
import { linkOperations, type MayShare } from './out/link-operations.ts';

export interface CalendarsFeature extends Feature {
  /** Reads the followed calendars that are due, without waiting for the timer. */
  readDue(): Promise<void>;
}

export function calendarsFeature(
  { config, database, conformance, now, log }: ServerParts,
  mayShare: MayShare,
  notices: Pick<ClosureNotices, 'queue'>,
): CalendarsFeature {
  const links = new CalendarLinks(database);
  const sources = new CalendarSources(database);
  const defaultDurationMs = config.slotMinutes * 60_000;
  const feeds = new CalendarFeeds(database, defaultDurationMs);
  let follower: CalendarFollower | undefined;
  return {
    name: 'calendars',
    operations(backend) {
      const calendars = new CalendarImport(backend, database, defaultDurationMs, notices);
      follower = new CalendarFollower({
        calendars,
        validate: (resource) => void conformance.checks.check(resource),
        sources,
        allowPrivate: config.allowPrivateEndpoints,
        maxBytes: config.maxCalendarBytes,
        now,
        log,
      });
      const reader = new ResourceReader(database);
      return [
        ...linkOperations(links, reader, mayShare),
        importOperation(calendars, follower),
        sourcesOperation(sources, reader, mayShare),
      ];
    },
    mount: (app) =>
      mountCalendars(app, async (token, part) => {
        const link = await links.find(token);
        return link === undefined ? undefined : feeds.of(link, part as CalendarPart, now());
      }),
    readDue: async () => follower?.look(),
    start: () => follower?.start(),
    close: () => follower?.close(),
  };
}
