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
    requirement: 'Agenda SAS, "en sus", place de marché',
    reason:
      'functions of the national platform beside the exchanges: the guide defines no exchange for them. The category ' +
      'of an orientation is read from reports and goes to the LRM (docs/sas-hub.md)',
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
