/** Wall-clock time and instants, on the days when clocks change and in the zones of the French territories. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DAY, formatInstant, HOUR, isZone, localDate, offsetAt, toInstant, toLocal } from './zone.ts';

/**
 * Wall-clock time -> instant. `skipped`: the clock never shows it; `doubled`: it does twice, and the first is meant.
 */
const CLOCKS = `
Europe/Paris         2026-01-15T08:00  2026-01-15T07:00Z
Europe/Paris         2026-07-15T08:00  2026-07-15T06:00Z
Europe/Paris         2026-03-28T08:00  2026-03-28T07:00Z
Europe/Paris         2026-03-29T01:59  2026-03-29T00:59Z
Europe/Paris         2026-03-29T02:00  2026-03-29T01:00Z  skipped
Europe/Paris         2026-03-29T02:59  2026-03-29T01:59Z  skipped
Europe/Paris         2026-03-29T03:00  2026-03-29T01:00Z
Europe/Paris         2026-03-29T08:00  2026-03-29T06:00Z
Europe/Paris         2026-10-24T08:00  2026-10-24T06:00Z
Europe/Paris         2026-10-25T01:59  2026-10-24T23:59Z
Europe/Paris         2026-10-25T02:00  2026-10-25T00:00Z  doubled
Europe/Paris         2026-10-25T02:59  2026-10-25T00:59Z  doubled
Europe/Paris         2026-10-25T03:00  2026-10-25T02:00Z
Europe/Paris         2026-10-25T08:00  2026-10-25T07:00Z
America/New_York     2026-03-08T01:59  2026-03-08T06:59Z
America/New_York     2026-03-08T02:30  2026-03-08T07:30Z  skipped
America/New_York     2026-03-08T03:00  2026-03-08T07:00Z
America/New_York     2026-03-29T02:30  2026-03-29T06:30Z
America/New_York     2026-11-01T00:59  2026-11-01T04:59Z
America/New_York     2026-11-01T01:30  2026-11-01T05:30Z  doubled
America/New_York     2026-11-01T02:00  2026-11-01T07:00Z
Australia/Lord_Howe  2026-04-05T01:29  2026-04-04T14:29Z
Australia/Lord_Howe  2026-04-05T01:45  2026-04-04T14:45Z  doubled
Australia/Lord_Howe  2026-04-05T02:00  2026-04-04T15:30Z
Australia/Lord_Howe  2026-10-04T01:59  2026-10-03T15:29Z
Australia/Lord_Howe  2026-10-04T02:15  2026-10-03T15:45Z  skipped
Australia/Lord_Howe  2026-10-04T02:30  2026-10-03T15:30Z
America/Miquelon     2026-03-08T02:30  2026-03-08T05:30Z  skipped
America/Miquelon     2026-03-08T08:00  2026-03-08T10:00Z
America/Miquelon     2026-11-01T01:30  2026-11-01T03:30Z  doubled
America/Miquelon     2026-11-01T08:00  2026-11-01T11:00Z
Indian/Reunion       2026-03-29T02:30  2026-03-28T22:30Z
Indian/Reunion       2026-10-25T02:30  2026-10-24T22:30Z
America/Cayenne      2026-03-29T02:30  2026-03-29T05:30Z
America/Cayenne      2026-10-25T02:30  2026-10-25T05:30Z
UTC                  2026-03-29T02:30  2026-03-29T02:30Z
`;

const rowsOf = (table: string): string[][] =>
  table
    .trim()
    .split('\n')
    .map((line) => line.split(/\s{2,}/));

describe('the instant of a wall-clock time', () => {
  test.each(rowsOf(CLOCKS))('%s %s', (zone, wall, instant, kind) => {
    const local = Date.parse(`${wall}Z`);
    const found = toInstant(zone!, local);
    expect(new Date(found.instant).toISOString().replace(':00.000Z', 'Z')).toBe(instant);
    expect(found.exists).toBe(kind !== 'skipped');
    expect(toLocal(zone!, found.instant) === local).toBe(kind !== 'skipped');
    // Doubled: some later instant shows the same time.
    const later = [HOUR / 2, HOUR].some((step) => toLocal(zone!, found.instant + step) === local);
    expect(later).toBe(kind === 'doubled');
  });
});

