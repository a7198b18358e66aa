/**
 * What of an agenda's free time leaves by a door of the SAS, and why the rest does not. A computed slot is given to the SAS by the
 * offers of its agenda (`slot-offer`), an explicit Slot by its own `meta.security`; what nothing gives never leaves.
 * Pure: `now` and what regulators have already booked are arguments. Guide: 6.1 to 6.3; architecture, section 4 "Offers".
 */
import { isSasPaused, type SlotOffer } from '../../fhir/fr-extensions.ts';
import type { CodeableConcept, Coding, Json, Reference, Resource } from '../../fhir/resource.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import { localDate } from '../../scheduling/zone.ts';
import type { LoadedAgenda } from '../../agenda/agendas.ts';
import type { AgendaState } from '../../agenda/slot-state.ts';
import { parseJson } from '../../fhir/json.ts';
import { ACT_CODE, CPTS_CODE, type Door, SERVICE_TYPE_R5, SHOWN, STRUCTURE_KIND } from './codes.ts';

/** A free slot with what the SAS needs to know of it. */
export interface SasSlot {
  id: string;
  /** Epoch milliseconds. */
  start: number;
  end: number;
  /** TRE_R314 codes, those of this door only. */
  visibility: string[];
  serviceType: CodeableConcept[];
  specialty: CodeableConcept[];
  appointmentType: string;
  bookingUrl: string | undefined;
  /** HealthcareServices of the CPTS that `serviceType` refers to. */
  cpts: string[];
}

export type Reason = 'inactive' | 'paused' | 'not-offered' | 'other-door' | 'past' | 'quota';

export interface Withheld {
  id: string;
  start: number;
  end: number;
  reason: Reason;
}

export interface Leaving {
  visible: SasSlot[];
  withheld: Withheld[];
}

/** `window` bounds starts, `[start, end)`; `bookedByRegulators`: starts of appointments that count for the quota. */
export function leaving(loaded: LoadedAgenda, state: AgendaState, door: Door, window: { start: number; end: number }, now: number, bookedByRegulators: readonly number[] = []): Leaving {
  const result: Leaving = { visible: [], withheld: [] };
  const whole = wholeAgenda(loaded);
  const quota = new Quota(loaded, bookedByRegulators);
  // In the order of time: the quota of a day goes to its first slots.
  for (const one of [...state.slots].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (one.start < window.start || one.start >= window.end) continue;
    const id = one.explicitId ?? slotId({ agenda: loaded.code, start: one.start, durationMs: one.end - one.start });
    const { start, end } = one;
    const explicit = one.explicitId === undefined ? undefined : state.explicit.find((stored) => stored.id === one.explicitId);
    const given = explicit === undefined ? fromOffers(one.offers, loaded) : fromResource(parseJson(explicit.body) as Resource);
    const slot = whole !== undefined || start < now || given === undefined ? undefined : forDoor({ id, start, end, ...given }, door);
    const reason: Reason | undefined = whole ?? (start < now ? 'past' : given === undefined ? 'not-offered' : slot === undefined ? 'other-door' : quota.take(start) ? undefined : 'quota');
    if (reason === undefined) result.visible.push(slot!);
    else result.withheld.push({ id, start, end, reason });
  }
  return result;
}

function wholeAgenda({ agenda, resource }: LoadedAgenda): Reason | undefined {
  if (!agenda.active) return 'inactive';
  return isSasPaused(resource) ? 'paused' : undefined;
}

/** Slots of one local day that the SAS may still be given. Several offers: the smallest quota rules the agenda. */
class Quota {
  private readonly most: number;
  private readonly zone: string;
  private readonly used = new Map<string, number>();

  constructor({ agenda }: LoadedAgenda, booked: readonly number[]) {
    this.most = Math.min(...agenda.offers.map((one) => one.dailyQuota ?? Number.POSITIVE_INFINITY));
    this.zone = agenda.zone;
    for (const start of booked) this.take(start);
  }

