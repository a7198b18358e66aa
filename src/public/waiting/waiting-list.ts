/**
 * Offers time that came free to those who wait for it, the first who asked first: far ahead it is held for one person
 * at a time, and near it goes to the first of three who answers. Never at night, and never time that the public may not
 * book. ADR 0041
 */
import type { LoadedAgenda } from '../../agenda/agendas.ts';
import { freeTimesOfKind, type KindTime } from '../../agenda/kinds/kind-times.ts';
import { agendaRequests } from '../../agenda/operations/agenda-appointments.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import { withHold } from '../../fhir/french/fr-extensions.ts';
import { keysOfConcept } from '../../fhir/french/visit-kind.ts';
import { readWaiting, type Waiting, withWaiting } from '../../fhir/french/waiting.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { type Appointment, asType, list } from '../../fhir/resources.ts';
import type { Backend } from '../../rest/backend.ts';
import type { AgendaKind } from '../../scheduling/agenda-kinds.ts';
import { afterNight, isNight } from '../../scheduling/reminders.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import type { Delivery } from '../../store/delivery/relay.ts';
import type { Database } from '../../store/engine/database.ts';
import { Unit } from '../../store/write/unit.ts';
import { visitorOfMove } from '../links/visit.ts';
import { type FreedTime, sendFreed } from './waiting-follower.ts';
import { fits, heldFor, NEAR_MS } from './wishes.ts';

/** So many are told of a time that nobody holds. */
const MAX_TOLD = 3;
/** Holds of the waiting list bear this name: no caller has it. */
const HOLDER = 'liste d’attente';

const DELIVERED: Delivery = { outcome: 'delivered' };

export interface WaitingParts {
  database: Database;
  services: RuleServices;
  backend: Pick<Backend, 'patch'>;
  now: () => number;
}

interface Entry {
  appointment: Appointment;
  waiting: Waiting;
  kind: AgendaKind;
}

export class WaitingList {
  private readonly parts: WaitingParts;

  constructor(parts: WaitingParts) {
    this.parts = parts;
  }

  /** May be done twice: an entry with an offer gets no second one, and a held time is not free. */
  async deliver(payload: string): Promise<Delivery> {
    const { database, now } = this.parts;
    const freed = JSON.parse(payload) as FreedTime;
    const at = now();
    if (freed.end <= at) return DELIVERED;
    const loaded = await this.load(freed.schedule);
    if (loaded === undefined) return DELIVERED;
    const { zone } = loaded.agenda;
    if (isNight(at, zone)) {
      const unit = new Unit();
      sendFreed(unit, freed, afterNight(at, zone));
      await unit.commit(database);
      return DELIVERED;
    }
    await this.offerAll(loaded, freed, at);
    return DELIVERED;
  }

  private async load(schedule: string): Promise<LoadedAgenda | undefined> {
    const { agendas } = this.parts.services;
    const [loaded] = await agendas.load(await agendas.stored.rows([schedule]));
    return loaded;
  }

  private async offerAll(loaded: LoadedAgenda, freed: FreedTime, now: number): Promise<void> {
    const told = new Map<string, number>();
    for (const entry of await this.entries(loaded)) {
      const time = await this.timeFor(loaded, entry, freed, now, told);
      if (time === undefined) continue;
      const heldMs = heldFor(time.start, now);
      if (heldMs === undefined) told.set(time.id, (told.get(time.id) ?? 0) + 1);
      await this.offer(loaded, entry, time, now, heldMs);
    }
  }

  /** Those who wait and have no offer, the first who asked first. */
  private async entries(loaded: LoadedAgenda): Promise<Entry[]> {
    const requests = await agendaRequests(this.parts.services, loaded);
    return requests
      .flatMap((appointment): Entry[] => {
        const waiting = appointment.status === 'waitlist' ? readWaiting(appointment) : undefined;
        const keys = list(appointment.serviceType).flatMap(keysOfConcept);
        const kind = loaded.agenda.kinds.find(({ key, needsApproval }) => keys.includes(key) && !needsApproval);
        return waiting === undefined || waiting.isAsleep || kind === undefined ? [] : [{ appointment, waiting, kind }];
      })
      .sort((a, b) => askedAt(a) - askedAt(b));
  }

  /** The first time in what came free that this person can come to, and that is not full of those who were told. */
  private async timeFor(
    loaded: LoadedAgenda,
    { appointment, waiting, kind }: Entry,
    freed: FreedTime,
    now: number,
    told: ReadonlyMap<string, number>,
  ): Promise<KindTime | undefined> {
    const { services } = this.parts;
    // Time that has been free for long is told to nobody at the last moment.
    const first = freed.isSweep === true ? now + NEAR_MS : Math.max(now, freed.start - kind.durationMs + 1);
    const window = { start: first, end: freed.end };
    if (window.end <= window.start) return undefined;
    const before = waiting.instead === undefined ? undefined : await this.startOf(waiting.instead);
    const times = await freeTimesOfKind(services, loaded, kind, visitorOfMove(kind), window, now);
    return times.find(
      (time) =>
        time.end > freed.start &&
        (told.get(time.id) ?? 0) < MAX_TOLD &&
        (heldFor(time.start, now) !== undefined || !hasNearOffer(waiting, now)) &&
        fits(appointment, waiting, time, loaded.agenda.zone, before),
    );
  }

  /** Of the appointment that would move; one that is not booked any more has no time that anybody could gain. */
  private async startOf(id: string): Promise<number> {
    const stored = await this.parts.services.reader.read('Appointment', id);
    const later = stored?.body === undefined ? undefined : parseResource('Appointment', stored.body);
    return later?.status === 'booked' ? Date.parse(later.start ?? '') : Number.NEGATIVE_INFINITY;
  }

  private async offer(
    { agenda: { zone } }: LoadedAgenda,
    { appointment: { id }, kind }: Entry,
    time: KindTime,
    now: number,
    heldMs: number | undefined,
  ): Promise<void> {
    const apply = (current: Appointment): Appointment => {
      const waiting = readWaiting(current);
      if (current.status !== 'waitlist' || waiting === undefined || waiting.isAsleep) return current;
      if (heldMs === undefined) return withWaiting(current, { ...waiting, told: [...waiting.told, time.id] });
      const offered = withWaiting(current, { ...waiting, offered: [...waiting.offered, time.id] });
      const held = {
        ...offered,
        status: 'pending',
        start: formatInstant(time.start, zone),
        end: formatInstant(time.end, zone),
        slot: [{ reference: `Slot/${time.id}` }],
      };
      return asType(withHold(held, { until: now + heldMs, by: HOLDER }), 'Appointment')!;
    };
    await this.parts.backend
      .patch(listContext(now, kind), 'Appointment', id!, (entry) => apply(asType(entry, 'Appointment')!), {})
      .catch((error) => {
        // Somebody booked it at this moment, or left the list.
        if (!(error instanceof FhirError) || ![404, 409, 410, 422].includes(error.status)) throw error;
      });
  }
}

/** Somebody who was told of a time has it to decide about. */
function hasNearOffer({ told }: Waiting, now: number): boolean {
  return told.some((slot) => (parseSlotId(slot)?.start ?? 0) > now);
}

function askedAt({ appointment: { created, meta } }: Entry): number {
  return Date.parse(created ?? meta?.lastUpdated ?? '');
}

/** The list offers what its people may book, and nothing else. */
function listContext(now: number, kind: AgendaKind): Context {
  return {
    ...{ now, requestId: 'waiting-list', caller: 'Créneau', roles: ['*'], strict: false, base: '' },
    visitor: visitorOfMove(kind),
    isOwnWork: true,
  };
}
