/**
 * `POST /fhir/Schedule/{id}/$import-ical`: a calendar (`text/calendar`) becomes availabilities of the agenda; what has
 * the same UID is replaced, what is cancelled goes, everything else stays. With Parameters (`url`, `interval`, `stop`)
 * the agenda follows a calendar elsewhere.
 */
import { FhirError, type Issue, issue, notFound, toOperationOutcome } from '../../../fhir/issue.ts';
import { parseResource } from '../../../fhir/json.ts';
import type { Operation } from '../../../rest/backend.ts';
import { OperationInput } from '../../../rest/operations/operation-input.ts';
import type { ResourceReader } from '../../../store/resources/resource-reader.ts';
import type { MayManage } from '../out/link-operations.ts';
import type { CalendarFollower } from './calendar-follower.ts';
import type { CalendarImport } from './calendar-import.ts';

const MIN_INTERVAL_MINUTES = 15;
const MAX_INTERVAL_MINUTES = 10_080;
const DEFAULT_INTERVAL_MINUTES = 60;

export interface ImportParts {
  calendars: CalendarImport;
  follower: CalendarFollower;
  reader: ResourceReader;
  mayManage: MayManage;
}

export function importOperation({ calendars, follower, reader, mayManage }: ImportParts): Operation {
  return {
    name: 'import-ical',
    on: ['Schedule'],
    level: 'instance',
    safe: false,
    accepts: 'text/calendar',
    description:
      "Importe un calendrier (text/calendar), ou suit celui d'une adresse : url (ou source, l'id que donne " +
      '$calendar-sources), interval en minutes (60), stop=true pour ne plus le suivre. ' +
      "Répond ligne à ligne ce qui n'a pas pu être représenté.",
    async run(context, call) {
      const id = call.id!;
      // Before anything is read or kept: a calendar that changes nothing today may do so tomorrow.
      const stored = await reader.read('Schedule', id);
      if (stored?.body === undefined) throw notFound('Schedule', id);
      await mayManage(context, parseResource('Schedule', stored.body));
      const answer = (issues: Issue[]) => ({ resource: toOperationOutcome(issues, context.requestId) });
      if (call.upload !== undefined) return answer((await calendars.send(context, id, call.upload)).issues);
      const input = new OperationInput(call, context.base);
      const url = input.text('url') ?? (await follower.addressOf(id, input.text('source')));
      if (url === undefined)
        throw new FhirError('required', 'A body of type text/calendar, or Parameters with url, is expected', {
          expression: 'http.Content-Type',
          text: 'Envoyez un calendrier (text/calendar), ou son adresse (url).',
        });
      if (input.flag('stop') === true) return answer([await stopped(follower, id, url)]);
      const interval = input.whole('interval', MIN_INTERVAL_MINUTES, MAX_INTERVAL_MINUTES);
      const { issues } = await follower.follow(context, id, url, interval ?? DEFAULT_INTERVAL_MINUTES);
      return answer(issues);
    },
  };
}

async function stopped(follower: CalendarFollower, schedule: string, url: string): Promise<Issue> {
  if (await follower.stop(schedule, url))
    return issue('information', 'informational', 'This calendar is no longer followed', {
      text: "Ce calendrier n'est plus suivi.",
    });
  throw new FhirError('not-found', 'This agenda does not follow this calendar', {
    text: 'Cet agenda ne suit pas ce calendrier.',
  });
}
