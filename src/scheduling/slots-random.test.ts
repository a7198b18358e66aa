/**
 * Free slots of random agendas around a change of the clock, compared with a second implementation of ADR 0014 that
 * walks minute by minute, with the wall clock of `Intl` and rules counted day by day; and properties of every agenda.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileAgenda } from './agenda.ts';
import { isOpen, openings } from './availability.ts';
import { type Interval, overlaps } from './interval.ts';
import {
  type Availability,
  CHANGES,
  DAYS_AROUND,
  MINUTE,
  type RandomAgenda,
  randomAgenda,
  scheduleOf,
  wallText,
  windowAround,
} from './random-agenda.test-data.ts';
import { freeSlots, type FreeSlot } from './slots.ts';
import { DAY, toLocal } from './zone.ts';

const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
const agendaOf = (plan: RandomAgenda) => compileAgenda(scheduleOf(plan), { defaultDurationMs: 30 * MINUTE });

/** Of every wall-clock minute around a change, the first instant that shows it. */
const clocks = new Map(
  CHANGES.map(([zone, day]) => {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
    const shown = new Map<string, number>();
    const middle = Date.parse(day);
    for (let at = middle - (DAYS_AROUND.before + 3) * DAY; at < middle + (DAYS_AROUND.after + 5) * DAY; at += MINUTE) {
      const wall = format.format(at).replace(' ', 'T');
      if (!shown.has(wall)) shown.set(wall, at);
    }
    return [`${zone} ${day}`, shown];
  }),
);

/** The occurrences of an availability near the change. */
function occurrencesOf(availability: Availability, clock: Map<string, number>, last: string): Interval[] {
  const [freq, ...words] = availability.rrule?.split(' ') ?? ['ONCE', 'count=1'];
  const parts = Object.fromEntries(words.map((word) => word.split('='))) as Record<string, string>;
  const [date, time] = availability.start.split('T') as [string, string];
  const wallMinutes = (Date.parse(`${availability.end}Z`) - Date.parse(`${availability.start}Z`)) / MINUTE;
  const days = parts['byDay']?.split(',') ?? (freq === 'WEEKLY' ? [DAYS[new Date(date).getUTCDay()]!] : DAYS);
  // A time that the clock skips is read as if it had not moved yet: as much later.
  const instantOf = (wall: string): number => {
    const [day, clockTime] = wall.split('T') as [string, string];
    const minutes = Number(clockTime.slice(0, 2)) * 60 + Number(clockTime.slice(3));
    for (let back = 0; ; back++) {
      const known = clock.get(wallText(day, minutes - back));
      if (known !== undefined) return known + back * MINUTE;
    }
  };
  // A first start in a skipped hour is what the clock shows then; all others keep that time.
  const firstInstant = instantOf(availability.start);
  const shift = clock.has(availability.start)
    ? 0
    : [30, 60].find(
        (minutes) =>
          clock.get(wallText(date, Number(time.slice(0, 2)) * 60 + Number(time.slice(3)) + minutes)) === firstInstant,
      )!;
  const startMinutes = Number(time.slice(0, 2)) * 60 + Number(time.slice(3)) + shift;
  const until = parts['until'] === undefined ? Number.POSITIVE_INFINITY : instantOf(parts['until']);
  const endShift = clock.has(availability.end) ? 0 : shiftOf(availability.end, clock, instantOf);
  const found: Interval[] = [];
  for (let day = 0; found.length < Number(parts['count'] ?? 1e9); day++) {
    const today = wallText(date, day * 1440).slice(0, 10);
    if (today > last) break;
    if (day % Number(parts['interval'] ?? 1) !== 0 || !days.includes(DAYS[new Date(today).getUTCDay()]!)) continue;
    const start = clock.get(wallText(today, startMinutes));
    if (start === undefined || start > until) continue;
    const end = instantOf(wallText(today, startMinutes + wallMinutes - shift + endShift));
    found.push({ start, end });
  }
  return found;
}

function shiftOf(wall: string, clock: Map<string, number>, instantOf: (wall: string) => number): number {
  return [30, 60].find(
    (minutes) =>
      clock.get(wallText(wall.slice(0, 10), Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14)) + minutes)) ===
      instantOf(wall),
  )!;
}

