/**
 * When an agenda is open: the occurrences of `free`, minus those of `busy-unavailable`, within the planning horizon.
 * Spec: 2, 8.1
 */
import type { AvailabilityTime, SlotOffer } from '../fhir/french/fr-extensions.ts';
import type { CodeableConcept } from '../fhir/resource.ts';
import type { Agenda } from './agenda.ts';
import { openingReach } from './expansion-cost.ts';
import { type HolidayTime, holidayTimes } from './holiday-times.ts';
import { clip, contains, type Interval, overlaps, shareOut, union } from './interval.ts';
import { DAY, toInstant, toLocal } from './zone.ts';

/** An opening: slots are counted from `anchor`, and lie inside `regions`. */
export interface Opening {
  anchor: number;
  end: number;
  regions: Interval[];
  availabilityIds: string[];
}

export interface Closure extends Interval {
  availabilityIds: string[];
  reason: CodeableConcept | undefined;
}

interface Occurrence extends Interval {
  rule: HolidayTime['rule'];
}

/** Occurrences that meet the window. The end is wall-clock too: a night from 22:00 to 06:00 ends at 06:00. */
function occurrences(agenda: Agenda, type: AvailabilityTime['type'], window: Interval): Occurrence[] {
  const found: Occurrence[] = [];
  for (const rule of agenda.rules) {
    if (rule.availability.type !== type) continue;
    for (const start of rule.starts.between(window.start - rule.maxDurationMs, window.end)) {
      const end =
        start === rule.first.start
          ? rule.first.end
          : toInstant(agenda.zone, toLocal(agenda.zone, start) + rule.wallDurationMs).instant;
      if (end > window.start && end > start) found.push({ start, end, rule });
    }
  }
  if (agenda.holidays !== undefined) found.push(...holidayTimes(agenda.holidays, agenda.zone, type, window));
  return found;
}

/** Closures that meet the window. They are not clipped: each keeps its own bounds. */
export function closures(agenda: Agenda, window: Interval): Closure[] {
  return occurrences(agenda, 'busy-unavailable', window)
    .map(({ start, end, rule }) => ({
      start,
      end,
      availabilityIds: namesOf(rule),
      reason: rule.availability.unavailabilityReason,
    }))
    .sort((a, b) => a.start - b.start);
}

/**
 * The openings that meet the window. Where two overlap, the stronger (priority, then earlier start, then order in the
 * Schedule) keeps the time; the weaker one is cut, and its slots are still counted from its own start.
 */
export function openings(agenda: Agenda, window: Interval): Opening[] {
  // An opening that meets the window may be cut outside of it, by another one that does not meet the window.
  const reachMs = Math.max(openingReach(agenda.rules), agenda.holidays === undefined ? 0 : DAY);
  const wide = { start: window.start - reachMs, end: window.end + reachMs };
  const free = occurrences(agenda, 'free', wide);
  const closed = occurrences(agenda, 'busy-unavailable', wide);
  const order = new Map<Occurrence['rule'], number>(agenda.rules.map((rule, i) => [rule, i]));
  const placeOf = ({ rule }: Occurrence): number => order.get(rule) ?? agenda.rules.length;
  const shares = shareOut(
    [...free, ...closed],
    (a, b) => strength(a) - strength(b) || a.start - b.start || placeOf(a) - placeOf(b),
  );
  const result: Opening[] = [];
  for (const opening of free) {
    if (!overlaps(opening, window)) continue;
    const regions = (shares.get(opening) ?? [])
      .map((region) => clip(region, agenda.horizon))
      .filter((region): region is Interval => region !== undefined);
    if (regions.length === 0) continue;
    result.push({ anchor: opening.start, end: opening.end, regions, availabilityIds: namesOf(opening.rule) });
  }
  return result.sort((a, b) => a.anchor - b.anchor || a.regions[0]!.start - b.regions[0]!.start);
}

function namesOf({ availability }: Occurrence['rule']): string[] {
  return availability.identifiers.map((identifier) => identifier.value ?? '');
}

/** Smaller is stronger; a closure beats every opening. */
function strength({ rule }: Occurrence): number {
  return rule.availability.type === 'busy-unavailable' ? 0 : rule.rank;
}

/** Is the whole interval open? `extra` are one-off openings, `gone` one-off closures (explicit Slot resources). */
export function isOpen(
  agenda: Agenda,
  interval: Interval,
  extra: readonly Interval[] = [],
  gone: readonly Interval[] = [],
): boolean {
  const oneOff = extra.filter((opening) => contains(agenda.horizon, opening));
  const open = union([...openings(agenda, interval).flatMap((opening) => opening.regions), ...oneOff]);
  return !gone.some((closure) => overlaps(closure, interval)) && open.some((region) => contains(region, interval));
}

/** The offers that apply to an availability. */
export function offersFor(agenda: Agenda, availabilityIds: readonly string[]): SlotOffer[] {
  return agenda.offers.filter(
    (offer) => offer.availability.length === 0 || offer.availability.some((id) => availabilityIds.includes(id)),
  );
}
