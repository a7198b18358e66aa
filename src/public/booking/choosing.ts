/**
 * The first half of a booking: the kind of visit, then the day and time. These addresses name a kind and a day and may
 * be shared. Choosing a time holds it and begins the visit.
 */
import { KIND_WORDS } from '../../agenda/kinds/kind-words.ts';
import type { KindReason } from '../../scheduling/kind-limits.ts';
import { DAY, localDate, toInstant } from '../../scheduling/zone.ts';
import { nextTimes, type PublicTime, timesIn } from '../site/next-times.ts';
import { kindsOf, type OfferedKind } from '../site/pages-found.ts';
import { HOLDS, spend, VIEWS } from './booking-limits.ts';
import {
  type AtPlace,
  type BookingWorld,
  EVERYONE,
  HOLD_MS,
  kindChoice,
  offeredKind,
  type Screen,
  VISIT_MS,
  type VisitChoice,
} from './booking-world.ts';
import { cannotVerify, kindsPage, type OfferedTime, takenPage, timesPage } from './choice-pages.ts';
import { hashOf, isSecret, newSecret } from './verification-code.ts';
import { randomUUID } from 'node:crypto';
import type { PublicVisit } from '../../store/records/public-visits.ts';

/** Days with times on one page. */
const SHOWN_DAYS = 7;
const STEP_DAYS = 14;
const MAX_DAYS = 364;
const NEAREST = 3;

export class Choosing {
  private readonly world: BookingWorld;

  constructor(world: BookingWorld) {
    this.world = world;
  }

  /** The kinds; with one of them, its times. */
  async show(at: AtPlace): Promise<Screen> {
    const { request, page, place, network, now } = at;
    if (this.world.means.sender.ways.length === 0) return cannotVerify(place);
    const kinds = kindsOf(page, EVERYONE);
    const named = request.query.get('motif');
    const kind = named === null && kinds.length === 1 ? kinds[0] : offeredKind(page, named);
    if (kind === undefined) return kindsPage(place, kinds.map(kindChoice));
    await spend(this.world.means.counters, VIEWS, network, now);
    const asked = dayOf(request.query.get('le'), kind) ?? now;
    const from = asked < now + MAX_DAYS * DAY ? asked : now;
    const { times, next } = await this.daysFrom(kind, Math.max(from, now), now);
    return timesPage(place, {
      ...{ kind: kindChoice(kind), times: times.map(offered), next, isLater: from > now, secret: newSecret() },
    });
  }

  /** Holds the time and begins the visit, or chooses another time for the one that is under way. */
  async choose(at: AtPlace): Promise<Screen> {
    const { request, page, place, now, network } = at;
    const { form } = request;
    if (form === undefined) return { goTo: place.base };
    const { visits, counters, holds, writer } = this.world.means;
    const [slot, kind] = [form.get('slot') ?? '', offeredKind(page, form.get('motif'))];
    if (kind === undefined) return { goTo: place.base };
    const secret = await this.secretOf(at, slot);
    const known = await visits.find(hashOf(secret), now);
    if (known !== undefined && (await writer.bookingOf(known.form)) !== undefined)
      return { goTo: `${place.base}/confirme`, visit: secret };
    const visit = { id: hashOf(secret), network: known?.network ?? network };
    const choice = await this.world.choiceOf(at, { kind: kind.key, slot });
    if (choice === undefined) return this.taken(at, kind, undefined, now, known?.data !== undefined);
    const isSame = known?.slot === slot && known.kind === kind.key && (await holds.until(visit, now)) !== undefined;
    if (!isSame) {
      await spend(counters, HOLDS, network, now);
      const result = await holds.take(visit, choice, now + HOLD_MS, now);
      if (result !== 'held' && result !== 'unheld')
        return this.taken(at, kind, result, choice.time.start, known?.data !== undefined);
      const { schedule } = choice.loaded;
      const form = known?.form ?? randomUUID();
      const chosen = { ...visit, form, practice: place.practice, path: place.base, schedule, kind: kind.key, slot };
      await visits.choose(chosen, now + VISIT_MS);
    }
    const isReady = known?.verified === true && known.data !== undefined;
    return { goTo: `${place.base}/${isReady ? 'code' : 'patient'}`, visit: secret };
  }

