/**
 * Which free time of an agenda leaves by a door of the SAS, and why the rest does not. The offers of its agenda
 * (`slot-offer`) release a computed slot, its own `meta.security` an explicit one. Nothing leaves that neither
 * releases. Pure: `now` and the bookings of regulators are arguments. Spec: 6.1 to 6.3, ADR 0013
 */
import { isSasPaused, type SlotOffer } from '../../../fhir/french/fr-extensions.ts';
import type { CodeableConcept, Coding, Json, Reference, Resource } from '../../../fhir/resource.ts';
import type { Interval } from '../../../scheduling/interval.ts';
import { slotId } from '../../../scheduling/slot-id.ts';
import { DAY, localDate, toInstant, toLocal } from '../../../scheduling/zone.ts';
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { AgendaState } from '../../../agenda/slots/slot-state.ts';
import { parseJson } from '../../../fhir/json.ts';
import { ACT_CODE, CPTS_CODE, type Door, SERVICE_TYPE_R5, SHOWN, STRUCTURE_KIND } from '../codes.ts';

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

export type Reason = 'paused' | 'other-kind' | 'incomplete' | 'not-offered' | 'other-door' | 'past' | 'quota';

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

export interface Look {
  door: Door;
  /** Bounds starts, `[start, end)`. */
  window: Interval;
  now: number;
}

/** What stands beside an agenda and decides with it. */
export interface Standing {
  /** Is all that the door shows beside the slots there: who, where? */
  isComplete: boolean;
  /** CPTS that can be named, by the reference of their HealthcareService. */
  services: ReadonlySet<string>;
  /** Starts of appointments that count for the quota. */
  booked?: readonly number[];
}

/**
 * `state` reaches back to `quotaStart`: the quota of a day goes to the first slots of the whole day, whatever part of
 * it is asked for.
 */
export function leaving(
  loaded: LoadedAgenda,
  state: AgendaState,
  { door, window, now }: Look,
  { isComplete, services, booked = [] }: Standing,
): Leaving {
  const result: Leaving = { visible: [], withheld: [] };
  const doors = doorsOf(loaded);
  const whole = wholeAgenda(loaded, doors.includes(door), isComplete);
  const quota = new Quota(loaded, booked);
  for (const one of [...state.slots].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (one.start >= window.end) continue;
    const { start, end } = one;
    const id = one.explicitId ?? slotId({ agenda: loaded.code, start, durationMs: end - start });
    const explicit =
      one.explicitId === undefined ? undefined : state.explicit.find((stored) => stored.id === one.explicitId);
    const given =
      start < now
        ? undefined
        : explicit === undefined
          ? fromOffers(one.offers, loaded, services)
          : fromResource(parseJson(explicit.body) as Resource, services);
    const slot = given && { id, start, end, ...given };
    const isGiven = slot !== undefined && doors.some((other) => forDoor(slot, other) !== undefined);
    const shown = slot && forDoor(slot, door);
    const isInQuota = !isGiven || quota.take(start);
    if (start < window.start) continue;
    const reason =
      whole ??
      (start < now
        ? 'past'
        : given === undefined
          ? 'not-offered'
          : shown === undefined
            ? 'other-door'
            : isInQuota
              ? undefined
              : 'quota');
    if (reason === undefined) result.visible.push(shown!);
    else result.withheld.push({ id, start, end, reason });
  }
  return result;
}

/**
 * The doors of an agenda: of practitioners where it has a place of exercise, of SOS Médecins where it has a place alone
 * or besides.
 */
function doorsOf({ actors }: LoadedAgenda): Door[] {
  const has = (type: string): boolean => actors.some((actor) => actor.startsWith(`${type}/`));
  return [
    ...(has('PractitionerRole') ? (['PS', 'CPTS'] as const) : []),
    ...(has('Location') ? (['SOS'] as const) : []),
  ];
}

/** An agenda that is not active has no slots at all. */
function wholeAgenda({ resource }: LoadedAgenda, isOfDoor: boolean, isComplete: boolean): Reason | undefined {
  if (isSasPaused(resource)) return 'paused';
  if (!isOfDoor) return 'other-kind';
  return isComplete ? undefined : 'incomplete';
}

/**
 * Slots of one local day that the SAS may still be given, by all doors together. Several offers: the smallest quota
 * rules the agenda.
 */
class Quota {
  private readonly most: number;
  private readonly zone: string;
  private readonly used = new Map<string, number>();

