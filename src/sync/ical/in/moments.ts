/** The clock that a date or time of a calendar is read on. */
import type { Property } from '../text/parse-line.ts';
import type { Moment } from '../text/values.ts';
import { type Clock, zoneClock } from '../zones/clock.ts';
import type { Clocks } from '../zones/clocks.ts';
import { importIssue, type ImportIssue } from './import-issue.ts';

const UTC = zoneClock('Etc/UTC');

/** Whole days are days of the agenda. `undefined` for a zone that nobody knows. */
export function clockOf(moment: Moment, clocks: Clocks): Clock | undefined {
  if (moment.isUtc) return UTC;
  if (moment.isDate) return clocks.own;
  return moment.tzid === undefined ? clocks.floating : clocks.named(moment.tzid);
}

export function unknownZone({ line, parameters }: Property): ImportIssue {
  const tzid = (parameters['tzid'] ?? '').slice(0, 60);
  return importIssue(line, `the zone "${tzid}" is not known`, `fuseau « ${tzid} » inconnu`);
}

/** Closed at a time that may be wrong is told as open at the right one. */
export function guessedZone({ line, parameters }: Property): ImportIssue {
  const tzid = (parameters['tzid'] ?? '').slice(0, 60);
  return importIssue(
    line,
    `the zone "${tzid}" is not known: read on the clock of the calendar, and perhaps open at its own time`,
    `fuseau « ${tzid} » inconnu : lu à l’heure du calendrier, l’heure voulue est peut-être restée ouverte`,
  );
}
