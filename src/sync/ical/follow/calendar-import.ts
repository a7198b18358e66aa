/**
 * Writes calendars into an agenda: files that are sent, and calendars that are followed. Both end in one change of the
 * Schedule; the same calendar again changes nothing.
 */
import { FRANCE } from '../../../fhir/date.ts';
import { readTimezone } from '../../../fhir/french/fr-extensions.ts';
import { extensionUrl } from '../../../fhir/extension.ts';
import type { Context } from '../../../fhir/interaction.ts';
import { FhirError, type Issue, notFound } from '../../../fhir/issue.ts';
import { parseJson, stringifyJson } from '../../../fhir/json.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Backend, Upload } from '../../../rest/backend.ts';
import { DAY } from '../../../scheduling/zone.ts';
import type { Database } from '../../../store/engine/database.ts';
import { type CalendarSource, CalendarSources } from '../../../store/records/calendar-sources.ts';
import { AgendaReader, type AgendaRow } from '../../../store/resources/agenda-reader.ts';
import type { ClosureNotices } from '../../notice/closure-notices.ts';
import { type Imported, importCalendars } from '../in/import-calendar.ts';
import { faultIssue, type ImportIssue } from '../in/import-issue.ts';
import { SENT, sourceTag } from '../in/source-tag.ts';
import { type CalendarFile, type Component, readCalendar } from '../text/read-calendar.ts';
import { applyTimes, type TimesChange, knownOf, nameOf } from './apply-times.ts';
import { conflicts } from './conflicts.ts';
import { KEPT_LINE, keptCalendars, keptText, mergeCalendars } from './merge-calendars.ts';
import { outcomeOf } from './outcome.ts';

const MAX_AVAILABILITIES = 2000;
/** Files that are sent at the same moment, before somebody has to try again. */
const MAX_TRIES = 6;

export interface ImportResult {
  /** The summary first. */
  issues: Issue[];
  horizon: number | undefined;
}

interface Target {
  row: AgendaRow;
  schedule: Resource;
  zone: string;
}

export class CalendarImport {
  private readonly backend: Pick<Backend, 'patch'>;
  private readonly agendas: AgendaReader;
  private readonly sources: CalendarSources;
  private readonly defaultDurationMs: number;
  private readonly notices: Pick<ClosureNotices, 'queue'>;

  constructor(
    backend: Pick<Backend, 'patch'>,
    database: Database,
    defaultDurationMs: number,
    notices: Pick<ClosureNotices, 'queue'>,
  ) {
    this.backend = backend;
    this.agendas = new AgendaReader(database);
    this.sources = new CalendarSources(database);
    this.defaultDurationMs = defaultDurationMs;
    this.notices = notices;
  }

  /** A file replaces what earlier files said of the same UIDs; everything else stays. */
  async send(context: Context, schedule: string, upload: Upload): Promise<ImportResult> {
    const file = readCalendar(upload.octets, upload.charset);
    if (file.calendars.length === 0) throw notACalendar(file);
    return this.writeKept(context, schedule, file);
  }

  /** Writes the dates that have come within reach since the files were sent. */
  async rollSent(context: Context, schedule: string): Promise<ImportResult> {
    return this.writeKept(context, schedule, { calendars: [], faults: [], isWhole: true, ignored: new Map() });
  }

  /** A followed calendar is everything that it says: what is gone there goes here. */
  async read(context: Context, source: CalendarSource, upload: Upload): Promise<ImportResult> {
    const file = readCalendar(upload.octets, upload.charset);
    if (file.calendars.length === 0) throw notACalendar(file);
    if (!file.isWhole) {
      throw new FhirError('structure', 'The calendar was cut off: it has no END:VCALENDAR', {
        expression: 'text/calendar',
        text: 'Le calendrier est coupé : END:VCALENDAR manque.',
      });
    }
    const target = await this.target(source.schedule);
    const tag = sourceTag(source.url);
    const before = target.schedule.extension ?? [];
    const others = before.filter((extension) => isAvailability(extension) && knownOf(extension).source !== tag.value);
    const imported = await this.imported(file.calendars, target, context.now, others.length);
    const legacy = new Set(source.uids);
    const change: TimesChange = {
      tag,
      fresh: imported.times,
      isGone: (known) =>
        known.source === tag.value || (known.source === undefined && known.names.some((name) => legacy.has(name))),
    };
    return this.apply(context, target, change, file, imported, imported.issues);
  }