/** `start/end` of every free slot, sorted; computed in another way. */
/** A place counts once; each time beside the places counts too. */
function placesOf(met: RandomAgenda['busy']): number {
  const beside = met.filter(({ lane }) => lane === null).length;
  return new Set(met.map(({ lane }) => lane).filter((lane) => lane !== null)).size + beside;
}

function expectedSlots(plan: RandomAgenda, window: Interval): string[] {
  const clock = clocks.get(`${plan.zone} ${plan.day}`)!;
  const last = wallText(plan.day, (DAYS_AROUND.after + 2) * 1440).slice(0, 10);
  const horizon = {
    start: plan.horizon?.start === undefined ? Number.NEGATIVE_INFINITY : Date.parse(plan.horizon.start),
    // A date alone: until the last minute of that day.
    end: plan.horizon?.end === undefined ? Number.POSITIVE_INFINITY : clock.get(wallText(plan.horizon.end, 1440))!,
  };
  const all = plan.availabilities.flatMap((availability, order) =>
    occurrencesOf(availability, clock, last).map((time) => ({ ...time, availability, order })),
  );
  const rank = ({ availability }: (typeof all)[number]): number => (availability.priority ? availability.priority : 10);
  /** Who has the minute? */
  const ownerOf = (at: number): (typeof all)[number] | undefined => {
    const there = all.filter((time) => time.start <= at && at < time.end);
    if (at < horizon.start || at >= horizon.end || there.some(({ availability }) => availability.type !== 'free'))
      return undefined;
    return there.sort((a, b) => rank(a) - rank(b) || a.start - b.start || a.order - b.order)[0];
  };
  const owners = new Map<number, ReturnType<typeof ownerOf>>();
  const owner = (at: number): ReturnType<typeof ownerOf> => {
    if (!owners.has(at)) owners.set(at, ownerOf(at));
    return owners.get(at);
  };
  const hasRoom = (slot: Interval, capacity: number): boolean => {
    const met = plan.busy.filter((busy) => overlaps(busy, slot));
    return met.every((busy) => busy.own) && placesOf(met) < capacity;
  };
  const found: string[] = [];
  const write = (slot: Interval): void =>
    void found.push(`${new Date(slot.start).toISOString()}/${new Date(slot.end).toISOString()}`);
  for (const time of all) {
    if (time.availability.type !== 'free') continue;
    const offers = plan.offers!.filter(
      ({ availability }) => availability.length === 0 || availability.includes(time.availability.id),
    );
    const capacity = Math.max(1, ...offers.map((offer) => offer.capacity));
    for (const minutes of new Set(plan.services)) {
      for (let start = time.start; start + minutes * MINUTE <= time.end; start += minutes * MINUTE) {
        const slot = { start, end: start + minutes * MINUTE };
        if (start < window.start || start >= window.end) continue;
        if (!Array.from({ length: minutes }, (_, i) => owner(start + i * MINUTE)).every((holder) => holder === time))
          continue;
        if (plan.explicit.some((written) => overlaps(written, slot)) || !hasRoom(slot, capacity)) continue;
        write(slot);
      }
    }
  }
  for (const slot of plan.explicit) {
    const isGone = plan.explicit.some((other) => other.status !== 'free' && overlaps(other, slot));
    const isInside =
      slot.start >= horizon.start && slot.end <= horizon.end && slot.start >= window.start && slot.start < window.end;
    if (slot.status === 'free' && !isGone && isInside && hasRoom(slot, 1)) write(slot);
  }
  return found.sort();
}

const textOf = (slots: FreeSlot[]): string[] =>
  slots.map((slot) => `${new Date(slot.start).toISOString()}/${new Date(slot.end).toISOString()}`).sort();

