/** Availabilities of an agenda: accepted, or refused with every fault in its place. Spec: 2, ADR 0013 */
import { describe, expect, test } from 'vitest';
import type { Json } from '../fhir/resource.ts';
import type { Schedule } from '../fhir/resources.ts';
import { compileAgenda } from './agenda.ts';
import { checkAgenda } from './agenda-check.ts';
import { AVAILABILITY_URLS, availabilityTime, MINUTE, scheduleOf } from './random-agenda.test-data.ts';
import { freeSlots } from './slots.ts';

const CONTEXT = { defaultDurationMs: 30 * MINUTE };
const MORNING = { id: 'd1', type: 'free' as const, start: '2026-05-04T08:00', end: '2026-05-04T12:00' };

const agenda = (...extension: Json[]): Schedule => ({ resourceType: 'Schedule', id: '1', actor: [], extension });
const faults = (schedule: Schedule): string[] =>
  checkAgenda(schedule, CONTEXT).map((issue) => `${issue.expression![0]} ${issue.diagnostics}`);
const ruled = (rrule: string): Schedule => agenda(availabilityTime({ ...MORNING, rrule }));

test('the days of a year stand in one text, as FR Core has it, or in several numbers', () => {
  const starts = (...parts: Json[]): string[] => {
    const rrule = [{ url: 'freq', valueCoding: { code: 'YEARLY' } }, ...parts];
    const schedule = agenda(availabilityTime({ ...MORNING, rrule: 'YEARLY' }));
    const whole = schedule.extension![0]!.extension!.find(({ url }: Json) => url === 'rrule')!;
    whole.extension = rrule;
    expect(faults(schedule)).toEqual([]);
    const window = { start: Date.parse('2027-01-01'), end: Date.parse('2027-12-31') };
    return freeSlots(compileAgenda(schedule, CONTEXT), window, [], []).map(({ start }) =>
      new Date(start).toISOString(),
    );
  };
  const text = starts({ url: 'byYearDay', valueString: '33,60' });
  expect(new Set(text.map((start) => start.slice(0, 10)))).toEqual(new Set(['2027-02-02', '2027-03-01']));
  expect(text).toEqual(starts({ url: 'byYearDay', valueInteger: 33 }, { url: 'byYearDay', valueInteger: 60 }));
});

describe('recurrences, days and week starts as the guides write them (I15)', () => {
  test.each(
    `
DAILY
WEEKLY byDay=MO,TU,WE,TH,FR
WEEKLY interval=2 byDay=SA wkst=mon
WEEKLY count=10
WEEKLY until=2026-12-18
MONTHLY byDay=1MO,-1FR
MONTHLY byMonthDay=31
YEARLY byMonth=2 byMonthDay=29
YEARLY byWeekNo=53 byDay=MO
YEARLY byYearDay=-1
DAILY byHour=8,14
MINUTELY interval=5
DAILY count=10000
DAILY until=2026-05-04
`
      .trim()
      .split('\n'),
  )('accepted: %s', (rrule) => {
    expect(faults(ruled(rrule))).toEqual([]);
  });

  test.each<[string, string]>([
    ['SECONDLY', 'more than 288 occurrences a day'],
    ['MINUTELY', 'more than 288 occurrences a day'],
    ['MINUTELY interval=4', 'more than 288 occurrences a day'],
    ['SECONDLY interval=60', 'more than 288 occurrences a day'],
    ['SECONDLY byHour=8', 'more than 288 occurrences a day'],
    [
      'HOURLY interval=2 byMinute=0,5,10,15,20,25,30,35,40,45,50,55 bySecond=0,20,40',
      'more than 288 occurrences a day',
    ],
    ['MINUTELY interval=5 bySecond=0,30', 'more than 288 occurrences a day'],
    ['YEARLY byMonth=2 byMonthDay=30', 'never gives an occurrence'],
    ['MONTHLY byMonth=11 byMonthDay=31', 'never gives an occurrence'],
    ['YEARLY byYearDay=366 byMonthDay=1', 'never gives an occurrence'],
    ['MINUTELY interval=1440 byHour=9', 'never gives an occurrence'],
    ['DAILY until=2026-05-03', 'never gives an occurrence'],
    ['WEEKLY byDay=WE until=2026-05-05', 'never gives an occurrence'],
    ['DAILY count=10001', 'count is over 10000'],
    ['DAILY count=9007199254740991', 'count is over 10000'],
    ['YEARLY interval=101', 'waits more than a century'],
    ['DAILY interval=999999', 'waits more than a century'],
    ['DAILY count=0', 'rrule.count is a whole number from 1'],
    ['DAILY interval=0', 'rrule.interval is a whole number from 1'],
    ['DAILY interval=1.5', 'rrule.interval is a whole number from 1'],
    ['FORTNIGHTLY', 'rrule.freq is unknown'],
    ['DAILY until=tomorrow', 'rrule.until is not a date'],
    ['WEEKLY byDay=XX', 'rrule.byDay is a day of the week'],
    ['WEEKLY byDay=1MO', 'byDay (1MO) cannot go with WEEKLY'],
    ['DAILY byHour=24', 'rrule.byHour is a whole number'],
    ['DAILY bySetPos=1', 'rrule has no part "bySetPos"'],
  ])('refused: %s: %s', (rrule, reason) => {
    const issues = checkAgenda(ruled(rrule), CONTEXT);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ severity: 'error', code: 'business-rule' });
    expect(issues[0]!.diagnostics).toContain(reason);
    expect(issues[0]!.expression![0]).toMatch(/^Schedule\.extension\[0\]/);
    expect(issues[0]!.text).toMatch(/^Disponibilité incomprise/);
  });
});

