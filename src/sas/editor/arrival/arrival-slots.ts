/** The slots that a regulator may book on an agenda: those that some search of the SAS shows, and no others. */
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { RuleServices } from '../../../agenda/rules/services.ts';
import type { Context } from '../../../fhir/interaction.ts';
import { parseJson } from '../../../fhir/json.ts';
import { localId } from '../../../fhir/local-reference.ts';
import { parseSlotId } from '../../../scheduling/slot-id.ts';
import { DAY } from '../../../scheduling/zone.ts';
import { SEARCH_KINDS } from '../../contract/contract.ts';
import type { SasSearch } from '../search/sas-search.ts';
import type { SasSlot } from '../search/sas-slots.ts';

/** How many days ahead a regulator sees. */
const MAX_DAYS = 14;
const MAX_SHOWN = 12;

/** The agenda that an address names: by a slot, else by itself (`Schedule/x` or `x`). */
export async function findAgenda(
  { agendas, reader }: RuleServices,
  schedule: string,
  slot: string,
): Promise<LoadedAgenda | undefined> {
  const key = slot === '' ? undefined : parseSlotId(slot);
  if (key !== undefined) {
    const row = await agendas.stored.byCode(key.agenda);
    return (await agendas.load(row === undefined ? [] : [row]))[0];
  }
  const explicit = slot === '' ? undefined : await reader.read('Slot', slot);
  const named = explicit?.body === undefined ? { reference: schedule } : parseJson(explicit.body)['schedule'];
  return (await agendas.load(await agendas.stored.rows([localId(named, 'Schedule') ?? schedule])))[0];
}

/** In the order of time, without those to which patients come without an appointment. */
export async function openSlots(searches: SasSearch, { now }: Context, loaded: LoadedAgenda): Promise<SasSlot[]> {
  const window = { start: now, end: now + MAX_DAYS * DAY };
  const open = new Map<string, SasSlot>();
  for (const kind of SEARCH_KINDS) {
    const { visible } = await searches.visibility(loaded, { kind, window, now });
    for (const slot of visible) if (slot.appointmentType !== 'WALKIN') open.set(slot.id, slot);
  }
  return [...open.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The slots nearest to an instant, in the order of time. */
export function nearestSlots(slots: readonly SasSlot[], at: number): SasSlot[] {
  return [...slots]
    .sort((a, b) => Math.abs(a.start - at) - Math.abs(b.start - at))
    .slice(0, MAX_SHOWN)
    .sort((a, b) => a.start - b.start);
}
