/**
 * The resource types that carry, report or announce others, as far as their elements matter to us.
 * https://hl7.org/fhir/R4/foundation-module.html
 */
import type { CodeableConcept, Coding, Element, Json, Reference, Resource } from './resource.ts';

export interface SubscriptionChannel extends Element {
  type: string;
  endpoint?: string;
  payload?: string;
  header?: string[];
}

export interface Subscription extends Resource {
  resourceType: 'Subscription';
  status: string;
  end?: string;
  reason: string;
  criteria: string;
  error?: string;
  channel: SubscriptionChannel;
}

export interface AuditEvent extends Resource {
  resourceType: 'AuditEvent';
  type: Coding;
  subtype?: Coding[];
  action?: string;
  recorded: string;
  outcome?: string;
  agent: (Element & { who?: Reference; name?: string; requestor: boolean })[];
  source: Element & { observer: Reference };
  entity?: (Element & { what?: Reference })[];
}

export interface BundleEntry extends Element {
  fullUrl?: string;
  resource?: Resource;
  search?: { mode?: 'match' | 'include' | 'outcome'; score?: number };
  request?: { method: string; url: string; [header: string]: Json };
  response?: { status: string; [header: string]: Json };
}

export interface Bundle extends Resource {
  resourceType: 'Bundle';
  type: string;
  total?: number;
  link?: { relation: string; url: string }[];
  entry?: BundleEntry[];
}

export interface Parameter extends Element {
  name: string;
  resource?: Resource;
  part?: Parameter[];
}

export interface Parameters extends Resource {
  resourceType: 'Parameters';
  parameter?: Parameter[];
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
