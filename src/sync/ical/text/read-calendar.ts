/**
 * A calendar file as components and properties (RFC 5545 3.4 to 3.6). Everything that cannot be read is reported with
 * its line and costs nothing but itself. Properties that say nothing about time are counted, not kept, so that fifty
 * thousand events need little memory.
 */
import { type ContentLine, contentLines, MAX_LINE_OCTETS } from './lines.ts';
import { parseLine, type Property } from './parse-line.ts';

export interface Component {
  /** Lower case. */
  name: string;
  properties: Property[];
  components: Component[];
  line: number;
}

/** Something that cannot be read, with the line where it stands. `isHarmless`: no time was lost with it. */
export interface Fault {
  line: number;
  english: string;
  french: string;
  isHarmless?: boolean;
}

export interface CalendarFile {
  calendars: Component[];
  faults: Fault[];
  /** Every component has its END: nothing was cut off on the way. */
  isWhole: boolean;
  /** Properties that say something which an agenda has no place for: how often, and where first. */
  ignored: Map<string, { count: number; line: number }>;
}

const MAX_DEPTH = 8;
const MAX_FAULTS = 1000;
/** Components that stand in VCALENDAR itself: one of them ends whatever was left open before it. */
const OUTER = /^(vevent|vtodo|vjournal|vfreebusy|vtimezone|vavailability)$/;
/** Components whose content matters. */
const READ = /^(vcalendar|vevent|vfreebusy|vtimezone|standard|daylight|vavailability|available)$/;

/** `more`: names of properties that are kept besides those that say something about time. */
export function readCalendar(
  octets: Uint8Array,
  charset?: string,
  more: ReadonlySet<string> = new Set(),
): CalendarFile {
  const reader = new CalendarReader(more);
  for (const line of contentLines(octets, charset)) reader.take(line);
  return reader.finish();
}

class CalendarReader {
  private readonly calendars: Component[] = [];
  private readonly faults: Fault[] = [];
  private readonly ignored: CalendarFile['ignored'] = new Map();
  private readonly open: Component[] = [];
  /** Components between calendars: those of a calendar whose BEGIN was lost, or whose END came too soon. */
  private readonly bare: Component[] = [];
  /** No END:VCALENDAR has come after the last of them. */
  private endsBare = false;
  private tooDeep = 0;
  private isWhole = true;
  private readonly more: ReadonlySet<string>;

  constructor(more: ReadonlySet<string>) {
    this.more = more;
  }

