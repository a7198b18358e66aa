/**
 * Common times of several agendas, found week by week from the nearest on, so that weeks that nobody reads are not
 * computed. The weeks are the same for every caller: a week of an agenda that has not changed is computed once.
 */
import type { CodeableConcept } from '../../fhir/resource.ts';
import { type Interval, overlaps } from '../../scheduling/interval.ts';
import { commonTimes, isFree, type OpenTime, openTime, timesOf } from '../../scheduling/open-time.ts';
import type { FreeSlot } from '../../scheduling/slots.ts';
import { DAY } from '../../scheduling/zone.ts';
import type { LoadedAgenda } from '../agendas.ts';
import type { AgendaState, SlotStates } from '../slots/slot-state.ts';

const WEEK = 7 * DAY;

export interface CommonSlotQuery {
  /** When the slots of a leading agenda may be. */
  windowOf: (agenda: LoadedAgenda) => Interval;
  /** Length of the time; absent: the length of the slots of the leading agenda. */
  durationMs?: number | undefined;
  /** Limits the slots of the leading agenda. */
  fits?: (slot: FreeSlot, agenda: LoadedAgenda) => boolean;
}

export interface CommonSlot {
  time: Interval;
  /** The leading agenda first. */
  agendas: LoadedAgenda[];
  serviceTypes: readonly CodeableConcept[];
}

/** An agenda whose slots lead, and for each further need the agendas that meet it. */
interface Leading {
  agenda: LoadedAgenda;
  needs: readonly (readonly LoadedAgenda[])[];
}

export async function* commonSlots(
  states: SlotStates,
  now: number,
  leads: readonly Leading[],
  { windowOf, durationMs, fits = () => true }: CommonSlotQuery,
): AsyncGenerator<CommonSlot> {
  const all = leads.flatMap(({ agenda, needs }) => [agenda, ...needs.flat()]);
  const agendas = [...new Map(all.map((agenda) => [agenda.schedule, agenda])).values()];
  if (agendas.length === 0) return;
  const windows = new Map(leads.map((lead) => [lead, windowOf(lead.agenda)]));
  const window = envelope([...windows.values()]);
  const first = Math.floor(window.start / WEEK) * WEEK;
  const read = (week: number): Promise<Map<string, AgendaState>> =>
    states.of(agendas, { start: week, end: week + WEEK }, now);
  let next: Promise<Map<string, AgendaState>> | undefined;
  for (let week = first; week < window.end; week += WEEK) {
    const part = { start: week, end: week + WEEK };
    const known = await (next ?? read(week));
    // If the first week was not enough, read the next week while this one is scanned.
    next = week > first && week + WEEK < window.end ? read(week + WEEK) : undefined;
    next?.catch(() => {});
    const open = (agenda: LoadedAgenda): OpenTime => openOf(agenda, known.get(agenda.schedule)!, part);
    const isWith = (agenda: LoadedAgenda, time: Interval, beside: readonly LoadedAgenda[]): boolean =>
      !beside.some(({ keys }) => keys.some((key) => agenda.keys.includes(key))) && isFree(open(agenda), time);
    // Most callers stop after the first day.
    for (let day = week; day < week + WEEK && day < window.end; day += DAY) {
      const leaders = leads.flatMap((lead) => {
        const { agenda, needs } = lead;
        const own = windows.get(lead)!;
        const [from, to] = [Math.max(day, own.start), Math.min(day + DAY, own.end)];
        if (from >= to) return [];
        const slots = startingIn(known.get(agenda.schedule)!.slots, from, to + (durationMs ?? 0)).filter(
          (slot) => slot.end <= own.end && fits(slot, agenda),
        );
        const times =
          durationMs === undefined
            ? slots.map((slot) => ({ start: slot.start, end: slot.end, first: slot }))
            : timesOf(slots, durationMs);
        return [{ agenda, times: times.filter(({ start }) => start < to), needs }];
      });
      for (const { time, agendas } of commonTimes(leaders, isWith))
        yield { time, agendas, serviceTypes: (time as Interval & { first: FreeSlot }).first.serviceTypes };
    }
  }
}

function envelope(windows: readonly Interval[]): Interval {
  return {
    start: windows.reduce((first, { start }) => Math.min(first, start), Number.POSITIVE_INFINITY),
    end: windows.reduce((last, { end }) => Math.max(last, end), Number.NEGATIVE_INFINITY),
  };
}

/** The slots that start in the range, by binary search: they are sorted by start. */
function startingIn(slots: readonly FreeSlot[], from: number, to: number): FreeSlot[] {
  const at = (instant: number): number => {
    let [low, high] = [0, slots.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (slots[middle]!.start < instant) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return slots.slice(at(from), at(to));
}

/** Computed once per state. */
const openTimes = new WeakMap<AgendaState, OpenTime>();

function openOf(agenda: LoadedAgenda, state: AgendaState, window: Interval): OpenTime {
  let open = openTimes.get(state);
  if (open === undefined) {
    // An appointment that starts in the week may end after it.
    open = openTime(agenda.agenda, { start: window.start, end: window.end + DAY }, state.busy, state.explicit);
    openTimes.set(state, open);
  }
  return open;
}

/** The nearest common times of the same length, before or after; in the order of time. */
export async function nearestCommon(
  states: SlotStates,
  now: number,
  agendas: readonly LoadedAgenda[],
  time: Interval,
  maxTimes: number,
  avoid: readonly Interval[] = [],
  fits?: CommonSlotQuery['fits'],
): Promise<CommonSlot[]> {
  const window = { start: Math.max(now, time.start - DAY), end: Math.max(now, time.start) + 7 * DAY };
  const found: CommonSlot[] = [];
  const [leader, ...others] = leading(agendas, time.end - time.start);
  for await (const slot of commonSlots(states, now, [{ agenda: leader!, needs: others.map((other) => [other]) }], {
    windowOf: () => window,
    durationMs: time.end - time.start,
    ...(fits && { fits }),
  })) {
    if (slot.time.start !== time.start && !avoid.some((other) => overlaps(other, slot.time))) found.push(slot);
    // Times come in order: once `maxTimes` of them are later than the requested time, no later one can be nearer.
    if (found.filter((other) => other.time.start > time.start).length >= maxTimes) break;
  }
  return found
    .sort((a, b) => Math.abs(a.time.start - time.start) - Math.abs(b.time.start - time.start))
    .slice(0, maxTimes)
    .sort((a, b) => a.time.start - b.time.start);
}

/** The agenda of a professional first, then agendas with slots of the length. */
function leading(agendas: readonly LoadedAgenda[], durationMs: number): LoadedAgenda[] {
  const weight = ({ actors, agenda }: LoadedAgenda): number =>
    (actors.some((actor) => /^Practitioner/.test(actor)) ? 0 : 2) +
    (agenda.series.some((series) => series.durationMs === durationMs) ? 0 : 1);
  return [...agendas].sort((a, b) => weight(a) - weight(b));
}
