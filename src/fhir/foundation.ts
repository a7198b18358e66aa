/**
 * The resource types that carry, report or announce others, as far as their elements matter to us.
 * https://hl7.org/fhir/R4/foundation-module.html
 */
import type { CodeableConcept, Coding, Element, Extension, Reference, Resource, Value } from './resource.ts';

/** The part of a primitive element that is not its value: `_payload` of `payload`. */
export interface PrimitiveElement {
  id?: string;
  extension?: Extension[];
}

export interface SubscriptionChannel extends Element {
  type: string;
  endpoint?: string;
  payload?: string;
  _payload?: PrimitiveElement;
  header?: string[];
}

export interface Subscription extends Resource {
  resourceType: 'Subscription';
  status: string;
  end?: string;
  reason: string;
  criteria: string;
  _criteria?: PrimitiveElement;
  error?: string;
  channel: SubscriptionChannel;
}

export interface AuditEventAgent extends Element {
  type?: CodeableConcept;
  role?: CodeableConcept[];
  who?: Reference;
  name?: string;
  requestor: boolean;
  network?: { address: string; type: string };
}

export interface AuditEventEntity extends Element {
  what?: Reference;
  type?: Coding;
  role?: Coding;
  query?: string;
  detail?: { type: string; valueString: string }[];
}

export interface AuditEvent extends Resource {
  resourceType: 'AuditEvent';
  type: Coding;
  subtype?: Coding[];
  action?: string;
  recorded: string;
  outcome?: string;
  outcomeDesc?: string;
  agent: AuditEventAgent[];
  source: Element & { site?: string; observer: Reference; type?: Coding[] };
  entity?: AuditEventEntity[];
}

export interface BundleEntry extends Element {
  fullUrl?: string;
  resource?: Resource;
  search?: { mode?: 'match' | 'include' | 'outcome'; score?: number };
  request?: { method: string; url: string; [header: string]: unknown };
  response?: { status: string; [header: string]: unknown };
}

export interface Bundle extends Resource {
  resourceType: 'Bundle';
  type: string;
  total?: number;
  link?: { relation: string; url: string }[];
  entry?: BundleEntry[];
}

export interface Parameter extends Value {
  name: string;
  resource?: Resource;
  part?: Parameter[];
}

export interface Parameters extends Resource {
  resourceType: 'Parameters';
  parameter?: Parameter[];
}

/** The usual answer of an operation. FHIR has no empty arrays. */
export function parameters(parameter: Parameter[]): Parameters {
  return { resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) };
}

export interface OutcomeIssue extends Element {
  severity: 'fatal' | 'error' | 'warning' | 'information';
  code: string;
  details?: CodeableConcept;
  diagnostics?: string;
  expression?: string[];
}

export interface OperationOutcome extends Resource {
  resourceType: 'OperationOutcome';
  issue: OutcomeIssue[];
}
