/** Which openings and closures meet a window, and in which order they come. */
import { describe, expect, test } from 'vitest';
import { compiled, plan, shown, time } from './agenda-plan.test-data.ts';
import { closures, isOpen, openings } from './availability.ts';

describe('openings and closures that meet a window', () => {
  const agenda = compiled(
    plan([
      'free 2026-05-04T10:00 2026-05-04T11:00',
      'free 2026-05-04T08:00 2026-05-04T12:00 p1 DAILY',
      'busy 2026-05-04T12:00 2026-05-04T13:00',
      'busy 2026-05-04T09:00 2026-05-04T09:30',
    ]),
  );
  const at = (hour: string) => `2026-05-04T${hour}+02:00`;
  const closed = (from: string, to: string) =>
    closures(agenda, time(at(from), at(to))).map(({ start, end }) => [
      shown(start).slice(3, 8),
      shown(end).slice(3, 8),
    ]);

  test('closures come by time, and those that only touch are not there', () => {
    expect(closed('08:00', '14:00')).toEqual([
      ['09:00', '09:30'],
      ['12:00', '13:00'],
    ]);
    expect(closed('09:30', '12:00')).toEqual([]);
    expect(closed('09:29', '12:01')).toHaveLength(2);
  });

  test('openings come by their start; of one that is cut, the part that is left', () => {
    const found = openings(agenda, time(at('00:00'), at('23:00')));
    expect(found.map(({ anchor, availabilityIds }) => [shown(anchor).slice(3, 8), ...availabilityIds])).toEqual([
      ['08:00', 'd1'],
    ]);
    expect(openings(agenda, time(at('12:00'), at('14:00')))).toEqual([]);
    const two = compiled(plan(['free 2026-05-04T10:00 2026-05-04T11:00', 'free 2026-05-04T08:00 2026-05-04T09:00']));
    expect(openings(two, time(at('00:00'), at('23:00'))).map(({ availabilityIds }) => availabilityIds)).toEqual([
      ['d1'],
      ['d0'],
    ]);
  });

  test('openings of one start come by what is left of them', () => {
    const cut = compiled(
      plan([
        'free 2026-05-04T08:00 2026-05-04T11:00 p2',
        'free 2026-05-04T08:00 2026-05-04T09:00 p1',
        'free 2026-05-04T08:00 2026-05-04T12:00 p3',
      ]),
    );
    expect(openings(cut, time(at('00:00'), at('23:00'))).map(({ availabilityIds }) => availabilityIds)).toEqual([
      ['d1'],
      ['d0'],
      ['d2'],
    ]);
  });

  test('a one-off opening outside the horizon opens nothing', () => {
    const may = compiled(
      plan(['free 2026-05-04T08:00 2026-05-04T09:00'], { horizon: { start: '2026-05-01', end: '2026-05-04' } }),
    );
    const evening = time('2026-05-04T18:00+02:00', '2026-05-04T19:00+02:00');
    const late = time('2026-05-05T18:00+02:00', '2026-05-05T19:00+02:00');
    expect([isOpen(may, evening, [evening]), isOpen(may, late, [late]), isOpen(may, evening)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
