/**
 * Files that are sent one after another, as one calendar: a later version of a UID replaces the earlier one, a single
 * occurrence is added to its series, what is cancelled goes (RFC 5546). An older version never wins.
 */
import { importIssue, type ImportIssue } from '../in/import-issue.ts';
import { stampOf, uidOf, upperCase } from '../in/read-item.ts';
import { type Component, readCalendar, textOf } from '../text/read-calendar.ts';
import { component, property, writeCalendar } from '../text/write-calendar.ts';
import { OccurrenceNames, type ReadingPlace } from './occurrence-names.ts';
import { bareName } from '../zones/zone-name.ts';

export interface MergedCalendars {
  /** Everything that counts now. Components that were kept have the line `KEPT_LINE`. */
  calendars: Component[];
  /** UIDs that the new file speaks of. */
  touched: Set<string>;
  issues: ImportIssue[];
}

/** Remarks about kept components were made when they came: they are not made again. */
export const KEPT_LINE = -1;

/** The components as text. Appointments of Créneau and things without times are not worth keeping. */
export function keptText(calendars: readonly Component[]): string {
  return calendars
    .map((calendar) => ({
      ...calendar,
      components: calendar.components.filter((part) => isKept(part) || part.name === 'vtimezone'),
    }))
    .filter((calendar) => calendar.components.some(isKept))
    .map(writeCalendar)
    .join('');
}

function isKept(part: Component): boolean {
  return /^(vevent|vfreebusy|vavailability)$/.test(part.name) && textOf(part, 'x-creneau-appointment') === undefined;
}

export function keptCalendars(text: string | undefined): Component[] {
  return text === undefined ? [] : readCalendar(Buffer.from(text)).calendars.map(asKept);
}

function asKept(part: Component): Component {
  return {
    ...part,
    line: KEPT_LINE,
    properties: part.properties.map((own) => ({ ...own, line: KEPT_LINE })),
    components: part.components.map(asKept),
  };
}

export function mergeCalendars(
  kept: readonly Component[],
  sent: readonly Component[],
  place: ReadingPlace,
): MergedCalendars {
  const names = new OccurrenceNames(place);
  const store = new Store(kept, names);
  const issues: ImportIssue[] = [];
  const touched = new Set<string>();
  const calendars = sent.map((calendar) => {
    const method = upperCase(calendar, 'method');
    const said = { ...calendar, components: calendar.components.map((part) => asMethodSays(part, method)) };
    names.add(said);
    const fresh: Component[] = [];
    for (const [key, parts] of grouped(said.components)) {
      if (key === undefined || isWithoutEffect(method)) fresh.push(...parts);
      else {
        const accepted = store.accept(key, parts, method, issues);
        if (accepted === undefined) continue;
        touched.add(uidOf(parts[0]!));
        fresh.push(...accepted);
      }
    }
    return withZones(calendar, fresh, method);
  });
  return { calendars: [...store.left(), ...calendars], touched, issues };
}

function isWithoutEffect(method: string | undefined): boolean {
  return method !== undefined && !['PUBLISH', 'REQUEST', 'ADD', 'CANCEL'].includes(method);
}

/** Components of one kind and UID; those that are never replaced come alone. */
function grouped(parts: readonly Component[]): [string | undefined, Component[]][] {
  const groups = new Map<string, Component[]>();
  const others: Component[] = [];
  for (const part of parts) {
    if (part.name === 'vtimezone') continue;
    if (!isKept(part)) others.push(part);
    else groups.set(keyOf(part), [...(groups.get(keyOf(part)) ?? []), part]);
  }
  return [...groups, [undefined, others]];
}

function keyOf(part: Component): string {
  return `${part.name} ${uidOf(part)}`;
}

/** METHOD:CANCEL cancels, METHOD:ADD adds one occurrence; stored, each component says so itself. */
function asMethodSays(part: Component, method: string | undefined): Component {
  if (!isKept(part)) return part;
  if (method === 'CANCEL')
    return {
      ...part,
      properties: [...part.properties.filter(({ name }) => name !== 'status'), property('status', 'CANCELLED')],
    };
  const start = part.properties.find(({ name }) => name === 'dtstart');
  const isNamed = part.properties.some(({ name }) => name === 'recurrence-id');
  if (method !== 'ADD' || start === undefined || isNamed) return part;
  return { ...part, properties: [...part.properties, { ...start, name: 'recurrence-id' }] };
}

