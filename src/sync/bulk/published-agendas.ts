/**
 * Which agendas and slots are published: every active agenda; where it has offers, only slots offered to the public.
 */
import type { LoadedAgenda } from '../../agenda/agendas.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import type { AgendaState } from '../../agenda/slots/slot-state.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import { capacityOf, type FreeSlot, placesTaken } from '../../scheduling/slots.ts';
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
    const states = await slots.states.of(loaded, { start: now, end: now + PUBLISHED_DAYS * DAY }, now);
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
        serviceTypes: agenda.agenda.series.flatMap((series) => series.serviceTypes),
        slots: publicSlots(agenda, states.get(agenda.schedule)!, now),
      });
    }
  }
  return published;
}

function publicSlots({ agenda, code }: LoadedAgenda, state: AgendaState, now: number): PublishedAgenda['slots'] {
  const isPublic = ({ start, offers }: FreeSlot): boolean => {
    if (start < now) return false;
    if (offers.length === 0) return agenda.offers.length === 0;
    return offers.some((offer) => offer.visibility.includes('PUBLIC'));
  };
  const busy = [...state.busy].sort((a, b) => a.start - b.start);
  return state.slots.filter(isPublic).map((slot) => {
    const capacity = capacityOf(agenda, slot.offers, slot.rules);
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
