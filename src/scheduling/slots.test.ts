/** Free slots, case by case: clock changes, priorities, closures, horizon, capacity, explicit Slot resources. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compiled, plan, shown, time } from './agenda-plan.test-data.ts';
import { closures, isOpen, openings } from './availability.ts';
import type { AgendaPlan } from './random-agenda.test-data.ts';
import { type BusyTime, type ExplicitSlot, freeSlots, hasRoom, placesTaken } from './slots.ts';

/** Starts of the slots between two instants, `29 08:00+02:00`. */
function starts(
  agenda: AgendaPlan,
  from: string,
  to: string,
  busy: BusyTime[] = [],
  explicit: ExplicitSlot[] = [],
): string[] {
  return freeSlots(compiled(agenda), { start: Date.parse(from), end: Date.parse(to) }, busy, explicit).map(
    ({ start }) => shown(start, agenda.zone),
  );
}

const busyAt = (from: string, to: string, more: Partial<BusyTime> = {}): BusyTime => ({
  ...time(from, to),
  lane: 0,
  own: true,
  ...more,
});

describe('a change of the clock', () => {
  test('08:00 stays 08:00 in March and in October', () => {
    const weekdays = plan(['free 2026-03-02T08:00 2026-03-02T09:00 DAILY']);
    expect(starts(weekdays, '2026-03-28T00:00Z', '2026-03-30T12:00Z')).toEqual([
      '28 08:00+01:00',
      '28 08:30+01:00',
      '29 08:00+02:00',
      '29 08:30+02:00',
      '30 08:00+02:00',
      '30 08:30+02:00',
    ]);
    expect(starts(weekdays, '2026-10-24T00:00Z', '2026-10-25T12:00Z')).toEqual([
      '24 08:00+02:00',
      '24 08:30+02:00',
      '25 08:00+01:00',
      '25 08:30+01:00',
    ]);
  });

  test.each<[string, string, string, number]>([
    ['an ordinary night', '2026-03-23T20:00Z', '2026-03-24T20:00Z', 8],
    ['the short night of March', '2026-03-28T20:00Z', '2026-03-29T19:00Z', 7],
    ['the long night of October', '2026-10-24T19:00Z', '2026-10-25T20:00Z', 9],
  ])('22:00 to 06:00 ends at 06:00: %s has that many hours', (_name, from, to, hours) => {
    const nights = plan(['free 2026-03-01T22:00 2026-03-02T06:00 DAILY'], { services: [60] });
    const found = starts(nights, from, to);
    expect(found).toHaveLength(hours);
    expect(found[0]).toContain('22:00');
    expect(found.at(-1)).toContain('05:00');
  });

  test('slots across the changes keep their length: none is half as long', () => {
    const nights = plan(['free 2026-03-28T23:00 2026-03-29T05:00'], { services: [90] });
    expect(starts(nights, '2026-03-28T12:00Z', '2026-03-29T12:00Z')).toEqual([
      '28 23:00+01:00',
      '29 00:30+01:00',
      '29 03:00+02:00',
    ]);
  });

  test('a duty written with both offsets of a doubled hour keeps its instants', () => {
    const once = plan(['free 2026-10-25T02:15+02:00 2026-10-25T02:45+01:00'], { services: [30] });
    expect(starts(once, '2026-10-24T22:00Z', '2026-10-25T06:00Z')).toEqual([
      '25 02:15+02:00',
      '25 02:45+02:00',
      '25 02:15+01:00',
    ]);
    const back = plan(['free 2026-10-25T02:45+02:00 2026-10-25T02:15+01:00'], { services: [30] });
    expect(starts(back, '2026-10-24T22:00Z', '2026-10-25T06:00Z')).toEqual(['25 02:45+02:00']);
  });

  test('an overseas agenda has its own clock', () => {
    const reunion = plan(['free 2026-03-02T08:00 2026-03-02T08:30 DAILY'], { zone: 'Indian/Reunion' });
    expect(starts(reunion, '2026-03-28T00:00Z', '2026-03-30T00:00Z')).toEqual(['28 08:00+04:00', '29 08:00+04:00']);
  });
});

