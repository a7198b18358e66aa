/** Reminders by the clock of the place: never at night, also where the clock changes between them and the visit. */
import { describe, expect, it } from 'vitest';
import { afterNight, isNight, reminderAt, usualHours } from './reminders.ts';

const PARIS = 'Europe/Paris';
const LONG_AGO = Date.parse('2026-01-01T00:00:00Z');
const at = (start: string, hours: number, zone = PARIS, now: number | string = LONG_AGO): string | undefined => {
  const due = reminderAt(Date.parse(start), hours, zone, typeof now === 'string' ? Date.parse(now) : now);
  return due === undefined ? undefined : new Date(due).toISOString();
};

describe('a reminder', () => {
  it.each([
    ['in the day', '2026-12-10T09:15:00+01:00', 24, '2026-12-09T08:15:00.000Z'],
    [
      'that would wake somebody comes in the evening before',
      '2026-12-10T07:30:00+01:00',
      24,
      '2026-12-08T19:00:00.000Z',
    ],
    ['late in the evening comes earlier', '2026-12-10T21:30:00+01:00', 24, '2026-12-09T19:00:00.000Z'],
    ['across the end of summer time', '2026-10-25T08:30:00+01:00', 24, '2026-10-24T07:30:00.000Z'],
    ['across the end of summer time, at eight', '2026-10-25T07:00:00+01:00', 24, '2026-10-24T06:00:00.000Z'],
    ['across the beginning of summer time', '2026-03-29T08:30:00+02:00', 24, '2026-03-27T19:00:00.000Z'],
    ['a week before', '2026-11-01T10:00:00+01:00', 168, '2026-10-25T09:00:00.000Z'],
  ])('%s', (_which, start, hours, due) => {
    expect(at(start, hours)).toBe(due);
  });

  it('follows the clock of the place', () => {
    expect(at('2026-12-10T08:00:00+04:00', 24, 'Indian/Reunion')).toBe('2026-12-09T04:00:00.000Z');
  });

  it('is for those who booked before it was due; those who booked in the night have it in the morning', () => {
    expect(at('2026-12-10T09:00:00+01:00', 24, PARIS, '2026-12-09T09:00:00+01:00')).toBeUndefined();
    expect(at('2026-12-10T23:00:00+01:00', 24, PARIS, '2026-12-09T20:30:00+01:00')).toBe('2026-12-10T07:00:00.000Z');
    expect(at('2026-12-10T09:30:00+01:00', 3, PARIS, '2026-12-10T05:00:00+01:00')).toBeUndefined();
  });

  it('comes a week before too for those who booked far ahead, where the public books', () => {
    const start = Date.parse('2026-12-20T09:00:00+01:00');
    const day = 86_400_000;
    expect(usualHours(24, true, start, start - 11 * day)).toEqual([168, 24]);
    expect(usualHours(24, true, start, start - 10 * day)).toEqual([24]);
    expect(usualHours(24, false, start, start - 11 * day)).toEqual([24]);
    expect(usualHours(0, true, start, start - 11 * day)).toEqual([]);
  });

  it('no hour of a year is both night and after it', () => {
    for (let instant = LONG_AGO; instant < LONG_AGO + 366 * 86_400_000; instant += 1_800_000) {
      const due = afterNight(instant, PARIS);
      expect([due >= instant, due - instant <= 12 * 3_600_000, isNight(due, PARIS)]).toEqual([true, true, false]);
    }
  });
});