  take(start: number): boolean {
    if (this.most === Number.POSITIVE_INFINITY) return true;
    const day = localDate(start, this.zone);
    const used = this.used.get(day) ?? 0;
    this.used.set(day, used + 1);
    return used < this.most;
  }
}

export function hasQuota({ agenda }: LoadedAgenda): boolean {
  return agenda.offers.some((one) => one.dailyQuota !== undefined);
}

type Given = Omit<SasSlot, 'id' | 'start' | 'end'>;

/** Several offers of one slot add up. */
function fromOffers(offers: readonly SlotOffer[], loaded: LoadedAgenda): Given | undefined {
  const visibility = unique(offers.flatMap((one) => one.visibility));
  if (visibility.length === 0) return undefined;
  const cpts = unique(offers.flatMap((one) => one.cpts.map((reference) => reference.reference ?? '').filter(Boolean)));
  const specialty = offers.flatMap((one) => one.specialty);
  return {
    visibility,
    serviceType: [
      ...unique(offers.flatMap((one) => one.mode)).map((code) => ({ coding: [{ system: ACT_CODE, code }] })),
      ...cpts.map(cptsEntry),
      ...unique(offers.flatMap((one) => one.reason)).map((text) => ({ text })),
    ],
    specialty: distinct(specialty.length > 0 ? specialty : ((loaded.resource['specialty'] as CodeableConcept[] | undefined) ?? [])),
    appointmentType: offers.map((one) => one.appointmentType).find((one) => one !== undefined) ?? 'ROUTINE',
    bookingUrl: offers.map((one) => one.bookingUrl).find((one) => one !== undefined),
    cpts,
  };
}

function cptsEntry(reference: string): CodeableConcept {
  return { extension: [{ url: SERVICE_TYPE_R5, valueReference: { reference } }], coding: [{ system: STRUCTURE_KIND, code: CPTS_CODE }] };
}

/** A Slot that somebody wrote says itself to whom it is shown. */
function fromResource(slot: Resource): Given | undefined {
  const visibility = unique(((slot.meta?.security as Coding[] | undefined) ?? []).filter((one) => /TRE[_-]R314/i.test(one.system ?? '')).map((one) => String(one.code).toUpperCase()));
  if (visibility.length === 0) return undefined;
  const serviceType = (slot['serviceType'] as CodeableConcept[] | undefined) ?? [];
  return {
    visibility,
    serviceType,
    specialty: (slot['specialty'] as CodeableConcept[] | undefined) ?? [],
    appointmentType: codeOf(slot['appointmentType']) === 'WALKIN' ? 'WALKIN' : 'ROUTINE',
    bookingUrl: (slot['comment'] as string | undefined)?.trim() || undefined,
    cpts: serviceType.map(cptsOf).filter((one) => one !== undefined),
  };
}

function codeOf(concept: Json): string | undefined {
  return (concept as CodeableConcept | undefined)?.coding?.[0]?.code;
}

function cptsOf(concept: CodeableConcept): string | undefined {
  const found = ((concept['extension'] as Json[] | undefined) ?? []).find((one) => one.url === SERVICE_TYPE_R5);
  return (found?.valueReference as Reference | undefined)?.reference;
}

/** What the door may show of it; `undefined` when nothing is left. */
function forDoor(slot: SasSlot, door: Door): SasSlot | undefined {
  // CPTS without a CPTS to name is no CPTS slot.
  const shown = slot.visibility.filter((one) => SHOWN[door].has(one) && (one !== 'CPTS' || slot.cpts.length > 0));
  if (shown.length === 0) return undefined;
  const cpts = shown.includes('CPTS') ? slot.cpts : [];
  const isCpts = (one: CodeableConcept): boolean => cptsOf(one) !== undefined || one.coding?.some((coding) => coding.code === CPTS_CODE) === true;
  return { ...slot, visibility: shown, cpts, serviceType: cpts.length > 0 ? slot.serviceType : slot.serviceType.filter((one) => !isCpts(one)) };
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}

function distinct(list: readonly CodeableConcept[]): CodeableConcept[] {
  return [...new Map(list.map((one) => [JSON.stringify(one), one])).values()];
}
