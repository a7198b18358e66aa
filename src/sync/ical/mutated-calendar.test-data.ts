/** Calendars as programs write them, with a few lines changed: to something else that has a meaning, or to nonsense. */
import fc from 'fast-check';

interface MutationKind {
  /** Lines that it can change. */
  on: RegExp;
  change(line: string, by: number): string[];
}

const pick = (list: readonly string[], by: number): string => list[by % list.length]!;
const TIMED = /^(DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)[;:].*\dT\d/;
const ZONES = ['Europe/Paris', 'America/New_York', 'Indian/Reunion', 'Asia/Tokyo'];
const FRENCH_DAYS = ['MO', 'TU', 'WE', 'TH', 'FR'];

/** Days later or earlier, within a month. */
function otherDay(line: string, by: number): string {
  return line.replace(/(\d{6})(\d\d)(?=T|$)/, (_all, month: string, day: string) => {
    const shifted = ((Number(day) - 1 + (by % 27)) % 28) + 1;
    return month + String(shifted).padStart(2, '0');
  });
}

const KINDS: Record<string, MutationKind> = {
  'another day': { on: /^(DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)[;:]/, change: (line, by) => [otherDay(line, by)] },
  'another hour': {
    on: TIMED,
    change: (line, by) => [line.replace(/T\d\d/, `T${String(6 + (by % 14)).padStart(2, '0')}`)],
  },
  'another zone': { on: /;TZID=/, change: (line, by) => [line.replace(/TZID="?[^":;]*"?/, `TZID=${pick(ZONES, by)}`)] },
  'in UTC': {
    on: /^(EXDATE|RECURRENCE-ID).*\dT\d/,
    change: (line) => [line.replace(/;TZID="?[^":;]*"?/, '').replace(/(T\d{6})(?!Z)/, '$1Z')],
  },
  'another interval': {
    on: /^RRULE:/,
    change: (line, by) => [`${line.replace(/;INTERVAL=\d+/, '')};INTERVAL=${1 + (by % 3)}`],
  },
  'an end': {
    on: /^RRULE:/,
    change: (line, by) => [`${line.replace(/;(COUNT|UNTIL)=\w+/, '')};COUNT=${1 + (by % 9)}`],
  },
  'no end': { on: /^RRULE:/, change: (line) => [line.replace(/;(COUNT|UNTIL)=\w+/, '')] },
  'one rule more': {
    on: /^DTSTART.*\dT\d/,
    change: (line, by) => [line, `RRULE:FREQ=WEEKLY;UNTIL=20270115;BYDAY=${pick(FRENCH_DAYS, by)}`],
  },
  'days of the week': {
    on: /^RRULE:FREQ=(WEEKLY|DAILY)(?!.*BY)/,
    change: (line, by) => [`${line};BYDAY=${pick(FRENCH_DAYS, by)},${pick(FRENCH_DAYS, by + 2)}`],
  },
  'an exception': { on: /^DTSTART/, change: (line, by) => [line, otherDay(line.replace('DTSTART', 'EXDATE'), by * 7)] },
  'a further date': { on: /^DTSTART/, change: (line, by) => [line, otherDay(line.replace('DTSTART', 'RDATE'), by)] },
  'one occurrence alone': {
    on: /^DTSTART/,
    change: (line, by) => [line, otherDay(line.replace('DTSTART', 'RECURRENCE-ID'), by * 7)],
  },
  'this and all following': {
    on: /^RECURRENCE-ID(?!.*RANGE=)/,
    change: (line) => [line.replace('RECURRENCE-ID', 'RECURRENCE-ID;RANGE=THISANDFUTURE')],
  },
  'another length': {
    on: /^(DTEND|DURATION)/,
    change: (_line, by) => [`DURATION:${pick(['PT20M', 'PT26H', 'P1D', 'P1DT1H', 'P1W'], by)}`],
  },
  status: { on: /^UID/, change: (line, by) => [line, pick(['STATUS:CANCELLED', 'STATUS:TENTATIVE'], by)] },
  'takes no time': { on: /^UID/, change: (line) => [line, 'TRANSP:TRANSPARENT'] },
  sequence: { on: /^UID/, change: (line, by) => [line, `SEQUENCE:${by % 4}`] },
  'a value dropped': { on: /^\w/, change: () => [] },
  'a line twice': { on: /^\w/, change: (line) => [line, line] },
  'a line cut': { on: /^\w/, change: (line, by) => [line.slice(0, by % (line.length + 1))] },
  'a name in lower case': {
    on: /^[A-Z-]+[;:]/,
    change: (line) => [line.replace(/^[A-Z-]+/, (name) => name.toLowerCase())],
  },
  'a folded line': {
    on: /^\w{3}/,
    change: (line, by) => {
      const at = 1 + (by % (line.length - 1));
      return [line.slice(0, at), ` ${line.slice(at)}`];
    },
  },
  garbage: {
    on: /^\w/,
    change: (line, by) => [`${line.slice(0, by % line.length)}\u0000;,=\uFFFD${line.slice(by % line.length)}`],
  },
};

export interface Mutation {
  kind: string;
  /** Which of the lines that it can change. */
  at: number;
  by: number;
}

export const anyMutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...Object.keys(KINDS)),
    at: fc.nat({ max: 1000 }),
    by: fc.nat({ max: 1000 }),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Lines of events and openings are changed; BEGIN and END stay. */
export function mutated(text: string, mutations: readonly Mutation[]): string {
  let lines = text.split('\r\n');
  for (const { kind, at, by } of mutations) {
    const { on, change } = KINDS[kind]!;
    const inside = insideOf(lines);
    const places = inside.filter((index) => on.test(lines[index]!));
    if (places.length === 0) continue;
    const place = places[at % places.length]!;
    lines = [...lines.slice(0, place), ...change(lines[place]!, by), ...lines.slice(place + 1)];
  }
  return lines.join('\r\n');
}

function insideOf(lines: readonly string[]): number[] {
  const open: string[] = [];
  return lines.flatMap((line, index) => {
    const [, verb, name = ''] = /^(BEGIN|END):(.*)$/.exec(line) ?? [];
    if (verb === 'BEGIN') open.push(name);
    else if (verb === 'END') open.pop();
    else if (/^(VEVENT|AVAILABLE)$/.test(open.at(-1) ?? '') && line !== '') return [index];
    return [];
  });
}
