/** Times off the grid of slots, and times that several agendas have in common, against plain readings of the rules. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileAgenda } from './agenda.ts';
import { isOpen, offersFor, openings } from './availability.ts';
import { contains, type Interval } from './interval.ts';
import { commonTimes, isFree, openTime, timesOf } from './open-time.ts';
import { MINUTE, randomAgenda, scheduleOf, windowAround } from './random-agenda.test-data.ts';
import { capacityOf, hasRoom } from './slots.ts';

const CONTEXT = { defaultDurationMs: 30 * MINUTE };

describe('the time of an agenda', () => {
  test('is free where it is open and has room for one more', () => {
    let [free, taken] = [0, 0];
    fc.assert(
      fc.property(
        randomAgenda,
        fc.array(fc.tuple(fc.integer({ min: 0, max: 3 * 1440 }), fc.integer({ min: 1, max: 90 })), { minLength: 20 }),
        (plan, drawn) => {
          let agenda: ReturnType<typeof compileAgenda>;
          try {
            agenda = compileAgenda(scheduleOf(plan), CONTEXT);
          } catch {
            return;
          }
          const window = windowAround(plan.day);
          const found = openTime(agenda, window, [...plan.busy].reverse(), plan.explicit);
          const sorted = [...plan.busy].sort((a, b) => a.start - b.start);
          const extra = plan.explicit.filter(({ status }) => status === 'free');
          const gone = plan.explicit.filter(({ status }) => status !== 'free');
          // Beside any time also those that begin and end with an opening, a one-off opening or an appointment.
          const bounds = [
            ...plan.busy,
            ...plan.explicit,
            ...openings(agenda, window).flatMap(({ regions }) => regions),
          ];
          const times = [
            ...bounds.map(({ start, end }) => ({ start, end })),
            ...bounds.map(({ end }) => ({ start: end, end: end + 15 * MINUTE })),
            ...drawn.map(([from, minutes]) => ({
              start: window.start + from * MINUTE,
              end: window.start + (from + minutes) * MINUTE,
            })),
          ].filter((time) => contains(window, time));
          for (const time of times) {
            const opening = openings(agenda, window).find(({ regions }) =>
              regions.some((region) => contains(region, time)),
            );
            const capacity =
              opening === undefined ? agenda.capacity : capacityOf(agenda, offersFor(agenda, opening.availabilityIds));
            const expected = isOpen(agenda, time, extra, gone) && hasRoom(time, sorted, capacity);
            expect(isFree(found, time)).toBe(expected);
            if (expected) free++;
            else if (isOpen(agenda, time, extra, gone)) taken++;
          }
        },
      ),
      { numRuns: 300, seed: 2026 },
    );
    expect(free).toBeGreaterThan(200);
    expect(taken).toBeGreaterThan(50);
  });

  const hour = { start: Date.parse('2026-05-04T06:00Z'), end: Date.parse('2026-05-04T07:00Z') };
  const planned = (active: boolean) => {
    const availability = { id: 'd', type: 'free' as const, start: '2026-05-04T08:00', end: '2026-05-04T09:00' };
    return compileAgenda(
      scheduleOf({ zone: 'Europe/Paris', services: [30], availabilities: [availability], active }),
      CONTEXT,
    );
  };

  test('is none of an agenda that is not active', () => {
    expect(isFree(openTime(planned(true), hour, [], []), hour)).toBe(true);
    const busy = [{ ...hour, lane: 0, own: true }];
    expect(openTime(planned(false), hour, busy, [])).toEqual({ regions: [], closed: [], busy: [] });
  });

  test('joins openings that touch, with the room of the agenda itself', () => {
    const after = { start: hour.end, end: hour.end + 30 * MINUTE };
    const found = openTime(
      planned(true),
      { start: hour.start, end: after.end },
      [],
      [{ id: 's', status: 'free', ...after }],
    );
    expect(isFree(found, { start: hour.start + 45 * MINUTE, end: after.end })).toBe(true);
    expect(isFree(found, { start: hour.start + 45 * MINUTE, end: after.end + MINUTE })).toBe(false);
    expect(found.regions.at(-1)).toEqual({ start: hour.start, end: after.end, capacity: 1 });
  });
});

describe('common times', () => {
  const time = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 2 }));
  const agenda = fc.constantFrom<string>('a', 'b', 'c', 'd');
  const leader = fc.record({
    agenda: fc.constantFrom<string>('x', 'y'),
    times: fc
      .uniqueArray(time, { maxLength: 5, selector: String })
      .map((list) => list.map(([start, length]): Interval => ({ start, end: start + length }))),
    needs: fc.array(fc.uniqueArray(agenda, { minLength: 1 }), { maxLength: 2 }),
  });

  test('are those of a leader for which each need has an agenda, the first that fits beside the others', () => {
    fc.assert(
      fc.property(
        fc.array(leader, { maxLength: 3 }),
        fc.uniqueArray(fc.tuple(agenda, fc.nat(5)), { selector: String }),
        (leaders, open) => {
          const isThere = (name: string, { start }: Interval): boolean =>
            open.some(([other, at]) => other === name && at === start);
          const fits = (name: string, at: Interval, beside: readonly string[]): boolean =>
            isThere(name, at) && !beside.includes(name);
          const expected: { time: Interval; agendas: string[] }[] = [];
          for (let start = 0; start <= 5; start++)
            for (const length of [1, 2])
              for (const { agenda: own, times, needs } of leaders) {
                const found = times.find((at) => at.start === start && at.end === start + length);
                if (found === undefined) continue;
                const agendas = [own];
                const isWhole = needs.every((need) => {
                  const chosen = need.find((name) => isThere(name, found) && !agendas.includes(name));
                  return chosen !== undefined && agendas.push(chosen) > 0;
                });
                if (isWhole) expected.push({ time: found, agendas });
              }
          expect([...commonTimes(leaders, fits)]).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('times of a length', () => {
  const slots = (...pairs: [number, number][]) => pairs.map(([start, end]) => ({ start, end }));
  const shown = (list: ReturnType<typeof slots>, duration: number) =>
    timesOf(list, duration).map(({ start, end, first, slots: count }) => [start, end, first.end - first.start, count]);

  test.each<[string, [number, number][], number, number[][]]>([
    [
      'slots that last as long',
      [
        [0, 2],
        [2, 4],
        [0, 4],
      ],
      4,
      [[0, 4, 4, 1]],
    ],
    [
      'else so many in a row',
      [
        [0, 2],
        [2, 4],
        [4, 6],
      ],
      4,
      [
        [0, 4, 2, 2],
        [2, 6, 2, 2],
      ],
    ],
    [
      'three in a row',
      [
        [0, 2],
        [2, 4],
        [4, 6],
        [6, 8],
      ],
      6,
      [
        [0, 6, 2, 3],
        [2, 8, 2, 3],
      ],
    ],
    [
      'none across a gap',
      [
        [0, 2],
        [4, 6],
        [6, 8],
      ],
      4,
      [[4, 8, 2, 2]],
    ],
    [
      'none of another series',
      [
        [0, 2],
        [2, 5],
        [5, 8],
      ],
      4,
      [],
    ],
    [
      'none that does not divide',
      [
        [0, 3],
        [3, 6],
      ],
      4,
      [],
    ],
    [
      'none shorter than a slot',
      [
        [0, 4],
        [4, 8],
      ],
      2,
      [],
    ],
    ['nothing', [], 4, []],
  ])('%s', (_name, pairs, duration, expected) => expect(shown(slots(...pairs), duration)).toEqual(expected));
});
