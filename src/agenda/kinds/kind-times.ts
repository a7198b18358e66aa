/**
 * Kinds of visit on the agendas of the server: which kinds an agenda offers to a visitor, the free times of a kind, and
 * whether a booking may be made. Pages of the public and the write rule use the same functions. ADR 0035
 */
import type { KindTexts, Visitor } from '../../fhir/french/visit-kind.ts';
import { readKindTexts } from '../../fhir/french/visit-kind.ts';
import { parseAnyResource } from '../../fhir/json.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { Interval } from '../../scheduling/interval.ts';
import type { AgendaKind } from '../../scheduling/agenda-kinds.ts';
import {
  type KindReason,
  type KindTimes,
  kindReason,
  kindSlots,
  kindsFor,
  weeksAround,
} from '../../scheduling/kind-limits.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import { freeSlots } from '../../scheduling/slots.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { practiceOf } from '../inherited.ts';
import type { RuleServices } from '../rules/services.ts';

/** A time that a visitor may book for a kind. */
export interface KindTime extends Interval {
  /** Of the Slot. */
  id: string;
}

/** The kinds that an agenda offers to a visitor, whatever the time. */
export function kindsOffered({ agenda }: LoadedAgenda, visitor: Visitor): AgendaKind[] {
  return agenda.active ? kindsFor(agenda, visitor) : [];
}

/** The kind of an agenda with this key (`system|code`). */
export function kindWithKey({ agenda }: LoadedAgenda, key: string): AgendaKind | undefined {
  return agenda.kinds.find((kind) => kind.key === key);
}

/** The free times of a kind for a visitor that start in the window, in the order of time. */
export async function freeTimesOfKind(
  { slots }: RuleServices,
  loaded: LoadedAgenda,
  kind: AgendaKind,
  visitor: Visitor,
  window: Interval,
  now: number,
): Promise<KindTime[]> {
  const { agenda, schedule, code } = loaded;
  const times = (await slots.states.of([loaded], weeksAround(window, agenda.zone), now)).get(schedule)!;
  return kindSlots(agenda, kind, visitor, times, window, now).map(({ start, end, explicitId }) => ({
    start,
    end,
    id: explicitId ?? slotId({ agenda: code, start, durationMs: end - start }),
  }));
}

/**
 * Why a visitor may not take the time for the kind; `undefined`: it may be booked. `own`: an appointment
 * that moves, or the hold of the visitor, whose time does not stand in its way.
 */
export async function judgeBooking(
  services: RuleServices,
  loaded: LoadedAgenda,
  kind: AgendaKind,
  visitor: Visitor,
  time: Interval,
  now: number,
  own?: string,
): Promise<KindReason | undefined> {
  const times = await timesAround(services, loaded, time, now, [own]);
  return kindReason(loaded.agenda, kind, visitor, time, times, now);
}

/** The free times and the time taken in the week of a time, as if these appointments and holds were not there. */
export async function timesAround(
  { agendas }: RuleServices,
  loaded: LoadedAgenda,
  time: Interval,
  now: number,
  own: readonly (string | undefined)[] = [],
): Promise<KindTimes> {
  const week = weeksAround(time, loaded.agenda.zone);
  const wide = { start: Math.min(week.start, time.start), end: Math.max(week.end, time.end) + REACH_MS };
  const [taken, written] = await Promise.all([agendas.busy([loaded], wide, now), agendas.explicit([loaded], wide)]);
  const busy = (taken.get(loaded.schedule) ?? []).filter((other) => !own.includes(other.appointment));
  return { busy, slots: freeSlots(loaded.agenda, week, busy, written.get(loaded.schedule) ?? []) };
}

/** A slot that starts in a week may end so long after it. */
const REACH_MS = 2 * 86_400_000;

/** The texts and questions of a kind: the agenda has the last word, then its actors, then the practice. */
export async function textsOfKind({ reader }: RuleServices, loaded: LoadedAgenda, key: string): Promise<KindTexts> {
  const actors = (await reader.readReferences(loaded.actors)).map(({ body }) => parseAnyResource(body!));
  const practices = actors.flatMap((actor) => localTarget(practiceOf(actor)) ?? []);
  const organizations = (await reader.readReferences(practices)).map(({ body }) => parseAnyResource(body!));
  return readKindTexts([...organizations, ...actors, loaded.resource], key);
}
