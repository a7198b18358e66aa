/** The clock that a date or time of a calendar is read on. */
import type { Property } from '../text/parse-line.ts';
import type { Moment } from '../text/values.ts';
import { DAY } from '../../../scheduling/zone.ts';
import { agree, type Clock, zoneClock } from '../zones/clock.ts';
import type { Clocks } from '../zones/clocks.ts';
import { importIssue, type ImportIssue } from './import-issue.ts';
import type { Item } from './item.ts';

const UTC = zoneClock('Etc/UTC');

/** Whole days are days of the agenda. `undefined` for a zone that nobody knows. */
export function clockOf(moment: Moment, clocks: Clocks): Clock | undefined {
  if (moment.isUtc) return UTC;
  if (moment.isDate) return clocks.own;
  return moment.tzid === undefined ? clocks.floating : clocks.named(moment.tzid);
}

/** A property whose zone is not certain: UTC beside another zone, or a zone that its calendar defines badly. */
export function isUncertain({ parameters, value }: Property, clocks: Clocks): boolean {
  const tzid = parameters['tzid'] ?? '';
  const clock = tzid === '' ? undefined : clocks.named(tzid);
  if (clock === undefined) return false;
  const isOtherClock = /\dZ\s*(,|\/|$)/i.test(value) && !agree(clock, UTC, YEAR_OF_UTC, YEAR_OF_UTC + 366 * DAY);
  return isOtherClock || clocks.isDoubtful(tzid);
}

/** A clock that shows UTC in one year does so in all. */
const YEAR_OF_UTC = Date.UTC(2026, 0);

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

export function uncertainZone({ name, line }: Property, kind: Item['kind']): ImportIssue {
  const upper = name.toUpperCase();
  const why = 'UTC beside another zone, or a definition that is twofold or incomplete';
  const pourquoi = 'UTC à côté d’un autre fuseau, ou une définition double ou incomplète';
  return kind === 'opening'
    ? importIssue(
        line,
        `the zone of ${upper} is not certain (${why}): nothing of it is open`,
        `le fuseau de ${upper} n’est pas certain (${pourquoi}) : rien n’en est ouvert`,
      )
    : importIssue(
        line,
        `the zone of ${upper} is not certain (${why}): perhaps open at its own time`,
        `le fuseau de ${upper} n’est pas certain (${pourquoi}) : l’heure voulue est peut-être restée ouverte`,
      );
}
