/**
 * The times that a visitor may take for a kind of visit. The list of free times and the booking ask the same function,
 * by the clock of the agenda. Pure: now, and the time taken, are arguments. ADR 0035
 */
import { rulesFor, takesKind } from '../fhir/french/opening-rule.ts';
import type { Audience, KindLimit, Visitor } from '../fhir/french/visit-kind.ts';
import type { Agenda } from './agenda.ts';
import type { AgendaKind } from './agenda-kinds.ts';
import { openings } from './availability.ts';
import { contains, type Interval, overlaps } from './interval.ts';
import type { BusyTime, FreeSlot } from './slots.ts';
import { DAY, localDate, toInstant, toLocal } from './zone.ts';

/** Why a visitor may not take a time for a kind, the most lasting reason first. */
export type KindReason =
  | 'audience'
  | 'known-only'
  | 'approval'
  | 'age'
  | 'past'
  | 'same-day'
  | 'notice'
  | 'horizon'
  | 'not-released'
  | 'taken'
  | 'buffer'
  | 'range'
  | 'reserved'
  | 'day-full'
  | 'week-full';

/** The free times of an agenda, and what is taken of it in the weeks around them. */
export interface KindTimes {
  slots: readonly FreeSlot[];
  busy: readonly BusyTime[];
}

const WEEK = 7 * DAY;
/** 1970-01-01 was a Thursday. */
const FIRST_MONDAY_MS = 4 * DAY;

/** Through which audiences somebody may come: a patient of the practice is one of everyone too. */
const DOORS: Readonly<Record<Visitor['as'], readonly Audience[]>> = {
  everyone: ['everyone'],
  patients: ['everyone', 'patients'],
  colleagues: ['everyone', 'colleagues'],
  regulators: ['everyone', 'colleagues', 'regulators'],
  desk: [],
};

/** The kinds that an agenda offers to a visitor at all, whatever the time. */
export function kindsFor(agenda: Agenda, visitor: Visitor): AgendaKind[] {
  return agenda.kinds.filter((kind) => personReason(kind, visitor) === undefined);
}

/** The free times of a kind that start in the window, for a visitor. */
export function kindSlots(
  agenda: Agenda,
  kind: AgendaKind,
  visitor: Visitor,
  times: KindTimes,
  window: Interval,
  now: number,
): FreeSlot[] {
  if (!agenda.active || personReason(kind, visitor) !== undefined) return [];
  const counts = countOf(agenda, kind, times.busy);
  return times.slots.filter(
    (slot) =>
      slot.start >= window.start &&
      slot.start < window.end &&
      isOfKind(slot, kind) &&
      timeReason(agenda, kind, visitor, slot, counts, now) === undefined,
  );
}

/** Why a visitor may not take this time for this kind; `undefined`: it is listed, and may be booked. */
export function kindReason(
  agenda: Agenda,
  kind: AgendaKind,
  visitor: Visitor,
  time: Interval,
  { slots, busy }: KindTimes,
  now: number,
): KindReason | undefined {
  const person = personReason(kind, visitor);
  if (person !== undefined) return person;
  const slot = slots.find((free) => free.start === time.start && free.end === time.end && isOfKind(free, kind));
  const reason = timeReason(agenda, kind, visitor, slot ?? time, countOf(agenda, kind, busy), now);
  return reason === 'range' ? absentReason(time, busy, kind.bufferMs) : reason;
}

/** Why a time is not among the free ones. */
export function absentReason(time: Interval, busy: readonly BusyTime[], bufferMs = 0): KindReason {
  if (busy.some((other) => overlaps(other, time))) return 'taken';
  return meetsBuffer(time, busy, bufferMs) ? 'buffer' : 'range';
}

/** Does a time meet what is kept free after another one, or another one what would be kept free after this? */
function meetsBuffer(time: Interval, busy: readonly BusyTime[], bufferMs: number): boolean {
  const kept = { start: time.end, end: time.end + bufferMs };
  return busy.some(
    (other) =>
      overlaps({ start: other.end, end: other.end + (other.bufferMs ?? 0) }, time) ||
      (bufferMs > 0 && overlaps(other, kept)),
  );
}