/** The zones that the components name, and what the calendar says of all of them. */
function withZones(calendar: Component, parts: readonly Component[], method: string | undefined): Component {
  const named = new Set([...parts.flatMap(zonesIn), textOf(calendar, 'x-wr-timezone')].map(bareName));
  const zones = calendar.components.filter(
    (part) => part.name === 'vtimezone' && named.has(bareName(textOf(part, 'tzid'))),
  );
  const about = calendar.properties.filter(({ name }) => name === 'prodid' || name === 'x-wr-timezone');
  const silent = isWithoutEffect(method) ? [property('method', method!)] : [];
  return { ...component('vcalendar', [...about, ...silent], [...zones, ...parts]), line: calendar.line };
}

function zonesIn(part: Component): string[] {
  return [
    ...part.properties.flatMap(({ parameters }) => parameters['tzid'] ?? []),
    ...part.components.flatMap(zonesIn),
  ];
}

function sequenceOf(part: Component): number {
  return Number(/^\s*(\d{1,9})\s*$/.exec(textOf(part, 'sequence') ?? '')?.[1] ?? 0);
}

class Store {
  private readonly kept: Component[];
  private readonly names: OccurrenceNames;

  constructor(kept: readonly Component[], names: OccurrenceNames) {
    this.kept = kept.map((calendar) => ({ ...calendar, components: [...calendar.components] }));
    this.names = names;
    for (const calendar of this.kept) names.add(calendar);
  }

  left(): Component[] {
    return this.kept.filter(({ components }) => components.some(isKept));
  }

  /** Takes what the new parts replace out of the store. Gives the parts that count now, or nothing if they are old. */
  accept(
    key: string,
    parts: readonly Component[],
    method: string | undefined,
    issues: ImportIssue[],
  ): Component[] | undefined {
    const before = this.of(key);
    const masters = parts.filter((part) => this.names.of(part) === undefined);
    if (masters.length === 0) return this.occurrences(key, parts, before, issues);
    const known = before.filter((part) => this.names.of(part) === undefined);
    if (known.length > 0 && masters.every((part) => known.some((other) => isOlder(part, other, method)))) {
      issues.push(olderVersion(parts[0]!));
      return undefined;
    }
    this.remove(key, () => true);
    return [...parts];
  }

  private occurrences(
    key: string,
    parts: readonly Component[],
    before: readonly Component[],
    issues: ImportIssue[],
  ): Component[] | undefined {
    const accepted = parts.filter((part) => {
      const other = before.find((candidate) => this.names.of(candidate) === this.names.of(part));
      if (other === undefined || sequenceOf(other) <= sequenceOf(part)) return true;
      issues.push(olderVersion(part));
      return false;
    });
    if (accepted.length === 0) return undefined;
    const replaced = new Set(accepted.map((part) => this.names.of(part)));
    this.remove(key, (part) => this.names.of(part) !== undefined && replaced.has(this.names.of(part)));
    return [...accepted];
  }

  private of(key: string): Component[] {
    return this.kept.flatMap(({ components }) => components.filter((part) => isKept(part) && keyOf(part) === key));
  }

  private remove(key: string, isGone: (part: Component) => boolean): void {
    for (const calendar of this.kept)
      calendar.components = calendar.components.filter((part) => !isKept(part) || keyOf(part) !== key || !isGone(part));
  }
}

/** Of one sequence, the DTSTAMP of a message decides; files that are written anew often keep an old one. */
function isOlder(part: Component, other: Component, method: string | undefined): boolean {
  const difference = sequenceOf(part) - sequenceOf(other);
  return difference < 0 || (difference === 0 && method !== undefined && stampOf(part) < stampOf(other));
}

function olderVersion(part: Component): ImportIssue {
  return importIssue(
    part.line,
    'an older version than the agenda knows: it is left out',
    'version plus ancienne que celle de l’agenda : ignorée',
    'information',
  );
}
