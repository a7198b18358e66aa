/**
 * `POST /fhir/Schedule/{id}/$import-ical`: a calendar (`text/calendar`) becomes availabilities of the agenda; what has
 * the same UID is replaced,
 * what is cancelled goes, all else stays. With Parameters (`url`, `interval`, `stop`): a calendar elsewhere that the
 * agenda follows from now on.
 */
import type { Context } from '../../fhir/interaction.ts';
import { extensionUrl, isExtension } from '../../fhir/extension.ts';
import { readAvailabilityTimes, readTimezone } from '../../fhir/french/fr-extensions.ts';
import { FRANCE } from '../../fhir/date.ts';
import { FhirError, type Issue, issue, notFound, toOperationOutcome } from '../../fhir/issue.ts';
import { parseJson, stringifyJson } from '../../fhir/json.ts';
import type { Extension, Resource } from '../../fhir/resource.ts';
import type { Backend, Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import { DAY } from '../../scheduling/zone.ts';
import { AgendaReader } from '../../store/resources/agenda-reader.ts';
import type { Database } from '../../store/engine/database.ts';
import { type Imported, readAvailabilities } from './availability-in.ts';
import { uidOf } from './availability-out.ts';
import { readCalendar } from './content-line.ts';
import { fault } from './told.ts';

/** An outcome with more is not read by anybody; the count tells how many there are. */
const MAX_ISSUES = 500;
const MAX_AVAILABILITIES = 2000;

export interface ImportResult {
  issues: Issue[];
  uids: string[];
}

/** A calendar elsewhere. */
export interface Following {
  follow(context: Context, schedule: string, url: string, everyMinutes: number): Promise<ImportResult>;
  stop(schedule: string, url: string): Promise<boolean>;
}

export class CalendarImport {
  private readonly backend: Pick<Backend, 'patch'>;
  private readonly agendas: AgendaReader;
  private readonly defaultDurationMs: number;

  constructor(backend: Pick<Backend, 'patch'>, database: Database, defaultDurationMs: number) {
    this.backend = backend;
    this.agendas = new AgendaReader(database);
    this.defaultDurationMs = defaultDurationMs;
  }

  /** `gone`: UIDs that came from the same place before; those that are there no more are removed. */
  async read(context: Context, schedule: string, text: string, gone: readonly string[] = []): Promise<ImportResult> {
    const [row] = await this.agendas.rows([schedule]);
    const [stored] = await this.agendas.schedules([schedule]);
    if (row === undefined || stored === undefined) throw notFound('Schedule', schedule);
    const zone =
      readTimezone(parseJson(stored.body) as Resource) ??
      (JSON.parse(row.context) as { placeZone?: string }).placeZone ??
      FRANCE;
    const { calendars, faults } = readCalendar(text);
    if (calendars.length === 0) {
      throw new FhirError('structure', 'This is no iCalendar: no BEGIN:VCALENDAR', {
        expression: 'text/calendar',
        text: "Ce n'est pas un calendrier iCalendar : BEGIN:VCALENDAR manque.",
        more: faults.slice(0, MAX_ISSUES).map(fault),
      });
    }
    const {
      found: all,
      cancelled,
      issues,
    } = await readAvailabilities(calendars, { zone, defaultDurationMs: this.defaultDurationMs });
    const found = all.length <= MAX_AVAILABILITIES ? all : all.filter((one) => !isOver(one, context.now));
    if (found.length < all.length)
      issues.push(
        issue(
          'information',
          'informational',
          `${all.length - found.length} events of the past are left out: an agenda has room for ${MAX_AVAILABILITIES}`,
          {
            text: `${all.length - found.length} événements passés ne sont pas repris : un agenda a place pour ${MAX_AVAILABILITIES}.`,
          },
        ),
      );
    const uids = found.map((found) => found.uid);
    const away = new Set([...cancelled, ...gone.filter((uid) => !uids.includes(uid))]);
    let changed = 0;
    if (found.length > 0 || away.size > 0) {
      await this.backend.patch(
        context,
        'Schedule',
        schedule,
        (before) => {
          const extension = merged(before.extension ?? [], found, away);
          changed = stringifyJson(extension) === stringifyJson(before.extension ?? []) ? 0 : found.length;
          return { ...before, extension };
        },
        {},
      );
    }
    const told = [...faults.map(fault), ...issues];
    const lost = told.filter((one) => one.severity !== 'information').length;
    const summary = issue(
      'information',
      'informational',
      `${found.length} availabilities read${changed === 0 && found.length > 0 ? ', nothing new' : ''}; ${lost} things could not be represented`,
      {
        text: `${found.length} disponibilités ou fermetures lues ; ${lost} éléments n'ont pas pu être représentés.`,
      },
    );
    return {
      issues: [
        summary,
        ...told.slice(0, MAX_ISSUES),
        ...(told.length > MAX_ISSUES
          ? [
              issue('warning', 'too-long', `${told.length - MAX_ISSUES} more issues`, {
                text: `${told.length - MAX_ISSUES} autres remarques.`,
              }),
            ]
          : []),
      ],
      uids,
    };
  }
}

/** Once, and before yesterday. */
function isOver({ extension }: Imported, now: number): boolean {
  const part = (url: string): Extension | undefined => extension.extension!.find((extension) => extension.url === url);
  return part('rrule') === undefined && Date.parse(String(part('end')?.['valueDateTime'])) < now - DAY;
}

/** In place of those with the same name; new ones at the end. */
function merged(before: readonly Extension[], found: readonly Imported[], away: ReadonlySet<string>): Extension[] {
  const fresh = new Map(found.map((found) => [found.uid, found.extension]));
  const kept: Extension[] = [];
  for (const one of before) {
    const uids = isExtension(one, 'availabilityTime') ? namesOf(one) : [];
    const uid = uids.find((name) => fresh.has(name));
    if (uid !== undefined) {
      kept.push(fresh.get(uid)!);
      fresh.delete(uid);
    } else if (!uids.some((name) => away.has(name))) kept.push(one);
  }
  const all = [...kept, ...fresh.values()];
  const count = all.filter((one) => one.url === extensionUrl('availabilityTime')).length;
  if (count > MAX_AVAILABILITIES) {
    throw new FhirError(
      'too-costly',
      `The agenda would have ${count} availabilities; the limit is ${MAX_AVAILABILITIES}`,
      { expression: 'text/calendar', text: `L'agenda aurait ${count} disponibilités : limite ${MAX_AVAILABILITIES}.` },
    );
  }
  return all;
}

function namesOf(extension: Extension): string[] {
  const [one] = readAvailabilityTimes({ resourceType: 'Schedule', extension: [extension] });
  return one?.identifiers.map(uidOf) ?? [];
}

export function importOperation(calendars: CalendarImport, following: Following): Operation {
  return {
    name: 'import-ical',
    on: ['Schedule'],
    level: 'instance',
    safe: false,
    accepts: 'text/calendar',
    description:
      "Importe un calendrier (text/calendar), ou suit celui d'une adresse : url, interval en minutes (60), stop=true pour ne plus le suivre. Répond ligne à ligne ce qui n'a pas pu être représenté.",
    async run(context, call) {
      if (call.text !== undefined)
        return {
          resource: toOperationOutcome((await calendars.read(context, call.id!, call.text)).issues, context.requestId),
        };
      const input = new OperationInput(call, context.base);
      const url = input.text('url');
      if (url === undefined)
        throw new FhirError('required', 'A body of type text/calendar, or Parameters with url, is expected', {
          expression: 'http.Content-Type',
          text: 'Envoyez un calendrier (text/calendar), ou son adresse (url).',
        });
      if (input.flag('stop') === true) {
        if (await following.stop(call.id!, url))
          return {
            resource: toOperationOutcome(
              [
                issue('information', 'informational', 'This calendar is no longer followed', {
                  text: "Ce calendrier n'est plus suivi.",
                }),
              ],
              context.requestId,
            ),
          };
        throw new FhirError('not-found', 'This agenda does not follow this calendar', {
          text: 'Cet agenda ne suit pas ce calendrier.',
        });
      }
      const { issues } = await following.follow(context, call.id!, url, input.whole('interval', 15, 10_080) ?? 60);
      return { resource: toOperationOutcome(issues, context.requestId) };
    },
  };
}