describe('overlapping openings', () => {
  const slots = (lines: string[]): string[] =>
    starts(plan(lines), '2026-05-04T00:00Z', '2026-05-05T00:00Z').map((text) => text.slice(3, 8));

  test.each<[string, string[], string[]]>([
    [
      'the first in time keeps it',
      ['free 2026-05-04T08:00 2026-05-04T09:00', 'free 2026-05-04T08:15 2026-05-04T10:00'],
      ['08:00', '08:30', '09:15'],
    ],
    [
      'the stronger keeps it',
      ['free 2026-05-04T08:00 2026-05-04T09:00 p5', 'free 2026-05-04T08:15 2026-05-04T10:00 p1'],
      ['08:15', '08:45', '09:15'],
    ],
    [
      'priority 0 is none',
      ['free 2026-05-04T08:00 2026-05-04T09:00 p0', 'free 2026-05-04T08:15 2026-05-04T09:45 p9'],
      ['08:15', '08:45', '09:15'],
    ],
    [
      'the same start: the first written',
      ['free 2026-05-04T08:00 2026-05-04T09:00', 'free 2026-05-04T08:00 2026-05-04T10:00'],
      ['08:00', '08:30', '09:00', '09:30'],
    ],
    [
      'a closure beats any priority',
      ['free 2026-05-04T08:00 2026-05-04T10:00 p1', 'busy 2026-05-04T08:40 2026-05-04T09:00 p9'],
      ['08:00', '09:00', '09:30'],
    ],
    [
      'and shifts nothing',
      ['free 2026-05-04T08:00 2026-05-04T10:00', 'busy 2026-05-04T08:10 2026-05-04T08:20'],
      ['08:30', '09:00', '09:30'],
    ],
    [
      'a weekly day closed',
      ['free 2026-04-01T08:00 2026-04-01T09:00 DAILY', 'busy 2026-04-06T00:00 2026-04-07T00:00 WEEKLY'],
      [],
    ],
    ['whole days closed', ['free 2026-04-01T08:00 2026-04-01T09:00 DAILY', 'busy 2026-05-03 2026-05-05'], []],
    [
      'no slot across two openings that touch',
      ['free 2026-05-04T08:00 2026-05-04T08:45', 'free 2026-05-04T08:45 2026-05-04T09:30'],
      ['08:00', '08:45'],
    ],
  ])('%s', (_name, lines, expected) => {
    expect(slots(lines)).toEqual(expected);
  });

  test('closures keep their own bounds', () => {
    const agenda = compiled(plan(['free 2026-05-04T08:00 2026-05-04T10:00', 'busy 2026-05-01T00:00 2026-05-11T00:00']));
    const window = time('2026-05-04T00:00Z', '2026-05-05T00:00Z');
    expect(closures(agenda, window).map((closure) => [shown(closure.start), shown(closure.end)])).toEqual([
      ['01 00:00+02:00', '11 00:00+02:00'],
    ]);
    expect(openings(agenda, window)).toEqual([]);
  });
});

describe('bounds', () => {
  test.each<[string, AgendaPlan['horizon'], string[]]>([
    ['none', undefined, ['03', '04', '05', '06', '07']],
    ['days: the last one included', { start: '2026-05-04', end: '2026-05-05' }, ['04', '05']],
    [
      'instants: the end itself',
      { start: '2026-05-04T08:00:00+02:00', end: '2026-05-06T08:15:00+02:00' },
      ['04', '05'],
    ],
    ['a slot that starts before it', { start: '2026-05-04T08:00:01+02:00' }, ['05', '06', '07']],
  ])('planning horizon: %s', (_name, horizon, days) => {
    const daily = plan(['free 2026-04-01T08:00 2026-04-01T08:30 DAILY'], { horizon });
    expect(starts(daily, '2026-05-03T00:00Z', '2026-05-08T00:00Z').map((text) => text.slice(0, 2))).toEqual(days);
  });

  test('a slot belongs to the window in which it starts', () => {
    const morning = plan(['free 2026-05-04T08:00 2026-05-04T10:00']);
    expect(starts(morning, '2026-05-04T06:30Z', '2026-05-04T07:30Z')).toEqual(['04 08:30+02:00', '04 09:00+02:00']);
    expect(starts(morning, '2026-05-04T06:31Z', '2026-05-04T06:59Z')).toEqual([]);
  });

  test('an inactive agenda has no slots', () => {
    expect(
      starts(
        plan(['free 2026-05-04T08:00 2026-05-04T10:00'], { active: false }),
        '2026-05-04T00:00Z',
        '2026-05-05T00:00Z',
      ),
    ).toEqual([]);
  });

  test('services of one duration share slots, others have their own series; no service: the default', () => {
    const window = time('2026-05-04T00:00Z', '2026-05-05T00:00Z');
    const lines = ['free 2026-05-04T08:00 2026-05-04T09:00'];
    const found = freeSlots(compiled(plan(lines, { services: [30, 60, 30] })), window, [], []);
    expect(found.map((found) => [shown(found.start).slice(3, 8), found.serviceTypes.map((type) => type.text)])).toEqual(
      [
        ['08:00', ['service 0', 'service 2']],
        ['08:00', ['service 1']],
        ['08:30', ['service 0', 'service 2']],
      ],
    );
    expect(freeSlots(compiled(plan(lines, { services: [] })), window, [], [])).toHaveLength(3);
  });
});

