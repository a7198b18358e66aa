/** Wall-clock arithmetic of the pages, across clock changes and overseas, whatever the zone of the machine. */
import { expect, it } from 'vitest';
import { addDays, addMonths, dayIn, instantAt, timeIn, weekday, withOffset } from './zone.ts';

it('a local time keeps its hour, in summer and in winter', () => {
  expect(instantAt('2026-11-25', '08:00', 'Europe/Paris')).toBe('2026-11-25T08:00:00+01:00');
  expect(instantAt('2026-07-25', '08:00', 'Europe/Paris')).toBe('2026-07-25T08:00:00+02:00');
  expect(instantAt('2026-11-25', '08:00', 'Indian/Reunion')).toBe('2026-11-25T08:00:00+04:00');
  expect(instantAt('2026-11-25', '20:00', 'America/Miquelon')).toBe('2026-11-25T20:00:00-03:00');
  expect(withOffset('2026-11-25T04:00:00Z', 'Indian/Reunion')).toBe('2026-11-25T08:00:00+04:00');
});

it('on days of 23 and 25 hours, a skipped hour means the next one, a doubled hour the first', () => {
  expect(instantAt('2026-03-29', '02:30', 'Europe/Paris')).toBe('2026-03-29T03:30:00+02:00');
  expect(instantAt('2026-10-25', '02:30', 'Europe/Paris')).toBe('2026-10-25T02:30:00+02:00');
  expect(instantAt('2026-10-25', '03:30', 'Europe/Paris')).toBe('2026-10-25T03:30:00+01:00');
  for (const day of ['2026-03-29', '2026-10-25', '2026-12-31'])
    for (let hour = 4; hour < 24; hour++)
      expect(timeIn(instantAt(day, `${String(hour).padStart(2, '0')}:15`, 'Europe/Paris'), 'Europe/Paris')).toBe(
        `${String(hour).padStart(2, '0')}:15`,
      );
});

it('counts days and months', () => {
  expect(dayIn('2026-11-25T21:00:00Z', 'Indian/Reunion')).toBe('2026-11-26');
  expect([
    addDays('2026-12-31', 1),
    addDays('2026-03-01', -1),
    addMonths('2026-01-31', 1),
    addMonths('2026-12-15', 1),
  ]).toEqual(['2027-01-01', '2026-02-28', '2026-02-28', '2027-01-15']);
  expect([weekday('2026-11-23'), weekday('2026-11-29')]).toEqual([1, 7]);
});
