/**
 * The search parameters of every served type: the one table that routing, SQL columns, the capability
 * statement and OpenAPI are made from. A line reads `kind path | path`; `reference(A,B)` limits the targets.
 *
 * Kinds of token: `code` (code, boolean, Coding, number), `identifier`, `concept` (CodeableConcept).
 * A path is dotted; `ext(URL)` steps into an extension. `||` adds a chain that matches as well.
 * https://hl7.org/fhir/R4/search.html; guides: GAP flows 4a and 4b, SAS INT_R01, INT_R04 and SOS.
 */

import { DEFINITION_TABLE } from './definition-parameters.ts';

export type SearchKind = 'token' | 'string' | 'date' | 'reference' | 'uri' | 'near';
export type TokenForm = 'code' | 'identifier' | 'concept';

export interface SearchParameter {
  readonly base: string;
  readonly name: string;
  readonly kind: SearchKind;
  readonly form?: TokenForm;
  /** Dotted element paths below the resource. */
  readonly paths: readonly string[];
  /** Allowed target types of a reference; empty = any. */
  readonly targets: readonly string[];
  /** Chains that match too (an alias, or a fallback). */
  readonly or: readonly string[];
  /** The column that holds it: the name with `_` for `-`. */
  readonly column: string;
}

const NAME_EXTENSION =
  'ext(https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-practitionerrole-name).valueHumanName';
const SERVICE_TYPE_R5 = 'ext(http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType).valueReference';

const COMMON = {
  _id: 'code id',
  _lastUpdated: 'date meta.lastUpdated',
  _profile: 'uri meta.profile',
  _security: 'code meta.security',
  _tag: 'code meta.tag',
  _source: 'uri meta.source',
};
const ACTORS = '(Patient,Practitioner,PractitionerRole,RelatedPerson,Device,HealthcareService,Location)';

const TABLE: Record<string, Record<string, string>> = {
  Patient: {
    identifier: 'identifier identifier',
    active: 'code active',
    name: 'string name',
    family: 'string name.family',
    given: 'string name.given',
    birthdate: 'date birthDate',
    gender: 'code gender',
    address: 'string address',
    'address-city': 'string address.city',
    'address-postalcode': 'string address.postalCode',
    'address-country': 'string address.country',
    'address-state': 'string address.state',
    telecom: 'code telecom',
    phone: 'code telecom[phone]',
    email: 'code telecom[email]',
    organization: 'reference(Organization) managingOrganization',
    'general-practitioner': 'reference(Practitioner,Organization,PractitionerRole) generalPractitioner',
    deceased: 'code deceasedBoolean',
    'death-date': 'date deceasedDateTime',
    language: 'concept communication.language',
    link: 'reference(Patient,RelatedPerson) link.other',
  },
  Practitioner: {
    identifier: 'identifier identifier',
    active: 'code active',
    name: 'string name',
    family: 'string name.family',
    given: 'string name.given',
    gender: 'code gender',
    address: 'string address',
    'address-city': 'string address.city',
    'address-postalcode': 'string address.postalCode',
    'address-country': 'string address.country',
    'address-state': 'string address.state',
    telecom: 'code telecom',
    phone: 'code telecom[phone]',
    email: 'code telecom[email]',
    communication: 'concept communication',
  },
  PractitionerRole: {
    identifier: 'identifier identifier',
    active: 'code active',
    name: `string ${NAME_EXTENSION} || practitioner.name`,
    date: 'date period',
    practitioner: 'reference(Practitioner) practitioner',
    organization: 'reference(Organization) organization',
    role: 'concept code',
    specialty: 'concept specialty',
    location: 'reference(Location) location',
    service: 'reference(HealthcareService) healthcareService',
    endpoint: 'reference(Endpoint) endpoint',
    telecom: 'code telecom',
    phone: 'code telecom[phone]',
    email: 'code telecom[email]',
    // The GAP example asks for PractitionerRole.address, which R4 lacks: the address of its place.
    address: 'string contained[Location].address || location.address',
    near: 'near contained[Location].position || location.near',
  },
  RelatedPerson: {
    identifier: 'identifier identifier',
    active: 'code active',
    patient: 'reference(Patient) patient',
    relationship: 'concept relationship',
    name: 'string name',
    birthdate: 'date birthDate',
    gender: 'code gender',
    address: 'string address',
    'address-city': 'string address.city',
    'address-postalcode': 'string address.postalCode',
    'address-country': 'string address.country',
    'address-state': 'string address.state',
    telecom: 'code telecom',
    phone: 'code telecom[phone]',
    email: 'code telecom[email]',
  },
  Location: {
    identifier: 'identifier identifier',
    name: 'string name | alias',
    address: 'string address',
    'address-city': 'string address.city',
    'address-postalcode': 'string address.postalCode',
    'address-country': 'string address.country',
    'address-state': 'string address.state',
    type: 'concept type',
    status: 'code status',
    near: 'near position',
    organization: 'reference(Organization) managingOrganization',
    partof: 'reference(Location) partOf',
    'operational-status': 'code operationalStatus',
    endpoint: 'reference(Endpoint) endpoint',
  },
  Device: {
    identifier: 'identifier identifier',
    type: 'concept type',
    'device-name': 'string deviceName.name | type.text | type.coding.display',
    model: 'string modelNumber',
    manufacturer: 'string manufacturer',
    status: 'code status',
    organization: 'reference(Organization) owner',
    location: 'reference(Location) location',
    patient: 'reference(Patient) patient',
    url: 'uri url',
  },
  HealthcareService: {
    identifier: 'identifier identifier',
    active: 'code active',
    name: 'string name',
    'service-type': 'concept type',
    'service-category': 'concept category',
    specialty: 'concept specialty',
    organization: 'reference(Organization) providedBy',
    location: 'reference(Location) location',
    'coverage-area': 'reference(Location) coverageArea',
    characteristic: 'concept characteristic',
    program: 'concept program',
    endpoint: 'reference(Endpoint) endpoint',
  },
  Organization: {
    identifier: 'identifier identifier',
    active: 'code active',
    name: 'string name | alias',
    address: 'string address',
    'address-city': 'string address.city',
    'address-postalcode': 'string address.postalCode',
    'address-country': 'string address.country',
    'address-state': 'string address.state',
    type: 'concept type',
    partof: 'reference(Organization) partOf',
    endpoint: 'reference(Endpoint) endpoint',
  },
  Schedule: {
    identifier: 'identifier identifier',
    active: 'code active',
    actor: `reference${ACTORS} actor`,
    date: 'date planningHorizon',
    'service-category': 'concept serviceCategory',
    'service-type': 'concept ext(serviceTypeDuration).serviceType | serviceType',
    specialty: 'concept specialty',
  },
  Slot: {
    identifier: 'identifier identifier',
    status: 'code status',
    start: 'date start',
    schedule: 'reference(Schedule) schedule',
    'service-category': 'concept serviceCategory',
    'service-type': 'concept serviceType',
    'service-type-reference': `reference(HealthcareService) serviceType.${SERVICE_TYPE_R5}`,
    specialty: 'concept specialty',
    'appointment-type': 'concept appointmentType',
  },
  Appointment: {
    identifier: 'identifier identifier',
    status: 'code status',
    date: 'date start',
    start: 'date start',
    created: 'date created',
    actor: `reference${ACTORS} participant.actor`,
    patient: 'reference(Patient) participant.actor',
    practitioner: 'reference(Practitioner) participant.actor',
    location: 'reference(Location) participant.actor',
    'part-status': 'code participant.status',
    slot: 'reference(Slot) slot',
    'service-type': 'concept serviceType',
    'service-category': 'concept serviceCategory',
    specialty: 'concept specialty',
    'appointment-type': 'concept appointmentType',
    'reason-code': 'concept reasonCode',
    'reason-reference': 'reference() reasonReference',
    'based-on': 'reference() basedOn',
    'supporting-info': 'reference() supportingInformation',
    priority: 'code priority',
    description: 'string comment | description',
    // R4 lacks these two: who booked for the SAS, and the category of the orientation. Spec: 3.2, 3.3
    operator:
      'identifier ext(http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator).valueReference.identifier | ext(https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-appointment-operator).valueReference.identifier',
    category:
      'concept ext(https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-categorie-orientation).valueCodeableConcept',
  },
  Endpoint: {
    identifier: 'identifier identifier',
    status: 'code status',
    name: 'string name',
    'connection-type': 'code connectionType',
    'payload-type': 'concept payloadType',
    organization: 'reference(Organization) managingOrganization',
  },
  Subscription: {
    status: 'code status',
    criteria: 'string criteria',
    type: 'code channel.type',
    url: 'uri channel.endpoint',
    payload: 'code channel.payload',
    contact: 'code contact',
  },
  AuditEvent: {
    date: 'date recorded',
    type: 'code type',
    subtype: 'code subtype',
    action: 'code action',
    outcome: 'code outcome',
    agent: 'reference() agent.who',
    entity: 'reference() entity.what',
    source: 'reference() source.observer',
  },
};

