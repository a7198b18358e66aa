/**
 * Components as the text of a calendar (RFC 5545 3.1): CRLF, folded at 75 octets. No value can begin a line of its own:
 * characters that end one never get out.
 */
import type { Property } from './parse-line.ts';
import type { Component } from './read-calendar.ts';

/** `value` is written as it is: texts are escaped by `textValue`. */
export function property(name: string, value: string, parameters: Property['parameters'] = {}): Property {
  return { name, parameters, value, line: 0 };
}

export function component(
  name: string,
  properties: readonly (Property | undefined)[],
  components: readonly Component[] = [],
): Component {
  return {
    name,
    properties: properties.filter((candidate) => candidate !== undefined),
    components: [...components],
    line: 0,
  };
}

/** A value of the type TEXT (RFC 5545 3.3.11). */
export function textValue(text: string): string {
  return text
    .replace(/\r\n|\r|\n/g, '\n')
    .replace(/[\\;,]/g, '\\$&')
    .replaceAll('\n', '\\n');
}

export function writeCalendar(calendar: Component): string {
  const lines: string[] = [];
  write(calendar, lines);
  return `${lines.join('\r\n')}\r\n`;
}

function write({ name, properties, components }: Component, lines: string[]): void {
  lines.push(`BEGIN:${name.toUpperCase()}`);
  for (const { name: own, parameters, value } of properties) {
    const written = Object.entries(parameters).map(([key, text]) => `;${key.toUpperCase()}=${parameterValue(text)}`);
    lines.push(fold(`${own.toUpperCase()}${written.join('')}:${withoutControls(value)}`));
  }
  for (const inner of components) write(inner, lines);
  lines.push(`END:${name.toUpperCase()}`);
}

/** Quoted where it must be; a quote itself cannot be written (RFC 5545 3.2). */
function parameterValue(text: string): string {
  const clean = withoutControls(text).replaceAll('"', "'");
  return /[:;,]/.test(clean) ? `"${clean}"` : clean;
}

function withoutControls(text: string): string {
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f\u0085\u2028\u2029]/g, ' ');
}

const MAX_OCTETS = 75;

/** Never folded inside a character. */
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

/** `20260329T020000`: a wall-clock time. */
export function localValue(local: number): string {
  return new Date(local).toISOString().slice(0, 19).replace(/[-:]/g, '');
}

/** `20260329`: the day of a wall-clock time. */
export function dateValue(local: number): string {
  return localValue(local).slice(0, 8);
}

/** `20260329T010000Z` */
export function utcValue(instant: number): string {
  return `${localValue(instant)}Z`;
}
