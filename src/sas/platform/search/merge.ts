/**
 * The answers of several partners as one, sorted by start: when two partners publish the same practitioner, place and
 * time, the slot counts once.
 */
import type { SearchEntry } from '../../../fhir/interaction.ts';
import type { ByteText } from '../../../fhir/byte-text.ts';
import type { SearchKind } from '../../contract/contract.ts';
import type { AnsweredSlot, PartnerAnswer } from './answer.ts';
import { SameTimes } from './same-times.ts';

/** The part that one partner adds to the answers before it. */
export interface AddedPart {
  slots: AnsweredSlot[];
  /** `Type/id` and JSON of resources that no answer before it had. */
  others: [string, ByteText][];
  /** Slots that another partner has published. */
  folded: number;
}

/** Takes the answers in the order of their weight: of two equal slots the first stays. */
export class Merger {
  private readonly shared = new SameTimes<AnsweredSlot>();
  private readonly names = new Set<string>();

  add(answer: PartnerAnswer): AddedPart {
    const slots: AnsweredSlot[] = [];
    const fresh: AnsweredSlot[] = [];
    let folded = 0;
    for (const slot of answer.slots) {
      if (slot.shared !== undefined && this.shared.find(slot.shared, slot).length > 0) {
        folded++;
        continue;
      }
      if (slot.shared !== undefined) fresh.push(slot);
      slots.push(slot);
    }
    // Only now: one partner may publish two agendas with the same time and place.
    for (const slot of fresh) this.shared.add(slot.shared!, slot);
    const others: AddedPart['others'] = [];
    for (const schedule of new Set(slots.map((slot) => slot.schedule))) {
      for (const name of answer.needs.get(schedule)!) {
        if (this.names.has(name)) continue;
        this.names.add(name);
        others.push([name, answer.others.get(name)!]);
      }
    }
    return { slots, others, folded };
  }
}

/** The entries of the searchset, in bytes. SOS: the agendas are the matches, the slots come with them. Spec: 6.3 */
export function entriesOf(parts: readonly AddedPart[], kind: SearchKind): SearchEntry[] {
  const slots = parts.flatMap((part) => part.slots).sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
  const order = new Map<string, number>();
  for (const slot of slots) if (!order.has(slot.schedule)) order.set(slot.schedule, order.size);
  const others = parts
    .flatMap((part) => part.others)
    .map(([name, bytes]): SearchEntry => {
      const [type = '', id = ''] = name.split('/');
      return { type, id, bytes, mode: kind === 'SOS' && type === 'Schedule' ? 'match' : 'include' };
    });
  const slotEntries = slots.map(
    ({ id, body }): SearchEntry => ({ type: 'Slot', id, bytes: body, mode: kind === 'SOS' ? 'include' : 'match' }),
  );
  if (kind !== 'SOS') return [...slotEntries, ...others];
  const isMatch = ({ mode }: SearchEntry): boolean => mode === 'match';
  const matches = others
    .filter(isMatch)
    .sort((a, b) => order.get(`Schedule/${a.id}`)! - order.get(`Schedule/${b.id}`)!);
  return [...matches, ...slotEntries, ...others.filter((entry) => !isMatch(entry))];
}
