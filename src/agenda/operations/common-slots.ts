/**
 * Times that several agendas have in common, found week by week from the nearest on, so that what nobody looks at is
 * not computed.
 * The weeks are the same for every caller: a week of an agenda that has not changed is computed once.
 */
import type { CodeableConcept } from '../../fhir/resource.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { overlaps } from '../../scheduling/interval.ts';
import { commonTimes, isFree, type OpenTime, openTime, timesOf } from '../../scheduling/open-time.ts';
import type { FreeSlot } from '../../scheduling/slots.ts';
import { DAY } from '../../scheduling/zone.ts';
import type { LoadedAgenda } from '../agendas.ts';
import type { AgendaState, SlotStates } from '../slots/slot-state.ts';

const WEEK = 7 * DAY;

export interface Wanted {
  window: Interval;
  /** Length, when it is not the slots' own. */
  durationMs?: number | undefined;
  /** Does a slot of the leading agenda come into question? */
  fits?: (slot: FreeSlot, agenda: LoadedAgenda) => boolean;
}

export interface CommonSlot {
  time: Interval;
  /** The leading one first. */
  agendas: LoadedAgenda[];
  serviceTypes: readonly CodeableConcept[];
}

interface Leading {
  agenda: LoadedAgenda;
  needs: readonly (readonly LoadedAgenda[])[];
}

export async function* commonSlots(
  states: SlotStates,
  now: number,
  leads: readonly Leading[],
  { window, durationMs, fits = () => true }: Wanted,
): AsyncGenerator<CommonSlot> {
  const everybody = [
    ...new Map(leads.flatMap((lead) => [lead.agenda, ...lead.needs.flat()]).map((one) => [one.schedule, one])).values(),
  ];
  if (everybody.length === 0) return;
  const first = Math.floor(window.start / WEEK) * WEEK;
  const read = (week: number): Promise<Map<string, AgendaState>> =>
    states.of(everybody, { start: week, end: week + WEEK }, now);
  let next: Promise<Map<string, AgendaState>> | undefined;
  for (let week = first; week < window.end; week += WEEK) {
    const part = { start: week, end: week + WEEK };
    const known = await (next ?? read(week));
    // Who has found too little in the first week will look on: the database reads while this one is looked through.
    next = week > first && week + WEEK < window.end ? read(week + WEEK) : undefined;
    next?.catch(() => {});
    const open = (agenda: LoadedAgenda): OpenTime => openOf(agenda, known.get(agenda.schedule)!, part);
    const isWith = (agenda: LoadedAgenda, time: Interval, beside: readonly LoadedAgenda[]): boolean =>
      !beside.some((one) => one.keys.some((key) => agenda.keys.includes(key))) && isFree(open(agenda), time);
    // Day by day: most callers stop at the first.
    for (let day = week; day < week + WEEK && day < window.end; day += DAY) {
      const [from, to] = [Math.max(day, window.start), Math.min(day + DAY, window.end)];
      if (from >= to) continue;
      const leaders = leads.map(({ agenda, needs }) => {
        const slots = startingIn(known.get(agenda.schedule)!.slots, from, to + (durationMs ?? 0)).filter(
          (one) => one.end <= window.end && fits(one, agenda),
        );
        const times =
          durationMs === undefined
            ? slots.map((slot) => ({ start: slot.start, end: slot.end, first: slot }))
            : timesOf(slots, durationMs);
        return { agenda, times: times.filter((time) => time.start < to), needs };
      });
      for (const { time, agendas } of commonTimes(leaders, isWith))
        yield { time, agendas, serviceTypes: (time as Interval & { first: FreeSlot }).first.serviceTypes };
    }
  }
}

/** Of slots that are sorted by their start. */
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

/** Computed once for each state. */
const opens = new WeakMap<AgendaState, OpenTime>();

function openOf(agenda: LoadedAgenda, state: AgendaState, window: Interval): OpenTime {
  let open = opens.get(state);
  if (open === undefined) {
    // An appointment that begins in the week may end after it.
    open = openTime(agenda.agenda, { start: window.start, end: window.end + DAY }, state.busy, state.explicit);
    opens.set(state, open);
  }
  return open;
}

/** The nearest times that the same agendas have for something as long, before or after. */
export async function nearestCommon(
  states: SlotStates,
  now: number,
  agendas: readonly LoadedAgenda[],
  time: Interval,
  most: number,
  taken: readonly Interval[] = [],
): Promise<CommonSlot[]> {
  const window = { start: Math.max(now, time.start - DAY), end: Math.max(now, time.start) + 7 * DAY };
  const found: CommonSlot[] = [];
  const [leader, ...others] = leading(agendas, time.end - time.start);
  for await (const slot of commonSlots(states, now, [{ agenda: leader!, needs: others.map((other) => [other]) }], {
    window,
    durationMs: time.end - time.start,
  })) {
    if (slot.time.start !== time.start && !taken.some((other) => overlaps(other, slot.time))) found.push(slot);
    // They come in order: past as many again on the far side, none can be nearer.
    if (found.filter((other) => other.time.start > time.start).length >= most) break;
  }
  return found
    .sort((a, b) => Math.abs(a.time.start - time.start) - Math.abs(b.time.start - time.start))
    .slice(0, most)
    .sort((a, b) => a.time.start - b.time.start);
}

/** A professional's agenda first, then one that has slots of the length. */
function leading(agendas: readonly LoadedAgenda[], durationMs: number): LoadedAgenda[] {
  const weight = (loadedAgenda: LoadedAgenda): number =>
    (loadedAgenda.actors.some((actor) => /^Practitioner/.test(actor)) ? 0 : 2) +
    (loadedAgenda.agenda.series.some((series) => series.durationMs === durationMs) ? 0 : 1);
  return [...agendas].sort((a, b) => weight(a) - weight(b));
}
