/**
 * The answers of several partners as one: what two partners publish of the same practitioner, place and time counts
 * once; sorted by start.
 */
import type { SearchEntry } from '../../../fhir/interaction.ts';
import type { ByteText } from '../../../fhir/byte-text.ts';
import type { Answer, FoundSlot } from './answer.ts';
import type { Kind } from '../partners/partner.ts';
import { SameTimes } from './same-times.ts';

/** What a partner adds to what is there already. */
export interface Part {
  slots: FoundSlot[];
  /** `Type/id` and JSON of what is not there yet. */
  others: [string, ByteText][];
  /** Slots that another partner has published. */
  folded: number;
}

/** Takes the answers in the order in which they count: of two that publish the same, the first stays. */
export class Merger {
  private readonly shared = new SameTimes<FoundSlot>();
  private readonly there = new Set<string>();

  add(answer: Answer): Part {
    const slots: FoundSlot[] = [];
    const fresh: FoundSlot[] = [];
    let folded = 0;
    for (const slot of answer.slots) {
      if (slot.shared !== undefined && this.shared.find(slot.shared, slot).length > 0) {
        folded++;
        continue;
      }
      if (slot.shared !== undefined) fresh.push(slot);
      slots.push(slot);
    }
    // After the whole answer: one partner may publish two agendas of one time and place.
    for (const one of fresh) this.shared.add(one.shared!, one);
    const others: Part['others'] = [];
    for (const schedule of new Set(slots.map((slot) => slot.schedule))) {
      for (const name of answer.needs.get(schedule)!) {
        if (this.there.has(name)) continue;
        this.there.add(name);
        others.push([name, answer.others.get(name)!]);
      }
    }
    return { slots, others, folded };
  }
}

/** The entries of the searchset, in bytes. SOS: the agendas are the matches, the slots are included. Spec: 6.3 */
export function entriesOf(parts: readonly Part[], kind: Kind): SearchEntry[] {
  const slots = parts.flatMap((part) => part.slots).sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
  const order = new Map<string, number>();
  for (const slot of slots) if (!order.has(slot.schedule)) order.set(slot.schedule, order.size);
  const others = parts
    .flatMap((part) => part.others)
    .map(([name, bytes]): SearchEntry => {
      const [type = '', id = ''] = name.split('/');
      return { type, id, bytes, mode: kind === 'SOS' && type === 'Schedule' ? 'match' : 'include' };
    });
  const found = slots.map(
    ({ id, body }): SearchEntry => ({ type: 'Slot', id, bytes: body, mode: kind === 'SOS' ? 'include' : 'match' }),
  );
  if (kind !== 'SOS') return [...found, ...others];
  const isMatch = (searchEntry: SearchEntry): boolean => searchEntry.mode === 'match';
  const matches = others
    .filter(isMatch)
    .sort((a, b) => order.get(`Schedule/${a.id}`)! - order.get(`Schedule/${b.id}`)!);
  return [...matches, ...found, ...others.filter((other) => !isMatch(other))];
}