describe('times', () => {
  const lasting = (start: string, end: string): string[] =>
    faults(agenda(availabilityTime({ ...MORNING, start, end })));

  test.each([
    ['2026-05-04T08:00', '2026-05-04T08:01'],
    ['2026-05-04T08:00+02:00', '2026-05-04T06:30Z'],
    ['2026-05-04', '2026-05-04'],
    ['2026-05-04', '2026-05-09'],
    ['2026-05-04T22:00', '2026-05-05T06:00'],
    ['2026-10-25T02:45+02:00', '2026-10-25T02:15+01:00'],
  ])('accepted: %s to %s', (start, end) => {
    expect(lasting(start, end)).toEqual([]);
  });

  test.each([
    ['2026-05-04T12:00', '2026-05-04T08:00', 'end is not after start'],
    ['2026-05-04T08:00', '2026-05-04T08:00', 'end is not after start'],
    ['2026-05-04T08:00+02:00', '2026-05-04T06:00Z', 'end is not after start'],
    ['2026-10-25T02:15+01:00', '2026-10-25T02:45+02:00', 'end is not after start'],
    ['2026-02-30T08:00', '2026-05-04T08:00', 'start (first start) is not a date'],
    ['2026-05-04T08:00', '2026-05-04T25:00', 'end (end of the first occurrence) is not a date'],
    ['2026', '2027', 'start (first start) is not a date'],
    ['lundi', '2026-05-04T12:00', 'start (first start) is not a date'],
  ])('refused: %s to %s: %s', (start, end, reason) => {
    expect(lasting(start, end).join()).toContain(reason);
  });
});

describe('parts', () => {
  const without = (url: string): Json => {
    const whole = availabilityTime(MORNING);
    return { ...whole, extension: whole.extension!.filter((part) => part.url !== url) };
  };

  test.each(['identifier', 'type', 'start', 'end'])('%s is needed', (url) => {
    expect(faults(agenda(without(url)))).toEqual([
      expect.stringMatching(new RegExp(`^Schedule\\.extension\\[0\\] .*${url}.* is missing`)),
    ]);
  });

  test('two types are refused: it is not known which counts', () => {
    const whole = availabilityTime(MORNING);
    const twice = { ...whole, extension: [...whole.extension!, { url: 'type', valueCoding: { code: 'free' } }] };
    expect(faults(agenda(twice))).toEqual(['Schedule.extension[0].extension[4] availabilityTime: type is there twice']);
  });

  test('all faults are reported at once, each with its place', () => {
    const found = faults(
      agenda(without('start'), availabilityTime(MORNING), availabilityTime({ ...MORNING, rrule: 'NEVER' })),
    );
    expect(found.map((text) => text.split(' ')[0])).toEqual([
      'Schedule.extension[0]',
      'Schedule.extension[2].extension[4].extension[0]',
    ]);
  });
});

