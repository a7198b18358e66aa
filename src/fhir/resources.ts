/**
 * The resource types that we serve, as far as their elements matter to us; anything else of R4 is there as `Json`.
 * The structure check (`structure.ts`) guarantees these shapes at the door. Types that carry or report others (Bundle,
 * Parameters...) are in `foundation.ts`. https://hl7.org/fhir/R4/resourcelist.html
 */
import type { AuditEvent, Bundle, OperationOutcome, Parameters, Subscription } from './foundation.ts';
import type {
  Address,
  CodeableConcept,
  Coding,
  ContactPoint,
  Element,
  HumanName,
  Identifier,
  Json,
  Period,
  Reference,
  Resource,
} from './resource.ts';

export interface Participant extends Element {
  type?: CodeableConcept[];
  actor?: Reference;
  required?: string;
  status: string;
  period?: Period;
}

export interface Appointment extends Resource {
  resourceType: 'Appointment';
  identifier?: Identifier[];
  status: string;
  cancelationReason?: CodeableConcept;
  serviceCategory?: CodeableConcept[];
  serviceType?: CodeableConcept[];
  specialty?: CodeableConcept[];
  appointmentType?: CodeableConcept;
  reasonCode?: CodeableConcept[];
  priority?: number;
  description?: string;
  supportingInformation?: Reference[];
  start?: string;
  end?: string;
  minutesDuration?: number;
  slot?: Reference[];
  created?: string;
  comment?: string;
  patientInstruction?: string;
  participant: Participant[];
  requestedPeriod?: Period[];
}

/** The answer of a participant to an appointment. */
export interface AppointmentResponse extends Resource {
  resourceType: 'AppointmentResponse';
  identifier?: Identifier[];
  appointment: Reference;
  start?: string;
  end?: string;
  participantType?: CodeableConcept[];
  actor?: Reference;
  participantStatus: string;
  comment?: string;
}

export interface Schedule extends Resource {
  resourceType: 'Schedule';
  identifier?: Identifier[];
  active?: boolean;
  serviceCategory?: CodeableConcept[];
  serviceType?: CodeableConcept[];
  specialty?: CodeableConcept[];
  actor: Reference[];
  planningHorizon?: Period;
  comment?: string;
}

export interface Slot extends Resource {
  resourceType: 'Slot';
  identifier?: Identifier[];
  serviceCategory?: CodeableConcept[];
  serviceType?: CodeableConcept[];
  specialty?: CodeableConcept[];
  appointmentType?: CodeableConcept;
  schedule: Reference;
  status: string;
  start: string;
  end: string;
  overbooked?: boolean;
  comment?: string;
}

export interface Patient extends Resource {
  resourceType: 'Patient';
  identifier?: Identifier[];
  active?: boolean;
  name?: HumanName[];
  telecom?: ContactPoint[];
  gender?: string;
  birthDate?: string;
  address?: Address[];
  link?: (Element & { other: Reference; type: string })[];
}

export interface RelatedPerson extends Resource {
  resourceType: 'RelatedPerson';
  identifier?: Identifier[];
  active?: boolean;
  patient: Reference;
  relationship?: CodeableConcept[];
  name?: HumanName[];
  telecom?: ContactPoint[];
}

export interface Qualification extends Element {
  identifier?: Identifier[];
  code: CodeableConcept;
  period?: Period;
}

export interface Practitioner extends Resource {
  resourceType: 'Practitioner';
  identifier?: Identifier[];
  active?: boolean;
  name?: HumanName[];
  telecom?: ContactPoint[];
  address?: Address[];
  qualification?: Qualification[];
}

export interface PractitionerRole extends Resource {
  resourceType: 'PractitionerRole';
  identifier?: Identifier[];
  active?: boolean;
  period?: Period;
  practitioner?: Reference;
  organization?: Reference;
  code?: CodeableConcept[];
  specialty?: CodeableConcept[];
  location?: Reference[];
  healthcareService?: Reference[];
  telecom?: ContactPoint[];
}

