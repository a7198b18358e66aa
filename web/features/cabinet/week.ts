/**
 * The typical week of an agenda: its weekly openings as ranges of days, and the Schedule with another week from a date
 * on. Earlier days stay as they are; unchanged ranges keep their names, so that offers to the SAS stay theirs.
 */
import { extensionUrl, isExtension } from '../../../src/fhir/extension.ts';
import { readAvailabilityTimes } from '../../../src/fhir/french/availability-time.ts';
import { readOpeningRules } from '../../../src/fhir/french/opening-rule.ts';
import type { Extension } from '../../../src/fhir/resource.ts';
import type { Schedule } from '../../../src/fhir/resources.ts';
import { addDays, dayIn, instantAt, timeIn, weekday } from '../../fhir/zone.ts';
import { availabilityExtension, DAY_CODES, type DayCode, dayCode } from '../../schedule/availability.ts';
import { idOf, renamed } from './week-names.ts';

/** One week in two: A is the week of the first day, B the one after. */
export type WeekTurn = 'each' | 'A' | 'B';

export interface RangeValues {
  from: string;
  to: string;
  turn: WeekTurn;
  /** Keys of the kinds that it takes; empty: all. */
  kinds: string[];
  /** Codes of `visit-kind`, or `desk`; empty: as the kinds say. */
  audiences: string[];
  /** As it is typed; '': one. */
  places: string;
}

export type TypicalWeek = Record<DayCode, RangeValues[]>;

export const NEW_RANGE: RangeValues = {
  from: '09:00',
  to: '12:00',
  turn: 'each',
  kinds: [],
  audiences: [],
  places: '',
};

/** When the week holds, as days; without a last day for good. */
export interface Season {
  first: string;
  last: string;
}

interface Stored {
  extension: Extension;
  id: string;
  /** First day of the rule, and its last; '' : for ever. */
  start: string;
  until: string;
  interval: number;
  days: DayCode[];
  range: RangeValues;
}

export function emptyWeek(): TypicalWeek {
  return { MO: [], TU: [], WE: [], TH: [], FR: [], SA: [], SU: [] };
}

/** The week that holds on a day, and the number of other openings, which a week cannot show and leaves alone. */
export function typicalWeek(schedule: Schedule, zone: string, first: string): { week: TypicalWeek; others: number } {
  const week = emptyWeek();
  const stored = weekly(schedule, zone, first);
  const inForce = stored.filter((rule) => holdsFrom(rule, first));
  for (const { days, range } of inForce) for (const day of days) week[day].push(range);
  for (const day of DAY_CODES) week[day].sort((a, b) => (a.from < b.from ? -1 : 1));
  const open = readAvailabilityTimes(schedule).filter(({ type }) => type === 'free').length;
  return { week, others: open - stored.length };
}

const holdsFrom = ({ until }: Stored, first: string): boolean => until === '' || until >= first;

/** The weekly openings that a form can show. */
function weekly(schedule: Schedule, zone: string, first: string): Stored[] {
  const extensions = (schedule.extension ?? []).filter((extension) => isExtension(extension, 'availabilityTime'));
  const rules = readOpeningRules(schedule);
  return readAvailabilityTimes(schedule).flatMap(({ type, start, end, rrule, identifiers }, i): Stored[] => {
    const id = identifiers[0]?.value ?? '';
    const isPlain =
      type === 'free' && rrule?.freq === 'WEEKLY' && start.includes('T') && id !== '' && isSimple(extensions[i]);
    if (!isPlain || rrule === undefined) return [];
    const { interval = 1, byDay, until = '' } = rrule;
    if (interval > 2) return [];
    const startDay = dayIn(start, zone);
    const days = byDay.length === 0 ? [dayCode(startDay)] : DAY_CODES.filter((code) => byDay.includes(code));
    const rule = rules.find(({ availability }) => availability.includes(id));
    const range: RangeValues = {
      from: timeIn(start, zone),
      to: timeIn(end, zone),
      turn: interval === 1 ? 'each' : isSameTurn(startDay, first) ? 'A' : 'B',
      kinds: rule?.kinds ?? [],
      audiences: rule?.audiences === undefined ? [] : rule.audiences.length === 0 ? ['desk'] : rule.audiences,
      places: rule === undefined || rule.capacity === 1 ? '' : String(rule.capacity),
    };
    return [
      {
        ...{ extension: extensions[i]!, id, start: startDay, interval, days, range },
        until: until === '' ? '' : until.includes('T') ? dayIn(until, zone) : until,
      },
    ];
  });
}

