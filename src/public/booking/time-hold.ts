/**
 * The time that a visitor holds while typing: rows of `busy` that end by themselves, and no Appointment. The exclusion
 * constraints refuse it like a booking. A visit holds one time, a network two, and unconfirmed visits three in ten of
 * the times that an agenda offers to the public on a day. ADR 0039
 */
import type { LoadedAgenda } from '../../agenda/agendas.ts';
import { freeTimesOfKind, judgeBooking, kindsOffered } from '../../agenda/kinds/kind-times.ts';
import { capacityAt } from '../../agenda/rules/booking-time.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import type { Visitor } from '../../fhir/french/visit-kind.ts';
import type { AgendaKind } from '../../scheduling/agenda-kinds.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { hasKindQuota, type KindReason } from '../../scheduling/kind-limits.ts';
import { DAY, localDate, toInstant } from '../../scheduling/zone.ts';
import type { Database } from '../../store/engine/database.ts';
import { holdOf, type PublicVisit, type PublicVisits } from '../../store/records/public-visits.ts';
import { Unit } from '../../store/write/unit.ts';

/** `unheld`: it is free, and too many times are held to keep one more. A reason: it cannot be booked. */
export type HoldResult = 'held' | 'unheld' | KindReason;

export interface HeldChoice {
  loaded: LoadedAgenda;
  kind: AgendaKind;
  time: Interval;
}

const EVERYONE: Visitor = { as: 'everyone' };
const MAX_NETWORK_HOLDS = 2;
/** Of the times of a day, rounded down; one in any case. */
const HELD_SHARE = 0.3;
/** A commit that others have overtaken is decided again. */
const MAX_TRIES = 50;

interface HoldParts {
  database: Database;
  services: RuleServices;
  visits: PublicVisits;
}

export class TimeHolds {
  private readonly parts: HoldParts;

  constructor(parts: HoldParts) {
    this.parts = parts;
  }

  /** Holds the time until an instant, in the place of the one that the visit held. */
  async take(
    visit: Pick<PublicVisit, 'id' | 'network'>,
    { loaded: seen, kind, time }: HeldChoice,
    until: number,
    now: number,
  ): Promise<HoldResult> {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const loaded = (await this.reload(seen)) ?? seen;
      const result = await this.attempt(visit, { loaded, kind, time }, until, now);
      if (result !== 'stale') return result;
    }
    return 'unheld';
  }

  /** Gives up the time that the visit holds. */
  async release(visit: Pick<PublicVisit, 'id' | 'network'>): Promise<void> {
    const unit = new Unit();
    for (const { schedule } of await this.parts.services.agendas.stored.heldBy(holdOf(visit))) unit.lock(schedule);
    unit.freeTime(holdOf(visit));
    await unit.commit(this.parts.database);
  }

  /** The end of the hold of this visit; `undefined`: it holds nothing now. */
  async until(visit: Pick<PublicVisit, 'id' | 'network'>, now: number): Promise<number | undefined> {
    const [held] = await this.parts.services.agendas.stored.heldBy(holdOf(visit));
    return held?.expires != null && held.expires > now ? held.expires : undefined;
  }

  private async attempt(
    visit: Pick<PublicVisit, 'id' | 'network'>,
    { loaded, kind, time }: HeldChoice,
    until: number,
    now: number,
  ): Promise<HoldResult | 'stale'> {
    const { database, services } = this.parts;
    const hold = holdOf(visit);
    const unit = new Unit();
    await this.dependOn(unit, visit.network, loaded);
    // Before the time is judged: a hold that crowds the day may be one of this very time.
    const isCrowded = await this.isCrowded(visit, { loaded, kind, time }, now);
    const reason = await judgeBooking(services, loaded, kind, EVERYONE, time, now, hold);
    if (reason !== undefined) return reason;
    if (isCrowded && !(await this.isOwn(hold, { loaded, kind, time }, now))) {
      await this.release(visit);
      return 'unheld';
    }
    const { schedule, version } = loaded;
    const capacity = Math.max(capacityAt(loaded, time), kind.places);
    unit.freeTime(hold);
    unit.lock(schedule, version);
    unit.takeTime({
      ...{ appointment: hold, schedule, start: time.start, end: time.end, capacity, places: capacity },
      ...{ overbook: false, tentative: true, expires: until, kind: kind.key, buffer: kind.bufferMs / 1000 },
    });
    const result = await unit.commit(database);
    if ('ok' in result) return 'held';
    if ('taken' in result) return 'taken';
    return 'stale';
  }

  /** A promise is kept, however crowded the day has become. */
  private async isOwn(hold: string, { loaded, time }: HeldChoice, now: number): Promise<boolean> {
    const held = await this.parts.services.agendas.stored.heldBy(hold);
    return held.some(
      ({ schedule, start, expires }) =>
        schedule === loaded.schedule && start === time.start && expires != null && expires > now,
    );
  }

  /** Two holds at once never pass one limit: the second is decided again. */
  private async dependOn(unit: Unit, network: string, { schedule, agenda }: LoadedAgenda): Promise<void> {
    const { reader } = this.parts.services;
    const criteria = [
      `visits of ${network}`,
      `visits Schedule/${schedule}`,
      ...(agenda.kinds.some(hasKindQuota) ? [`quota Schedule/${schedule}`] : []),
    ];
    for (const criterion of criteria) unit.dependOn(criterion, await reader.conditionWrites(criterion));
  }

  /** Are as many times held as may be, by this network or on this day? */
  private async isCrowded(
    visit: Pick<PublicVisit, 'id' | 'network'>,
    { loaded, time }: HeldChoice,
    now: number,
  ): Promise<boolean> {
    const own = holdOf(visit);
    const others = (await this.parts.visits.holds(now)).filter(({ hold }) => hold !== own);
    if (others.filter(({ network }) => network === visit.network).length >= MAX_NETWORK_HOLDS) return true;
    const { zone } = loaded.agenda;
    const day = localDate(time.start, zone);
    const held = others.filter(({ schedule, start }) => {
      return schedule === loaded.schedule && localDate(start, zone) === day;
    }).length;
    if (held === 0) return false;
    const offered = (await this.timesOfDay(loaded, day, now)) + held;
    return held >= Math.max(1, Math.floor(offered * HELD_SHARE));
  }

  /** How many times the agenda offers to the public on a day, each counted once. */
  private async timesOfDay(loaded: LoadedAgenda, day: string, now: number): Promise<number> {
    const midnight = Date.parse(`${day}T00:00:00Z`);
    const { zone } = loaded.agenda;
    const window = { start: toInstant(zone, midnight).instant, end: toInstant(zone, midnight + DAY).instant };
    const starts = new Set<number>();
    for (const kind of kindsOffered(loaded, EVERYONE))
      for (const { start } of await freeTimesOfKind(this.parts.services, loaded, kind, EVERYONE, window, now))
        starts.add(start);
    return starts.size;
  }

  private async reload({ schedule }: LoadedAgenda): Promise<LoadedAgenda | undefined> {
    const { agendas } = this.parts.services;
    const [loaded] = await agendas.load(await agendas.stored.rows([schedule]));
    return loaded;
  }
}
