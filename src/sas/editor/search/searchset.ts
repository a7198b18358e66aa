/** A searchset of the SAS in the making: each resource once, and a count of the slots of each agenda. */
import type { Context, SearchEntry, SearchResult } from '../../../fhir/interaction.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Slot } from '../../../fhir/resources.ts';
import type { SearchKind } from '../../contract/contract.ts';

export class Searchset {
  readonly #entries = new Map<string, SearchEntry & { body: string }>();
  readonly #slotsByAgenda = new Map<string, number>();
  readonly #profile: string;

  constructor(profile: string) {
    this.#profile = profile;
  }

  addSlot(slot: Slot, mode: 'match' | 'include'): void {
    const schedule = slot.schedule.reference!;
    this.#slotsByAgenda.set(schedule, (this.#slotsByAgenda.get(schedule) ?? 0) + 1);
    this.add(slot, mode);
  }

  add(resource: Resource, mode: 'match' | 'include' = 'include'): void {
    const { resourceType: type, id } = resource;
    const key = `${type}/${id}`;
    if (!this.#entries.has(key)) this.#entries.set(key, { type, id: id!, body: JSON.stringify(resource), mode });
  }

  /** JSON text of a resource of the answer. */
  body(type: string, id: string): string | undefined {
    return this.#entries.get(`${type}/${id}`)?.body;
  }

  /** Tells the audit trail how many slots of each agenda are shown. */
  note(context: Context, kind: SearchKind): void {
    context.showed?.({ agendas: this.#slotsByAgenda, isCounted: true, kind: `sas-search-${kind}` });
  }

  /** The finished answer; `total` counts slots, whatever the matches are (trap H28). */
  finish(context: Context, kind: SearchKind): SearchResult {
    this.note(context, kind);
    const entries = [...this.#entries.values()];
    const total = entries.filter(({ type }) => type === 'Slot').length;
    // The profiles of CPTS and of SOS Médecins want four entries: an empty answer cannot declare them (trap H33).
    const declared = entries.length > 0 || kind === 'PS' ? { profile: this.#profile } : {};
    return { total, entries, ...declared, selfOnly: true };
  }
}
