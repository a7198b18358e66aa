/** One content line: `name;parameter=value:value` (RFC 5545 3.1), read as tolerantly as it can be without guessing. */

export interface Property {
  /** Lower case. */
  name: string;
  /** Names in lower case. */
  parameters: Record<string, string>;
  /** As it was written. */
  value: string;
  line: number;
}

/** Values of these begin with a digit or with `P`: it tells where a zone name with a colon in it ends. */
const DATES = new Set(['dtstart', 'dtend', 'exdate', 'rdate', 'recurrence-id']);

export function parseLine(content: string): Omit<Property, 'line'> | undefined {
  const [whole = '', name = ''] = /^\s*([\w-]+)\s*/.exec(content) ?? [];
  if (name === '') return undefined;
  const parameters: Record<string, string> = {};
  let rest = content.slice(whole.length);
  while (rest.startsWith(';')) {
    const [text = '', key = '', quoted, bare] = /^;\s*([\w-]*)\s*(?:=\s*(?:((?:"[^"]*"|[^";:])*)|))?/.exec(rest) ?? [];
    const value = (quoted ?? bare ?? '').replaceAll('"', '').trim();
    if (key !== '') parameters[key.toLowerCase()] ??= value;
    rest = rest.slice(text.length);
    if (text.length <= 1 && !rest.startsWith(';') && !rest.startsWith(':')) return undefined;
  }
  if (!rest.startsWith(':')) return undefined;
  const lower = name.toLowerCase();
  const value = rest.slice(1);
  if (DATES.has(lower) && !/^\s*(\d{4}-?\d\d|[P+-]|$)/i.test(value)) return withColonInZone(lower, parameters, value);
  return { name: lower, parameters, value: DATES.has(lower) ? value.trim() : value };
}

/** `DTSTART;TZID=(UTC+01:00) Paris:20261201T090000`, where the zone should have been quoted. */
function withColonInZone(
  name: string,
  parameters: Record<string, string>,
  text: string,
): Omit<Property, 'line'> | undefined {
  const at = text.search(/:\s*\d{4}-?\d\d-?\d\d/);
  const value = text.slice(at + 1).trim();
  if (at < 0 || parameters['tzid'] === undefined) return { name, parameters, value: text.trim() };
  return { name, parameters: { ...parameters, tzid: `${parameters['tzid']}:${text.slice(0, at)}` }, value };
}
