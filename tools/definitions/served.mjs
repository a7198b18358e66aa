/** The resource types of R4 whose definition is kept. A type that is served needs its name here. */

/** The types that the server stores, answers or reads. */
export const SERVED = [
  ...['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson', 'Location', 'Device', 'HealthcareService'],
  ...['Organization', 'Schedule', 'Slot', 'Appointment', 'AppointmentResponse', 'Endpoint', 'Subscription'],
  ...[
    'AuditEvent',
    'Bundle',
    'OperationOutcome',
    'Parameters',
    'CapabilityStatement',
    'StructureDefinition',
    'ValueSet',
    'CodeSystem',
  ],
  ...['SearchParameter', 'OperationDefinition', 'Basic', 'Binary', 'DocumentReference'],
];
