/**
 * Which free slots of an agenda a search of the SAS shows, and why it withholds the others. The offers of an agenda
 * (`slot-offer`) give its computed slots to the SAS; an explicit Slot is given by its own `meta.security`; other slots
 * never leave. Pure: the time and what regulators have booked are arguments. Spec: 6.1 to 6.3
 */
import { isSasPaused } from '../../../fhir/french/fr-extensions.ts';
import { replacementOn } from '../../../fhir/french/replacement.ts';
import type { Audience } from '../../../fhir/french/visit-kind.ts';
import { parseResource } from '../../../fhir/json.ts';
import type { Interval } from '../../../scheduling/interval.ts';
import { hasKindQuota, isOpenThrough, weeksAround } from '../../../scheduling/kind-limits.ts';
import { slotId } from '../../../scheduling/slot-id.ts';
import type { FreeSlot } from '../../../scheduling/slots.ts';
import { DAY, localDate, toInstant, toLocal } from '../../../scheduling/zone.ts';
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { AgendaState } from '../../../agenda/slots/slot-state.ts';
import type { Contract, SearchKind } from '../../contract/contract.ts';
import { offeredContent, type SlotContent, visibleTo, writtenContent } from './slot-content.ts';

/** A free slot with what the SAS needs to know of it. */
export interface SasSlot extends SlotContent {
  id: string;
  /** Epoch milliseconds. */
  start: number;
  end: number;
}

export type WithheldReason =
  | 'paused'
  | 'other-kind'
  | 'incomplete'
  | 'not-offered'
  | 'other-door'
  | 'past'
  | 'quota'
  | 'kinds'
  | 'replacement';

export interface WithheldSlot {
  id: string;
  start: number;
  end: number;
  reason: WithheldReason;
}

export interface SasVisibility {
  visible: SasSlot[];
  withheld: WithheldSlot[];
}

/** Which search looks at which time, and when. */
export interface SasWindow {
  kind: SearchKind;
  /** Bounds the starts of slots: `[start, end)`. */
  window: Interval;
  now: number;
}

/** Facts that are not in the agenda and decide with it. */
export interface SasFacts {
  /** The resources that this kind of search shows beside slots are complete. */
  isComplete: boolean;
  /** CPTS that can be named, by the reference of their HealthcareService. */
  services: ReadonlySet<string>;
  /** Starts of appointments that count for the quota. */
  booked?: readonly number[];
}

/**
 * `state` covers `decidingWindow`: the quota of a day goes to the first slots of the whole day, whichever part of the
 * day is asked for.
 */
export function sasVisibility(
  contract: Contract,
  loaded: LoadedAgenda,
  state: AgendaState,
  { kind, window, now }: SasWindow,
  { isComplete, services, booked = [] }: SasFacts,
): SasVisibility {
  const result: SasVisibility = { visible: [], withheld: [] };
  const kinds = kindsOf(loaded);
  const reasonForAll = agendaReason(loaded, kinds.includes(kind), isComplete);
  const quota = new Quota(loaded, booked);
  for (const free of [...state.slots].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (free.start >= window.end) continue;
    const { start, end, explicitId } = free;
    const id = explicitId ?? slotId({ agenda: loaded.code, start, durationMs: end - start });
    const explicit = explicitId === undefined ? undefined : state.explicit.find((stored) => stored.id === explicitId);
    const isPast = start < now;
    const offered = isPast
      ? undefined
      : explicit === undefined
        ? offeredContent(contract, free.offers, loaded, services)
        : writtenContent(parseResource('Slot', explicit.body), services);
    // A written slot that names no kind says itself who may have it.
    const isByKinds = loaded.agenda.kinds.length > 0 && (explicit === undefined || free.kinds.length > 0);
    const content = offered && isByKinds ? throughKinds(loaded, state, free, now, offered) : offered;
    const isGiven = content !== undefined && kinds.some((other) => visibleTo(contract, content, other) !== undefined);
    const shown = content && visibleTo(contract, content, kind);
    const isInQuota = !isGiven || quota.take(start);
    // A slot before the window has only taken its share of the quota.
    if (start < window.start) continue;
    const isHidden = offered !== undefined && content === undefined;
    const reason =
      reasonForAll ??
      (isAway(loaded, start) ? 'replacement' : isHidden ? 'kinds' : slotReason(isPast, content, shown, isInQuota));
    if (reason === undefined) result.visible.push({ id, start, end, ...shown! });
    else result.withheld.push({ id, start, end, reason });
  }
  return result;
}

