/** A searchset of the SAS in the making: each resource once, and a count of the slots of each agenda. */
import type { Context, SearchEntry, SearchResult } from '../../../fhir/interaction.ts';
import type { Reference, Resource } from '../../../fhir/resource.ts';
import type { SearchKind } from '../../contract/contract.ts';
import type { AccessLog } from '../accounts/access-log.ts';

export class Searchset {
  readonly #entries = new Map<string, SearchEntry>();
  readonly #slotsByAgenda = new Map<string, number>();
  readonly #profile: string;

  constructor(profile: string) {
    this.#profile = profile;
  }

  addSlot(slot: Resource, mode: 'match' | 'include'): void {
    const schedule = (slot['schedule'] as Reference).reference!;
    this.#slotsByAgenda.set(schedule, (this.#slotsByAgenda.get(schedule) ?? 0) + 1);
    this.add(slot, mode);
  }

  add(resource: Resource, mode: 'match' | 'include' = 'include'): void {
    const { resourceType: type, id } = resource;
    const key = `${type}/${id}`;
    if (!this.#entries.has(key)) this.#entries.set(key, { type, id: id!, body: JSON.stringify(resource), mode });
  }

  /** The finished answer; `total` counts slots, whatever the matches are (trap H28). */
  finish(context: Context, kind: SearchKind, log: AccessLog): SearchResult {
    if (this.#slotsByAgenda.size > 0) log.note(context, kind, this.#slotsByAgenda);
    const entries = [...this.#entries.values()];
    const total = entries.filter(({ type }) => type === 'Slot').length;
    return { total, entries, profile: this.#profile, selfOnly: true };
  }
}
