/** Imports files into an agenda in memory, for tests, as a server does. */
import type { Extension } from '../../fhir/resource.ts';
import type { Schedule } from '../../fhir/resources.ts';
import { compileAgenda } from '../../scheduling/agenda.ts';
import { closures, openings } from '../../scheduling/availability.ts';
import { MAX_AGENDA_STEPS } from '../../scheduling/expansion-cost.ts';
import { type Interval, union } from '../../scheduling/interval.ts';
import { toInstant, toLocal } from '../../scheduling/zone.ts';
import { applyTimes } from './follow/apply-times.ts';
import { keptCalendars, keptText, mergeCalendars } from './follow/merge-calendars.ts';
import { importCalendars } from './in/import-calendar.ts';
import { SENT, sourceTag } from './in/source-tag.ts';
import { readCalendar } from './text/read-calendar.ts';

export const NOW = Date.parse('2026-11-29T22:00:00Z');
const PLACE = { defaultDurationMs: 900_000 };

export interface ImportedFiles {
  schedule: Schedule;
  /** Diagnostics of faults and issues of the last file, warnings first. */
  issues: string[];
  /** Those that are warnings. */
  losses: string[];
  /** Lines of warnings of the last file. */
  warnings: number[];
  horizon: number | undefined;
}

/** Sends files one after another. */
export async function importFiles(
  files: readonly (string | Buffer)[],
  zone: string,
  { charset, now = NOW, room = 2000 }: { charset?: string | undefined; now?: number; room?: number } = {},
): Promise<ImportedFiles> {
  let kept = '';
  let extension: Extension[] = [];
  let result: Omit<ImportedFiles, 'schedule'> = { issues: [], losses: [], warnings: [], horizon: undefined };
  for (const file of files) {
    const { calendars: sent, faults } = readCalendar(typeof file === 'string' ? Buffer.from(file) : file, charset);
    const { calendars, issues } = mergeCalendars(keptCalendars(kept), sent, { zone, now });
    const imported = importCalendars(calendars, { zone, now, room, steps: MAX_AGENDA_STEPS, reach: 0 });
    kept = keptText(calendars);
    extension = applyTimes(extension, { tag: sourceTag(SENT), fresh: imported.times, isGone: () => true });
    const all = [...issues, ...imported.issues];
    const remarks = [
      ...faults.map(({ line, english, isHarmless }) => ({
        line,
        text: `line ${line}: ${english}`,
        isLoss: !isHarmless,
      })),
      ...all.map(({ line, diagnostics, severity }) => ({ line, text: diagnostics, isLoss: severity === 'warning' })),
    ];
    const losses = remarks.filter(({ isLoss }) => isLoss);
    result = {
      issues: remarks.map(({ text }) => text),
      losses: losses.map(({ text }) => text),
      warnings: losses.map(({ line }) => line),
      horizon: imported.horizon,
    };
  }
  return { schedule: scheduleWith(extension, zone), ...result };
}

export function scheduleWith(extension: readonly Extension[], zone: string): Schedule {
  return {
    resourceType: 'Schedule',
    id: 'agenda',
    actor: [{ reference: 'Practitioner/1' }],
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/timezone', valueCode: zone }, ...extension],
  };
}

export function closedIn(schedule: Schedule, zone: string, window: Interval): Interval[] {
  return union(closures(compileAgenda(schedule, { ...PLACE, placeZone: zone }), window));
}

export function openIn(schedule: Schedule, zone: string, window: Interval): Interval[] {
  const found = openings(compileAgenda(schedule, { ...PLACE, placeZone: zone }), window);
  return union(found.flatMap(({ regions }) => regions));
}

/** `12-01T09:00 12-01T10:00`, on the wall clock of the agenda; `from` and `to` are dates. */
export function closedTimes(schedule: Schedule, zone: string, from: string, to: string): string[] {
  return shown(zone, from, to, (window) => closedIn(schedule, zone, window));
}

export function openTimes(schedule: Schedule, zone: string, from: string, to: string): string[] {
  return shown(zone, from, to, (window) => openIn(schedule, zone, window));
}

function shown(zone: string, from: string, to: string, find: (window: Interval) => Interval[]): string[] {
  const [start, end] = [from, to].map((date) => toInstant(zone, Date.parse(`${date}T00:00:00Z`)).instant);
  const text = (instant: number): string => new Date(toLocal(zone, instant)).toISOString().slice(5, 16);
  return find({ start: start!, end: end! })
    .filter((time) => time.end > start! && time.start < end!)
    .map((time) => `${text(time.start)} ${text(time.end)}`);
}