/** May somebody of an audience, whom nobody knows, book the slot for the kind at once? The SAS is shown that much. */
export function isOpenThrough(
  agenda: Agenda,
  kind: AgendaKind,
  door: Audience,
  slot: FreeSlot,
  busy: readonly BusyTime[],
  now: number,
): boolean {
  return (
    opensAtOnce(kind, door) && doorReason(agenda, kind, door, slot, countOf(agenda, kind, busy), now) === undefined
  );
}

/** Is the kind open at all to somebody of an audience whom nobody knows, without an answer of the practice? */
export function opensAtOnce({ audiences, needsApproval, takesNew }: AgendaKind, door: Audience): boolean {
  return audiences.includes(door) && !needsApproval && (door !== 'everyone' || takesNew);
}

function isOfKind({ kinds }: Pick<FreeSlot, 'kinds'>, { key }: AgendaKind): boolean {
  return kinds.some((kind) => kind.key === key);
}

function doorsOf(kind: AgendaKind, { as, isKnown }: Visitor): Audience[] {
  // A regulator books at once, or not at all.
  if (as === 'regulators' && kind.needsApproval) return [];
  const isSeen = isKnown === true || as === 'patients';
  return DOORS[as].filter((door) => kind.audiences.includes(door) && (door !== 'everyone' || kind.takesNew || isSeen));
}

/** The part of the answer that holds for every time. */
function personReason(kind: AgendaKind, visitor: Visitor): KindReason | undefined {
  if (visitor.as === 'desk') return undefined;
  if (doorsOf(kind, visitor).length > 0) return undefined;
  if (visitor.as === 'regulators' && kind.needsApproval) return 'approval';
  return DOORS[visitor.as].some((door) => kind.audiences.includes(door)) ? 'known-only' : 'audience';
}

function timeReason(
  agenda: Agenda,
  kind: AgendaKind,
  visitor: Visitor,
  slot: FreeSlot | Interval,
  counts: Counts,
  now: number,
): KindReason | undefined {
  if (visitor.as === 'desk') return 'kinds' in slot ? undefined : 'range';
  if (!isOfAge(kind, visitor, localDate(slot.start, agenda.zone))) return 'age';
  let first: KindReason | undefined;
  for (const door of doorsOf(kind, visitor)) {
    const reason = doorReason(agenda, kind, door, slot, counts, now);
    if (reason === undefined) return undefined;
    first ??= reason;
  }
  return first;
}

function doorReason(
  { zone }: Agenda,
  kind: AgendaKind,
  door: Audience,
  slot: FreeSlot | Interval,
  counts: Counts,
  now: number,
): KindReason | undefined {
  const limit = limitFor(kind, door);
  const { start } = slot;
  if (start < now) return 'past';
  const late = limit === undefined ? undefined : whenReason(limit, start, zone, now);
  if (late !== undefined) return late;
  if (!('kinds' in slot)) return 'range';
  if (slot.rules.some(({ audiences }) => audiences?.includes(door) === false)) return 'reserved';
  return quotaReason(limit, localDay(start, zone), counts);
}

function quotaReason(limit: KindLimit | undefined, day: number, counts: Counts): KindReason | undefined {
  if (limit?.perDay !== undefined && counts.inDay(day) >= limit.perDay) return 'day-full';
  if (limit?.perWeek !== undefined && counts.inWeek(weekOf(day)) >= limit.perWeek) return 'week-full';
  return undefined;
}

/** The reasons that the desk is told when it books: none of them stops it. */
export function deskReasons(
  agenda: Agenda,
  kind: AgendaKind,
  visitor: Visitor,
  time: Interval,
  busy: readonly BusyTime[],
): KindReason[] {
  const { zone } = agenda;
  const opening = openings(agenda, time).find(({ regions }) => regions.some((region) => contains(region, time)));
  const isTaken = opening === undefined || takesKind(rulesFor(agenda.openingRules, opening.availabilityIds), kind);
  const quota = quotaReason(limitFor(kind, undefined), localDay(time.start, zone), countOf(agenda, kind, busy));
  return [
    ...(isTaken ? [] : ['range' as const]),
    ...(meetsBuffer(time, busy, kind.bufferMs) ? ['buffer' as const] : []),
    ...(quota === undefined ? [] : [quota]),
    ...(isOfAge(kind, visitor, localDate(time.start, zone)) ? [] : ['age' as const]),
  ];
}

