/**
 * The work on the text of a calendar, from octets to the times that an agenda takes from it. It reads nothing and keeps
 * nothing, so that a thread of its own can do it (`calendar-worker.ts`).
 */
import { extensionUrl } from '../../../fhir/extension.ts';
import type { Extension } from '../../../fhir/resource.ts';
import { parseResource, stringifyJson } from '../../../fhir/json.ts';
import { type AgendaContext, compileAgenda } from '../../../scheduling/agenda.ts';
import { agendaSteps, MAX_AGENDA_STEPS, openingReach } from '../../../scheduling/expansion-cost.ts';
import { type Imported, importCalendars } from '../in/import-calendar.ts';
import { faultIssue, type ImportIssue } from '../in/import-issue.ts';
import { SENT, sourceKey } from '../in/source-tag.ts';
import { type CalendarFile, type Component, readCalendar } from '../text/read-calendar.ts';
import { isOfUids, knownOf, nameOf } from './apply-times.ts';
import { KEPT_LINE, keptCalendars, keptText, mergeCalendars } from './merge-calendars.ts';

const MAX_AVAILABILITIES = 2000;
/** Remarks that leave the thread; `lost` counts all of them. */
const MAX_REMARKS = 1000;

export interface CalendarJob {
  /** Absent: only what was sent before counts, for dates that have come within reach. */
  file?: { octets: Uint8Array; charset?: string };
  /** The address of the calendar; `SENT` for files that are sent. */
  url: string;
  /** Of files that were sent before (`keptText`), and when they were read. */
  kept?: { text: string; at: number };
  /** JSON text of the Schedule. */
  schedule: string;
  context: AgendaContext;
  zone: string;
  /** Epoch milliseconds. */
  now: number;
}

export interface CalendarWork {
  file: Pick<CalendarFile, 'isWhole' | 'ignored'> & { calendars: number };
  imported: Pick<Imported, 'times' | 'horizon'>;
  /** Warnings first, then by line. */
  remarks: ImportIssue[];
  /** How many remarks name a loss. */
  lost: number;
  /** Of sent files: their content together. */
  sent?: SentWork;
}

export interface SentWork {
  kept: string;
  /** UIDs that the new file speaks of. */
  touched: Set<string>;
  /** The times that the files before gave, as text by name. */
  before: Map<string, string>;
}

export function readCalendarJob(job: CalendarJob): CalendarWork {
  const file: CalendarFile =
    job.file === undefined
      ? { calendars: [], faults: [], isWhole: true, ignored: new Map() }
      : readCalendar(job.file.octets, job.file.charset);
  return job.url === SENT ? sentWork(job, file) : followedWork(job, file);
}

/** A followed calendar is everything that it says. */
function followedWork(job: CalendarJob, file: CalendarFile): CalendarWork {
  const imported = timesOf(file.calendars, job, job.now, new Set());
  return workOf(file, imported, imported.issues);
}

/** A file is added to those that were sent before. */
function sentWork(job: CalendarJob, file: CalendarFile): CalendarWork {
  const kept = keptCalendars(job.kept?.text);
  const { calendars, touched, issues } = mergeCalendars(kept, file.calendars, job);
  const imported = timesOf(calendars, job, job.now, touched);
  const before = kept.length === 0 ? [] : timesOf(kept, job, job.kept!.at, touched).times;
  return {
    ...workOf(file, imported, [...issues, ...imported.issues.filter(({ line }) => line !== KEPT_LINE)]),
    sent: {
      kept: keptText(calendars),
      touched,
      before: new Map(before.map((time) => [nameOf(time), stringifyJson(time.extension)])),
    },
  };
}

function timesOf(
  calendars: readonly Component[],
  { url, schedule: body, context, zone }: CalendarJob,
  now: number,
  touched: ReadonlySet<string>,
): Imported {
  const schedule = parseResource('Schedule', body);
  const others = (schedule.extension ?? []).filter((extension) => isOther(extension, sourceKey(url), touched));
  const agenda = compileAgenda({ ...schedule, extension: others }, { ...context, placeZone: zone });
  return importCalendars(calendars, {
    ...{ zone, now, room: Math.max(0, MAX_AVAILABILITIES - others.length), reach: openingReach(agenda.rules) },
    steps: Math.max(0, MAX_AGENDA_STEPS - agendaSteps(agenda)),
  });
}

/** An availability that stays, whatever the calendar says. */
function isOther(extension: Extension, source: string, touched: ReadonlySet<string>): boolean {
  if (extension.url !== extensionUrl('availabilityTime')) return false;
  const known = knownOf(extension);
  return known.source !== source && !isOfUids(known.names, touched);
}

function workOf(file: CalendarFile, imported: Imported, issues: readonly ImportIssue[]): CalendarWork {
  const isLoss = ({ severity }: ImportIssue): boolean => severity !== 'information';
  const remarks = [...file.faults.map(faultIssue), ...issues].sort(
    (a, b) => Number(isLoss(b)) - Number(isLoss(a)) || a.line - b.line,
  );
  return {
    file: { isWhole: file.isWhole, ignored: file.ignored, calendars: file.calendars.length },
    imported: { times: imported.times, ...(imported.horizon === undefined ? {} : { horizon: imported.horizon }) },
    remarks: remarks.slice(0, MAX_REMARKS),
    lost: remarks.filter(isLoss).length,
  };
}