/** The types that are stored, in the order of the guide. */
export const SEARCHED_TYPES: readonly string[] = Object.keys(TABLE);
const parameters = new Map<string, Map<string, SearchParameter>>(
  Object.entries({ ...TABLE, ...DEFINITION_TABLE }).map(([base, lines]) => [
    base,
    // A computed slot changes with what it is computed from: nobody wrote it last.
    new Map(
      withColumns(
        Object.entries({ ...COMMON, ...lines })
          .filter(([name]) => base !== 'Slot' || name !== '_lastUpdated')
          .map(([name, line]) => [name, read(base, name, line), line]),
      ),
    ),
  ]),
);

/** Two names of one thing (`date`, `start`) share a column. */
function withColumns(list: [string, SearchParameter, string][]): [string, SearchParameter][] {
  const columns = new Map<string, string>();
  return list.map(([name, parameter, line]) => {
    const column = columns.get(line) ?? parameter.column;
    columns.set(line, column);
    return [name, { ...parameter, column }];
  });
}

function read(base: string, name: string, line: string): SearchParameter {
  const [own = '', ...or] = line.split(' || ');
  const [, word = '', targets, paths = ''] = /^(\w+)(?:\(([^)]*)\))? (.*)$/.exec(own) ?? [];
  const isToken = word === 'code' || word === 'identifier' || word === 'concept';
  return {
    base,
    name,
    kind: isToken ? 'token' : (word as SearchKind),
    ...(isToken ? { form: word as TokenForm } : {}),
    paths: paths.split(' | '),
    targets: targets ? targets.split(',') : [],
    or,
    column: name.replaceAll('-', '_'),
  };
}

/** The parameters of one type, by name. */
export function searchParameters(type: string): ReadonlyMap<string, SearchParameter> {
  return parameters.get(type) ?? new Map();
}

/**
 * One parameter; the name is compared without regard to case (`Identifier`, `Location:Organization` are met in the
 * wild).
 */
export function searchParameter(type: string, name: string): SearchParameter | undefined {
  const own = parameters.get(type);
  if (own === undefined) return undefined;
  const exact = own.get(name);
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  for (const [key, parameter] of own) if (key.toLowerCase() === lower) return parameter;
  return undefined;
}