/** Parts of a rule that the week shows. */
const RULE_PARTS = ['freq', 'byDay', 'interval', 'until'];

function isSimple(extension: Extension | undefined): boolean {
  const rule = extension?.extension?.find(({ url }) => url === 'rrule');
  return (rule?.extension ?? []).every(({ url }) => RULE_PARTS.includes(url));
}

/** Do two days lie in weeks of the same turn? Weeks begin on Monday. */
export function isSameTurn(a: string, b: string): boolean {
  return Math.round((Date.parse(mondayOf(a)) - Date.parse(mondayOf(b))) / 604_800_000) % 2 === 0;
}

function mondayOf(day: string): string {
  return addDays(day, 1 - weekday(day));
}

/** A range with all its days: what one availability says. */
interface Block {
  range: RangeValues;
  days: DayCode[];
}

export interface WeekPlan {
  extension: Extension[];
  /** Ranges of a day that come and go. */
  added: number;
  removed: number;
}

/** The extensions of the Schedule with this week in this season. */
export function planWeek(schedule: Schedule, zone: string, season: Season, week: TypicalWeek): WeekPlan {
  const stored = weekly(schedule, zone, season.first).filter((rule) => holdsFrom(rule, season.first));
  const wanted = blocksOf(week);
  const kept = season.last === '' ? stored.filter((rule) => wanted.some((block) => isSameBlock(block, rule))) : [];
  const ended = stored.filter((rule) => !kept.includes(rule));
  const fresh = wanted
    .filter((block) => !kept.some((rule) => isSameBlock(block, rule)))
    .map((block) => ({ block, id: crypto.randomUUID() }));
  const names = new Map<string, string[]>();
  const extension = (schedule.extension ?? []).flatMap((each): Extension[] => {
    const rule = ended.find((known) => known.extension === each);
    if (rule === undefined) return [each];
    const rest = season.last === '' ? [] : resumed(rule, zone, season.last);
    const before = rule.start < season.first ? [endedBy(rule, zone, addDays(season.first, -1))] : [];
    const meeting = fresh.filter(({ block }) => meets(block, rule)).map(({ id }) => id);
    names.set(rule.id, [...(before.length > 0 ? [rule.id] : []), ...rest.map(idOf), ...meeting]);
    return [...before, ...rest];
  });
  const written = fresh.map(({ block, id }) => availabilityOf(block, id, zone, season));
  const coming = dayRanges(fresh.map(({ block }) => block));
  const going = dayRanges(ended);
  return {
    extension: [...renamed(extension, names), ...written, ...fresh.flatMap(({ block, id }) => ruleOf(block.range, id))],
    added: coming.filter((key) => !going.includes(key)).length,
    removed: going.filter((key) => !coming.includes(key)).length,
  };
}

const keyOf = ({ from, to, turn, kinds, audiences, places }: RangeValues): string =>
  JSON.stringify([from, to, turn, [...kinds].sort(), [...audiences].sort(), places === '1' ? '' : places]);

/** Each range of each day by itself: a day that leaves an availability of five changes one of them. */
function dayRanges(blocks: readonly Block[]): string[] {
  return blocks.flatMap(({ days, range }) => days.map((day) => `${day} ${keyOf(range)}`));
}

