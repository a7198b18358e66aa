/** The search parameters of agendas, slots and appointments. Notation: `notation.ts`. */
import type { ParameterTable } from './notation.ts';

const ACTORS = '(Patient,Practitioner,PractitionerRole,RelatedPerson,Device,HealthcareService,Location)';
const SERVICE_TYPE_R5 = 'ext(http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType).valueReference';

/** The person who booked, as `readOperator` finds it: by identifier, or by reference (`operator=Practitioner/x`). */
const OPERATOR = [
  'ext(http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator).valueReference',
  'ext(https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-appointment-operator).valueReference',
  'participant[ENT].actor',
]
  .flatMap((path) => [`${path}.identifier`, `${path}.reference`])
  .join(' | ');

export const schedulingTable: ParameterTable = {
  Schedule: {
    identifier: 'identifier identifier',
    active: 'code active',
    actor: `reference${ACTORS} actor`,
    date: 'date planningHorizon',
    'service-category': 'concept serviceCategory',
    'service-type': 'concept ext(serviceTypeDuration).serviceType | serviceType',
    specialty: 'concept specialty',
    // The services of CPTS that its offers name.
    'offered-service': 'reference(HealthcareService) ext(urn:creneau:fhir:slot-offer).ext(cpts).valueReference',
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
    // R5 has it; R4 searches no wish.
    'requested-period': 'date requestedPeriod',
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
    operator: `identifier ${OPERATOR}`,
    category:
      'concept ext(https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-categorie-orientation).valueCodeableConcept',
  },
  AppointmentResponse: {
    identifier: 'identifier identifier',
    appointment: 'reference(Appointment) appointment',
    actor: `reference${ACTORS} actor`,
    patient: 'reference(Patient) actor',
    practitioner: 'reference(Practitioner) actor',
    location: 'reference(Location) actor',
    'part-status': 'code participantStatus',
  },
  DocumentReference: {
    identifier: 'identifier masterIdentifier | identifier',
    status: 'code status',
    type: 'concept type',
    category: 'concept category',
    subject: 'reference() subject',
    patient: 'reference(Patient) subject',
    author: 'reference() author',
    related: 'reference() context.related',
    date: 'date date',
    period: 'date context.period',
    contenttype: 'code content.attachment.contentType',
    description: 'string description',
  },
  // Read by address only: nothing is found by its content (ADR 0031).
  Binary: {},
};
