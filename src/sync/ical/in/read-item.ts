/** Reads one component into an item. A line that cannot be read is reported; the rest of the component still counts. */
import { createHash } from 'node:crypto';
import { type Component, textOf } from '../text/read-calendar.ts';
import { momentOf } from '../text/values.ts';
import type { Clocks } from '../zones/clocks.ts';
import { importIssue, type ImportIssue } from './import-issue.ts';
import type { Details, Item } from './item.ts';
import { isUncertain, uncertainZone } from './moments.ts';
import { readDetails } from './read-details.ts';
import { readRecurrenceId } from './recurrence-id.ts';
import { readTimes } from './read-times.ts';

/** The calendar around a component, as far as it matters to it. */
export interface ReadingContext {
  clocks: Clocks;
  /** METHOD of iTIP, in upper case. */
  method: string | undefined;
  issues: ImportIssue[];
}

export function readItem(component: Component, kind: Item['kind'], reading: ReadingContext): Item {
  const { clocks, method, issues } = reading;
  const details: Details = readDetails(component, kind, clocks.own, issues);
  const recurrence = readRecurrenceId(component, clocks, issues);
  const isCancelled = method === 'CANCEL' || saysCancelled(component, kind);
  const isBusy = kind === 'opening' || takesTime(component, issues);
  const told = isBusy ? issues : [];
  const times =
    isCancelled || !isUnequivocal(component, kind, clocks, told) ? undefined : readTimes(component, kind, clocks, told);
  if (isCancelled)
    issues.push(
      importIssue(component.line, 'cancelled: no closure', 'événement annulé : pas de fermeture', 'information'),
    );
  return {
    kind,
    uid: uidOf(component),
    line: component.line,
    sequence: Number(/^\s*(\d{1,9})\s*$/.exec(textOf(component, 'sequence') ?? '')?.[1] ?? 0),
    stamp: stampOf(component),
    isCancelled,
    isBusy,
    isOurs: textOf(component, 'x-creneau-type') === 'busy-unavailable',
    ...(recurrence === undefined ? {} : recurrence === 'unreadable' ? { isMisnamed: true } : { recurrence }),
    ...(times === undefined ? {} : { times }),
    details,
  };
}

const NAMELESS = 'sans-uid-';

/** Is it the name of a component that has none? */
export function isNameless(uid: string): boolean {
  return uid.startsWith(NAMELESS);
}

/** A component without UID is named after its content: the same component has the same name again. */
export function uidOf(component: Component): string {
  const uid = textOf(component, 'uid');
  if (uid !== undefined && uid.trim() !== '') return uid;
  const content = component.properties.filter(({ name }) =>
    /^(dtstart|dtend|duration|rrule|rdate|summary)$/.test(name),
  );
  const text = content
    .map(({ name, parameters, value }) => `${name};${parameters['tzid'] ?? ''}:${value}`)
    .sort()
    .join('\n');
  return `${NAMELESS}${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
}

export function stampOf(component: Component): number {
  const stamp = momentOf({ parameters: {} }, textOf(component, 'dtstamp') ?? '');
  return stamp?.local ?? Number.NEGATIVE_INFINITY;
}

export function upperCase(component: Component, name: string): string | undefined {
  return textOf(component, name)?.trim().toUpperCase();
}

function upperCases({ properties }: Component, name: string): string[] {
  return properties.filter((property) => property.name === name).map(({ value }) => value.trim().toUpperCase());
}

/** Where it says two things, a closure stays and an opening does not. */
function saysCancelled(component: Component, kind: Item['kind']): boolean {
  const all = upperCases(component, 'status');
  const isSo = (status: string): boolean => status === 'CANCELLED';
  return kind === 'opening' ? all.some(isSo) : all.length > 0 && all.every(isSo);
}

/** TRANSP decides; where it is silent, Exchange's own property (MS-OXCICAL). Of two values the one that takes time. */
function takesTime(component: Component, issues: ImportIssue[]): boolean {
  const transp = upperCases(component, 'transp');
  const [said, free] =
    transp.length > 0 ? [transp, 'TRANSPARENT'] : [upperCases(component, 'x-microsoft-cdo-busystatus'), 'FREE'];
  const isFree = said.length > 0 && said.every((value) => value === free);
  if (isFree)
    issues.push(
      importIssue(
        component.line,
        'takes no time: no closure',
        'ne prend pas de temps : pas de fermeture',
        'information',
      ),
    );
  return !isFree;
}

/** Properties whose zone matters. */
const DATED = new Set(['dtstart', 'dtend', 'exdate', 'rdate', 'recurrence-id']);

/** Properties that stand once in a component, and decide when it is. */
const SINGLE = ['uid', 'dtstart', 'dtend', 'duration', 'recurrence-id'];

/** False for an opening of which a property says two things: nobody knows which. Of a closure the first counts. */
function isUnequivocal({ properties }: Component, kind: Item['kind'], clocks: Clocks, issues: ImportIssue[]): boolean {
  const zoned = properties.find((property) => DATED.has(property.name) && isUncertain(property, clocks));
  if (zoned !== undefined) issues.push(uncertainZone(zoned, kind));
  if (zoned !== undefined && kind === 'opening') return false;
  const again = properties.find(
    (property, i) =>
      SINGLE.includes(property.name) &&
      properties.slice(0, i).some(({ name, value }) => name === property.name && value !== property.value),
  );
  if (again === undefined) return true;
  const name = again.name.toUpperCase();
  issues.push(
    kind === 'opening'
      ? importIssue(
          again.line,
          `${name} is there twice: nothing of it is open`,
          `${name} deux fois : rien n’en est ouvert`,
        )
      : importIssue(again.line, `${name} is there twice: the first counts`, `${name} deux fois : le premier compte`),
  );
  return kind === 'closure';
}