  private async writeKept(context: Context, schedule: string, file: CalendarFile): Promise<ImportResult> {
    for (let tries = 1; ; tries++) {
      const target = await this.target(schedule);
      const source = await this.sources.find(schedule, SENT);
      const kept = keptCalendars(source?.kept);
      const { calendars, touched, issues } = mergeCalendars(kept, file.calendars);
      const change = await this.sentChange(
        target,
        kept,
        calendars,
        touched,
        source?.readAt ?? context.now,
        context.now,
      );
      const imported = change.imported;
      const remarks = [...issues, ...imported.issues.filter(({ line }) => line !== KEPT_LINE)];
      const result = await this.apply(context, target, change, file, imported, remarks);
      const isKept = await this.sources.keep(
        {
          ...{ schedule, url: SENT, revision: source?.revision ?? 0, horizon: imported.horizon },
          issues: JSON.stringify(result.issues),
        },
        keptText(calendars),
        result.issues[0]!.diagnostics,
        context.now,
        imported.horizon === undefined ? undefined : context.now + DAY,
      );
      if (isKept) return result;
      if (tries >= MAX_TRIES) {
        throw new FhirError('transient', 'Other calendars are being imported into this agenda; try again', {
          text: 'D’autres calendriers sont importés dans cet agenda : réessayez dans un instant.',
        });
      }
    }
  }

  /**
   * Times of UIDs that the file speaks of are written; of the others only those that differ from what they were, so
   * that changes by hand survive.
   */
  private async sentChange(
    target: Target,
    kept: readonly Component[],
    calendars: readonly Component[],
    touched: ReadonlySet<string>,
    keptAt: number,
    now: number,
  ): Promise<TimesChange & { imported: Imported }> {
    const tag = sourceTag(SENT);
    const before = target.schedule.extension ?? [];
    const others = before.filter((extension) => {
      const known = knownOf(extension);
      return isAvailability(extension) && known.source !== tag.value && !isOfTouched(known.names, touched);
    });
    const imported = await this.imported(calendars, target, now, others.length);
    const was = kept.length === 0 ? [] : (await this.imported(kept, target, keptAt, others.length)).times;
    const old = new Map(was.map((time) => [nameOf(time), stringifyJson(time.extension)]));
    const names = new Set(imported.times.map(nameOf));
    return {
      imported,
      tag,
      fresh: imported.times.filter(
        (time) => touched.has(time.uid) || old.get(nameOf(time)) !== stringifyJson(time.extension),
      ),
      isGone: (known) => {
        if (known.source !== undefined && known.source !== tag.value) return false;
        if (isOfTouched(known.names, touched)) return !known.names.some((name) => names.has(name));
        return known.source === tag.value && known.names.some((name) => old.has(name) && !names.has(name));
      },
    };
  }

  private imported(calendars: readonly Component[], { zone }: Target, now: number, others: number): Promise<Imported> {
    return importCalendars(calendars, { zone, now, room: Math.max(0, MAX_AVAILABILITIES - others) });
  }

  private async apply(
    context: Context,
    target: Target,
    change: TimesChange,
    file: CalendarFile,
    imported: Imported,
    remarks: readonly ImportIssue[],
  ): Promise<ImportResult> {
    const changed = (schedule: Resource): Resource => {
      const extension = applyTimes(schedule.extension ?? [], change);
      return extension.length > 0 || schedule.extension !== undefined ? { ...schedule, extension } : schedule;
    };
    const after = changed(target.schedule);
    const isNew = stringifyJson(after) !== stringifyJson(target.schedule);
    if (isNew) await this.backend.patch(context, 'Schedule', target.row.schedule, changed, {});
    const pair = [target.schedule, after] as const;
    const closedOver = isNew
      ? await conflicts(this.agendas, target.row, pair, context.now, this.defaultDurationMs)
      : [];
    await this.notices.queue(
      target.schedule,
      closedOver.map(({ appointment }) => appointment),
    );
    const issues = outcomeOf({
      count: imported.times.length,
      isNew,
      zone: target.zone,
      closedOver,
      ignored: file.ignored,
      remarks: [...file.faults.map(faultIssue), ...remarks],
    });
    return { issues, horizon: imported.horizon };
  }

  private async target(schedule: string): Promise<Target> {
    const [row] = await this.agendas.rows([schedule]);
    const [stored] = await this.agendas.schedules([schedule]);
    if (row === undefined || stored === undefined) throw notFound('Schedule', schedule);
    const resource = parseJson(stored.body) as Resource;
    const { placeZone } = JSON.parse(row.context) as { placeZone?: string };
    return { row, schedule: resource, zone: readTimezone(resource) ?? placeZone ?? FRANCE };
  }
}

function isAvailability({ url }: { url: string }): boolean {
  return url === extensionUrl('availabilityTime');
}

/** `UID`, or `UID/date` as dates of a series are named, also by versions that did not tag what they imported. */
function isOfTouched(names: readonly string[], touched: ReadonlySet<string>): boolean {
  return names.some((name) => {
    if (touched.has(name)) return true;
    const [, uid] = /^(.*?)\/(?:exdate\/)?\d{4}-?\d\d-?\d\dT?.*$/s.exec(name) ?? [];
    return uid !== undefined && touched.has(uid);
  });
}

function notACalendar({ faults }: CalendarFile): FhirError {
  return new FhirError('structure', 'This is not an iCalendar file: it has no BEGIN:VCALENDAR', {
    expression: 'text/calendar',
    text: "Ce n'est pas un calendrier iCalendar : BEGIN:VCALENDAR manque.",
    more: faults.slice(0, 20).map(faultIssue),
  });
}
