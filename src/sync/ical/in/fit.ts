/**
 * Makes closures fit into an agenda: those that touch or overlap become one, so that a full diary is some hundred
 * closures. The farthest times that still have no room are left out, and the caller learns from when on.
 */
import type { PlannedTime } from './planned-time.ts';

export interface Fitted {
  times: PlannedTime[];
  /** From then on closures are left out; absent if all have room. */
  end?: number;
  /** How many are left out because they are over. */
  past: number;
}

/** `isOver`: times that end before it are over. */
export function fit(planned: readonly PlannedTime[], room: number, isOver: number): Fitted {
  const fixed = planned.filter((time) => !isJoinable(time));
  const single = planned.filter(isJoinable);
  let joined = joinedTimes(single, reasonOf);
  if (fixed.length + joined.length > room) joined = joinedTimes(single, () => '');
  const all = [...fixed, ...joined];
  if (all.length <= room) return { times: all, past: 0 };
  const [over, coming] = [all.filter((time) => isPast(time, isOver)), all.filter((time) => !isPast(time, isOver))];
  if (coming.length <= room)
    return { times: [...latest(over, room - coming.length), ...coming], past: all.length - room };
  // Rules and openings stay; of the single closures the nearest.
  const closures = coming.filter(isJoinable).sort((a, b) => a.start - b.start);
  const ordered = [...coming.filter((time) => !isJoinable(time)), ...closures];
  const left = ordered.slice(room);
  return {
    times: ordered.slice(0, room),
    past: over.length,
    end: Math.min(...left.map(({ start }) => Math.max(start, isOver))),
  };
}

/** Closures of other calendars, once each. Openings are not joined: their slots are counted from their start. */
function isJoinable({ item, rule }: PlannedTime): boolean {
  return item.kind === 'closure' && rule === undefined && !item.isOurs;
}

function isPast({ end, rule }: PlannedTime, isOver: number): boolean {
  return rule === undefined && end < isOver;
}

function latest(times: readonly PlannedTime[], count: number): PlannedTime[] {
  return [...times].sort((a, b) => b.end - a.end).slice(0, Math.max(0, count));
}

function reasonOf({ item }: PlannedTime): string {
  return JSON.stringify(item.details.reason ?? null);
}

function joinedTimes(times: readonly PlannedTime[], keyOf: (time: PlannedTime) => string): PlannedTime[] {
  const groups = new Map<string, PlannedTime[]>();
  for (const time of times) {
    const group = groups.get(keyOf(time));
    if (group === undefined) groups.set(keyOf(time), [time]);
    else group.push(time);
  }
  return [...groups.values()].flatMap(joinedGroup);
}

/** In the order of time; of two that begin together the one whose UID comes first gives its name. */
function joinedGroup(group: readonly PlannedTime[]): PlannedTime[] {
  const sorted = [...group].sort((a, b) => a.start - b.start || (a.item.uid < b.item.uid ? -1 : 1));
  const found: PlannedTime[] = [];
  for (const time of sorted) {
    const last = found.at(-1);
    if (last === undefined || time.start > last.end) {
      found.push({ ...time });
      continue;
    }
    const isDate = last.isDate && time.isDate;
    if (reasonOf(last) !== reasonOf(time)) last.item = { ...last.item, details: {} };
    last.end = Math.max(last.end, time.end);
    last.isDate = isDate;
  }
  return found;
}
