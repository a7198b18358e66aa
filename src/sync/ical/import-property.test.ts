/**
 * The promise of the import, for random calendars: busy time is closed or named, nothing else is; the same calendar
 * again changes nothing; a later version leaves nothing of an earlier one. Compared with a reader that shares no code.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, type Interval, subtract, union } from '../../scheduling/interval.ts';
import { closedIn, importFiles, openIn } from './imported.test-data.ts';
import { anyCalendar, busyTimes, calendarText, type PlannedEvent, SPAN } from './random-calendar.test-data.ts';

const AGENDAS = ['Europe/Paris', 'Indian/Reunion', 'America/Miquelon'];
/** A minute before the span, so that nothing in it is over. */
const NOW = SPAN.start - 60_000;

const within = (list: readonly Interval[]): Interval[] => union(list.flatMap((time) => clip(time, SPAN) ?? []));
const shown = (list: readonly Interval[]): string[] =>
  list.map(({ start, end }) => `${new Date(start).toISOString()} ${new Date(end).toISOString()}`);

function busy(events: readonly PlannedEvent[], zone: string): Interval[] {
  return within(events.flatMap((event) => busyTimes(event, zone)));
}

describe('events', () => {
  it('close what they take, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(anyCalendar, fc.constantFrom(...AGENDAS), async (events, zone) => {
        const {
          schedule,
          warnings,
          horizon = Number.POSITIVE_INFINITY,
        } = await importFiles([calendarText(events)], zone, { now: NOW });
        expect(warnings.filter((line) => line > 0)).toEqual([]);
        const reached = { start: SPAN.start, end: Math.min(SPAN.end, horizon) };
        const cut = (list: readonly Interval[]): Interval[] => union(list.flatMap((time) => clip(time, reached) ?? []));
        expect(horizon).toBeGreaterThan(SPAN.end - 32 * 86_400_000);
        expect(shown(cut(closedIn(schedule, zone, SPAN)))).toEqual(shown(cut(busy(events, zone))));
      }),
      { numRuns: 90 },
    );
  });

  it('sent again change nothing; a later version leaves nothing of the earlier one', async () => {
    await fc.assert(
      fc.asyncProperty(anyCalendar, anyCalendar, fc.constantFrom(...AGENDAS), async (first, second, zone) => {
        const [earlier, later] = [calendarText(first), calendarText(second)];
        const once = await importFiles([earlier], zone, { now: NOW });
        expect((await importFiles([earlier, earlier], zone, { now: NOW })).schedule).toEqual(once.schedule);
        // UIDs that the later file does not speak of stay.
        const names = new Set(second.map(({ uid }) => uid));
        const both = await importFiles([earlier, later], zone, { now: NOW });
        const expected = busy([...first.filter(({ uid }) => !names.has(uid)), ...second], zone);
        const end = Math.min(SPAN.end, both.horizon ?? SPAN.end);
        const missing = subtract(closedIn(both.schedule, zone, SPAN).concat(expected), []);
        const cut = (list: readonly Interval[]): Interval[] =>
          union(list.flatMap((time) => clip(time, { ...SPAN, end }) ?? []));
        expect(shown(cut(missing))).toEqual(shown(cut(expected)));
      }),
      { numRuns: 40 },
    );
  });

  it('that have no room are named by the date from which they are missing', async () => {
    await fc.assert(
      fc.asyncProperty(anyCalendar, fc.integer({ min: 0, max: 30 }), async (events, room) => {
        const zone = 'Europe/Paris';
        const { schedule, horizon = Number.POSITIVE_INFINITY } = await importFiles([calendarText(events)], zone, {
          now: NOW,
          room,
        });
        expect(schedule.extension!.length - 1).toBeLessThanOrEqual(room);
        const reached = { start: SPAN.start, end: Math.min(SPAN.end, horizon) };
        if (reached.end <= reached.start) return;
        const lost = subtract(
          busy(events, zone).flatMap((time) => clip(time, reached) ?? []),
          closedIn(schedule, zone, SPAN),
        );
        expect(shown(lost)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('with damaged lines cost nothing but themselves', async () => {
    const damage = fc.record({
      event: fc.nat(),
      line: fc.nat(),
      kind: fc.constantFrom('delete', 'double', 'garbage', 'cut', 'swap'),
    });
    await fc.assert(
      fc.asyncProperty(anyCalendar, fc.array(damage, { minLength: 1, maxLength: 3 }), async (events, damages) => {
        const zone = 'Europe/Paris';
        const hit = new Set(damages.map(({ event }) => event % events.length));
        const texts = events.map((event, index) => damaged(calendarText([event]), hit.has(index) ? damages : []));
        const bodies = texts.map((text) => text.split('\r\n').slice(3, -2).join('\r\n'));
        const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', ...bodies, 'END:VCALENDAR', ''].join('\r\n');
        const { schedule, horizon = Number.POSITIVE_INFINITY } = await importFiles([text], zone, { now: NOW });
        const reached = { start: SPAN.start, end: Math.min(SPAN.end, horizon) };
        // A damaged VTIMEZONE costs the events of its name.
        const zones = new Set(events.filter(({ zone: own }, index) => own.define && hit.has(index)).map(tzidOf));
        const whole = events.filter(
          (event, index) => !hit.has(index) && !(event.zone.define && zones.has(tzidOf(event))),
        );
        const lost = subtract(
          busy(whole, zone).flatMap((time) => clip(time, reached) ?? []),
          closedIn(schedule, zone, SPAN),
        );
        expect(shown(lost)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

const tzidOf = ({ zone }: PlannedEvent): string | undefined => zone.tzid;

/** Damages lines inside components; their BEGIN and END stay. */
function damaged(text: string, damages: readonly { line: number; kind: string }[]): string {
  const lines = text.split('\r\n');
  for (const { line, kind } of damages) {
    const inner = lines.flatMap((content, index) =>
      /^(BEGIN|END|TZID|VERSION|PRODID)/.test(content) || content === '' ? [] : [index],
    );
    const at = inner[line % inner.length]!;
    const content = lines[at]!;
    if (kind === 'delete') lines.splice(at, 1);
    else if (kind === 'double') lines.splice(at, 0, content);
    else if (kind === 'garbage') lines[at] = '\u0000;;::=,"';
    else if (kind === 'cut') lines[at] = content.slice(0, Math.floor(content.length / 2));
    else lines[at] = content.split('').reverse().join('');
  }
  return lines.join('\r\n');
}

describe('openings', () => {
  it('open what their components name, outside everything that a stronger one closes', async () => {
    const span = fc.record({ from: fc.integer({ min: 0, max: 300 }), days: fc.integer({ min: 1, max: 200 }) });
    const availability = fc.record({
      events: anyCalendar,
      span: fc.option(span, { nil: undefined }),
      priority: fc.integer({ min: 0, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(availability, { minLength: 1, maxLength: 3 }), async (all) => {
        const zone = 'Europe/Paris';
        const timed = all.map(({ events, ...rest }) => ({
          ...rest,
          events: events.filter(({ start }) => start.includes('T')),
        }));
        const { schedule, horizon = Number.POSITIVE_INFINITY } = await importFiles([availabilityText(timed)], zone, {
          now: NOW,
        });
        const bounds = timed.map(({ span: own }): Interval => spanOf(own));
        const rank = ({ priority }: { priority: number }): number => priority || 10;
        const expected = timed.flatMap((availability, index) => {
          const others = timed.map((other, at) => ({ other, span: bounds[at]!, at })).filter(({ at }) => at !== index);
          const stronger = others
            .filter(({ other }) => rank(other) < rank(availability))
            .map(({ span: closed }) => closed);
          const equal = others.filter(({ other }) => rank(other) === rank(availability));
          const shut = equal.flatMap(({ other, span: closed }) =>
            subtract(
              [closed],
              other.events.flatMap((event) => busyTimes(event, zone)),
            ),
          );
          const own = availability.events
            .flatMap((event) => busyTimes(event, zone))
            .flatMap((time) => clip(time, bounds[index]!) ?? []);
          return subtract(own, [...stronger, ...shut]);
        });
        const end = Math.min(SPAN.end, horizon);
        const cut = (list: readonly Interval[]): Interval[] =>
          union(list.flatMap((time) => clip(time, { ...SPAN, end }) ?? []));
        expect(shown(cut(openIn(schedule, zone, SPAN)))).toEqual(shown(cut(expected)));
      }),
      { numRuns: 60 },
    );
  });
});

function spanOf(span: { from: number; days: number } | undefined): Interval {
  if (span === undefined) return { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };
  const start = SPAN.start + span.from * 86_400_000;
  return { start, end: start + span.days * 86_400_000 };
}

function availabilityText(
  all: readonly { events: PlannedEvent[]; span: { from: number; days: number } | undefined; priority: number }[],
): string {
  const utc = (instant: number): string => `${new Date(instant).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const zones: string[] = [];
  const bodies = all.flatMap(({ events, span, priority }, index) => {
    const lines = calendarText(events).split('\r\n').slice(3, -2);
    const last = lines.lastIndexOf('END:VTIMEZONE');
    zones.push(...lines.slice(0, last + 1));
    const { start, end } = spanOf(span);
    return [
      ...['BEGIN:VAVAILABILITY', `UID:va-${index}`, `PRIORITY:${priority}`],
      ...(span === undefined ? [] : [`DTSTART:${utc(start)}`, `DTEND:${utc(end)}`]),
      ...lines.slice(last + 1).map((line) => line.replace('VEVENT', 'AVAILABLE')),
      'END:VAVAILABILITY',
    ];
  });
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', ...zones, ...bodies, 'END:VCALENDAR', ''].join('\r\n');
}
