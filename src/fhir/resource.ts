/**
 * The JSON shapes that travel through every room: a FHIR value, a resource, a reference.
 * Deliberately loose: the structure check (`structure.ts`) guarantees the R4 shape at the door,
 * so code behind it can read elements without asking again.
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
  [element: string]: Json;
}

export interface Resource {
  resourceType: string;
  id?: string;
  meta?: Meta;
  extension?: Extension[];
  [element: string]: Json;
}

export interface Coding {
  system?: string;
  code?: string;
  display?: string;
  [element: string]: Json;
}

export interface CodeableConcept {
  coding?: Coding[];
  text?: string;
  [element: string]: Json;
}

export interface Identifier {
  system?: string;
  value?: string;
  type?: CodeableConcept;
  [element: string]: Json;
}

export interface Reference {
  reference?: string;
  identifier?: Identifier;
  display?: string;
  [element: string]: Json;
}

export interface Extension {
  url: string;
  extension?: Extension[];
  [value: string]: Json;
}

export interface BundleEntry {
  fullUrl?: string;
  resource?: Resource;
  search?: { mode?: 'match' | 'include' | 'outcome'; score?: number };
  request?: { method: string; url: string; [header: string]: Json };
  response?: { status: string; [header: string]: Json };
  [element: string]: Json;
}

export interface Bundle extends Resource {
  resourceType: 'Bundle';
  type: string;
  total?: number;
  link?: { relation: string; url: string }[];
  entry?: BundleEntry[];
}