export interface HoursOfOperation extends Element {
  daysOfWeek?: string[];
  allDay?: boolean;
  openingTime?: string;
  closingTime?: string;
}

export interface Location extends Resource {
  resourceType: 'Location';
  identifier?: Identifier[];
  status?: string;
  name?: string;
  description?: string;
  type?: CodeableConcept[];
  telecom?: ContactPoint[];
  address?: Address;
  physicalType?: CodeableConcept;
  /** Decimals: digits that a JS number would lose are `LosslessNumber`. */
  position?: Element & { longitude: Json; latitude: Json };
  managingOrganization?: Reference;
  partOf?: Reference;
  hoursOfOperation?: HoursOfOperation[];
}

export interface Device extends Resource {
  resourceType: 'Device';
  identifier?: Identifier[];
  status?: string;
  deviceName?: (Element & { name: string; type: string })[];
  type?: CodeableConcept;
  owner?: Reference;
  location?: Reference;
}

export interface HealthcareService extends Resource {
  resourceType: 'HealthcareService';
  identifier?: Identifier[];
  active?: boolean;
  providedBy?: Reference;
  category?: CodeableConcept[];
  type?: CodeableConcept[];
  specialty?: CodeableConcept[];
  location?: Reference[];
  name?: string;
  telecom?: ContactPoint[];
}

export interface Organization extends Resource {
  resourceType: 'Organization';
  identifier?: Identifier[];
  active?: boolean;
  type?: CodeableConcept[];
  name?: string;
  telecom?: ContactPoint[];
  address?: Address[];
  partOf?: Reference;
  endpoint?: Reference[];
}

export interface Endpoint extends Resource {
  resourceType: 'Endpoint';
  identifier?: Identifier[];
  status: string;
  connectionType: Coding;
  name?: string;
  managingOrganization?: Reference;
  contact?: ContactPoint[];
  payloadType: CodeableConcept[];
  payloadMimeType?: string[];
  address: string;
  header?: string[];
}

export interface Attachment extends Element {
  contentType?: string;
  data?: string;
  url?: string;
  size?: number;
  hash?: string;
  title?: string;
}

export interface DocumentReference extends Resource {
  resourceType: 'DocumentReference';
  status: string;
  subject?: Reference;
  content: (Element & { attachment: Attachment })[];
  context?: Element & { related?: Reference[] };
}

export interface Binary extends Resource {
  resourceType: 'Binary';
  contentType: string;
  securityContext?: Reference;
  /** Base64. */
  data?: string;
}

/** By name, so that a type can be looked up by its `resourceType`. */
export interface ResourceTypes {
  Appointment: Appointment;
  AppointmentResponse: AppointmentResponse;
  DocumentReference: DocumentReference;
  Binary: Binary;
  Schedule: Schedule;
  Slot: Slot;
  Patient: Patient;
  RelatedPerson: RelatedPerson;
  Practitioner: Practitioner;
  PractitionerRole: PractitionerRole;
  Location: Location;
  Device: Device;
  HealthcareService: HealthcareService;
  Organization: Organization;
  Endpoint: Endpoint;
  Subscription: Subscription;
  AuditEvent: AuditEvent;
  Bundle: Bundle;
  Parameters: Parameters;
  OperationOutcome: OperationOutcome;
}

export function isType<T extends keyof ResourceTypes>(resource: Resource, type: T): resource is ResourceTypes[T] {
  return resource.resourceType === type;
}

/** The resource as its type; `undefined` if it is of another. */
export function asType<T extends keyof ResourceTypes>(
  resource: Resource | undefined,
  type: T,
): ResourceTypes[T] | undefined {
  return resource !== undefined && isType(resource, type) ? resource : undefined;
}

/** The items of an element that may be absent: FHIR has no empty arrays. */
export function list<T>(items: T[] | undefined): T[] {
  return items ?? [];
}
