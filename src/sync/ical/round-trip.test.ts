/**
 * Exported, imported, exported again: the same. And hostile calendars: what cannot be represented is told by line, and
 * costs nothing else.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Resource } from '../../fhir/resource.ts';
import { compileAgenda } from '../../scheduling/agenda.ts';
import { checkAgenda } from '../../scheduling/agenda-check.ts';
import { openings } from '../../scheduling/availability.ts';
import { randomAgenda, scheduleOf, windowAround } from '../../scheduling/random-agenda.test-data.ts';
import { offsetAt } from '../../scheduling/zone.ts';
import { readAvailabilities } from './availability-in.ts';
import { availabilityComponents } from './availability-out.ts';
import { component, readCalendar, writeCalendar } from './content-line.ts';
import { zoneComponent } from './zone-rules.ts';

const STAMP = '2026-11-24T09:00:00Z';
const PLACE = { defaultDurationMs: 900_000 };

function exported(schedule: Resource, zone: string): string {
  const agenda = compileAgenda(schedule, { ...PLACE, placeZone: zone });
  return writeCalendar(
    component('vcalendar', [], [zoneComponent(zone, Date.parse(STAMP)), ...availabilityComponents(agenda, STAMP, 0)]),
  );
}

async function imported(text: string, zone: string): Promise<{ schedule: Resource; issues: string[] }> {
  const { calendars, faults } = readCalendar(text);
  const { found, issues } = await readAvailabilities(calendars, { ...PLACE, zone });
  return {
    schedule: {
      resourceType: 'Schedule',
      id: 'agenda',
      actor: [{ reference: 'Practitioner/1' }],
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/timezone', valueCode: zone },
        ...found.map((found) => found.extension),
      ],
    },
    issues: [
      ...faults.map((fault) => `line ${fault.line}: ${fault.english}`),
      ...issues.map((issue) => issue.diagnostics),
    ],
  };
}

const lines = (...list: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', ...list, 'END:VCALENDAR', ''].join('\r\n');
const event = (...list: string[]): string => lines('BEGIN:VEVENT', 'UID:one', ...list, 'END:VEVENT');

describe('round trip', () => {
  it('of any agenda around a change of the clock', async () => {
    await fc.assert(
      fc.asyncProperty(randomAgenda, async ({ day, ...plan }) => {
        // The calendar of an agenda tells its horizon, which is not an availability.
        const schedule = scheduleOf({ ...plan, horizon: undefined, offers: [], services: [] });
        fc.pre(checkAgenda(schedule, PLACE).length === 0);
        const first = exported(schedule, plan.zone);
        const { schedule: again, issues } = await imported(first, plan.zone);
        const second = exported(again, plan.zone);
        expect(issues).toEqual([]);
        expect(second).toBe(first);
        const open = (resource: Resource) =>
          openings(compileAgenda(resource, { ...PLACE, placeZone: plan.zone }), windowAround(day)).map((opening) => [
            opening.anchor,
            opening.end,
            opening.regions,
          ]);
        expect(open(again)).toEqual(open(schedule));
      }),
      { numRuns: 100 },
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
    expect(exported((await imported(text, 'Europe/Paris')).schedule, 'Europe/Paris')).toBe(text);
  });

  it('VTIMEZONE follows the zone database', () => {
    const text = writeCalendar(zoneComponent('Europe/Paris', Date.parse(STAMP)));
    expect(text).toContain(
      'BEGIN:DAYLIGHT\r\nDTSTART:20250330T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT',
    );
    expect(text).toContain(
      'BEGIN:STANDARD\r\nDTSTART:20251026T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD',
    );
    const reunion = writeCalendar(zoneComponent('Indian/Reunion', Date.parse(STAMP)));
    expect(reunion).toContain('TZOFFSETTO:+0400');
    expect(reunion).not.toContain('DAYLIGHT');
    expect(offsetAt('Indian/Reunion', 0)).toBe(4 * 3_600_000);
  });
});

describe('import', () => {
  const paris = (text: string) => imported(text, 'Europe/Paris');
  const closures = async (text: string): Promise<string[]> =>
    (await paris(text)).schedule.extension!.slice(1).map((extension) =>
      extension
        .extension!.filter((part) => ['start', 'end'].includes(part.url))
        .map((part) => part['valueDateTime'])
        .join(' '),
    );

  it('a byte order mark, CR, LF, folded lines, a zone by its Windows name: understood', async () => {
    const text = event(
      'DTSTART;TZID="Romance Standard Time":20261201T080000',
      'DTEND;TZID=Romance Standard Ti\r\n me:20261201T120000',
    );
    for (const variant of [text, `\uFEFF${text}`, text.replaceAll('\r\n', '\n'), text.replaceAll('\r\n', '\r')])
      expect(await closures(variant)).toEqual(['2026-12-01T08:00:00+01:00 2026-12-01T12:00:00+01:00']);
  });

  it('an unknown zone, no end, no UID, a rule that nobody can follow: each told with its line', async () => {
    expect((await paris(event('DTSTART;TZID=Mars/Olympus:20261201T080000', 'DURATION:PT1H'))).issues).toEqual([
      'line 5: the zone "Mars/Olympus" is not known',
    ]);
    expect((await paris(event('DTSTART:20261201T080000Z'))).issues).toEqual([
      'line 3: neither DTEND nor DURATION: an availability has an end',
    ]);
    expect((await paris(lines('BEGIN:VEVENT', 'DTSTART:20261201', 'END:VEVENT'))).issues).toHaveLength(1);
    for (const rule of [
      'FREQ=SECONDLY',
      'FREQ=MINUTELY;BYSECOND=1,2,3',
      'FREQ=WEEKLY;BYSETPOS=1',
      'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
    ]) {
      const { issues, schedule } = await paris(
        event('DTSTART;TZID=Europe/Paris:20261201T080000', 'DURATION:PT1H', `RRULE:${rule}`),
      );
      expect(issues, rule).toHaveLength(1);
      expect(issues[0], rule).toMatch(/^line 7: /);
      expect(schedule.extension, rule).toHaveLength(1);
    }
    expect(
      (await paris(event('DTSTART;TZID=Europe/Paris:20261201T080000', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY;COUNT=abc')))
        .issues,
    ).toEqual(['line 7: RRULE cannot be read']);
  });

  it('exceptions: of an opening they close, of a closure that ends they are written one by one', async () => {
    const series = await closures(
      event(
        'DTSTART;TZID=Europe/Paris:20261201T080000',
        'DTEND;TZID=Europe/Paris:20261201T090000',
        'RRULE:FREQ=DAILY;COUNT=4',
        'EXDATE;TZID=Europe/Paris:20261202T080000',
      ),
    );
    expect(series.map((one) => one.slice(0, 10))).toEqual(['2026-12-01', '2026-12-03', '2026-12-04']);
    const open = lines(
      'BEGIN:VAVAILABILITY',
      'UID:v',
      'BEGIN:AVAILABLE',
      'UID:a',
      'DTSTART;TZID=Europe/Paris:20261201T080000',
      'DTEND;TZID=Europe/Paris:20261201T090000',
      'RRULE:FREQ=DAILY',
      'END:AVAILABLE',
      'BEGIN:AVAILABLE',
      'UID:a',
      'RECURRENCE-ID;TZID=Europe/Paris:20261203T080000',
      'DTSTART;TZID=Europe/Paris:20261203T100000',
      'DTEND;TZID=Europe/Paris:20261203T110000',
      'END:AVAILABLE',
      'END:VAVAILABILITY',
    );
    const agenda = compileAgenda((await paris(open)).schedule, { ...PLACE, placeZone: 'Europe/Paris' });
    const day = { start: Date.parse('2026-12-03T00:00:00+01:00'), end: Date.parse('2026-12-04T00:00:00+01:00') };
    expect(
      openings(agenda, day).flatMap((opening) => opening.regions.map(({ start }) => new Date(start).toISOString())),
    ).toEqual(['2026-12-03T09:00:00.000Z']);
  });

  it('dates that no rule can say are all written, however far apart; a rule that goes on for ever is told', async () => {
    const [first, ...rest] = await closures(
      event('DTSTART;TZID=Europe/Paris:20261201T080000', 'DURATION:PT10M', 'RRULE:FREQ=YEARLY;COUNT=24;BYMINUTE=0,30'),
    );
    expect([first, rest.at(-1), rest.length]).toEqual([
      '2026-12-01T08:00:00+01:00 2026-12-01T08:10:00+01:00',
      '2037-12-01T08:30:00+01:00 2037-12-01T08:40:00+01:00',
      23,
    ]);
    for (const end of ['UNTIL=20991231T000000Z', 'COUNT=9000']) {
      const { issues, schedule } = await paris(
        event('DTSTART;TZID=Europe/Paris:20261201T080000', 'DURATION:PT10M', `RRULE:FREQ=YEARLY;${end};BYMINUTE=0,30`),
      );
      expect([issues, schedule.extension!.length], end).toEqual([
        [expect.stringMatching(/^line 7: RRULE cannot be represented/)],
        1,
      ]);
    }
  });

  it('a rule that never begins, never ends or feeds on itself costs little, and is told', async () => {
    const started = performance.now();
    for (const rule of [
      'FREQ=MINUTELY;INTERVAL=5;UNTIL=20991231T000000Z',
      'FREQ=DAILY;BYHOUR=0,6,12,18;BYMINUTE=0,5,10;UNTIL=20991231T000000Z',
      'FREQ=YEARLY;COUNT=100000;BYDAY=MO,TU',
      'FREQ=DAILY;COUNT=999999999',
      'FREQ=YEARLY;INTERVAL=999999',
      'FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=6',
      'FREQ=RRULE:FREQ=DAILY',
    ]) {
      expect(
        (
          await paris(
            event(
              'DTSTART;TZID=Europe/Paris:20261201T080000',
              'DURATION:PT1M',
              `RRULE:${rule}`,
              'EXDATE;TZID=Europe/Paris:20261202T080000',
            ),
          )
        ).issues,
        rule,
      ).not.toEqual([]);
    }
    // A zone that is its own definition, with a rule of seconds; an exception of an exception.
    const zone = [
      'BEGIN:VTIMEZONE',
      'TZID:X',
      'BEGIN:STANDARD',
      'DTSTART;TZID=X:19700101T000000',
      'RRULE:FREQ=SECONDLY',
      'TZOFFSETFROM:+0100',
      'TZOFFSETTO:+0100',
      'END:STANDARD',
      'END:VTIMEZONE',
    ];
    expect(
      (
        await paris(
          lines(...zone, 'BEGIN:VEVENT', 'UID:z', 'DTSTART;TZID=X:20261201T080000', 'DURATION:PT1H', 'END:VEVENT'),
        )
      ).issues,
    ).toEqual(['line 14: the zone "X" is not known']);
    const again = Array.from({ length: 50 }, () => [
      'BEGIN:VEVENT',
      'UID:e',
      'RECURRENCE-ID:20261201T080000Z',
      'RRULE:FREQ=DAILY',
      'DTSTART:20261201T080000Z',
      'DURATION:PT1H',
      'END:VEVENT',
    ]).flat();
    expect((await paris(lines(...again))).issues.length).toBeGreaterThanOrEqual(49);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('one line without end, and more dates than anybody plans: told, or refused as a whole', async () => {
    expect(
      (
        await paris(
          event('DTSTART:20261201T080000Z', 'DURATION:PT1H', `ATTENDEE;${'CN=a;'.repeat(1_000_000)}:mailto:x`),
        )
      ).issues,
    ).toEqual(['line 7: more than 200000 characters: left out']);
    const many = lines(
      Array.from({ length: 10_001 }, (_, i) => [
        `BEGIN:VEVENT`,
        `UID:${i}`,
        'DTSTART:20261201T080000Z',
        'DURATION:PT1H',
        'END:VEVENT',
      ])
        .flat()
        .join('\r\n'),
    );
    await expect(paris(many)).rejects.toThrow('more than 10000');
  });

  it('what is no availability is told, and what is private stays so', async () => {
    const { issues, schedule } = await paris(
      lines(
        'BEGIN:VTODO',
        'UID:t',
        'END:VTODO',
        'BEGIN:VEVENT',
        'UID:p',
        'CLASS:PRIVATE',
        'SUMMARY:Chirurgie de Mme X',
        'DTSTART:20261201T080000Z',
        'DTEND:20261201T090000Z',
        'END:VEVENT',
      ),
    );
    expect(issues).toEqual(['line 3: VTODO is no availability']);
    expect(JSON.stringify(schedule)).not.toContain('Chirurgie');
  });

  it('rubbish, endless nesting and a huge file end soon', async () => {
    const started = performance.now();
    expect((await paris('not a calendar\u0000')).issues).toHaveLength(1);
    expect((await paris(lines(...Array.from({ length: 50_000 }, () => 'BEGIN:VEVENT')))).issues.length).toBeGreaterThan(
      0,
    );
    const many = lines(
      Array.from({ length: 60_000 }, (_, i) => [`BEGIN:VEVENT`, `UID:${i}`, 'DTSTART:2026', 'END:VEVENT'])
        .flat()
        .join('\r\n'),
    );
    expect((await paris(many)).issues.some((issue) => issue.includes('200000'))).toBe(true);
    expect(performance.now() - started).toBeLessThan(60_000);
  });
});
