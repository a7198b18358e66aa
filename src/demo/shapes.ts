/** The parts of which the demonstration's resources are made, with the URLs of FR Core 2.x. */
import { extensionUrl } from '../fhir/french/fr-extensions.ts';
import { IDNPS, IDNST } from '../fhir/french/identifiers.ts';
import type { CodeableConcept, Coding, Extension, Identifier } from '../fhir/resource.ts';

const TYPES = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203';
export const R38 = 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale';
export const G15 = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante';
export const PROFILES = 'https://hl7.fr/ig/fhir/core/StructureDefinition/';
export const GAP_SCHEDULE = 'https://interop.esante.gouv.fr/ig/fhir/gap/StructureDefinition/gap-fr-schedule';
/** System of the demonstration's own identifiers. */
export const OWN = 'urn:oid:1.2.250.1.999.1.1';

export const concept = (system: string, code: string, display: string): CodeableConcept => ({
  coding: [{ system, code, display }],
});

export function national(value: string): Identifier {
  return { use: 'official', type: { coding: [{ system: TYPES, code: 'IDNPS' }] }, system: IDNPS, value };
}

export function structure(value: string): Identifier {
  return { use: 'official', type: { coding: [{ system: TYPES, code: 'IDNST' }] }, system: IDNST, value };
}

export function internal(value: string): Identifier {
  return { use: 'usual', type: { coding: [{ system: TYPES, code: 'INTRN' }] }, system: OWN, value };
}

export interface WeeklyShape {
  id: string;
  /** `MO`, `TU`... */
  days: readonly string[];
  /** `08:00`, wall clock. */
  from: string;
  to: string;
  /** `YYYY-MM-DD` of the first occurrence, on one of the days. */
  first: string;
  /** Offset of the zone on that day, `+02:00`. */
  offset: string;
  /** `YYYY-MM-DD` of the day after, for openings that end then. */
  nextDay?: string;
}

export function weekly({ id, days, from, to, first, offset, nextDay }: WeeklyShape): Extension {
  return availability(id, 'free', `${first}T${from}:00${offset}`, `${nextDay ?? first}T${to}:00${offset}`, [
    { url: 'freq', valueCoding: { system: 'https://www.ietf.org/rfc/rfc2445', code: 'WEEKLY' } },
    ...days.map((day) => ({ url: 'byDay', valueString: day })),
  ]);
}

export function closure(id: string, start: string, end: string, reason: string): Extension {
  const extension = availability(id, 'busy-unavailable', start, end, []);
  extension.extension!.push({ url: 'unavailabilityReason', valueCodeableConcept: { text: reason } });
  return extension;
}

function availability(id: string, type: string, start: string, end: string, rule: Extension[]): Extension {
  return {
    url: extensionUrl('availabilityTime'),
    extension: [
      { url: 'identifier', valueIdentifier: { system: OWN, value: id } },
      {
        url: 'type',
        valueCoding: { system: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-schedule-type', code: type },
      },
      { url: 'start', valueDateTime: start },
      { url: 'end', valueDateTime: end },
      ...(rule.length > 0 ? [{ url: 'rrule', extension: rule }] : []),
    ],
  };
}

/** `coding`: of a kind of visit. */
export function duration(label: string, minutes: number, coding?: Coding): Extension {
  return {
    url: extensionUrl('serviceTypeDuration'),
    extension: [
      { url: 'serviceType', valueCodeableConcept: coding === undefined ? { text: label } : { coding: [coding] } },
      {
        url: 'duration',
        valueDuration: { value: minutes, unit: 'min', system: 'http://unitsofmeasure.org', code: 'min' },
      },
    ],
  };
}

export interface OfferShape {
  visibility: readonly string[];
  mode: readonly string[];
  reason?: string;
  availability?: string;
  capacity?: number;
  cpts?: string;
}

export function offer({ visibility, mode, reason, availability: of, capacity, cpts }: OfferShape): Extension {
  return {
    url: extensionUrl('slotOffer'),
    extension: [
      ...(of ? [{ url: 'availability', valueString: of }] : []),
      ...visibility.map((code) => ({ url: 'visibility', valueCode: code })),
      ...mode.map((code) => ({ url: 'mode', valueCode: code })),
      ...(reason ? [{ url: 'reason', valueString: reason }] : []),
      { url: 'appointmentType', valueCode: 'ROUTINE' },
      ...(cpts ? [{ url: 'cpts', valueReference: { reference: cpts } }] : []),
      ...(capacity ? [{ url: 'capacity', valuePositiveInt: capacity }] : []),
    ],
  };
}

export const timezone = (zone: string): Extension => ({ url: extensionUrl('timezone'), valueCode: zone });
