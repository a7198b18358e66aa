/**
 * iCalendar as text and as components, by ical.js: this is its only door. It reads and writes one content line at a
 * time, so that every
 * fault has the line where it stands and one bad line costs nothing but itself. RFC 5545, RFC 7953, jCal (RFC 7265).
 */
import ICAL from 'ical.js';

/** A value as jCal has it: text, a number, a recurrence, a period. */
// biome-ignore lint/suspicious/noExplicitAny: the shape depends on the property.
export type Value = any;

export interface Property {
  /** Lower case. */
  name: string;
  parameters: Record<string, string | string[]>;
  /** `text`, `date-time`, `date`, `recur`, `period`... */
  type: string;
  values: Value[];
  /** Where it begins in the file, from 1; 0 for what is being written. */
  line: number;
}

export interface Component {
  /** Lower case. */
  name: string;
  properties: Property[];
  components: Component[];
  line: number;
}

export interface Fault {
  line: number;
  english: string;
  french: string;
}

/** More lines than a calendar of thirty years of appointments; deeper than anything that RFC 5545 nests. */
const MAX_LINES = 200_000;
const DEEPEST = 8;
/** Characters of an unfolded line: ten thousand dates. An image within a line says nothing of availability. */
const MAX_LINE = 200_000;

/**
 * Reads a file: a byte order mark, CRLF, LF and CR alone, folded lines. What cannot be read is told by line and left
 * out.
 */
export function readCalendar(text: string): { calendars: Component[]; faults: Fault[] } {
  const faults: Fault[] = [];
  const root: Component = { name: '', properties: [], components: [], line: 0 };
  const open: Component[] = [root];
  let tooDeep = 0;
  for (const { line, content } of logicalLines(text, faults)) {
    const [, verb, name = ''] = /^(BEGIN|END):\s*([\w-]+)\s*$/i.exec(content) ?? [];
    const here = open.at(-1)!;
    if (verb?.toUpperCase() === 'BEGIN') {
      if (tooDeep > 0 || open.length > DEEPEST) {
        if (tooDeep++ === 0)
          faults.push({
            line,
            english: `components nested deeper than ${DEEPEST} are left out`,
            french: `composants imbriqués au-delà de ${DEEPEST} niveaux, ignorés`,
          });
        continue;
      }
      const component = { name: name.toLowerCase(), properties: [], components: [], line };
      here.components.push(component);
      open.push(component);
    } else if (verb !== undefined) {
      if (tooDeep > 0) tooDeep--;
      else if (here.name === name.toLowerCase() && open.length > 1) open.pop();
      else
        faults.push({
          line,
          english: `END:${name.slice(0, 40)} closes nothing`,
          french: `END:${name.slice(0, 40)} ne ferme rien`,
        });
    } else if (tooDeep === 0) {
      const property = readLine(content, line);
      if ('english' in property) faults.push(property);
      else here.properties.push(property);
    }
  }
  for (const { name, line } of open.slice(1))
    faults.push({
      line,
      english: `${name.toUpperCase()} is not closed`,
      french: `${name.toUpperCase()} n'est pas fermé`,
    });
  return { calendars: root.components.filter((component) => component.name === 'vcalendar'), faults };
}

function* logicalLines(text: string, faults: Fault[]): Generator<{ line: number; content: string }> {
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split(/\r\n|\n|\r/);
  if (lines.length > MAX_LINES) {
    faults.push({
      line: MAX_LINES + 1,
      english: `the file has more than ${MAX_LINES} lines: the rest is left out`,
      french: `plus de ${MAX_LINES} lignes : la suite est ignorée`,
    });
    lines.length = MAX_LINES;
  }
  let parts: string[] = [];
  let begun = 0;
  for (const [i, one] of lines.entries()) {
    if (parts.length > 0 && (one.startsWith(' ') || one.startsWith('\t'))) {
      parts.push(one.slice(1));
      continue;
    }
    if (parts.length > 0) yield { line: begun, content: parts.join('') };
    parts = one.trim() === '' ? [] : [one];
    begun = i + 1;
  }
  if (parts.length > 0) yield { line: begun, content: parts.join('') };
}

function readLine(content: string, line: number): Property | Fault {
  if (content.length > MAX_LINE)
    return {
      line,
      english: `more than ${MAX_LINE} characters: left out`,
      french: `plus de ${MAX_LINE} caractères, ignorée`,
    };
  try {
    const [name, parameters, type, ...values] = ICAL.parse.property(content) as [
      string,
      Record<string, string>,
      string,
      ...Value[],
    ];
    return { name, parameters, type, values, line };
  } catch {
    const name = /^[\w-]{1,40}/.exec(content)?.[0] ?? '';
    return { line, english: `${name || 'this line'} cannot be read`, french: `${name || 'cette ligne'} : illisible` };
  }
}

export function property(name: string, type: string, value: Value, parameters: Property['parameters'] = {}): Property {
  return { name, parameters, type, values: Array.isArray(value) ? value : [value], line: 0 };
}

export function component(
  name: string,
  properties: readonly (Property | undefined)[],
  components: readonly Component[] = [],
): Component {
  return {
    name,
    properties: properties.filter((property) => property !== undefined),
    components: [...components],
    line: 0,
  };
}

/** CRLF, folded at 75 octets. */
export function writeCalendar(calendar: Component): string {
  const lines: string[] = [];
  write(calendar, lines);
  return `${lines.join('\r\n')}\r\n`;
}

function write({ name, properties, components }: Component, lines: string[]): void {
  lines.push(`BEGIN:${name.toUpperCase()}`);
  for (const property of properties)
    lines.push(
      fold(
        ICAL.stringify.property(
          [property.name, property.parameters, property.type, ...property.values],
          ICAL.design.icalendar,
          true,
        ),
      ),
    );
  for (const component of components) write(component, lines);
  lines.push(`END:${name.toUpperCase()}`);
}

const MAX_OCTETS = 75;

/** ical.js folds at 76 octets with the blank; never inside a character. */
function fold(line: string): string {
  if (Buffer.byteLength(line) <= MAX_OCTETS) return line;
  const parts: string[] = [];
  let part = '';
  let octets = 0;
  for (const character of line) {
    const length = Buffer.byteLength(character);
    if (octets + length > (parts.length === 0 ? MAX_OCTETS : MAX_OCTETS - 1)) {
      parts.push(part);
      part = '';
      octets = 0;
    }
    part += character;
    octets += length;
  }
  return [...parts, part].join('\r\n ');
}
