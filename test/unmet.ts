/**
 * Requirements of the guides that Créneau does not meet, each with its reason. docs/conformance.md shows them;
 * `unmet.test.ts` holds the interactions that the guides' statements require against what the servers declare, so that
 * none is missing here.
 */
export interface Unmet {
  /** Guide and section. */
  source: string;
  requirement: string;
  reason: string;
  /** Interactions of a statement of the guides that are not offered: `Type interaction`. */
  lacks?: readonly string[];
}

export const UNMET: readonly Unmet[] = [
  {
    source: 'SAS, CapabilityStatement SAS-GestionnaireAgenda-PsIndiv, -CPTS, -SOS',
    requirement: 'search of agendas, practitioners, places and structures by themselves under `/sas`',
    reason:
      'no exchange of the guide asks it: they leave with the slots that are theirs, and are read by their `fullUrl`. ' +
      '`Practitioner` is searched for accounts, `Schedule` for SOS Médecins; `/sas/metadata` therefore does not ' +
      'instantiate these statements',
    lacks: ['Location search-type', 'Organization search-type'],
  },
  {
    source: 'SAS 1.2.0, specifications fonctionnelles',
    requirement: 'orientation "en sus" (beside the open times), place de marché',
    reason:
      'the guide names them and defines no exchange: the platform does not know which professionals have agreed to ' +
      'be asked beside their open times. An agenda of Créneau records such a patient by overbooking, which is ' +
      'reported as any appointment. An "agenda SAS" is an agenda of Créneau beside the platform ' +
      '(docs/sas-plateforme.md); the category of an orientation is read from reports and goes to the LRM ' +
      '(docs/sas-hub.md)',
  },
  {
    source: 'INSi, SOAP interface of the teleservice',
    requirement: 'the call of the national teleservice with the certificate of the structure',
    reason:
      'a connector of the deployment makes it (docs/identite.md): Créneau asks the connector, `creneau insi` plays it',
  },
  {
    source: 'GAP, flux-gestion-ressources',
    requirement: 'an agenda that names only a PractitionerRole, found by `schedule.actor:Practitioner.identifier`',
    reason:
      'the guide wants both references; such an agenda is found by ' +
      '`schedule.actor:PractitionerRole.practitioner.identifier`',
  },
  {
    source: 'GAP, SearchParameter GAP-Appointment-earliestStart and -latestStart; trap H20',
    requirement: 'the definition of `start` of an appointment',
    reason: 'two definitions of one parameter, each with half of its prefixes: ours has all of them',
  },
  {
    source: 'FR Core 2, availability-time, extensible binding of `type`',
    requirement: 'availabilities of another type than `free` and `busy-unavailable`',
    reason:
      'another code does not say whether the time is open: the write is refused and names both codes, because a ' +
      'guess would open or close an agenda',
  },
  {
    source: 'GAP, annex VFREEBUSY',
    requirement: 'ATTENDEE (actors of the agenda) and COMMENT',
    reason:
      'what a link publishes has no attendees (RFC 5545, 3.8.4.1), and the calendar has the name of the agenda; ' +
      'comments of slots are for those who book',
  },
  {
    source: 'GAP, annex VEVENT',
    requirement: 'ATTACH of an attachment that is kept here',
    reason:
      'a calendar program that reads a link has no session to open it with; documents elsewhere on the web are ' +
      'ATTACH, where the link shows patients',
  },
  {
    source: 'GAP, flux-demande-consultation (4b); R4, search by reference',
    requirement: '`supporting-info` by the address of a document that is kept elsewhere',
    reason: 'references to other servers are kept and shown, not indexed; by `DocumentReference/[id]` it works',
  },
  {
    source: 'R4, Appointment.status waitlist',
    requirement: 'time that becomes free is offered to those who wait',
    reason:
      'neither guide says to whom first: the agenda shows who waits, followers hear of the free time, and a person ' +
      'decides',
  },
  {
    source: 'SAS 1.2.0, INT_L01',
    requirement: 'distances from the street',
    reason: 'the platform knows the positions of communes, not of streets: it searches round the commune',
  },
  {
    source: 'GAP, annex VAVAILABILITY; trap C4',
    requirement: 'app-4 as R4 publishes it',
    reason: 'its expression names a code that does not exist (`no-show`): a reason on a no-show is kept and served',
  },
];

/** Interactions that the guides require of a server, by the base that plays the role. Spec: 5.2, 5.3 */
export const REQUIRED: Readonly<Record<'fhir' | 'sas' | 'platform', readonly string[]>> = {
  fhir: [
    ...['create', 'update', 'delete', 'patch'].map((code) => `Schedule ${code}`),
    ...['read', 'search-type'].map((code) => `Slot ${code}`),
    ...['create', 'update', 'read', 'search-type'].map((code) => `Appointment ${code}`),
    ...[
      'Patient',
      'Practitioner',
      'PractitionerRole',
      'RelatedPerson',
      'Location',
      'HealthcareService',
      'Organization',
      'Device',
    ].flatMap((type) => ['create', 'update', 'delete'].map((code) => `${type} ${code}`)),
  ],
  sas: [
    ...['Slot', 'Schedule', 'Practitioner', 'Location', 'Organization'].flatMap((type) => [
      `${type} read`,
      `${type} search-type`,
    ]),
    ...['create', 'update'].map((code) => `Practitioner ${code}`),
  ],
  platform: ['create', 'update'].map((code) => `Appointment ${code}`),
};
