/**
 * A partner as FHIR sees it: an Endpoint and the Organization behind it, both with the partner's id.
 * https://hl7.org/fhir/R4/endpoint.html
 */
import { extensionValue } from '../../../fhir/extension.ts';
import { FhirError } from '../../../fhir/issue.ts';
import { readSasVersion, SAS_VERSIONS } from '../../../fhir/profile/definitions/sas-names.ts';
import { type Endpoint, list, type Organization } from '../../../fhir/resources.ts';
import type { Extension } from '../../../fhir/resource.ts';
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
const VERSION = 'urn:creneau:fhir:partner-sas-version';

export function toEndpoint(partner: Partner): Endpoint {
  const { id, name, url, kinds, enabled, caller, sasVersion } = partner;
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
      ...(sasVersion === undefined ? [] : [{ url: VERSION, valueString: sasVersion }]),
    ],
    status: enabled ? 'active' : 'suspended',
    connectionType: CONNECTION,
    name,
    managingOrganization: { reference: `Organization/${id}` },
    payloadType: kinds.map((code) => ({ coding: [{ system: KIND_SYSTEM, code }] })),
    address: url,
  };
}

export function toOrganization({ id, name, enabled }: Partner): Organization {
  return { resourceType: 'Organization', id, meta: { source: FROM_FILE }, active: enabled, name };
}

/** Throws FhirError (422) with the reason why this Endpoint cannot be a partner. */
export function fromEndpoint(endpoint: Endpoint): Partner {
  const number = (key: keyof typeof NUMBERS): number => {
    const value = extensionOf(endpoint, NUMBERS[key])?.valueInteger;
    const max = key === 'deadlineMs' ? MAX_DEADLINE_MS : 1e9;
    if (value !== undefined && (!Number.isInteger(value) || value < 1 || value > max))
      throw notAPartner('Endpoint.extension', `${NUMBERS[key]} is a whole number from 1 to ${max}`);
    return value ?? DEFAULTS[key];
  };
  const id = endpoint.id!;
  const { name } = endpoint;
  if (name === undefined || name.trim() === '') throw notAPartner('Endpoint.name', 'a partner has a name');
  const kinds = list(endpoint.payloadType)
    .flatMap(({ coding }) => coding ?? [])
    .filter(({ system }) => system === KIND_SYSTEM || system === undefined)
    .map(({ code }) => code as SearchKind);
  const caller = extensionOf(endpoint, CALLER)?.valueString;
  const spoken = extensionValue(extensionOf(endpoint, VERSION));
  const sasVersion = readSasVersion(spoken);
  if (spoken !== undefined && sasVersion === undefined)
    throw notAPartner('Endpoint.extension', `${VERSION} is ${SAS_VERSIONS.join(' or ')}`);
  try {
    return checkPartner({
      id,
      name,
      kinds,
      url: endpoint.address,
      enabled: endpoint.status === 'active',
      deadlineMs: number('deadlineMs'),
      connections: number('connections'),
      maxBytes: number('maxBytes'),
      identity: {},
      caller: caller ?? id,
      ...(sasVersion === undefined ? {} : { sasVersion }),
      practitioners: undefined,
      since: Date.parse(endpoint.meta?.lastUpdated ?? '') || 0,
    });
  } catch (error) {
    if (error instanceof FhirError) throw error;
    throw notAPartner('Endpoint', (error as Error).message);
  }
}

function extensionOf(endpoint: Endpoint, url: string): Extension | undefined {
  return endpoint.extension?.find((extension) => extension.url === url);
}

function notAPartner(expression: string, reason: string): FhirError {
  return new FhirError('business-rule', `This Endpoint cannot be a partner: ${reason}`, {
    expression,
    text:
      'Cet Endpoint ne décrit pas un éditeur : ' +
      'vérifiez son nom, son adresse (https), ses types (PS, CPTS, SOS) et son délai (7 s au plus).',
  });
}
