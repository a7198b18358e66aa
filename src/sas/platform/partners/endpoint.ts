/**
 * A partner as FHIR sees it: an Endpoint and the Organization behind it, both with the partner's id.
 * https://hl7.org/fhir/R4/endpoint.html
 */
import { extensionValue } from '../../../fhir/extension.ts';
import { FhirError } from '../../../fhir/issue.ts';
import type { CodeableConcept, Json, Resource } from '../../../fhir/resource.ts';
import type { SearchKind } from '../../contract/contract.ts';
import { checkPartner, DEFAULTS, MAX_DEADLINE_MS, type Partner } from './partner.ts';

/** `meta.source` of resources that the settings file wrote: only the file may change them. */
export const FROM_FILE = 'urn:creneau:partners-file';

const KIND_SYSTEM = 'urn:creneau:fhir:partner-kind';
const CONNECTION = { system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type', code: 'hl7-fhir-rest' };
const NUMBERS = {
  deadlineMs: 'urn:creneau:fhir:partner-deadline-ms',
  connections: 'urn:creneau:fhir:partner-connections',
  maxBytes: 'urn:creneau:fhir:partner-max-bytes',
} as const;
const CALLER = 'urn:creneau:fhir:partner-caller';

export function toEndpoint(partner: Partner): Resource {
  const { id, name, url, kinds, enabled, caller } = partner;
  return {
    resourceType: 'Endpoint',
    id,
    meta: { source: FROM_FILE },
    extension: [
      ...Object.entries(NUMBERS).map(([key, extension]) => ({
        url: extension,
        valueInteger: partner[key as keyof typeof NUMBERS],
      })),
      { url: CALLER, valueString: caller },
    ],
    status: enabled ? 'active' : 'suspended',
    connectionType: CONNECTION,
    name,
    managingOrganization: { reference: `Organization/${id}` },
    payloadType: kinds.map((code) => ({ coding: [{ system: KIND_SYSTEM, code }] })),
    address: url,
  };
}

export function toOrganization({ id, name, enabled }: Partner): Resource {
  return { resourceType: 'Organization', id, meta: { source: FROM_FILE }, active: enabled, name };
}

/** Throws FhirError (422) with the reason why this Endpoint cannot be a partner. */
export function fromEndpoint(endpoint: Resource): Partner {
  const number = (key: keyof typeof NUMBERS): number => {
    const value: number | undefined = extensionOf(endpoint, NUMBERS[key]);
    const max = key === 'deadlineMs' ? MAX_DEADLINE_MS : 1e9;
    if (value !== undefined && (!Number.isInteger(value) || value < 1 || value > max))
      throw notAPartner('Endpoint.extension', `${NUMBERS[key]} is a whole number from 1 to ${max}`);
    return value ?? DEFAULTS[key];
  };
  const id = endpoint.id!;
  const name = endpoint['name'];
  if (typeof name !== 'string' || name.trim() === '') throw notAPartner('Endpoint.name', 'a partner has a name');
  const kinds = ((endpoint['payloadType'] as CodeableConcept[] | undefined) ?? [])
    .flatMap(({ coding }) => coding ?? [])
    .filter(({ system }) => system === KIND_SYSTEM || system === undefined)
    .map(({ code }) => code as SearchKind);
  const caller = extensionOf(endpoint, CALLER);
  try {
    return checkPartner({
      id,
      name,
      kinds,
      url: String(endpoint['address']),
      enabled: endpoint['status'] === 'active',
      deadlineMs: number('deadlineMs'),
      connections: number('connections'),
      maxBytes: number('maxBytes'),
      identity: {},
      caller: typeof caller === 'string' ? caller : id,
      practitioners: undefined,
      since: Date.parse(endpoint.meta?.lastUpdated ?? '') || 0,
    });
  } catch (error) {
    if (error instanceof FhirError) throw error;
    throw notAPartner('Endpoint', (error as Error).message);
  }
}

function extensionOf(endpoint: Resource, url: string): Json {
  return extensionValue(endpoint.extension?.find((extension) => extension.url === url));
}

function notAPartner(expression: string, reason: string): FhirError {
  return new FhirError('business-rule', `This Endpoint cannot be a partner: ${reason}`, {
    expression,
    text:
      'Cet Endpoint ne décrit pas un éditeur : ' +
      'vérifiez son nom, son adresse (https), ses types (PS, CPTS, SOS) et son délai (7 s au plus).',
  });
}