/** The same range on several days is one availability. */
function blocksOf(week: TypicalWeek): Block[] {
  const blocks = new Map<string, Block>();
  for (const day of DAY_CODES)
    for (const range of week[day]) {
      const known = blocks.get(keyOf(range));
      if (known === undefined) blocks.set(keyOf(range), { range, days: [day] });
      else if (!known.days.includes(day)) known.days.push(day);
    }
  return [...blocks.values()];
}

function isSameBlock({ range, days }: Block, rule: Stored): boolean {
  return rule.until === '' && keyOf(range) === keyOf(rule.range) && days.join() === rule.days.join();
}

function meets({ range, days }: Block, rule: Stored): boolean {
  return days.some((day) => rule.days.includes(day)) && range.from < rule.range.to && rule.range.from < range.to;
}

function availabilityOf({ range, days }: Block, id: string, zone: string, { first, last }: Season): Extension {
  const { from, to, turn } = range;
  // One week in two counts from the week of the first opening, which is not always that of the first day.
  let day = first;
  if (turn !== 'each')
    while (!days.includes(dayCode(day)) || isSameTurn(day, first) !== (turn === 'A')) day = addDays(day, 1);
  const values = {
    id,
    type: 'free' as const,
    day,
    lastDay: '',
    from,
    to,
    isWeekly: true,
    days,
    until: last,
    reason: '',
  };
  return withInterval(availabilityExtension(values, zone), turn);
}

function withInterval(extension: Extension, turn: WeekTurn): Extension {
  if (turn === 'each') return extension;
  return withRule(extension, (parts) => [...parts, { url: 'interval', valueInteger: 2 }]);
}

/** The kinds that an opening takes, where it does not take them all. */
function ruleOf({ kinds, audiences, places }: RangeValues, id: string): Extension[] {
  const isPlain = kinds.length === 0 && audiences.length === 0 && (places === '' || places === '1');
  if (isPlain) return [];
  return [
    {
      url: extensionUrl('opening'),
      extension: [
        { url: 'availability', valueString: id },
        ...kinds.map((key) => {
          const at = key.indexOf('|');
          return { url: 'kind', valueCoding: { system: key.slice(0, at), code: key.slice(at + 1) } };
        }),
        ...audiences.map((valueCode) => ({ url: 'audience', valueCode })),
        ...(places === '' ? [] : [{ url: 'capacity', valuePositiveInt: Number(places) }]),
      ],
    },
  ];
}

function endedBy({ extension }: Stored, zone: string, last: string): Extension {
  return withRule(extension, (parts) => [
    ...parts.filter(({ url }) => url !== 'until'),
    { url: 'until', valueDateTime: instantAt(last, '23:59', zone) },
  ]);
}

function withRule(extension: Extension, change: (parts: readonly Extension[]) => Extension[]): Extension {
  const parts = (extension.extension ?? []).map((part) =>
    part.url === 'rrule' ? { ...part, extension: change(part.extension ?? []) } : part,
  );
  return { ...extension, extension: parts };
}

/** The same rule after a season, under a name of its own. */
function resumed(rule: Stored, zone: string, last: string): Extension[] {
  const { extension, until, interval, days, range, start } = rule;
  if (until !== '' && until <= last) return [];
  let day = addDays(last, 1);
  while (!days.includes(dayCode(day)) || (interval === 2 && !isSameTurn(day, start))) day = addDays(day, 1);
  if (until !== '' && until < day) return [];
  const end = range.to <= range.from ? addDays(day, 1) : day;
  const id = crypto.randomUUID();
  const parts = (extension.extension ?? []).map((part): Extension => {
    if (part.url === 'identifier')
      return { url: 'identifier', valueIdentifier: { ...part.valueIdentifier, value: id } };
    if (part.url === 'start') return { url: 'start', valueDateTime: instantAt(day, range.from, zone) };
    return part.url === 'end' ? { url: 'end', valueDateTime: instantAt(end, range.to, zone) } : part;
  });
  return [{ ...extension, extension: parts }];
}
