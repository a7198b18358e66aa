/**
 * `GET /fhir/Schedule/{id}/$calendar-sources`: the calendars that the agenda takes time from, when each was read and is
 * read next, and what could not be read, line by line. Addresses of calendars are secrets: they are shown in part.
 */
import type { Context } from '../../../fhir/interaction.ts';
import { type Issue, notFound, toOperationOutcome } from '../../../fhir/issue.ts';
import { type Parameter, parameters } from '../../../fhir/foundation.ts';
import { parseResource } from '../../../fhir/json.ts';
import type { Operation } from '../../../rest/backend.ts';
import type { CalendarSource, CalendarSources } from '../../../store/records/calendar-sources.ts';
import type { ResourceReader } from '../../../store/resources/resource-reader.ts';
import { DEVICES, SENT, sourceKey } from '../in/source-tag.ts';
import type { MayManage } from '../out/link-operations.ts';

export function sourcesOperation(sources: CalendarSources, reader: ResourceReader, mayManage: MayManage): Operation {
  return {
    name: 'calendar-sources',
    on: ['Schedule'],
    level: 'instance',
    safe: true,
    description:
      "Les calendriers dont l'agenda reprend le temps : dernière et prochaine lecture, et ligne à ligne ce qui " +
      "n'a pas pu être repris",
    async run(context: Context, call) {
      const stored = await reader.read('Schedule', call.id!);
      if (stored?.body === undefined) throw notFound('Schedule', call.id!);
      await mayManage(context, parseResource('Schedule', stored.body));
      const list = await sources.of(call.id!);
      return { resource: parameters(list.map(sourceParameter)) };
    },
  };
}

function sourceParameter(source: CalendarSource): Parameter {
  const instant = (name: string, at: number | undefined): Parameter[] =>
    at === undefined ? [] : [{ name, valueInstant: new Date(at).toISOString() }];
  const isFollowed = source.url !== SENT && source.url !== DEVICES;
  return {
    name: 'source',
    part: [
      { name: 'id', valueString: sourceKey(source.url) },
      { name: 'followed', valueBoolean: isFollowed },
      ...(isFollowed
        ? [
            { name: 'address', valueString: shownAddress(source.url) },
            { name: 'interval', valueInteger: source.everyMinutes },
          ]
        : []),
      ...instant('last-read', source.readAt),
      ...instant('last-tried', source.triedAt),
      ...instant('next', source.nextAt),
      ...instant('horizon', source.horizon),
      { name: 'failures', valueInteger: source.failures },
      ...(source.outcome === undefined ? [] : [{ name: 'outcome', valueString: source.outcome }]),
      ...issuesPart(JSON.parse(source.issues) as Issue[]),
    ],
  };
}

/** The remarks of the last successful reading. */
function issuesPart(issues: Issue[]): Parameter[] {
  return issues.length === 0 ? [] : [{ name: 'issues', resource: toOperationOutcome(issues) }];
}

/** `https://calendar.example/…/basic.ics` */
function shownAddress(url: string): string {
  const { origin, pathname } = new URL(url);
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  return `${origin}/…/${last.length > 12 ? `…${last.slice(-8)}` : last}`;
}
