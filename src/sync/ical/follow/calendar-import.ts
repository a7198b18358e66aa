/**
 * Writes calendars into an agenda: files that are sent, and calendars that are followed. Both end in one change of the
 * Schedule; the same calendar again changes nothing.
 */
import { FRANCE } from '../../../fhir/date.ts';
import { readTimezone } from '../../../fhir/french/fr-extensions.ts';
import type { Context } from '../../../fhir/interaction.ts';
import { FhirError, type Issue, notFound } from '../../../fhir/issue.ts';
import { parseResource, stringifyJson } from '../../../fhir/json.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Schedule } from '../../../fhir/resources.ts';
import type { Backend, Upload } from '../../../rest/backend.ts';
import type { AgendaContext } from '../../../scheduling/agenda.ts';
import { DAY } from '../../../scheduling/zone.ts';
import { authorOf } from '../../../server/authors.ts';
import type { Database } from '../../../store/engine/database.ts';
import { CalendarObjects } from '../../../store/records/calendar-devices.ts';
import type { CalendarSource, CalendarSources } from '../../../store/records/calendar-sources.ts';
import { AgendaReader, type AgendaRow } from '../../../store/resources/agenda-reader.ts';
import type { ClosureNotices } from '../../notice/closure-notices.ts';
import { DEVICES, SENT, sourceTag } from '../in/source-tag.ts';
import { applyTimes, isOfUids, nameOf, type TimesChange } from './apply-times.ts';
import type { CalendarJob, CalendarWork, SentWork } from './calendar-job.ts';
import type { CalendarReader } from './calendar-reader.ts';
import { conflicts } from './conflicts.ts';
import { deviceCalendar } from './device-calendar.ts';
import { outcomeOf } from './outcome.ts';

/** Files that are sent at the same moment, before somebody has to try again. */
const MAX_TRIES = 6;

export interface ImportResult {
  /** The summary first. */
  issues: Issue[];
  horizon: number | undefined;
}

export interface CalendarImportParts {
  backend: Pick<Backend, 'patch'>;
  database: Database;
  sources: CalendarSources;
  defaultDurationMs: number;
  notices: Pick<ClosureNotices, 'queue'>;
  reader: Pick<CalendarReader, 'read'>;
}

export interface DeviceChange {
  name: string;
  /** Absent: the event goes. */
  body?: string;
}

interface Target {
  row: AgendaRow;
  body: string;
  schedule: Schedule;
  context: AgendaContext;
  zone: string;
}

export class CalendarImport {
  private readonly parts: CalendarImportParts;
  private readonly agendas: AgendaReader;
  private readonly sources: CalendarSources;
  private readonly objects: CalendarObjects;

  constructor(parts: CalendarImportParts) {
    this.parts = parts;
    this.agendas = new AgendaReader(parts.database);
    this.sources = parts.sources;
    this.objects = new CalendarObjects(parts.database);
  }

  /** A file replaces what earlier files said of the same UIDs; everything else stays. */
  async send(context: Context, schedule: string, upload: Upload): Promise<ImportResult> {
    return this.writeSent(context, schedule, upload);
  }

  /** Writes the dates that have come within reach since the files were sent. */
  async rollSent(context: Context, schedule: string): Promise<ImportResult> {
    return this.writeSent(context, schedule, undefined);
  }

  /** A followed calendar is everything that it says: what is gone there goes here. */
  async read(context: Context, source: CalendarSource, { octets, charset }: Upload): Promise<ImportResult> {
    const target = await this.target(source.schedule);
    const file = { octets, ...(charset === undefined ? {} : { charset }) };
    const work = await this.work(target, { url: source.url, file, now: context.now });
    if (!work.file.isWhole) {
      throw new FhirError('structure', 'The calendar was cut off, or a component lacks its BEGIN or END', {
        expression: 'text/calendar',
        text: 'Le calendrier est coupé, ou le début ou la fin d’un composant manque.',
      });
    }
    const tag = sourceTag(source.url);
    const legacy = new Set(source.uids);
    const change: TimesChange = {
      tag,
      fresh: work.imported.times,
      isGone: (known) =>
        known.source === tag.value || (known.source === undefined && known.names.some((name) => legacy.has(name))),
    };
    return this.apply(context, target, change, work);
  }

  /**
   * Events that devices wrote are a calendar that the agenda follows. `change`: an event that is about to be stored, or
   * to go; nothing is closed that the caller may not close.
   */
  async readDevices(context: Context, schedule: string, change?: DeviceChange): Promise<ImportResult> {
    const stored = await this.objects.of(schedule);
    const others = stored.filter(({ name }) => name !== change?.name).map(({ body }) => body);
    const texts = change?.body === undefined ? others : [...others, change.body];
    const target = await this.target(schedule);
    const octets = Buffer.from(deviceCalendar(texts));
    const work = await this.work(target, { url: DEVICES, file: { octets }, now: context.now });
    const tag = sourceTag(DEVICES);
    const fresh = work.imported.times;
    const result = await this.apply(
      context,
      target,
      { tag, fresh, isGone: ({ source }) => source === tag.value },
      work,
    );
    const known = await this.sources.find(schedule, DEVICES);
    const { horizon } = work.imported;
    await this.sources.keep(
      {
        ...{ schedule, url: DEVICES, revision: known?.revision ?? 0, horizon, issues: JSON.stringify(result.issues) },
        author: JSON.stringify(authorOf(context)),
      },
      '',
      result.issues[0]!.diagnostics,
      context.now,
      horizon === undefined ? undefined : context.now + DAY,
    );
    return result;
  }