test('the slots are those of the minute-by-minute reading, in every zone and at both clock changes', () => {
  const seen = new Set<string>();
  let slots = 0;
  fc.assert(
    fc.property(randomAgenda, (plan) => {
      const window = windowAround(plan.day);
      let agenda: ReturnType<typeof agendaOf>;
      try {
        agenda = agendaOf(plan);
      } catch {
        // One that ends before it starts, in the night of the change.
        fc.pre(false);
        return;
      }
      const found = freeSlots(agenda, window, plan.busy, plan.explicit);
      expect(textOf(found)).toEqual(expectedSlots(plan, window));
      if (found.some((found) => new Date(toLocal(plan.zone, found.start)).toISOString().startsWith(plan.day)))
        seen.add(`${plan.zone} ${plan.day}`);
      slots += found.length;
    }),
    { numRuns: 600, seed: 2026 },
  );
  // On the very day of the change, in every zone: not by luck.
  expect([...seen].sort()).toEqual([...clocks.keys()].sort());
  expect(slots).toBeGreaterThan(5000);
});

test('slots of a series never overlap, lie in open time and avoid busy time', () => {
  fc.assert(
    fc.property(randomAgenda, (plan) => {
      const agenda = compiled(plan);
      const slots = freeSlots(agenda, windowAround(plan.day), plan.busy, plan.explicit);
      const gone = plan.explicit.filter((explicit) => explicit.status !== 'free');
      const extra = plan.explicit.filter((explicit) => explicit.status === 'free');
      for (const [i, slot] of slots.entries()) {
        if (i > 0) expect(slots[i - 1]!.start).toBeLessThanOrEqual(slot.start);
        expect(isOpen(agenda, slot, extra, gone)).toBe(true);
        const met = plan.busy.filter((busy) => overlaps(busy, slot));
        expect(met.some((busy) => !busy.own)).toBe(false);
        expect(met.length === 0 || slot.offers.some((offer) => offer.capacity > placesOf(met))).toBe(true);
        if (slot.explicitId !== undefined) continue;
        const next = slots.find(
          (other, j) => j > i && other.explicitId === undefined && other.end - other.start === slot.end - slot.start,
        );
        if (next) expect(next.start).toBeGreaterThanOrEqual(slot.end);
      }
    }),
    { numRuns: 300 },
  );
});

test('the slots are the same computed twice, day by day or in pieces', () => {
  fc.assert(
    fc.property(
      randomAgenda,
      fc.uniqueArray(fc.integer({ min: 1, max: 3.5 * 1440 - 1 }), { maxLength: 5 }),
      (plan, cuts) => {
        const agenda = compiled(plan);
        const window = windowAround(plan.day);
        const compute = (part: Interval): FreeSlot[] => freeSlots(agenda, part, plan.busy, plan.explicit);
        const whole = compute(window);
        expect(compute(window)).toEqual(whole);
        expect(freeSlots(compiled(plan), window, plan.busy, plan.explicit)).toEqual(whole);
        expect(
          freeSlots(agenda, window, [...plan.busy].reverse(), [...plan.explicit].reverse()).map((slot) => slot.start),
        ).toEqual(whole.map((slot) => slot.start));
        const days = Array.from({ length: 4 }, (_, i) => window.start + i * DAY);
        for (const bounds of [
          days,
          [window.start, ...cuts.map((minute) => window.start + minute * MINUTE).sort((a, b) => a - b)],
        ]) {
          const pieces = bounds.flatMap((start, i) =>
            compute({ start, end: Math.min(bounds[i + 1] ?? window.end, window.end) }),
          );
          expect(pieces).toEqual(whole);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('an opening has the same regions in every window', () => {
  fc.assert(
    fc.property(randomAgenda, fc.integer({ min: 0, max: 3 * 24 }), (plan, hour) => {
      const agenda = compiled(plan);
      const whole = windowAround(plan.day);
      const part = { start: whole.start + hour * 60 * MINUTE, end: whole.start + (hour + 2) * 60 * MINUTE };
      const there = openings(agenda, whole).filter((opening) =>
        overlaps({ start: opening.anchor, end: opening.end }, part),
      );
      expect(openings(agenda, part)).toEqual(there);
    }),
    { numRuns: 300 },
  );
});

/** Random agendas that say something impossible are none (the other tests show what is refused). */
function compiled(plan: RandomAgenda): ReturnType<typeof agendaOf> {
  try {
    return agendaOf(plan);
  } catch {
    return agendaOf({ ...plan, availabilities: [] });
  }
}
