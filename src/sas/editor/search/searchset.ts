/** A searchset of the SAS in the making: each resource once, and a count of the slots of each agenda. */
import type { Context, SearchEntry, SearchResult } from '../../../fhir/interaction.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { SearchKind } from '../../contract/contract.ts';

export class Searchset {
  readonly #entries = new Map<string, SearchEntry & { body: string }>();
  readonly #slotsByAgenda = new Map<string, number>();
  readonly #profile: string;

  constructor(profile: string) {
    this.#profile = profile;
  }

  /** `schedule`: the id of its agenda; `body`: its JSON text. */
  addSlot(schedule: string, { id, body, mode }: { id: string; body: string; mode: 'match' | 'include' }): void {
    const agenda = `Schedule/${schedule}`;
    this.#slotsByAgenda.set(agenda, (this.#slotsByAgenda.get(agenda) ?? 0) + 1);
    const key = `Slot/${id}`;
    if (!this.#entries.has(key)) this.#entries.set(key, { type: 'Slot', id, body, mode });
  }

  /** `body`: the JSON text of a resource. */
  addText(type: string, id: string, body: string): void {
    const key = `${type}/${id}`;
    if (!this.#entries.has(key)) this.#entries.set(key, { type, id, body, mode: 'include' });
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