  private async writeSent(context: Context, schedule: string, upload: Upload | undefined): Promise<ImportResult> {
    for (let tries = 1; ; tries++) {
      const target = await this.target(schedule);
      const source = await this.sources.find(schedule, SENT);
      const work = await this.work(target, {
        ...{ url: SENT, now: context.now },
        ...(upload === undefined ? {} : { file: { ...upload } }),
        ...(source?.kept === undefined ? {} : { kept: { text: source.kept, at: source.readAt ?? context.now } }),
      });
      const sent = work.sent!;
      const result = await this.apply(context, target, sentChange(work, sent), work);
      const { horizon } = work.imported;
      const isKept = await this.sources.keep(
        {
          ...{ schedule, url: SENT, revision: source?.revision ?? 0, horizon },
          issues: JSON.stringify(result.issues),
          author: JSON.stringify(authorOf(context)),
        },
        sent.kept,
        result.issues[0]!.diagnostics,
        context.now,
        horizon === undefined ? undefined : context.now + DAY,
      );
      if (isKept) return result;
      if (tries >= MAX_TRIES) {
        throw new FhirError('transient', 'Other calendars are being imported into this agenda; try again', {
          text: 'D’autres calendriers sont importés dans cet agenda : réessayez dans un instant.',
        });
      }
    }
  }

  /** Throws `structure` for a file without a calendar. */
  private async work(
    { body, context, zone }: Target,
    job: Omit<CalendarJob, 'schedule' | 'context' | 'zone'>,
  ): Promise<CalendarWork> {
    const work = await this.parts.reader.read({ ...job, schedule: body, context, zone });
    if (job.file !== undefined && work.file.calendars === 0) throw notACalendar(work);
    return work;
  }

  private async apply(
    context: Context,
    target: Target,
    change: TimesChange,
    { file, imported, remarks, lost }: CalendarWork,
  ): Promise<ImportResult> {
    const { backend, defaultDurationMs, notices } = this.parts;
    const changed = <T extends Resource>(schedule: T): T => {
      const extension = applyTimes(schedule.extension ?? [], change);
      return extension.length > 0 || schedule.extension !== undefined ? { ...schedule, extension } : schedule;
    };
    const after = changed(target.schedule);
    const isNew = stringifyJson(after) !== stringifyJson(target.schedule);
    if (isNew) await backend.patch(context, 'Schedule', target.row.schedule, changed, {});
    const pair = [target.schedule, after] as const;
    const closedOver = isNew ? await conflicts(this.agendas, target.row, pair, context.now, defaultDurationMs) : [];
    await notices.queue(
      authorOf(context),
      target.schedule,
      closedOver.map(({ appointment }) => appointment),
    );
    const { zone } = target;
    const count = imported.times.length;
    const issues = outcomeOf({ count, isNew, zone, closedOver, ignored: file.ignored, remarks, lost });
    return { issues, horizon: imported.horizon };
  }

  private async target(schedule: string): Promise<Target> {
    const [row] = await this.agendas.rows([schedule]);
    const [stored] = await this.agendas.schedules([schedule]);
    if (row === undefined || stored === undefined) throw notFound('Schedule', schedule);
    const resource = parseResource('Schedule', stored.body);
    const inherited = JSON.parse(row.context) as Omit<AgendaContext, 'defaultDurationMs'>;
    return {
      ...{ row, body: stored.body, schedule: resource },
      context: { ...inherited, defaultDurationMs: this.parts.defaultDurationMs },
      zone: readTimezone(resource) ?? inherited.placeZone ?? FRANCE,
    };
  }
}

/**
 * Times of UIDs that the file speaks of are written; of the others only those that differ from what they were, so that
 * changes by hand survive.
 */
function sentChange({ imported }: CalendarWork, { touched, before }: SentWork): TimesChange {
  const tag = sourceTag(SENT);
  const names = new Set(imported.times.map(nameOf));
  return {
    tag,
    fresh: imported.times.filter(
      (time) => touched.has(time.uid) || before.get(nameOf(time)) !== stringifyJson(time.extension),
    ),
    isGone: (known) => {
      if (known.source !== undefined && known.source !== tag.value) return false;
      if (isOfUids(known.names, touched)) return !known.names.some((name) => names.has(name));
      return known.source === tag.value && known.names.some((name) => before.has(name) && !names.has(name));
    },
  };
}

function notACalendar({ remarks }: CalendarWork): FhirError {
  return new FhirError('structure', 'This is not an iCalendar file: it has no BEGIN:VCALENDAR', {
    expression: 'text/calendar',
    text: "Ce n'est pas un calendrier iCalendar : BEGIN:VCALENDAR manque.",
    more: remarks.slice(0, 20).map(({ line: _, ...issue }): Issue => issue),
  });
}