  /** The visit of a time that is gone chooses among the nearest ones. */
  async gone(at: AtPlace, visit: PublicVisit, choice: VisitChoice | undefined, reason?: KindReason): Promise<Screen> {
    const kind = offeredKind(at.page, visit.kind);
    if (kind === undefined) return { goTo: at.place.base };
    return this.taken(at, kind, reason, choice?.time.start ?? at.now, visit.data !== undefined);
  }

  /** The page with the nearest times of the kind. */
  async taken(
    { place, now }: AtPlace,
    kind: OfferedKind,
    reason: KindReason | undefined,
    around: number,
    isTyped: boolean,
  ): Promise<Screen> {
    const times = await this.nearest(kind, around, now);
    const words =
      reason === undefined || reason === 'taken' || reason === 'range' || reason === 'buffer'
        ? "Ce créneau vient d'être pris."
        : KIND_WORDS[reason].french;
    return takenPage(place, {
      ...{ kind: kindChoice(kind), times: times.map(offered), reason: words, isTyped, secret: newSecret() },
    });
  }

  /**
   * That of the visit under way; else the one that the page of times has made up, so that a double click begins one
   * visit.
   */
  private async secretOf({ request, now }: AtPlace, slot: string): Promise<string> {
    const { visits, writer } = this.world.means;
    const kept = request.visit;
    if (kept !== undefined && isSecret(kept)) {
      const visit = await visits.find(hashOf(kept), now);
      if (visit !== undefined && (visit.slot === slot || (await writer.bookingOf(visit.form)) === undefined))
        return kept;
    }
    const made = request.form?.get('visite') ?? '';
    return isSecret(made) ? made : newSecret();
  }

  /** Whole days with times, and the day that comes after them. */
  private async daysFrom(
    kind: OfferedKind,
    from: number,
    now: number,
  ): Promise<{ times: PublicTime[]; next: string | undefined }> {
    const found: PublicTime[] = [];
    const last = (now + MAX_DAYS * DAY - from) / DAY;
    for (let days = 0; days < last; days += STEP_DAYS) {
      const window = { start: from + days * DAY, end: from + (days + STEP_DAYS) * DAY };
      found.push(...(await timesIn(this.world.means.services, kind, EVERYONE, window, now)));
      const shown = [...new Set(found.map(dayIn))];
      if (shown.length <= SHOWN_DAYS) continue;
      const next = shown[SHOWN_DAYS]!;
      return { times: found.filter((time) => dayIn(time) < next), next };
    }
    return { times: found, next: undefined };
  }

  private async nearest(kind: OfferedKind, around: number, now: number): Promise<PublicTime[]> {
    const { services } = this.world.means;
    const window = { start: Math.max(now, around - STEP_DAYS * DAY), end: Math.max(now, around) + STEP_DAYS * DAY };
    const near = await timesIn(services, kind, EVERYONE, window, now);
    if (near.length < NEAREST) return (await nextTimes(services, [kind], EVERYONE, now, NEAREST))[0]!;
    return near
      .sort((a, b) => Math.abs(a.start - around) - Math.abs(b.start - around))
      .slice(0, NEAREST)
      .sort((a, b) => a.start - b.start);
  }
}

function offered({ id, start, loaded }: PublicTime): OfferedTime {
  return { slot: id, start, zone: loaded.agenda.zone };
}

function dayIn({ start, loaded }: PublicTime): string {
  return localDate(start, loaded.agenda.zone);
}

/** Midnight of a day by the clock of the place; `undefined`: it names none. */
function dayOf(text: string | null, { offers }: OfferedKind): number | undefined {
  const midnight = /^20\d\d-\d\d-\d\d$/.test(text ?? '') ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(midnight) ? undefined : toInstant(offers[0]!.loaded.agenda.zone, midnight).instant;
}
