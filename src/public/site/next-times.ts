/**
 * The next times of kinds of visit, for lists of practitioners: one reading of the time taken for all of them, and
 * times that may be booked at that moment. Free times are kept by the agenda's counter of changes (ADR 0002).
 */
import type { LoadedAgenda } from '../../agenda/agendas.ts';
import type { KindTime } from '../../agenda/kinds/kind-times.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import type { Visitor } from '../../fhir/french/visit-kind.ts';
import type { AgendaKind } from '../../scheduling/agenda-kinds.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { type KindTimes, kindSlots, weeksAround } from '../../scheduling/kind-limits.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import type { FreeSlot } from '../../scheduling/slots.ts';
import { DAY } from '../../scheduling/zone.ts';
import type { OfferedKind } from './pages-found.ts';

/** A time that a visitor may book, with the agenda and the kind. */
export interface PublicTime extends KindTime {
  loaded: LoadedAgenda;
  kind: AgendaKind;
}

/** Most agendas have a time within the first of these; the others are looked at further ahead. */
const REACHES_DAYS = [7, 28, 91];

/** The first times of each of these, `count` at most, in the order of time. */
export async function nextTimes(
  services: RuleServices,
  offered: readonly OfferedKind[],
  visitor: Visitor,
  now: number,
  count: number,
  from = now,
): Promise<PublicTime[][]> {
  const found: PublicTime[][] = offered.map(() => []);
  let start = Math.max(from, now);
  for (const days of REACHES_DAYS) {
    const end = Math.max(from, now) + days * DAY;
    const open = offered.map((kind, i) => ({ kind, times: found[i]! })).filter(({ times }) => times.length < count);
    if (open.length === 0) break;
    const window = { start, end };
    const states = await statesOf(
      services,
      open.flatMap(({ kind }) => kind.offers.map(({ loaded }) => loaded)),
      window,
      now,
    );
    for (const { kind, times } of open)
      times.push(...firstOf(kind, states, visitor, window, now, count - times.length));
    start = end;
  }
  return found;
}

/** All times of a kind that start in the window, in the order of time. */
export async function timesIn(
  services: RuleServices,
  offered: OfferedKind,
  visitor: Visitor,
  window: Interval,
  now: number,
): Promise<PublicTime[]> {
  const states = await statesOf(
    services,
    offered.offers.map(({ loaded }) => loaded),
    window,
    now,
  );
  return firstOf(offered, states, visitor, window, now, Number.POSITIVE_INFINITY);
}

type States = ReadonlyMap<string, KindTimes>;

async function statesOf(
  { slots }: RuleServices,
  agendas: readonly LoadedAgenda[],
  window: Interval,
  now: number,
): Promise<States> {
  const distinct = [...new Map(agendas.map((loaded) => [loaded.schedule, loaded])).values()];
  // Whole weeks by the clock of each agenda: quotas are counted in them.
  const weeks = [...new Set(distinct.map(({ agenda }) => agenda.zone))].map((zone) => weeksAround(window, zone));
  const start = Math.min(...weeks.map((week) => week.start));
  const end = Math.max(...weeks.map((week) => week.end));
  return weeks.length === 0 ? new Map() : slots.states.of(distinct, { start, end }, now);
}

/** Day by day, so that the first times cost no more than their days. */
function firstOf(
  { offers }: OfferedKind,
  states: States,
  visitor: Visitor,
  { start, end }: Interval,
  now: number,
  count: number,
): PublicTime[] {
  const found: PublicTime[] = [];
  for (let day = start; day < end && found.length < count; day += DAY) {
    const window = { start: day, end: Math.min(day + DAY, end) };
    const times = offers.flatMap(({ loaded, kind }) => {
      const free = kindSlots(loaded.agenda, kind, visitor, states.get(loaded.schedule)!, window, now);
      return free.map((slot) => timeOf(slot, loaded, kind));
    });
    found.push(...times.sort((a, b) => a.start - b.start || a.end - b.end));
  }
  return found.slice(0, count);
}

function timeOf({ start, end, explicitId }: FreeSlot, loaded: LoadedAgenda, kind: AgendaKind): PublicTime {
  const id = explicitId ?? slotId({ agenda: loaded.code, start, durationMs: end - start });
  return { start, end, id, loaded, kind };
}