  constructor({ agenda }: LoadedAgenda, booked: readonly number[]) {
    this.most = Math.min(...agenda.offers.map((offer) => offer.dailyQuota ?? Number.POSITIVE_INFINITY));
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
  return agenda.offers.some((offer) => offer.dailyQuota !== undefined);
}

/** From when an agenda must be known to tell what leaves of a window: with a quota, from the beginning of the day. */
export function quotaStart(loaded: LoadedAgenda, start: number): number {
  const { zone } = loaded.agenda;
  return hasQuota(loaded) ? toInstant(zone, Math.floor(toLocal(zone, start) / DAY) * DAY).instant : start;
}

type Given = Omit<SasSlot, 'id' | 'start' | 'end'>;

/** Several offers of one slot add up. */
function fromOffers(
  offers: readonly SlotOffer[],
  loaded: LoadedAgenda,
  services: ReadonlySet<string>,
): Given | undefined {
  const visibility = unique(offers.flatMap((offer) => offer.visibility));
  if (visibility.length === 0) return undefined;
  const cpts = unique(offers.flatMap(cptsOffered)).filter((one) => services.has(one));
  const specialty = offers.flatMap((offer) => offer.specialty);
  return {
    visibility,
    serviceType: [
      ...unique(offers.flatMap((offer) => offer.mode)).map((code) => ({ coding: [{ system: ACT_CODE, code }] })),
      ...cpts.map(cptsEntry),
      ...unique(offers.flatMap((offer) => offer.reason)).map((text) => ({ text })),
    ],
    specialty: distinct(
      specialty.length > 0 ? specialty : ((loaded.resource['specialty'] as CodeableConcept[] | undefined) ?? []),
    ),
    appointmentType:
      offers.map((offer) => offer.appointmentType).find((appointmentType) => appointmentType !== undefined) ??
      'ROUTINE',
    bookingUrl: offers.map((offer) => offer.bookingUrl).find((bookingUrl) => bookingUrl !== undefined),
    cpts,
  };
}

function cptsOffered({ cpts }: SlotOffer): string[] {
  return cpts.flatMap(({ reference }) => reference ?? []);
}

/** References of the HealthcareServices of CPTS that slots of this agenda name. */
export function cptsOf({ agenda }: LoadedAgenda, { explicit }: AgendaState): string[] {
  const written = explicit
    .filter(({ body }) => body.includes(SERVICE_TYPE_R5))
    .flatMap(({ body }) =>
      ((parseJson(body) as Resource)['serviceType'] as CodeableConcept[]).flatMap(
        (serviceType) => cptsNamed(serviceType) ?? [],
      ),
    );
  return [...agenda.offers.flatMap(cptsOffered), ...written];
}

function cptsEntry(reference: string): CodeableConcept {
  return {
    extension: [{ url: SERVICE_TYPE_R5, valueReference: { reference } }],
    coding: [{ system: STRUCTURE_KIND, code: CPTS_CODE }],
  };
}

/** A Slot that somebody wrote says itself to whom it is shown. */
function fromResource(slot: Resource, services: ReadonlySet<string>): Given | undefined {
  const visibility = unique(
    ((slot.meta?.security as Coding[] | undefined) ?? [])
      .filter((one) => /TRE[_-]R314/i.test(one.system ?? ''))
      .map((one) => String(one.code).toUpperCase()),
  );
  if (visibility.length === 0) return undefined;
  const serviceType = ((slot['serviceType'] as CodeableConcept[] | undefined) ?? []).filter(
    (serviceType) => services.has(cptsNamed(serviceType) ?? '') || cptsNamed(serviceType) === undefined,
  );
  return {
    visibility,
    serviceType,
    specialty: (slot['specialty'] as CodeableConcept[] | undefined) ?? [],
    appointmentType: codeOf(slot['appointmentType']) === 'WALKIN' ? 'WALKIN' : 'ROUTINE',
    bookingUrl: /^https?:\/\/\S+$/.exec(String(slot['comment'] ?? '').trim())?.[0],
    cpts: serviceType.flatMap((serviceType) => cptsNamed(serviceType) ?? []),
  };
}

function codeOf(concept: Json): string | undefined {
  return (concept as CodeableConcept | undefined)?.coding?.[0]?.code;
}

function cptsNamed(concept: CodeableConcept): string | undefined {
  const found = ((concept['extension'] as Json[] | undefined) ?? []).find(
    (extension) => extension.url === SERVICE_TYPE_R5,
  );
  return (found?.valueReference as Reference | undefined)?.reference;
}

/** What the door may show of it; `undefined` when nothing is left. */
function forDoor(slot: SasSlot, door: Door): SasSlot | undefined {
  // CPTS without a CPTS to name is no CPTS slot.
  const shown = slot.visibility.filter((one) => SHOWN[door].has(one) && (one !== 'CPTS' || slot.cpts.length > 0));
  if (shown.length === 0) return undefined;
  const cpts = shown.includes('CPTS') ? slot.cpts : [];
  const isCpts = (codeableConcept: CodeableConcept): boolean =>
    cptsNamed(codeableConcept) !== undefined ||
    codeableConcept.coding?.some((coding) => coding.code === CPTS_CODE) === true;
  return {
    ...slot,
    visibility: shown,
    cpts,
    serviceType: cpts.length > 0 ? slot.serviceType : slot.serviceType.filter((serviceType) => !isCpts(serviceType)),
  };
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}

function distinct(list: readonly CodeableConcept[]): CodeableConcept[] {
  return [...new Map(list.map((one) => [JSON.stringify(one), one])).values()];
}