const ZONES = [
  'Europe/Paris',
  'America/New_York',
  'Australia/Lord_Howe',
  'Indian/Reunion',
  'America/Cayenne',
  'America/Miquelon',
  'Pacific/Noumea',
  'UTC',
];
/** Years 1990 to 2060, in minutes. */
const minute = fc.integer({ min: Date.UTC(1990) / 60_000, max: Date.UTC(2060) / 60_000 }).map((at) => at * 60_000);

/** The wall clock as `Intl` shows it: the other source of zones that Node has. */
function wallClock(zone: string): (instant: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  return (instant) => format.format(instant).replace(' ', 'T');
}

test.each(ZONES)('%s: agrees with Intl at any instant, and back', (zone) => {
  const shown = wallClock(zone);
  fc.assert(
    fc.property(minute, (instant) => {
      expect(formatInstant(instant, zone).slice(0, 19)).toBe(shown(instant));
      expect(Date.parse(formatInstant(instant, zone))).toBe(instant);
      expect(localDate(instant, zone)).toBe(shown(instant).slice(0, 10));
      const back = toInstant(zone, toLocal(zone, instant));
      expect(back.exists).toBe(true);
      expect([0, HOUR / 2, HOUR]).toContain(instant - back.instant);
    }),
    { numRuns: 400 },
  );
});

describe('written', () => {
  test.each(
    rowsOf(`
2026-03-29T06:00:00Z      Europe/Paris         2026-03-29T08:00:00+02:00
2026-03-29T00:59:59Z      Europe/Paris         2026-03-29T01:59:59+01:00
2026-03-29T01:00:00Z      Europe/Paris         2026-03-29T03:00:00+02:00
2026-10-25T00:30:00Z      Europe/Paris         2026-10-25T02:30:00+02:00
2026-10-25T01:30:00Z      Europe/Paris         2026-10-25T02:30:00+01:00
2026-10-25T01:30:00.007Z  Europe/Paris         2026-10-25T02:30:00.007+01:00
2026-01-01T00:00:00Z      UTC                  2026-01-01T00:00:00+00:00
2026-01-01T22:00:00Z      Indian/Reunion       2026-01-02T02:00:00+04:00
2026-01-01T02:00:00Z      America/Cayenne      2025-12-31T23:00:00-03:00
2026-04-04T15:00:00Z      Australia/Lord_Howe  2026-04-05T01:30:00+10:30
1969-12-31T23:59:59Z      UTC                  1969-12-31T23:59:59+00:00
0900-06-01T12:00:00Z      UTC                  0900-06-01T12:00:00+00:00`),
  )('%s in %s', (instant, zone, text) => {
    expect(formatInstant(Date.parse(instant!), zone!)).toBe(text);
  });

  test('with milliseconds, the form that the SAS wants', () => {
    expect(formatInstant(Date.parse('2026-03-29T06:00:00Z'), 'Europe/Paris', true)).toBe(
      '2026-03-29T08:00:00.000+02:00',
    );
  });
});

describe('zones', () => {
  test.each(['Europe/Paris', 'Indian/Reunion', 'America/Argentina/Buenos_Aires', 'Etc/GMT+3', 'UTC', 'Pacific/Noumea'])(
    '%s is one',
    (zone) => {
      expect(isZone(zone)).toBe(true);
    },
  );

  test.each(['', '+02:00', 'Z', 'Europe/Lutèce', 'Mars/Olympus', '../etc/passwd', 'Europe/Paris '.repeat(9)])(
    '"%s" is none',
    (zone) => {
      expect(isZone(zone)).toBe(false);
      expect(isZone(zone)).toBe(false);
    },
  );

  test('offsets stay right when all of history is asked', () => {
    const shown = wallClock('Europe/Paris');
    for (let year = 2200; year > 1950; year -= 1) {
      for (const at of [Date.UTC(year, 0, 15), Date.UTC(year, 6, 15)]) {
        expect(new Date(at + offsetAt('Europe/Paris', at)).toISOString().slice(0, 19)).toBe(shown(at));
      }
    }
    expect(
      offsetAt('Europe/Paris', Date.UTC(2026, 6, 1)) - offsetAt('Europe/Paris', Date.UTC(2026, 6, 1) + 180 * DAY),
    ).toBe(HOUR);
  });
});
