/**
 * The slots that a search of the SAS shows of an agenda, and their texts, kept beside the state of the agenda: they end
 * with it, so they are as fresh as its counter of changes (ADR 0035). Only where nothing else decides: no quota of
 * regulators, and no CPTS, which must be named. The time of the search is asked of each slot anew.
 */
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { AgendaState } from '../../../agenda/slots/slot-state.ts';
import type { Contract, SearchKind } from '../../contract/contract.ts';
import { hasQuota, type SasSlot, sasVisibility } from './sas-slots.ts';

const ALWAYS = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };
const NOTHING = { isComplete: true, services: new Set<string>() };

interface WrittenSlot {
  /** The face that the booking page is at. */
  base: string;
  text: string;
}

export class ShownSlots {
  readonly #contract: Contract;
  readonly #shown = new WeakMap<AgendaState, Map<SearchKind, readonly SasSlot[]>>();
  readonly #written = new WeakMap<SasSlot, WrittenSlot>();

  constructor(contract: Contract) {
    this.#contract = contract;
  }

  /** In order of time, whenever they are; `undefined` where more decides than the agenda. */
  of(loaded: LoadedAgenda, state: AgendaState, kind: SearchKind): readonly SasSlot[] | undefined {
    if (kind === 'CPTS' || hasQuota(loaded)) return undefined;
    const known = this.#shown.get(state) ?? new Map<SearchKind, readonly SasSlot[]>();
    const found = known.get(kind);
    if (found !== undefined) return found;
    const time = { kind, window: ALWAYS, now: Number.NEGATIVE_INFINITY };
    const { visible } = sasVisibility(this.#contract, loaded, state, time, NOTHING);
    this.#shown.set(state, known.set(kind, visible));
    return visible;
  }

  /** JSON text of a slot, written once; its booking page is below `base`. */
  text(slot: SasSlot, base: string, write: () => string): string {
    const known = this.#written.get(slot);
    if (known?.base === base) return known.text;
    const text = write();
    this.#written.set(slot, { base, text });
    return text;
  }
}