describe('busy time', () => {
  const morning = (capacity: number): AgendaPlan =>
    plan(['free 2026-05-04T08:00 2026-05-04T10:00'], { offers: [{ availability: [], capacity }] });
  const from = '2026-05-04T06:00Z';
  const to = '2026-05-04T06:30Z';

  test.each<[string, number, BusyTime[], boolean]>([
    ['nothing', 1, [], true],
    ['an appointment', 1, [busyAt(from, to)], false],
    ['one that touches', 1, [busyAt('2026-05-04T05:30Z', from), busyAt(to, '2026-05-04T07:00Z')], true],
    ['one that ends a second too late', 1, [busyAt('2026-05-04T05:30Z', '2026-05-04T06:00:01Z')], false],
    ['an overbooking', 1, [busyAt(from, to, { lane: null })], false],
    ['an overbooking', 2, [busyAt(from, to, { lane: null })], true],
    ['an overbooking beside an appointment', 2, [busyAt(from, to, { lane: null }), busyAt(from, to)], false],
    ['two overbookings', 2, [busyAt(from, to, { lane: null }), busyAt(from, to, { lane: null })], false],
    ['one of two places', 2, [busyAt(from, to)], true],
    ['two of two', 2, [busyAt(from, to), busyAt(from, to, { lane: 1 })], false],
    [
      'the same place twice, one after the other',
      2,
      [busyAt(from, '2026-05-04T06:15Z'), busyAt('2026-05-04T06:15Z', to)],
      true,
    ],
    [
      'each place for a part',
      2,
      [busyAt(from, '2026-05-04T06:15Z'), busyAt('2026-05-04T06:15Z', to, { lane: 1 })],
      false,
    ],
    ['busy by another agenda: every place', 3, [busyAt(from, to, { own: false })], false],
  ])('%s of a capacity of %i', (_name, capacity, busy, isFree) => {
    const found = starts(morning(capacity), '2026-05-04T00:00Z', '2026-05-05T00:00Z', busy);
    expect(found.includes('04 08:00+02:00')).toBe(isFree);
    expect(found).toContain('04 09:00+02:00');
  });
});

test('the places taken are those of the times that meet it, at most the capacity', () => {
  const time = fc
    .record({
      start: fc.integer({ min: 0, max: 12 }),
      length: fc.integer({ min: 1, max: 4 }),
      lane: fc.option(fc.integer({ min: 0, max: 2 })),
      own: fc.boolean(),
    })
    .map(({ start, length, ...rest }): BusyTime => ({ start, end: start + length, ...rest }));
  const slot = { start: 5, end: 8 };
  fc.assert(
    fc.property(fc.array(time, { maxLength: 6 }), fc.integer({ min: 1, max: 4 }), (times, capacity) => {
      const busy = times.sort((a, b) => a.start - b.start);
      const met = busy.filter(({ start, end }) => [5, 6, 7].some((at) => start <= at && at < end));
      const lanes = new Set(met.flatMap(({ lane }) => lane ?? []));
      const beside = met.filter(({ lane }) => lane === null).length;
      const taken = met.some(({ own }) => !own) ? capacity : Math.min(capacity, lanes.size + beside);
      expect(placesTaken(slot, busy, capacity)).toBe(taken);
      expect(hasRoom(slot, busy, capacity)).toBe(taken < capacity);
    }),
    { numRuns: 1000 },
  );
});

