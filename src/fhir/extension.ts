/**
 * Extensions by name, whatever the generation of their URL: one table of spellings, and how to look into an extension.
 * `fr-extensions.ts` and `availability-time.ts` read their meaning.
 * Facts: FR Core 1.1.0 (SAS), CI build 2022-23 and 2.x (GAP); `urn:creneau:fhir:*` are ours, published by the server.
 */
import type { Extension, Json, Resource, Value } from './resource.ts';

const OLD = 'http://interopsante.org/fhir/StructureDefinition';
const NEW = 'https://hl7.fr/ig/fhir/core/StructureDefinition';

/**
 * Every spelling met in the wild; the first is the one that we write (2.x, GAP). FR Core 1.1.0 really says
 * "Availabilty".
 */
const URLS = {
  availabilityTime: [
    `${NEW}/fr-core-schedule-availability-time`,
    `${OLD}/FrScheduleAvailabiltyTime`,
    `${OLD}/FrScheduleAvailabilityTime`,
    `${OLD}/fr-core-schedule-availability-time`,
    `${OLD}/fr-core-availability-time`,
  ],
  serviceTypeDuration: [
    `${NEW}/fr-core-service-type-duration`,
    `${OLD}/FrServiceTypeDuration`,
    `${OLD}/fr-core-service-type-duration`,
  ],
  appointmentOperator: [
    `${NEW}/fr-core-appointment-operator`,
    `${OLD}/FrAppointmentOperator`,
    `${OLD}/fr-core-appointment-operator`,
  ],
  timezone: ['http://hl7.org/fhir/StructureDefinition/timezone'],
  slotOffer: ['urn:creneau:fhir:slot-offer'],
  sasPaused: ['urn:creneau:fhir:sas-paused'],
  overbooking: ['urn:creneau:fhir:overbooking'],
  delegation: ['urn:creneau:fhir:delegation'],
  team: ['urn:creneau:fhir:team'],
  /** SAS 1.2.0: how the patient was oriented (PS, SOS, CPTS...). */
  orientationCategory: ['https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-categorie-orientation'],
  hold: ['urn:creneau:fhir:hold'],
  requests: ['urn:creneau:fhir:requests'],
  answerBy: ['urn:creneau:fhir:answer-by'],
  late: ['urn:creneau:fhir:late'],
  coming: ['urn:creneau:fhir:coming'],
  waiting: ['urn:creneau:fhir:waiting'],
  visitKind: ['urn:creneau:fhir:visit-kind'],
  opening: ['urn:creneau:fhir:opening'],
  access: ['urn:creneau:fhir:access'],
  holidays: ['urn:creneau:fhir:holidays'],
  /** `declared`: the patient has said it on line, and nobody of the practice has seen it confirmed. */
  declaredIdentity: ['urn:creneau:fhir:identity'],
  replacement: ['urn:creneau:fhir:replacement'],
  identityReliability: [`${NEW}/fr-core-identity-reliability`],
} as const;

export type ExtensionName = keyof typeof URLS;

const NAMES = new Map<string, ExtensionName>(
  Object.entries(URLS).flatMap(([name, urls]) => urls.map((url) => [url, name as ExtensionName] as const)),
);

/** The URL that we write. */
export function extensionUrl(name: ExtensionName): string {
  return URLS[name][0];
}

/** Is it this extension, in any spelling? A name that is not in the table is none. */
export function isExtension(extension: Extension, name: string): boolean {
  return NAMES.get(extension.url) === name;
}

/** An extension and its place as a FHIRPath: `Schedule.extension[3]`. */
export interface LocatedExtension {
  extension: Extension;
  path: string;
}

/** The extensions of this name, in their order. */
export function extensionsOf(resource: Resource, name: ExtensionName): LocatedExtension[] {
  return locate(resource.extension, resource.resourceType, (extension) => isExtension(extension, name));
}

/** The parts of a complex extension; `byday` is understood as `byDay`. */
export function partsOf(whole: LocatedExtension, url: string): LocatedExtension[] {
  const wanted = url.toLowerCase();
  return locate(whole.extension.extension, whole.path, ({ url }) => String(url).toLowerCase() === wanted);
}

function locate(
  all: Extension[] | undefined,
  parent: string,
  keep: (extension: Extension) => boolean,
): LocatedExtension[] {
  const found: LocatedExtension[] = [];
  for (const [i, extension] of (all ?? []).entries()) {
    if (extension && keep(extension)) found.push({ extension, path: `${parent}.extension[${i}]` });
  }
  return found;
}

/** The value of an extension, whatever its `value[x]`: older senders write a code or a string where a Coding is due. */
export function extensionValue(extension: Value | undefined): Json {
  for (const key in extension) if (key.startsWith('value')) return extension[key];
  return undefined;
}

/** The value of the first part of this name. */
export function partValue(whole: LocatedExtension, url: string): Json {
  return extensionValue(partsOf(whole, url)[0]?.extension);
}

/** The values of all parts of this name. */
export function partValues(whole: LocatedExtension, url: string): Json[] {
  return partsOf(whole, url)
    .map((part) => extensionValue(part.extension))
    .filter((value) => value !== undefined);
}

/** The code of a value that may be a code, a string, a Coding or a CodeableConcept. */
export function codeOf(value: Json): string | undefined {
  const code = typeof value === 'object' ? (value?.code ?? value?.coding?.[0]?.code) : value;
  return code === undefined || code === null ? undefined : String(code).trim();
}
