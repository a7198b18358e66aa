/** Where the reference validator says something of an answer that we keep as it is, each with the reason. */
export const KNOWN = [
  {
    answer: /SUBSETTED/,
    message: /Profile_Minimum|minimum required|Constraint failed|No code provided/,
    reason: '`_elements` and `_summary` leave out what constraints ask for; such answers are marked SUBSETTED',
  },
  {
    message: /^Bundle_BUNDLE_MultipleMatches|FullUrl must be unique/,
    reason:
      'a history names each version of a resource by the same address, and a transaction that finds or makes a ' +
      'resource twice answers it twice',
  },
  {
    message: /Unable to resolve package id/,
    reason: 'the set-up without network cannot make the snapshot of an Extension; it says the same of published ones',
  },
  {
    answer: /"FrAppointmentSAS|"http:\/\/sas\.fr\/fhir\/StructureDefinition\/FrAppointmentSAS"/,
    message: /FrAppointmentSAS|participant.status|ValueSet\/sas-valueset/,
    reason: 'the platform keeps the report of an editor as it came, and warns of what its profile forbids (trap C1)',
  },
  {
    message: /^Extension_PROF_Type.*availability-time' definition allows for the type Coding but found type code/,
    reason: 'an agenda is kept as it was sent: older senders write a code where a Coding is due, and are warned',
  },
];

/** Where the two validators differ about a mutated resource, each with the reason. */
export const DIFFERENT = [
  {
    mutation: /^Organization\.identifier.*type\.coding.*absent/,
    reason:
      'one of two codings is broken: the resource still conforms to the other version of the SAS guide, which is said',
  },
  {
    mutation: /^Slot\.specialty\.\d+\.coding\.\d+\.(code|system)/,
    reason: 'the nomenclature is known in part: what is not in it is neither right nor wrong here, and that is said',
  },
  {
    mutation: /^Slot\.serviceType\.\d+\.coding\.\d+\.code/,
    reason: 'a required binding wants a code; the reference is silent where it knows the code system in part',
  },
  {
    mutation: /rrule|^Schedule\.extension.*retyped/,
    reason: 'a required binding wants a code of its set; the reference is silent about a Coding without a system',
  },
  {
    mutation: /^Appointment\.(start|end) absent/,
    reason: 'app-2: an instant without a value is none; the reference counts its extension',
  },
  {
    message: /^Unknown code 'http:\/\/terminology\.hl7\.org/,
    reason: 'of the code systems of R4, only those of required bindings are known here',
  },
];
