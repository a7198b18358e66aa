/**
 * Computed slots as finished FHIR JSON text, in the GAP dialect (profile gap-fr-slot). The segment that the slots of
 * one series share is written once, so a slot costs four joins. No data of a patient reaches this file. Spec: 1.11, 6.7
 */
import type { CodeableConcept } from '../../fhir/resource.ts';
import type { Slot } from '../../fhir/resources.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import type { LoadedAgenda } from '../agendas.ts';

const SLOT_PROFILE = 'https://interop.esante.gouv.fr/ig/fhir/gap/StructureDefinition/gap-fr-slot';
/** System of `Slot.identifier`: its value is the slot's id. */
export const SLOT_SYSTEM = 'urn:creneau:fhir:slot';

export interface ComputedSlot {
  loaded: LoadedAgenda;
  start: number;
  end: number;
  status: 'free' | 'busy' | 'busy-tentative' | 'busy-unavailable';
  serviceTypes: readonly CodeableConcept[];
  /** Fourth part of the id. */
  part?: string;
  /** Reason of a closure. */
  comment?: string | undefined;
}

export function idOf({ loaded, start, end, part }: ComputedSlot): string {
  return slotId({ agenda: loaded.code, start, durationMs: end - start, ...(part ? { part } : {}) });
}

const HEAD = `{"resourceType":"Slot","id":"`;
const META = `","meta":{"profile":["${SLOT_PROFILE}"]},"identifier":[{"system":"${SLOT_SYSTEM}","value":"`;

/** JSON text between the identifier and the status: the same for all slots of these service types and this agenda. */
const sharedSegments = new WeakMap<readonly CodeableConcept[], Map<object, string>>();

function sharedSegment(slot: ComputedSlot): string {
  const { loaded, serviceTypes } = slot;
  let byAgenda = sharedSegments.get(serviceTypes);
  if (byAgenda === undefined) {
    byAgenda = new Map();
    sharedSegments.set(serviceTypes, byAgenda);
  }
  const known = byAgenda.get(loaded.agenda);
  if (known !== undefined) return known;
  const text = `"}],${JSON.stringify(sharedElements(slot)).slice(1, -1)},"status":"`;
  byAgenda.set(loaded.agenda, text);
  return text;
}

function sharedElements({ loaded, serviceTypes }: ComputedSlot) {
  const { serviceCategory, specialty } = loaded.resource;
  return {
    ...(serviceCategory ? { serviceCategory } : {}),
    ...(serviceTypes.length > 0 ? { serviceType: [...serviceTypes] } : {}),
    ...(specialty ? { specialty } : {}),
    schedule: { reference: `Schedule/${loaded.schedule}` },
  };
}

export function slotText(slot: ComputedSlot): string {
  const id = idOf(slot);
  const { zone } = slot.loaded.agenda;
  const comment = slot.comment ? `,"comment":${JSON.stringify(slot.comment)}` : '';
  const [start, end] = [formatInstant(slot.start, zone), formatInstant(slot.end, zone)];
  const times = `","start":"${start}","end":"${end}"${comment}}`;
  // `join` makes a flat string. A concatenation would be a tree, walked again in every answer that holds the slot:
  // a third of the searches a second (docs/benchmarks.md).
  return [HEAD, id, META, id, sharedSegment(slot), slot.status, times].join('');
}

/** The same slot as a value, for criteria on its elements. */
export function slotValue(slot: ComputedSlot): Slot {
  const id = idOf(slot);
  const { zone } = slot.loaded.agenda;
  return {
    resourceType: 'Slot',
    id,
    meta: { profile: [SLOT_PROFILE] },
    identifier: [{ system: SLOT_SYSTEM, value: id }],
    ...sharedElements(slot),
    status: slot.status,
    start: formatInstant(slot.start, zone),
    end: formatInstant(slot.end, zone),
    ...(slot.comment ? { comment: slot.comment } : {}),
  };
}
