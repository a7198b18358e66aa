/**
 * The names of the SAS guide, by version: canonical URLs of profiles and extensions, code systems, identifier systems.
 * The profiles (`sas.ts`) and the contract room (`src/sas/contract`) both take their names from here. Spec: 1.6 to
 * 1.10, 4.2, 4.3.
 */
const SAS_FR = 'http://sas.fr/fhir/StructureDefinition';
const SAS = 'https://interop.esante.gouv.fr/ig/fhir/sas';
const NOS = 'https://mos.esante.gouv.fr/NOS';
const INTEROPSANTE = 'http://interopsante.org/fhir';

/** A name for each kind of search: individual practitioners, CPTS, SOS Médecins. */
interface ByKind {
  PS: string;
  CPTS: string;
  SOS: string;
}

export interface SasNames {
  /** Canonical URLs of the profiles. */
  profiles: {
    bundle: ByKind;
    slot: ByKind;
    schedule: ByKind;
    practitioner: string;
    practitionerRole: string;
    /** The place of exercise inside a PractitionerRole. */
    containedLocation: string;
    healthcareService: string;
    cptsOrganization: string;
    sosLocation: string;
    sosOrganization: string;
    appointment: string;
    sosAppointment: string;
    /** A regulator's account. */
    account: string;
  };
  /** Canonical URLs of the extensions. */
  extensions: {
    /** The regulator who booked. */
    operator: string;
    /** R5's reference from a slot's `serviceType` to a HealthcareService. */
    serviceType: string;
    /** How the patient was oriented; absent before 1.2.0. */
    orientationCategory?: string;
  };
  /** Required values of `Appointment.participant.status` outside SOS Médecins; without: `accepted` alone. */
  participantStatuses?: string;
  /** Capability statements of the roles that the editor's side and the platform's side play. */
  capabilities: { editor: readonly string[]; platform: readonly string[] };
  /** Code systems and identifier systems. */
  systems: {
    /**
     * Types of the identifiers of practitioners and of regulators, and of the structure that a role names (trap I3).
     */
    identifierType: string;
    /** Types of the identifiers of places and of SOS Médecins structures. */
    placeIdentifierType: string;
    /** Types of the identifiers of CPTS: the profile wants the first, writers add the others (trap I3). */
    cptsIdentifierType: string;
    cptsIdentifierTypes: readonly string[];
    /** TRE_R314: who may see a slot. */
    visibility: string;
    /** Consultation modes: AMB, HH, VR. */
    mode: string;
    /** ROUTINE, WALKIN. */
    appointmentType: string;
    /** TRE_R66: the kind of a structure. */
    structureCategory: string;
    /** `meta.source` of what the platform sends, and the system of its own identifiers (INTRN). */
    platform: string;
  };
}

/** One type with both codings satisfies the profiles of both versions. */
const CPTS_TYPE_1_1_0 = `${INTEROPSANTE}/CodeSystem/fr-location-identifier-type`;
const CPTS_TYPE_1_2_0 = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203';

const VERSION_1_1_0: SasNames = {
  profiles: {
    bundle: {
      PS: `${SAS_FR}/BundleAgregateur`,
      CPTS: `${SAS}/StructureDefinition/sas-cpts-bundle-aggregator`,
      SOS: `${SAS}/StructureDefinition/sas-sos-bundle-aggregator`,
    },
    slot: {
      PS: `${SAS_FR}/FrSlotAgregateur`,
      CPTS: `${SAS}/StructureDefinition/sas-cpts-slot-aggregator`,
      SOS: `${SAS}/StructureDefinition/sas-sos-slot-aggregator`,
    },
    schedule: {
      PS: `${SAS_FR}/FrScheduleAgregateur`,
      CPTS: `${SAS_FR}/FrScheduleAgregateur`,
      SOS: `${SAS}/StructureDefinition/sas-sos-schedule-aggregator`,
    },
    practitioner: `${SAS_FR}/FrPractitionerAgregateur`,
    practitionerRole: `${SAS_FR}/FrPractitionerRoleExerciceAgregateur`,
    containedLocation: `${SAS_FR}/FrLocationAgregateur`,
    healthcareService: `${SAS}/StructureDefinition/sas-cpts-healthcareservice-aggregator`,
    cptsOrganization: `${SAS}/StructureDefinition/sas-cpts-organization-aggregator`,
    sosLocation: `${SAS}/StructureDefinition/sas-sos-location-aggregator`,
    sosOrganization: `${SAS}/StructureDefinition/sas-sos-organization-aggregator`,
    appointment: `${SAS_FR}/FrAppointmentSAS`,
    sosAppointment: `${SAS}/StructureDefinition/sas-sos-appointment`,
    account: `${SAS}/StructureDefinition/FrPractitionerRegul`,
  },
  extensions: {
    operator: `${INTEROPSANTE}/StructureDefinition/FrAppointmentOperator`,
    serviceType: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType',
  },
  capabilities: {
    // Not those of the agendas: they require reads and searches that no exchange needs (docs/conformance.md).
    editor: [`${SAS}/CapabilityStatement/SAS-GestionnaireStructure`],
    platform: ['RDVpsindiv', 'RDVSOS'].map((role) => `${SAS}/CapabilityStatement/SAS-GestionnaireAgenda-${role}`),
  },
  systems: {
    identifierType: `${INTEROPSANTE}/CodeSystem/fr-v2-0203`,
    placeIdentifierType: `${INTEROPSANTE}/CodeSystem/fr-location-identifier-type`,
    cptsIdentifierType: CPTS_TYPE_1_1_0,
    cptsIdentifierTypes: [CPTS_TYPE_1_1_0, CPTS_TYPE_1_2_0],
    visibility: `${NOS}/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau`,
    mode: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
    appointmentType: 'http://terminology.hl7.org/CodeSystem/v2-0276',
    structureCategory: `${NOS}/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement`,
    platform: 'urn:oid:1.2.250.1.213.3.6',
  },
};

/** Official since November 2025. */
const VERSION_1_2_0: SasNames = {
  ...VERSION_1_1_0,
  extensions: {
    ...VERSION_1_1_0.extensions,
    orientationCategory: `${SAS}/StructureDefinition/sas-categorie-orientation`,
  },
  // Published after 1.2.0, in June 2026: an agenda may leave the answer of a professional open.
  participantStatuses: `${SAS}/ValueSet/sas-valueset-participant-status`,
  systems: {
    ...VERSION_1_1_0.systems,
    cptsIdentifierType: CPTS_TYPE_1_2_0,
    cptsIdentifierTypes: [CPTS_TYPE_1_2_0, CPTS_TYPE_1_1_0],
  },
};

/** A new version of the guide has its names here and its limits in `src/sas/contract/contract.ts`. */
export const SAS_NAMES = { '1.1.0': VERSION_1_1_0, '1.2.0': VERSION_1_2_0 } as const satisfies Record<string, SasNames>;

export type SasVersion = keyof typeof SAS_NAMES;

export const SAS_VERSIONS = Object.keys(SAS_NAMES) as readonly SasVersion[];

/** `undefined`: no version that is known here. */
export function readSasVersion(value: unknown): SasVersion | undefined {
  return SAS_VERSIONS.find((version) => version === value);
}

/**
 * The version that servers speak unless a setting says otherwise: the official one. Its answers satisfy 1.1.0 too,
 * which the national conformance kit still loads.
 */
export const SAS_VERSION: SasVersion = '1.2.0';