describe('every generation of the extension (I1, I16)', () => {
  const window = { start: Date.parse('2026-05-04T00:00:00Z'), end: Date.parse('2026-05-05T00:00:00Z') };
  const count = (schedule: Schedule): number => freeSlots(compileAgenda(schedule, CONTEXT), window, [], []).length;

  test.each(AVAILABILITY_URLS)('%s', (url) => {
    const schedule = agenda(availabilityTime({ ...MORNING, url, rrule: 'WEEKLY byDay=MO' }));
    expect(faults(schedule)).toEqual([]);
    expect(count(schedule)).toBe(8);
    expect(faults(agenda(availabilityTime({ ...MORNING, url, rrule: 'SECONDLY' })))).toHaveLength(1);
  });

  test('other extensions are not availabilities', () => {
    const schedule = agenda(availabilityTime({ ...MORNING, url: 'urn:example:availability', rrule: 'SECONDLY' }));
    expect(faults(schedule)).toEqual([]);
    expect(count(schedule)).toBe(0);
  });

  test.each<[string, Json]>([
    ['a Coding', { valueCoding: { system: 'http://interopsante.org/fhir/CodeSystem/fr-schedule-type', code: 'free' } }],
    ['a code', { valueCode: 'free' }],
    ['a string', { valueString: 'FREE' }],
    [
      'a CodeableConcept',
      { valueCodeableConcept: { coding: [{ system: 'http://hl7.org/fhir/slotstatus', code: 'free' }] } },
    ],
  ])('type as %s', (_name, value) => {
    const whole = availabilityTime(MORNING);
    expect(
      count(
        agenda({
          ...whole,
          extension: whole.extension!.map((part) => (part.url === 'type' ? { url: 'type', ...value } : part)),
        }),
      ),
    ).toBe(8);
  });
});

describe('the agenda itself', () => {
  test.each(['Europe/Paris', 'Indian/Reunion', 'America/Miquelon', 'UTC'])('zone %s', (zone) => {
    expect(faults(scheduleOf({ zone, availabilities: [MORNING], services: [] }))).toEqual([]);
  });

  test.each(['Europe/Lutece', '+02:00', 'Paris'])('no zone: %s', (zone) => {
    expect(faults(scheduleOf({ zone, availabilities: [MORNING], services: [] })).join()).toContain(
      `"${zone}" is not a zone`,
    );
  });

  test('uses its own zone, else that of its place, else that of France', () => {
    const bare = agenda();
    expect(compileAgenda(bare, CONTEXT).zone).toBe('Europe/Paris');
    expect(compileAgenda(bare, { ...CONTEXT, placeZone: 'America/Cayenne' }).zone).toBe('America/Cayenne');
    expect(
      compileAgenda(scheduleOf({ zone: 'Indian/Reunion', availabilities: [], services: [] }), {
        ...CONTEXT,
        placeZone: 'America/Cayenne',
      }).zone,
    ).toBe('Indian/Reunion');
  });

  test.each<[string, string, boolean]>([
    ['2026-01-01', '2026-12-31', true],
    ['2026-01-01', '2026-01-01', true],
    ['2026-12-31', '2026-01-01', false],
    ['2026-01-01T10:00:00+01:00', '2026-01-01T10:00:00+01:00', false],
  ])('planning horizon from %s to %s: %s', (start, end, isRight) => {
    const found = faults(
      scheduleOf({ zone: 'Europe/Paris', availabilities: [], services: [], horizon: { start, end } }),
    );
    expect(found).toEqual(isRight ? [] : ['Schedule.planningHorizon planningHorizon ends before it starts']);
  });
});

test('two hours of byHour that are those of start and end bound one opening (C23)', () => {
  const window = { start: Date.parse('2026-05-05T00:00Z'), end: Date.parse('2026-05-06T00:00Z') };
  const slotsOf = (rrule: string) =>
    freeSlots(compileAgenda(ruled(rrule), CONTEXT), window, [], []).map((slot) =>
      new Date(slot.start).toISOString().slice(11, 16),
    );
  expect(slotsOf('DAILY byHour=8,12')).toEqual(slotsOf('DAILY'));
  expect(slotsOf('DAILY byHour=8,14').length).toBe(2 * slotsOf('DAILY').length);
});