/** Is the practitioner replaced on that day by somebody whom the SAS is not shown? */
function isAway({ agenda }: LoadedAgenda, start: number): boolean {
  if (agenda.replacements.length === 0) return false;
  return replacementOn(agenda.replacements, localDate(start, agenda.zone))?.isHiddenFromSas === true;
}

/** The audience to which each visibility code (TRE_R314) belongs. */
const DOOR_OF: ReadonlyMap<string, Audience> = new Map([
  ['PUBLIC', 'everyone'],
  ['PRO', 'colleagues'],
  ['SNP', 'regulators'],
  ['CPTS', 'regulators'],
]);

/**
 * Where an agenda has kinds of visit, a slot leaves only for those who may book some kind there now: the offer can
 * take away from that and not add to it. ADR 0035
 */
function throughKinds(
  { agenda }: LoadedAgenda,
  { busy }: AgendaState,
  slot: FreeSlot,
  now: number,
  content: SlotContent,
): SlotContent | undefined {
  const visibility = content.visibility.filter((code) => {
    const door = DOOR_OF.get(code);
    return door !== undefined && slot.kinds.some((kind) => isOpenThrough(agenda, kind, door, slot, busy, now));
  });
  return visibility.length === 0 ? undefined : { ...content, visibility };
}

/**
 * The searches that find an agenda: by practitioner where it has a place of exercise, SOS Médecins where it has a
 * place.
 */
function kindsOf({ actors }: LoadedAgenda): SearchKind[] {
  const has = (type: string): boolean => actors.some((actor) => actor.startsWith(`${type}/`));
  return [
    ...(has('PractitionerRole') ? (['PS', 'CPTS'] as const) : []),
    ...(has('Location') ? (['SOS'] as const) : []),
  ];
}

/** Why nothing of an agenda is shown. An agenda that is not active has no slots at all. */
function agendaReason({ resource }: LoadedAgenda, isOfKind: boolean, isComplete: boolean): WithheldReason | undefined {
  if (isSasPaused(resource)) return 'paused';
  if (!isOfKind) return 'other-kind';
  return isComplete ? undefined : 'incomplete';
}

/** `content`: what is given to the SAS; `shown`: what this kind of search may show of it. */
function slotReason(
  isPast: boolean,
  content: SlotContent | undefined,
  shown: SlotContent | undefined,
  isInQuota: boolean,
): WithheldReason | undefined {
  if (isPast) return 'past';
  if (content === undefined) return 'not-offered';
  if (shown === undefined) return 'other-door';
  return isInQuota ? undefined : 'quota';
}

/**
 * Counts, by local day, the slots that the SAS is still given. Of several offers the smallest quota rules the agenda.
 */
class Quota {
  readonly #maxPerDay: number;
  readonly #zone: string;
  readonly #used = new Map<string, number>();

  constructor({ agenda }: LoadedAgenda, booked: readonly number[]) {
    this.#maxPerDay = Math.min(...agenda.offers.map((offer) => offer.dailyQuota ?? Number.POSITIVE_INFINITY));
    this.#zone = agenda.zone;
    for (const start of booked) this.take(start);
  }

  take(start: number): boolean {
    if (this.#maxPerDay === Number.POSITIVE_INFINITY) return true;
    const day = localDate(start, this.#zone);
    const used = this.#used.get(day) ?? 0;
    this.#used.set(day, used + 1);
    return used < this.#maxPerDay;
  }
}

export function hasQuota({ agenda }: LoadedAgenda): boolean {
  return agenda.offers.some((offer) => offer.dailyQuota !== undefined);
}

/** The time of an agenda that must be known to decide on a window: the days and weeks that its quotas count. */
export function decidingWindow(loaded: LoadedAgenda, window: Interval): Interval {
  const { zone, kinds } = loaded.agenda;
  if (kinds.some(hasKindQuota)) return weeksAround(window, zone);
  const { start, end } = window;
  return hasQuota(loaded)
    ? { start: toInstant(zone, Math.floor(toLocal(zone, start) / DAY) * DAY).instant, end }
    : window;
}
