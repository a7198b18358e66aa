/**
 * Items of one UID as a series: the component that describes it, and those that replace single occurrences (RFC 5545
 * 3.8.4.4). Of several versions the one with the highest SEQUENCE counts, then the latest DTSTAMP (RFC 5546 2.1.5).
 */
import { importIssue, type ImportIssue } from './import-issue.ts';
import { isEmpty, type Item } from './item.ts';
import { inSeries } from './recurrence-id.ts';

export interface EventSeries {
  uid: string;
  /** Nearly always one. Several that are of one version all count. */
  masters: Item[];
  overrides: Item[];
}

/**
 * EventSeries in the order of their first components. Of a cancelled one the occurrences remain that newer components
 * of the same file describe: readers show them.
 */
export function seriesOf(items: readonly Item[], issues: ImportIssue[]): EventSeries[] {
  const byUid = new Map<string, Item[]>();
  for (const item of items) {
    const list = byUid.get(item.uid);
    if (list === undefined) byUid.set(item.uid, [item]);
    else list.push(item);
  }
  return [...byUid].flatMap(([uid, list]) => {
    const masters = newest(
      list.filter((item) => item.recurrence === undefined),
      issues,
    );
    // Of two components of one version a closure stays, and an opening that one of them cancels does not.
    const isOpening = masters.some(({ kind }) => kind === 'opening');
    const isCancelled = masters.length > 0 && masters[isOpening ? 'some' : 'every']((item) => item.isCancelled);
    const master = masters.find(({ times }) => times !== undefined);
    const replacing = list
      .filter((item) => item.recurrence !== undefined && (!isCancelled || outlives(item, masters[0]!)))
      .map((item) => inSeries(item, master));
    if (isCancelled && replacing.length === 0) return [];
    const overrides = [...groupBy(replacing, keyOf).values()];
    const current = overrides.flatMap((versions) => newest(versions, issues));
    const mayLast = current.some(({ recurrence }) => recurrence!.isThisAndFuture);
    return {
      uid,
      masters: masters.filter((item) => !item.isCancelled).map((item) => (mayLast ? item : withoutEmptyTimes(item))),
      overrides: current,
    };
  });
}

/** A closure that is not older than the cancellation of its series. Nothing opens in a series that is cancelled. */
function outlives({ kind, isCancelled, sequence }: Item, master: Item): boolean {
  return kind === 'closure' && !isCancelled && sequence >= master.sequence;
}

/** A series that takes no time has a place only for what later components make of it. */
function withoutEmptyTimes(item: Item): Item {
  const { times, ...untimed } = item;
  const lasts = times !== undefined && (!isEmpty(times) || times.rDates.length > 0);
  return item.isBusy && lasts ? item : untimed;
}

function keyOf({ recurrence }: Item): string {
  return `${recurrence!.instant} ${recurrence!.isThisAndFuture}`;
}

function groupBy<T>(list: readonly T[], key: (element: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const element of list) groups.set(key(element), [...(groups.get(key(element)) ?? []), element]);
  return groups;
}

/** The newest versions of one component. Of one version all are kept: closed rather than open. */
function newest(versions: readonly Item[], issues: ImportIssue[]): Item[] {
  if (versions.length < 2) return [...versions];
  const sequence = Math.max(...versions.map((item) => item.sequence));
  const latest = versions.filter((item) => item.sequence === sequence);
  const stamp = Math.max(...latest.map((item) => item.stamp));
  const kept = latest.filter((item) => item.stamp === stamp);
  for (const item of versions.filter((version) => !kept.includes(version)))
    issues.push(
      importIssue(
        item.line,
        'an older version of a component of this UID is left out',
        'une version plus ancienne de cet UID est ignorée',
        'information',
      ),
    );
  if (kept.length > 1)
    issues.push(
      importIssue(
        kept[1]!.line,
        'a second component has this UID and is of the same version: both count',
        'un second composant de cet UID a la même version : les deux comptent',
        'information',
      ),
    );
  return kept;
}
