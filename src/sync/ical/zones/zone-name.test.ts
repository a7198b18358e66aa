/** Names of zones as calendars spell them. The clock of a name is looked at in winter and in summer. */
import { describe, expect, it } from 'vitest';
import { component } from '../text/write-calendar.ts';
import { Clocks } from './clocks.ts';

const NOW = Date.UTC(2026, 10, 29);
const SEASONS = [Date.UTC(2027, 0, 15), Date.UTC(2027, 6, 15)];
const AGENDA = 'Europe/Paris';

/** Hours east of UTC in winter and in summer; nothing for a name that says nothing. */
function hoursOf(name: string): number[] | undefined {
  const clock = new Clocks(component('vcalendar', []), AGENDA, NOW).named(name);
  return clock && SEASONS.map((instant) => clock.offsetAt(instant) / 3_600_000);
}

describe('the clock of a name', () => {
  it.each([
    ['Europe/Paris', [1, 2]],
    ['europe/PARIS', [1, 2]],
    [' "Europe/Paris" ', [1, 2]],
    ['Europe-Paris', [1, 2]],
    ['/freeassociation.sourceforge.net/Europe/Paris', [1, 2]],
    ['/citadel.org/20210210_1/America/New_York', [-5, -4]],
    ['Romance Standard Time', [1, 2]],
    ['Romance Standard Time 1', [1, 2]],
    ['Romance Daylight Time', [1, 2]],
    ['Romance', [1, 2]],
    ['W. Europe', [1, 2]],
    ['FLE', [2, 3]],
    ['Eastern', [-5, -4]],
    ['Eastern Time (US & Canada)', [-5, -4]],
    ['(UTC-05:00) Eastern Time (US & Canada)', [-5, -4]],
    ['tzone://Microsoft/Utc', [0, 0]],
    ['US-Eastern', [-5, -4]],
    ['Paris, Madrid', [1, 2]],
    ['Réunion', [4, 4]],
    ['(UTC+01:00) Bruxelles, Copenhague, Madrid, Paris', [1, 2]],
    // No city of it has its French name in the database: a zone as Outlook shows it, with the offset of the agenda.
    ['(UTC+01:00) Varsovie, Prague centre', [1, 2]],
    ['(UTC+04:00) Port Louis', [4, 4]],
    ['(GMT +01:00)', [1, 1]],
    ['UTC+4', [4, 4]],
    ['Z', [0, 0]],
    ['Nulle part', undefined],
    ['Customized Time Zone', undefined],
    ['', undefined],
  ])('%s', (name, hours) => expect(hoursOf(name)).toEqual(hours));
});
