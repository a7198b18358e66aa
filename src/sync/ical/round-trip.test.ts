/** Exported, imported, exported again: the same calendar, and the same open time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileAgenda } from '../../scheduling/agenda.ts';
import { checkAgenda } from '../../scheduling/agenda-check.ts';
import { openings } from '../../scheduling/availability.ts';
import { randomAgenda, scheduleOf, windowAround } from '../../scheduling/random-agenda.test-data.ts';
import { offsetAt } from '../../scheduling/zone.ts';
import { importFiles } from './imported.test-data.ts';
import { closureEvents, openingsComponent } from './out/availability-components.ts';
import { component, property, writeCalendar } from './text/write-calendar.ts';
import { zoneComponent } from './zones/zone-component.ts';
import type { Schedule } from '../../fhir/resources.ts';

const STAMP = Date.parse('2026-11-24T09:00:00Z');
const PLACE = { defaultDurationMs: 900_000 };

function exported(schedule: Schedule, zone: string): string {
  const agenda = compileAgenda(schedule, { ...PLACE, placeZone: zone });
  const version = { at: STAMP, sequence: 0 };
  const openingsOf = openingsComponent(agenda, version);
  const parts = [zoneComponent(zone, STAMP), ...(openingsOf ? [openingsOf] : []), ...closureEvents(agenda, version)];
  return writeCalendar(component('vcalendar', [property('version', '2.0')], parts));
}

const SKIPPED = {
  ...{ zone: 'Australia/Lord_Howe', day: '2026-10-04', horizon: undefined },
  ...{ services: [10], offers: [], busy: [], explicit: [] },
  availabilities: [
    { id: 'd0', type: 'free', start: '2026-10-03T02:00', end: '2026-10-03T02:15', rrule: 'DAILY count=2' },
    { id: 'd1', type: 'free', start: '2026-10-04T00:00', end: '2026-10-04T00:10' },
  ],
} as unknown as typeof randomAgenda extends fc.Arbitrary<infer Plan> ? Plan : never;

describe('round trip', () => {
  it('of any agenda around a change of the clock', async () => {
    await fc.assert(
      fc.asyncProperty(randomAgenda, async ({ day, ...plan }) => {
        // The horizon of an agenda is not an availability: an import does not change it.
        const schedule = scheduleOf({ ...plan, horizon: undefined, offers: [], services: [] });
        fc.pre(checkAgenda(schedule, PLACE).length === 0);
        const first = exported(schedule, plan.zone);
        const { schedule: again, issues } = await importFiles([first], plan.zone, { now: STAMP });
        expect(issues).toEqual([]);
        expect(exported(again, plan.zone)).toBe(first);
        const open = (resource: Schedule) =>
          openings(compileAgenda(resource, { ...PLACE, placeZone: plan.zone }), windowAround(day)).map((opening) => [
            opening.anchor,
            opening.end,
            opening.regions,
          ]);
        expect(open(again)).toEqual(open(schedule));
      }),
      {
        numRuns: 100,
        // A rule that counts, around a time that the clock of Lord Howe Island skips.
        examples: [[SKIPPED]],
      },
    );
  });

  it('lines end with CRLF and have 75 octets at most', async () => {
    const reason = 'Congés annuels à l’étranger — '.repeat(12);
    const text = exported(
      scheduleOf({
        zone: 'Europe/Paris',
        services: [],
        availabilities: [{ id: reason, type: 'busy-unavailable', start: '2026-12-01T08:00', end: '2026-12-02T08:00' }],
      }),
      'Europe/Paris',
    );
    for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(exported((await importFiles([text], 'Europe/Paris')).schedule, 'Europe/Paris')).toBe(text);
  });

  it('VTIMEZONE follows the zone database', () => {
    const text = writeCalendar(zoneComponent('Europe/Paris', STAMP));
    expect(text).toContain(
      'BEGIN:DAYLIGHT\r\nDTSTART:20250330T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n' +
        'TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT',
    );
    expect(text).toContain(
      'BEGIN:STANDARD\r\nDTSTART:20251026T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n' +
        'TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD',
    );
    const reunion = writeCalendar(zoneComponent('Indian/Reunion', STAMP));
    expect(reunion).toContain('TZOFFSETTO:+0400');
    expect(reunion).not.toContain('DAYLIGHT');
    expect(offsetAt('Indian/Reunion', 0)).toBe(4 * 3_600_000);
  });

  it('no value begins a line of its own', () => {
    const evil = 'a\r\nBEGIN:VEVENT\u2028X\nY';
    const text = writeCalendar(
      component('vevent', [property('x-raw', evil), property('attendee', `mailto:${evil}`, { cn: evil })]),
    );
    expect(text.split('\r\n').filter((line) => line.startsWith('BEGIN:'))).toEqual(['BEGIN:VEVENT']);
    expect(text).not.toMatch(/[^\r]\n|\u2028/);
  });
});