  take(line: ContentLine): void {
    const [, verb, name] =
      /^\s*(BEGIN|END)(?![\w-])(?:\s*(?:;(?:"[^"]*"|[^":])*)?:\s*([\w-]+)\s*$)?/i.exec(line.content) ?? [];
    if (verb === undefined) this.property(line);
    else if (name === undefined) this.fault(unreadable(verb, line.line));
    else if (verb.toUpperCase() === 'BEGIN') this.begin(name.toLowerCase(), line.line);
    else this.end(name.toLowerCase(), line.line);
  }

  finish(): CalendarFile {
    const [calendar] = this.open;
    if (calendar !== undefined) {
      this.closeInner(1);
      this.cutOff(calendar);
    }
    this.readBare();
    this.isWhole &&= !this.endsBare;
    return { calendars: this.calendars, faults: this.faults, isWhole: this.isWhole, ignored: this.ignored };
  }

  private begin(name: string, line: number): void {
    if (name === 'vcalendar' && this.open.length > 0) {
      this.closeInner(1);
      this.cutOff(this.open.pop()!);
    } else if (OUTER.test(name) && this.open.length > 1) this.closeInner(1);
    if (this.tooDeep > 0 || this.open.length >= MAX_DEPTH) {
      if (this.tooDeep++ === 0)
        this.fault({
          line,
          english: `components nested deeper than ${MAX_DEPTH} are left out`,
          french: `composants imbriqués au-delà de ${MAX_DEPTH} niveaux, ignorés`,
        });
      return;
    }
    this.open.push({ name, properties: [], components: [], line });
  }

  private end(name: string, line: number): void {
    if (this.tooDeep > 0) {
      this.tooDeep--;
      return;
    }
    const at = this.open.findLastIndex((component) => component.name === name);
    if (name === 'vcalendar') this.endsBare = false;
    if (at < 0) {
      if (OUTER.test(name)) this.isWhole = false;
      this.fault({
        line,
        english: `END:${name.toUpperCase().slice(0, 40)} closes nothing`,
        french: `END:${name.toUpperCase().slice(0, 40)} ne ferme rien`,
        isHarmless: !READ.test(name),
      });
      return;
    }
    this.closeInner(at + 1);
    const component = this.open.pop()!;
    if (this.open.length > 0) this.open.at(-1)!.components.push(component);
    else if (name === 'vcalendar') this.calendars.push(component);
    else if (OUTER.test(name)) {
      this.bare.push(component);
      this.endsBare = true;
    }
  }

  /** Components between calendars count in the first one, whose zones they may name. */
  private readBare(): void {
    const [calendar] = this.calendars;
    const [first] = this.bare;
    if (calendar === undefined || first === undefined) return;
    calendar.components.push(...this.bare);
    this.fault({
      line: first.line,
      english: `${first.name.toUpperCase()} stands outside of VCALENDAR: it is read as if it were inside`,
      french: `${first.name.toUpperCase()} hors de VCALENDAR : lu comme s’il était dedans`,
      isHarmless: true,
    });
  }

  /** Inner components without END may be damaged, and may have taken lines of the outer one: they are left out. */
  private closeInner(depth: number): void {
    for (const { name, line } of this.open.splice(depth)) {
      if (READ.test(name)) this.isWhole = false;
      this.fault({
        line,
        english: `${name.toUpperCase()} has no END: it is left out`,
        french: `${name.toUpperCase()} sans END : ignoré`,
      });
    }
    this.tooDeep = 0;
  }

  private cutOff(calendar: Component): void {
    this.isWhole = false;
    this.fault({
      line: calendar.line,
      english: `${calendar.name.toUpperCase()} has no END: the file was cut off`,
      french: `${calendar.name.toUpperCase()} sans END : le fichier est coupé`,
    });
    if (calendar.name === 'vcalendar') this.calendars.push(calendar);
  }

  private property({ line, content }: ContentLine): void {
    const component = this.open.at(-1);
    if (this.tooDeep > 0 || (component !== undefined && !READ.test(component.name))) return;
    const name = /^[\w-]{1,60}/.exec(content.trimStart())?.[0].toLowerCase() ?? '';
    if (content.length > MAX_LINE_OCTETS) {
      this.fault({
        line,
        english: `more than ${MAX_LINE_OCTETS} octets: the line is left out`,
        french: `plus de ${MAX_LINE_OCTETS} octets : ligne ignorée`,
        isHarmless: !KEPT.has(name),
      });
      return;
    }
    if (KEPT.has(name) || this.more.has(name)) {
      // No resource may hold U+0000: one of them must not cost the whole file.
      const property = parseLine(content.replaceAll('\0', '\ufffd'));
      if (property !== undefined) component?.properties.push({ ...property, line });
      // A value that cannot be read either says that a limit is missing.
      else if (LIMITS.has(name)) component?.properties.push({ name, parameters: {}, value: '?', line });
      else this.fault(unreadable(name, line));
    } else if (name === '' || !/^[\w-]+\s*[;:]/.test(content.trimStart()))
      this.fault({ ...unreadable(name, line), isHarmless: true });
    else if (component?.name !== 'vcalendar' && !QUIET.has(name) && !name.startsWith('x-')) this.ignore(name, line);
  }

  /** A file of nothing but faults is as well described by the first of them. */
  private fault(fault: Fault): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push(fault);
    else if (this.faults.length === MAX_FAULTS)
      this.faults.push({
        line: fault.line,
        english: 'more lines cannot be read from here on',
        french: 'd’autres lignes illisibles à partir d’ici',
      });
  }

  private ignore(name: string, line: number): void {
    const seen = this.ignored.get(name);
    if (seen === undefined) this.ignored.set(name, { count: 1, line });
    else seen.count++;
  }
}

function unreadable(name: string, line: number): Fault {
  return {
    line,
    english: `${name.toUpperCase() || 'this line'} cannot be read`,
    french: `${name.toUpperCase() || 'cette ligne'} : illisible`,
  };
}

/** Properties that are read. */
const KEPT = new Set([
  ...['prodid', 'method', 'x-wr-timezone', 'uid', 'sequence', 'dtstamp', 'recurrence-id', 'dtstart', 'dtend'],
  ...['duration', 'rrule', 'exrule', 'rdate', 'exdate', 'created', 'summary', 'status', 'transp', 'class', 'priority'],
  ...['busytype', 'freebusy', 'x-microsoft-cdo-busystatus', 'tzid', 'x-lic-location', 'tzoffsetfrom', 'tzoffsetto'],
  ...['x-creneau-appointment', 'x-creneau-type', 'x-creneau-reason', 'x-creneau-priority', 'x-creneau-identifiers'],
]);
/** Properties without which a component would say more than was written. */
const LIMITS = new Set(['exdate', 'exrule', 'recurrence-id', 'dtstart', 'dtend', 'duration', 'priority']);
/** Properties that an agenda could not lose anything with. */
const QUIET = new Set([
  ...['last-modified', 'categories', 'organizer', 'url', 'description', 'version', 'calscale', 'tzname', 'tzurl'],
]);

/** The value of the first property of this name, as text. */
export function textOf(component: Component, name: string): string | undefined {
  const value = component.properties.find((property) => property.name === name)?.value;
  return value === undefined ? undefined : unescapeText(value);
}

/** `\n`, `\,`, `\;` and `\\` stand for themselves (RFC 5545 3.3.11). */
function unescapeText(value: string): string {
  return value.replace(/\\([nN,;\\:"])/g, (_all, character: string) => (/n/i.test(character) ? '\n' : character));
}