describe('explicit Slot resources', () => {
  const day = plan(['free 2026-05-04T08:00 2026-05-04T09:30'], { horizon: { start: '2026-05-01', end: '2026-05-31' } });
  const slot = (status: string, from: string, to: string): ExplicitSlot => ({
    id: `${status}-1`,
    status,
    ...time(from, to),
  });
  const all = (explicit: ExplicitSlot[], busy: BusyTime[] = []): string[] =>
    freeSlots(compiled(day), time('2026-05-01T00:00Z', '2026-07-01T00:00Z'), busy, explicit).map(
      (slot) => `${shown(slot.start).slice(0, 8)}${slot.explicitId ? ' explicit' : ''}`,
    );

  test('free adds a one-off opening', () => {
    expect(all([slot('free', '2026-05-04T18:00+02:00', '2026-05-04T18:10+02:00')])).toEqual([
      '04 08:00',
      '04 08:30',
      '04 09:00',
      '04 18:00 explicit',
    ]);
  });

  test('free is an opening of its own: no service type, no availability, no offer', () => {
    const explicit = slot('free', '2026-05-04T18:00+02:00', '2026-05-04T18:10+02:00');
    const evening = time('2026-05-04T15:00Z', '2026-05-05T00:00Z');
    expect(freeSlots(compiled(day), evening, [], [explicit])).toEqual([
      {
        ...time('2026-05-04T18:00+02:00', '2026-05-04T18:10+02:00'),
        ...{ serviceTypes: [], availabilityIds: [], offers: [], kinds: [], rules: [], explicitId: 'free-1' },
      },
    ]);
  });

  test('belongs to the window in which it starts', () => {
    const explicit = slot('free', '2026-05-04T18:00+02:00', '2026-05-04T18:10+02:00');
    const from = (start: string, end: string): number =>
      freeSlots(compiled(day), time(start, end), [], [explicit]).length;
    expect(from('2026-05-04T16:00Z', '2026-05-04T16:01Z')).toBe(1);
    expect(from('2026-05-04T16:01Z', '2026-05-04T17:00Z')).toBe(0);
    expect(from('2026-05-04T15:00Z', '2026-05-04T16:00Z')).toBe(0);
  });

  test('of one start come by length', () => {
    const [long, short] = ['19:00', '18:30'].map((end, i) => ({
      ...slot('free', '2026-05-04T18:00+02:00', `2026-05-04T${end}+02:00`),
      id: `s${i}`,
    }));
    for (const explicit of [
      [long!, short!],
      [short!, long!],
    ])
      expect(
        freeSlots(compiled(day), time('2026-05-04T15:00Z', '2026-05-05T00:00Z'), [], explicit).map(
          ({ explicitId }) => explicitId,
        ),
      ).toEqual(['s1', 's0']);
  });

  test('free within an opening replaces the computed slots that it meets', () => {
    expect(all([slot('free', '2026-05-04T08:15+02:00', '2026-05-04T08:40+02:00')])).toEqual([
      '04 08:15 explicit',
      '04 09:00',
    ]);
  });

  test.each(['busy', 'busy-unavailable', 'busy-tentative', 'entered-in-error'])('%s subtracts', (status) => {
    expect(all([slot(status, '2026-05-04T08:15+02:00', '2026-05-04T08:20+02:00')])).toEqual(['04 08:30', '04 09:00']);
  });

  test('subtracts from an explicit opening too, as booking does', () => {
    const both = [
      slot('free', '2026-05-04T18:00+02:00', '2026-05-04T19:00+02:00'),
      slot('busy', '2026-05-04T18:30+02:00', '2026-05-04T18:40+02:00'),
    ];
    expect(all(both)).toEqual(['04 08:00', '04 08:30', '04 09:00']);
    expect(isOpen(compiled(day), both[0]!, [both[0]!], [both[1]!])).toBe(false);
  });

  test('are not free outside the horizon, nor while busy', () => {
    expect(all([slot('free', '2026-06-02T18:00+02:00', '2026-06-02T19:00+02:00')])).toHaveLength(3);
    const late = slot('free', '2026-05-04T18:00+02:00', '2026-05-04T18:10+02:00');
    expect(all([late], [busyAt('2026-05-04T16:05Z', '2026-05-04T17:00Z')])).toHaveLength(3);
  });
});
