/** The work that an agenda may ask for: what is accepted is quick to search, whatever its rules are. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileAgenda } from './agenda.ts';
import { checkAgenda } from './agenda-check.ts';
import { closures, openings } from './availability.ts';
import { availabilityTime } from './random-agenda.test-data.ts';
import { DAY } from './zone.ts';
import type { Schedule } from '../fhir/resources.ts';

const CONTEXT = { defaultDurationMs: 1_800_000, placeZone: 'Europe/Paris' };
/** Generous: a rule that is not bounded takes minutes, and the slowest machine seen is three times slower than most. */
const MAX_CPU_MS = 8000;

function agendaOf(rules: readonly string[], type: 'free' | 'busy-unavailable' = 'busy-unavailable'): Schedule {
  const extension = rules.map((rrule, index) => {
    const minute = String(index % 60).padStart(2, '0');
    const [start, end] = [`2000-01-03T08:${minute}`, `2000-01-03T09:${minute}`];
    return availabilityTime({ id: `a${index}`, type, start, end, rrule });
  });
  return { resourceType: 'Schedule', id: '1', actor: [], extension };
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const times = (count: number, rule: string): string[] => Array.from({ length: count }, () => rule);

/** Codes of the refusal; an accepted agenda is searched for the longest time, twice. */
function checked(schedule: Schedule): string[] {
  const codes: string[] = [];
  const spent = cpuMs(() => {
    codes.push(...checkAgenda(schedule, CONTEXT).map(({ code }) => code));
    if (codes.length > 0) return;
    for (const start of [Date.UTC(2026, 11, 1), Date.UTC(9990, 0)]) {
      const agenda = compileAgenda(schedule, CONTEXT);
      openings(agenda, { start, end: start + 92 * DAY });
      closures(agenda, { start, end: start + 92 * DAY });
    }
  });
  expect(spent).toBeLessThan(MAX_CPU_MS);
  return codes;
}

describe('the rules of an agenda together', () => {
  test.each([
    ['weekly hours, whatever their number', times(2000, 'WEEKLY byDay=MO,TU,WE,TH,FR')],
    ['closures of a year, counted', times(1000, 'WEEKLY count=52')],
    ['holidays of every year', times(500, 'YEARLY byMonth=12 byMonthDay=25')],
    ['a visit each hour', times(20, 'HOURLY byDay=MO,TU')],
  ])('are accepted: %s', (_title, rules) => {
    expect(checked(agendaOf(rules))).toEqual([]);
  });

  test.each([
    ['counted rules that are expanded whole', times(100, 'HOURLY interval=23 count=9999 byDay=MO')],
    ['rare days found second by second', times(300, 'SECONDLY interval=86399 byMonth=2 byMonthDay=29 count=9999')],
    ['five minutes, day and night, a hundred times', times(100, 'MINUTELY interval=5')],
    ['years until the end of time', times(2000, 'YEARLY count=9999')],
    ['days until the end of time', times(2000, 'DAILY count=9999')],
  ])('are refused: %s', (_title, rules) => {
    expect(checked(agendaOf(rules))).toEqual(['too-costly']);
  });

  test('are accepted only if they are quick to expand', { timeout: 120_000 }, () => {
    const few = (max: number, most: number) =>
      fc.uniqueArray(fc.integer({ min: 1, max }), { maxLength: most }).map((list) => list.join(','));
    const part = (name: string, values: fc.Arbitrary<string>) =>
      values.map((text) => (text === '' ? '' : ` ${name}=${text}`));
    const rule = fc
      .tuple(
        fc.constantFrom('SECONDLY', 'MINUTELY', 'HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'),
        fc.constantFrom('', ' interval=2', ' interval=23', ' interval=997', ' interval=86399'),
        fc.constantFrom('', ' count=9', ' count=9999', ' until=9998-01-01', ' until=2026-12-01'),
        part('byHour', few(23, 3)),
        part('byMonth', few(12, 2)),
        fc.constantFrom('', ' byDay=MO', ' byDay=SA,SU'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), fc.constantFrom(1, 50, 500), (rules, repeats) => {
        checked(agendaOf(Array.from({ length: repeats }, () => rules).flat(), 'free'));
      }),
      { numRuns: 60 },
    );
  });
});