/** The limit that names the audience; otherwise the one for all. */
function limitFor({ limits }: AgendaKind, door: Audience | undefined): KindLimit | undefined {
  const own = door === undefined ? undefined : limits.find(({ audiences }) => audiences.includes(door));
  return own ?? limits.find(({ audiences }) => audiences.length === 0);
}

function whenReason(limit: KindLimit, start: number, zone: string, now: number): KindReason | undefined {
  const [today, day] = [localDay(now, zone), localDay(start, zone)];
  if (limit.notSameDay && day <= today) return 'same-day';
  if (start < now + limit.noticeMs) return 'notice';
  if (limit.horizonDays !== undefined && day > today + limit.horizonDays * DAY) return 'horizon';
  const { release } = limit;
  if (release !== undefined && day >= releasedUntil(release, zone, now)) return 'not-released';
  return undefined;
}

/** The first day that is not open yet, as local midnight. */
function releasedUntil(
  { weekday, minute, weeks }: NonNullable<KindLimit['release']>,
  zone: string,
  now: number,
): number {
  const monday = weekOf(localDay(now, zone));
  const at = toInstant(zone, monday + weekday * DAY + minute * 60_000).instant;
  const opened = monday + weekday * DAY - (at <= now ? 0 : WEEK);
  return opened + weeks * WEEK;
}

/** Midnight of the day on which an instant falls, as a clock in the zone shows it. */
function localDay(instant: number, zone: string): number {
  return Math.floor(toLocal(zone, instant) / DAY) * DAY;
}

/** Midnight of its Monday. */
function weekOf(day: number): number {
  return Math.floor((day - FIRST_MONDAY_MS) / WEEK) * WEEK + FIRST_MONDAY_MS;
}

/** Whole weeks around a window, by the clock of the agenda: quotas are counted in them. */
export function weeksAround({ start, end }: Interval, zone: string): Interval {
  const first = weekOf(localDay(start, zone));
  const last = weekOf(localDay(Math.max(start, end - 1), zone)) + WEEK;
  return { start: toInstant(zone, first).instant, end: toInstant(zone, last).instant };
}

export function hasKindQuota({ limits }: AgendaKind): boolean {
  return limits.some(({ perDay, perWeek }) => perDay !== undefined || perWeek !== undefined);
}

interface Counts {
  inDay(day: number): number;
  inWeek(monday: number): number;
}

const NOTHING: Counts = { inDay: () => 0, inWeek: () => 0 };
/** Of each reading of the time taken: the slots of a list ask for the same counts. */
const counted = new WeakMap<readonly BusyTime[], Map<AgendaKind, Counts>>();

/** Appointments of the kind on this agenda, whoever has booked them. */
function countOf(agenda: Agenda, kind: AgendaKind, busy: readonly BusyTime[]): Counts {
  if (!hasKindQuota(kind)) return NOTHING;
  const known = counted.get(busy) ?? new Map<AgendaKind, Counts>();
  counted.set(busy, known);
  const counts = known.get(kind) ?? count(agenda, kind, busy);
  known.set(kind, counts);
  return counts;
}

function count({ zone }: Agenda, kind: AgendaKind, busy: readonly BusyTime[]): Counts {
  const days = new Map<number, number>();
  for (const time of busy) {
    if (!time.own || time.kind !== kind.key) continue;
    const day = localDay(time.start, zone);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  const inDay = (day: number): number => days.get(day) ?? 0;
  return {
    inDay,
    inWeek: (monday) => [0, 1, 2, 3, 4, 5, 6].reduce((sum, i) => sum + inDay(monday + i * DAY), 0),
  };
}

/** Unknown ages pass: the desk sees the patient. `date` is that of the visit. */
function isOfAge({ ageMin, ageMax }: AgendaKind, { birthDate }: Visitor, date: string): boolean {
  if (birthDate === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(birthDate)) return true;
  const years = Number(date.slice(0, 4)) - Number(birthDate.slice(0, 4));
  const age = date.slice(5) < birthDate.slice(5) ? years - 1 : years;
  return age >= ageMin && age <= ageMax;
}
