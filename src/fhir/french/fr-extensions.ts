/**
 * The French extensions of the guides and our own, read into plain objects. All readers of extensions use this file.
 * `extension.ts` has the spellings of their URLs, `availability-time.ts` the availabilities. Spec: 3.1, 3.2, ADR 0013
 */
import {
  codeOf,
  extensionsOf,
  extensionUrl,
  extensionValue,
  isExtension,
  type LocatedExtension,
  partsOf,
  partValue,
  partValues,
} from '../extension.ts';
import { type Issue, issue } from '../issue.ts';
import { numberOf } from '../json.ts';
import type { CodeableConcept, Json, Reference, Resource } from '../resource.ts';
import { isType, list } from '../resources.ts';

export { type AvailabilityTime, type RecurrenceRule, readAvailabilityTimes } from './availability-time.ts';
export { type ExtensionName, extensionUrl, isExtension } from '../extension.ts';

export interface ServiceTypeDuration {
  serviceType: CodeableConcept;
  /** Whole seconds, in milliseconds; absent: it is said elsewhere, or the server's default. */
  durationMs?: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** UCUM, and the words that people write in `unit` when they leave `code` out. `m` is a metre in UCUM, but not here. */
const UNITS = new Map(
  Object.entries({
    ...{ s: SECOND, sec: SECOND, second: SECOND, seconde: SECOND },
    ...{ min: MINUTE, m: MINUTE, mn: MINUTE, minute: MINUTE },
    ...{ h: HOUR, hour: HOUR, heure: HOUR },
    ...{ d: DAY, day: DAY, jour: DAY, j: DAY, wk: 7 * DAY },
  }),
);

/** Of a Schedule, a PractitionerRole or a HealthcareService. A duration that cannot be understood is left out. */
export function readServiceTypeDurations(resource: Resource): ServiceTypeDuration[] {
  return extensionsOf(resource, 'serviceTypeDuration').map((whole) => {
    const durationMs = millisecondsOf(partValue(whole, 'duration'));
    return { serviceType: serviceTypeOf(whole) ?? {}, ...(durationMs === undefined ? {} : { durationMs }) };
  });
}

/** The faults of the durations of a resource, for which a write is refused. */
export function checkServiceTypeDurations(resource: Resource): Issue[] {
  return extensionsOf(resource, 'serviceTypeDuration').flatMap((whole) => {
    const [duration] = partsOf(whole, 'duration');
    if (serviceTypeOf(whole) === undefined) {
      return [
        issue('error', 'business-rule', 'serviceTypeDuration: serviceType is missing', {
          expression: whole.path,
          text: 'Durée de consultation incomprise : « serviceType » (la prestation) est absent.',
        }),
      ];
    }
    if (duration === undefined || millisecondsOf(extensionValue(duration.extension)) !== undefined) return [];
    return [
      issue('error', 'business-rule', 'serviceTypeDuration: duration is a time, a minute at least, such as 15 min', {
        expression: duration.path,
        text: 'Durée de consultation incomprise : indiquez une durée d’au moins une minute, par exemple 15 min.',
      }),
    ];
  });
}

function serviceTypeOf(whole: LocatedExtension): CodeableConcept | undefined {
  const value: Json = partValue(whole, 'serviceType');
  if (typeof value === 'string') return { text: value };
  // A Coding where a CodeableConcept is due.
  return typeof value?.code === 'string' ? { coding: [value] } : value;
}

/** A Duration, or a bare number of minutes. Below a minute an agenda would have thousands of slots a day. */
function millisecondsOf(duration: Json): number | undefined {
  const isNumber = typeof duration === 'number';
  const value = numberOf(isNumber ? duration : duration?.value);
  const unit = isNumber ? MINUTE : (unitOf(duration?.code) ?? unitOf(duration?.unit));
  const isUnitAbsent = duration?.code === undefined && duration?.unit === undefined;
  const milliseconds = Math.round((value * (unit ?? (isUnitAbsent ? MINUTE : Number.NaN))) / SECOND) * SECOND;
  return milliseconds >= MINUTE && Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}

function unitOf(text: Json): number | undefined {
  const name = String(text ?? '')
    .trim()
    .toLowerCase();
  return UNITS.get(name) ?? UNITS.get(name.replace(/s\.?$/, '')) ?? UNITS.get(name.replace(/\.$/, ''));
}

/** The person who booked: the extension, in both generations, or the participant of type ENT that FR Core announces. */
export function readOperator(appointment: Resource): Reference | undefined {
  const [found] = extensionsOf(appointment, 'appointmentOperator');
  const reference = found?.extension.valueReference;
  if (reference !== undefined || !isType(appointment, 'Appointment')) return reference;
  return list(appointment.participant).find((participant) => list(participant.type).some(isDataEntry))?.actor;
}

function isDataEntry(type: CodeableConcept): boolean {
  return (
    type.coding?.some(
      ({ system, code }) => code === 'ENT' && /v3-ParticipationType$/.test(system ?? 'v3-ParticipationType'),
    ) ?? false
  );
}

/** Facts about some slots that the SAS needs and that have no place in GAP. */
export interface SlotOffer {
  /** Identifier values of the availabilities that it is for; empty: all. */
  availability: string[];
  /** PUBLIC, PRO, SNP, CPTS. */
  visibility: string[];
  /** AMB, HH, VR. */
  mode: string[];
  reason: string[];
  specialty: CodeableConcept[];
  appointmentType: 'ROUTINE' | 'WALKIN' | undefined;
  bookingUrl: string | undefined;
  /** HealthcareServices of the CPTS. */
  cpts: Reference[];
  /** How many appointments hold the same time. */
  capacity: number;
  /** Most appointments a day. */
  dailyQuota: number | undefined;
  /** FHIRPath of the extension. */
  path: string;
}

/** More people in one slot do not make a consultation; every lane costs the store a try. */
export const MAX_CAPACITY = 500;

export function readSlotOffers(schedule: Resource): SlotOffer[] {
  return extensionsOf(schedule, 'slotOffer').map((whole) => {
    const codes = (url: string): string[] => partValues(whole, url).map((value) => (codeOf(value) ?? '').toUpperCase());
    const count = (url: string): number => Math.trunc(numberOf(partValue(whole, url)));
    return {
      availability: partValues(whole, 'availability').map((value) => String(value?.value ?? value)),
      visibility: codes('visibility'),
      mode: codes('mode'),
      reason: partValues(whole, 'reason').map(String),
      specialty: partValues(whole, 'specialty'),
      appointmentType: codes('appointmentType')[0] as SlotOffer['appointmentType'],
      bookingUrl: partValue(whole, 'bookingUrl'),
      cpts: partValues(whole, 'cpts').filter((value) => typeof value === 'object'),
      capacity: Math.min(Math.max(1, count('capacity') || 1), MAX_CAPACITY),
      dailyQuota: count('dailyQuota') || undefined,
      path: whole.path,
    };
  });
}

const OFFER_CODES = {
  visibility: ['PUBLIC', 'PRO', 'SNP', 'CPTS'],
  mode: ['AMB', 'HH', 'VR'],
  appointmentType: ['ROUTINE', 'WALKIN'],
};

/** The faults of an offer: an unknown code would silently hide its slots. */
export function checkSlotOffers(schedule: Resource): Issue[] {
  return extensionsOf(schedule, 'slotOffer').flatMap((whole) => {
    const refuse = (part: LocatedExtension, english: string, french: string): Issue =>
      issue('error', 'business-rule', `slot-offer: ${english}`, {
        expression: part.path,
        text: `Offre de créneaux incomprise : ${french}.`,
      });
    const codes = Object.entries(OFFER_CODES).flatMap(([url, known]) =>
      partsOf(whole, url)
        .filter((part) => !known.includes((codeOf(extensionValue(part.extension)) ?? '').toUpperCase()))
        .map((part) => refuse(part, `${url} is one of ${known.join(', ')}`, `« ${url} » vaut ${known.join(', ')}`)),
    );
    const counts = ['capacity', 'dailyQuota'].flatMap((url) =>
      partsOf(whole, url)
        .filter(
          (part) => !isCount(numberOf(extensionValue(part.extension)), url === 'capacity' ? MAX_CAPACITY : 100_000),
        )
        .map((part) =>
          refuse(
            part,
            `${url} is a whole number from 1, within reason`,
            `« ${url} » est un nombre entier à partir de 1, raisonnable`,
          ),
        ),
    );
    const addresses = partsOf(whole, 'bookingUrl')
      .filter((part) => !/^https?:\/\/[^\s/]+/i.test(String(extensionValue(part.extension) ?? '')))
      .map((part) =>
        refuse(part, 'bookingUrl is a whole address, https://...', '« bookingUrl » est une adresse entière, https://…'),
      );
    return [...codes, ...counts, ...addresses];
  });
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

/** IANA zone of a Schedule or a Location. */
export function readTimezone(resource: Resource): string | undefined {
  const value = extensionValue(extensionsOf(resource, 'timezone')[0]?.extension);
  return typeof value === 'string' ? value : undefined;
}

/** Is every slot of this agenda withheld from the SAS? */
export function isSasPaused(schedule: Resource): boolean {
  return extensionValue(extensionsOf(schedule, 'sasPaused')[0]?.extension) === true;
}

/** A slot kept for a moment while a person fills in a form. */
export interface Hold {
  /** Epoch milliseconds: it ends by itself then. */
  until: number;
  /** Name of the caller who asked for it. */
  by: string;
}

/** The hold of a pending Appointment; once booked, it is not a hold any more. */
export function readHold(appointment: Resource): Hold | undefined {
  const [whole] = extensionsOf(appointment, 'hold');
  const until = whole === undefined ? Number.NaN : Date.parse(partValue(whole, 'until'));
  return appointment.status === 'pending' && whole !== undefined && Number.isFinite(until)
    ? { until, by: String(partValue(whole, 'by') ?? '') }
    : undefined;
}

/** The Appointment with this hold instead of any other; `undefined`: with none. */
export function withHold(appointment: Resource, hold: Hold | undefined): Resource {
  const { extension: all = [], ...rest } = appointment;
  const others = all.filter((extension) => !isExtension(extension, 'hold'));
  const own = hold && {
    url: extensionUrl('hold'),
    extension: [
      { url: 'until', valueInstant: new Date(hold.until).toISOString() },
      { url: 'by', valueString: hold.by },
    ],
  };
  const extension = own === undefined ? others : [...others, own];
  return { ...rest, ...(extension.length > 0 ? { extension } : {}) };
}

/** Is it a deliberate overbooking, which is recorded even where no place is free? */
export function isOverbooking(appointment: Resource): boolean {
  return extensionValue(extensionsOf(appointment, 'overbooking')[0]?.extension) === true;
}
