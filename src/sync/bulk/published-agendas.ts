/**
 * Which agendas and slots are published: every active agenda; where it has offers, only slots offered to the public,
 * and where it has kinds of visit, only those that everyone may book at once. ADR 0035
 */
import type { LoadedAgenda } from '../../agenda/agendas.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import type { AgendaState } from '../../agenda/slots/slot-state.ts';
import type { CodeableConcept } from '../../fhir/resource.ts';
import type { Agenda } from '../../scheduling/agenda.ts';
import type { AgendaKind } from '../../scheduling/agenda-kinds.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { hasKindQuota, isOpenThrough, opensAtOnce } from '../../scheduling/kind-limits.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import { blockingTimes, capacityOf, type FreeSlot, placesTaken } from '../../scheduling/slots.ts';
import { DAY } from '../../scheduling/zone.ts';
import type { PublishedAgenda } from './publication.ts';

const PUBLISHED_DAYS = 28;
/** Agendas that are read and computed together. */
const BATCH = 200;

export async function publishedAgendas(
  { agendas, slots, reader }: RuleServices,
  now: number,
  maxAgendas: number,
): Promise<PublishedAgenda[]> {
  const rows = await agendas.stored.matching([], maxAgendas);
  const published: PublishedAgenda[] = [];
  for (let i = 0; i < rows.length; i += BATCH) {
    const loaded = (await agendas.load(rows.slice(i, i + BATCH))).filter(({ agenda }) => agenda.active);
    const states = await slots.states.of(loaded, decidingWindow(loaded, now), now);
    const atHand = await agendas.atHand(loaded);
    const bodiesOf = ({ actors }: LoadedAgenda): string[] => actors.flatMap((actor) => atHand.get(actor)?.body ?? []);
    const references = await reader.readReferences(loaded.flatMap(bodiesOf).flatMap(placesIn));
    const places = new Map(references.map(({ type, id, body }) => [`${type}/${id}`, body!]));
    for (const agenda of loaded) {
      const bodies = bodiesOf(agenda);
      const placeBodies = bodies.flatMap(placesIn).flatMap((place) => places.get(place) ?? []);
      published.push({
        id: agenda.schedule,
        zone: agenda.agenda.zone,
        actors: [...bodies, ...placeBodies],
        serviceTypes: publicServices(agenda.agenda),
        slots: publicSlots(agenda, states.get(agenda.schedule)!, now),
      });
    }
  }
  return published;
}

/** Quotas are counted in whole weeks around what is published. */
function decidingWindow(loaded: readonly LoadedAgenda[], now: number): Interval {
  const isCounted = loaded.some(({ agenda }) => agenda.kinds.some(hasKindQuota));
  const around = isCounted ? 8 * DAY : 0;
  return { start: now - around, end: now + PUBLISHED_DAYS * DAY + around };
}

function publicServices({ kinds, series }: Agenda): CodeableConcept[] {
  return kinds.length === 0
    ? series.flatMap((series) => series.serviceTypes)
    : kinds.filter((kind) => opensAtOnce(kind, 'everyone')).map(({ serviceType }) => serviceType);
}

function publicSlots({ agenda, code }: LoadedAgenda, state: AgendaState, now: number): PublishedAgenda['slots'] {
  const until = Math.ceil((now + PUBLISHED_DAYS * DAY) / DAY) * DAY;
  const publicKinds = (slot: FreeSlot): AgendaKind[] =>
    slot.kinds.filter((kind) => isOpenThrough(agenda, kind, 'everyone', slot, state.busy, now));
  const isPublic = (slot: FreeSlot): boolean => {
    const { start, offers } = slot;
    if (start < now || start >= until) return false;
    if (agenda.kinds.length > 0 && publicKinds(slot).length === 0) return false;
    if (offers.length === 0) return agenda.offers.length === 0;
    return offers.some((offer) => offer.visibility.includes('PUBLIC'));
  };
  const busy = blockingTimes(state.busy);
  return state.slots.filter(isPublic).map((slot) => {
    const places = publicKinds(slot).map((kind) => kind.places);
    const capacity = Math.max(capacityOf(agenda, slot.offers, slot.rules), ...places);
    return {
      ...slot,
      id: slot.explicitId ?? slotId({ agenda: code, start: slot.start, durationMs: slot.end - slot.start }),
      places: capacity - placesTaken(slot, busy, capacity),
    };
  });
}

/** The places that a role names. */
function placesIn(body: string): string[] {
  return [...body.matchAll(/"reference":"(Location\/[A-Za-z0-9\-.]{1,64})"/g)].map(([, reference]) => reference!);
}
