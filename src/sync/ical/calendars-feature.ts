/** Calendars: the addresses of feeds, the import, calendars that an agenda follows, and CalDAV for devices. */
import type { Resource } from '../../fhir/resource.ts';
import { mountCalendars } from '../../rest/files/calendar-route.ts';
import { mountDav } from '../../rest/files/dav-route.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import { CalendarDevices } from '../../store/records/calendar-devices.ts';
import { CalendarLinks } from '../../store/records/calendar-links.ts';
import { CalendarSources } from '../../store/records/calendar-sources.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import { DavServer } from '../caldav/dav-server.ts';
import type { RightsParts } from '../caldav/device-agendas.ts';
import { deviceOperations } from '../caldav/device-operations.ts';
import type { ClosureNotices } from '../notice/closure-notices.ts';
import { CalendarFollower } from './follow/calendar-follower.ts';
import { CalendarImport } from './follow/calendar-import.ts';
import { CalendarReader } from './follow/calendar-reader.ts';
import { importOperation } from './follow/import-operation.ts';
import { sourcesOperation } from './follow/sources-operation.ts';
import { CalendarFeeds, type CalendarPart } from './out/feed.ts';
import { linkOperations } from './out/link-operations.ts';

export interface CalendarsFeature extends Feature {
  /** Reads the followed calendars that are due, without waiting for the timer. */
  readDue(): Promise<void>;
}

export function calendarsFeature(
  { config, database, secrets, conformance, authorContext, now, log }: ServerParts,
  rights: Pick<RightsParts, 'mayManage' | 'ownAgendas'>,
  notices: Pick<ClosureNotices, 'queue'>,
): CalendarsFeature {
  const { mayManage } = rights;
  const links = new CalendarLinks(database);
  const sources = new CalendarSources(database, secrets);
  const defaultDurationMs = config.slotMinutes * 60_000;
  const feeds = new CalendarFeeds(database, defaultDurationMs);
  const texts = new CalendarReader();
  const validate = (resource: Resource): void => void conformance.checks.check(resource);
  let follower: CalendarFollower | undefined;
  let dav: DavServer | undefined;
  return {
    name: 'calendars',
    operations(backend) {
      const calendars = new CalendarImport({ backend, database, sources, defaultDurationMs, notices, reader: texts });
      follower = new CalendarFollower({
        calendars,
        authorContext,
        validate,
        sources,
        allowPrivate: config.allowPrivateEndpoints,
        maxBytes: config.maxCalendarBytes,
        now,
        log,
      });
      dav = new DavServer({
        ...{ backend, calendars, database, authorContext, validate, defaultDurationMs, now },
        ...rights,
        nameOf: ({ schedule }) => feeds.nameFor(schedule),
      });
      const reader = new ResourceReader(database);
      return [
        ...linkOperations(links, reader, mayManage),
        importOperation({ calendars, follower, reader, mayManage }),
        sourcesOperation(sources, reader, mayManage),
        ...deviceOperations(new CalendarDevices(database), reader, mayManage),
      ];
    },
    mount(app) {
      mountCalendars(app, async (token, part) => {
        const link = await links.find(token);
        const found = link && (await feeds.of(link, part as CalendarPart, now()));
        if (found === undefined) return undefined;
        const { type, id, author } = link!;
        return { ...found, of: `${type}/${id}`, names: link!.names && part === 'events', author };
      });
      mountDav(app, (request) => dav!.answer(request), log);
    },
    readDue: async () => follower?.look(),
    start: () => follower?.start(),
    async close() {
      await texts.close();
      await follower?.close();
    },
  };
}
