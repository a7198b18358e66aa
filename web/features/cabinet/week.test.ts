/** A typical week: what its form shows, and the Schedule that it makes. */
import { expect, it } from 'vitest';
import { readAvailabilityTimes } from '../../../src/fhir/french/availability-time.ts';
import { readOpeningRules } from '../../../src/fhir/french/opening-rule.ts';
import { readSlotOffers } from '../../../src/fhir/french/fr-extensions.ts';
import type { Schedule } from '../../../src/fhir/resources.ts';
import {
  emptyWeek,
  NEW_RANGE,
  planWeek,
  type RangeValues,
  type Season,
  type TypicalWeek,
  typicalWeek,
} from './week.ts';

const ZONE = 'Europe/Paris';
const EMPTY: Schedule = { resourceType: 'Schedule', id: 's', actor: [] };
/** A Wednesday. */
const FIRST: Season = { first: '2027-01-06', last: '' };
const range = (from: string, to: string, more: Partial<RangeValues> = {}): RangeValues => ({
  ...{ ...NEW_RANGE, from, to },
  ...more,
});

function withWeek(schedule: Schedule, season: Season, changes: Partial<TypicalWeek>): Schedule {
  return { ...schedule, extension: planWeek(schedule, ZONE, season, { ...emptyWeek(), ...changes }).extension };
}

/** `2027-01-06T08:00/12:00 WE,FR/2 until 2027-02-01` */
const rulesOf = (schedule: Schedule): string[] =>
  readAvailabilityTimes(schedule)
    .map(({ start, end, rrule }) =>
      [
        `${start.slice(0, 16)}/${end.slice(11, 16)} ${rrule?.byDay.join()}`,
        rrule?.interval === 2 ? '/2' : '',
        rrule?.until === undefined ? '' : ` until ${rrule.until.slice(0, 10)}`,
      ].join(''),
    )
    .sort();

const WEEK = { MO: [range('08:00', '12:00')], TU: [range('08:00', '12:00')], WE: [range('09:00', '11:00')] };

it('shows the week that it has made, and keeps equal ranges of several days together', () => {
  const schedule = withWeek(EMPTY, FIRST, WEEK);
  expect(rulesOf(schedule)).toEqual(['2027-01-06T09:00/11:00 WE', '2027-01-11T08:00/12:00 MO,TU']);
  expect(typicalWeek(schedule, ZONE, FIRST.first)).toEqual({ week: { ...emptyWeek(), ...WEEK }, others: 0 });
  const again = planWeek(schedule, ZONE, FIRST, typicalWeek(schedule, ZONE, FIRST.first).week);
  expect([again.added, again.removed, again.extension]).toEqual([0, 0, schedule.extension]);
});

it('counts the ranges of days that change, however many days shared an availability', () => {
  const schedule = withWeek(EMPTY, FIRST, WEEK);
  const changed = { ...emptyWeek(), ...WEEK, TU: [range('08:00', '13:00')], TH: [range('08:00', '12:00')] };
  const { added, removed } = planWeek(schedule, ZONE, FIRST, changed);
  expect([added, removed]).toEqual([2, 1]);
});

it('from a date on ends what was before, and never rewrites the past', () => {
  const before = withWeek(EMPTY, FIRST, WEEK);
  const later = { first: '2027-03-01', last: '' };
  const after = withWeek(before, later, { ...WEEK, WE: [range('09:00', '11:00', { turn: 'A' })] });
  expect(rulesOf(after)).toEqual([
    '2027-01-06T09:00/11:00 WE until 2027-02-28',
    '2027-01-11T08:00/12:00 MO,TU',
    '2027-03-03T09:00/11:00 WE/2',
  ]);
});

it.each<[RangeValues['turn'], string]>([
  ['A', '2027-01-06T09:00/11:00 WE/2'],
  ['B', '2027-01-13T09:00/11:00 WE/2'],
])('one week in two (%s) begins in its own week', (turn, expected) => {
  const schedule = withWeek(EMPTY, FIRST, { WE: [range('09:00', '11:00', { turn })] });
  expect(rulesOf(schedule)).toEqual([expected]);
  expect(typicalWeek(schedule, ZONE, FIRST.first).week.WE[0]?.turn).toBe(turn);
});

it('one week in two whose day has passed this week begins two weeks later', () => {
  const schedule = withWeek(EMPTY, FIRST, { MO: [range('09:00', '11:00', { turn: 'A' })] });
  expect(rulesOf(schedule)).toEqual(['2027-01-18T09:00/11:00 MO/2']);
});

it('of a season holds for it alone: the week before comes back', () => {
  const before = withWeek(EMPTY, FIRST, { MO: [range('08:00', '12:00')] });
  const summer = withWeek(before, { first: '2027-07-05', last: '2027-08-29' }, { MO: [range('07:00', '09:00')] });
  expect(rulesOf(summer)).toEqual([
    '2027-01-11T08:00/12:00 MO until 2027-07-04',
    '2027-07-05T07:00/09:00 MO until 2027-08-29',
    '2027-08-30T08:00/12:00 MO',
  ]);
});

it('says what a range takes, and offers to the SAS follow the ranges that come in place of others', () => {
  const kinds = ['urn:creneau:fhir:motif|k'];
  const before = withWeek(EMPTY, FIRST, { MO: [range('08:00', '12:00', { kinds, audiences: ['desk'], places: '2' })] });
  const [name = ''] = readOpeningRules(before)[0]?.availability ?? [];
  expect(readOpeningRules(before)).toMatchObject([{ kinds, audiences: [], capacity: 2 }]);
  const offer = {
    url: 'urn:creneau:fhir:slot-offer',
    extension: [
      { url: 'availability', valueString: name },
      { url: 'visibility', valueCode: 'SNP' },
    ],
  };
  const offered = { ...before, extension: [...(before.extension ?? []), offer] };
  const after = withWeek(offered, { first: '2027-03-01', last: '' }, { MO: [range('09:00', '13:00')] });
  const [old, fresh] = readAvailabilityTimes(after).map(({ identifiers }) => identifiers[0]?.value);
  expect(readSlotOffers(after)[0]?.availability).toEqual([old, fresh]);
  expect(readOpeningRules(after).map(({ availability }) => availability)).toEqual([[old]]);
});
