/**
 * The JSON shapes that travel through every room: a FHIR value, a resource, the data types. The resource types that we
 * serve are in `resources.ts`. Deliberately loose: the structure check (`structure.ts`) guarantees the R4 shape at the
 * door, so code behind it can read elements without asking again. Elements that no interface names are `unknown`: the
 * reader narrows the resource to its type first (`isType`, `asType`, `parseResource`).
 */

/**
 * Any JSON value of a FHIR resource. Decimals whose digits a JS number would lose are `LosslessNumber` (see `json.ts`).
 */
// biome-ignore lint/suspicious/noExplicitAny: FHIR JSON is read by path after the structure check.
export type Json = any;

export interface Meta {
  versionId?: string;
  lastUpdated?: string;
  profile?: string[];
  security?: Coding[];
  tag?: Coding[];
  source?: string;
  [element: string]: unknown;
}

export interface Resource {
  resourceType: string;
  id?: string;
  meta?: Meta;
  extension?: Extension[];
  contained?: Resource[];
  [element: string]: unknown;
}

/** The properties that every element may have besides its own. */
export interface Element {
  id?: string;
  extension?: Extension[];
  [element: string]: unknown;
}

export interface Coding extends Element {
  system?: string;
  code?: string;
  display?: string;
}

export interface CodeableConcept extends Element {
  coding?: Coding[];
  text?: string;
}

export interface Identifier extends Element {
  use?: string;
  system?: string;
  value?: string;
  type?: CodeableConcept;
}

export interface Reference extends Element {
  reference?: string;
  type?: string;
  identifier?: Identifier;
  display?: string;
}

export interface Period extends Element {
  start?: string;
  end?: string;
}

export interface HumanName extends Element {
  use?: string;
  text?: string;
  family?: string;
  given?: string[];
  prefix?: string[];
  suffix?: string[];
}

export interface ContactPoint extends Element {
  system?: string;
  value?: string;
  use?: string;
  rank?: number;
}

export interface Address extends Element {
  text?: string;
  line?: string[];
  city?: string;
  district?: string;
  state?: string;
  postalCode?: string;
  country?: string;
}

/** `value[x]` of an extension or a parameter, in the types that somebody reads by name. */
export interface Value {
  valueBoolean?: boolean;
  valueCode?: string;
  valueCodeableConcept?: CodeableConcept;
  valueCoding?: Coding;
  valueDateTime?: string;
  valueId?: string;
  valueIdentifier?: Identifier;
  valueInteger?: number;
  valuePeriod?: Period;
  valuePositiveInt?: number;
  valueReference?: Reference;
  valueString?: string;
  valueUnsignedInt?: number;
  valueUri?: string;
  valueUrl?: string;
  [element: string]: unknown;
}

export interface Extension extends Value {
  url: string;
  extension?: Extension[];
}
