/**
 * The names of the SAS contract, version 1.1.0: profiles, code systems, the three doors and what each may show.
 * Spec: 1.6 to 1.8
 */

const SAS_FR = 'http://sas.fr/fhir/StructureDefinition';
const ANS = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition';

/** PS: INT_R01, individual practitioners; CPTS: INT_R04; SOS: SOS Médecins. */
export type Door = 'PS' | 'CPTS' | 'SOS';

export const DOORS: readonly Door[] = ['PS', 'CPTS', 'SOS'];

export const PROFILE = {
  bundle: {
    PS: `${SAS_FR}/BundleAgregateur`,
    CPTS: `${ANS}/sas-cpts-bundle-aggregator`,
    SOS: `${ANS}/sas-sos-bundle-aggregator`,
  },
  slot: {
    PS: `${SAS_FR}/FrSlotAgregateur`,
    CPTS: `${ANS}/sas-cpts-slot-aggregator`,
    SOS: `${ANS}/sas-sos-slot-aggregator`,
  },
  schedule: {
    PS: `${SAS_FR}/FrScheduleAgregateur`,
    CPTS: `${SAS_FR}/FrScheduleAgregateur`,
    SOS: `${ANS}/sas-sos-schedule-aggregator`,
  },
  practitioner: `${SAS_FR}/FrPractitionerAgregateur`,
  practitionerRole: `${SAS_FR}/FrPractitionerRoleExerciceAgregateur`,
  containedLocation: `${SAS_FR}/FrLocationAgregateur`,
  healthcareService: `${ANS}/sas-cpts-healthcareservice-aggregator`,
  cptsOrganization: `${ANS}/sas-cpts-organization-aggregator`,
  sosLocation: `${ANS}/sas-sos-location-aggregator`,
  sosOrganization: `${ANS}/sas-sos-organization-aggregator`,
} as const;

export const VISIBILITY_SYSTEM = 'https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau';
export const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
export const APPOINTMENT_TYPE = 'http://terminology.hl7.org/CodeSystem/v2-0276';
export const STRUCTURE_KIND =
  'https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement';
export const CPTS_CODE = '604';
export const SERVICE_TYPE_R5 = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType';
/** Coding systems of identifier types; each profile wants its own (trap I3). */
export const ID_TYPE = 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203';
export const LOCATION_ID_TYPE = 'http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type';

/** The kinds of slots that each door may show. Other codes never leave by it (trap I13). */
export const SHOWN: Record<Door, ReadonlySet<string>> = {
  PS: new Set(['PUBLIC', 'PRO', 'SNP']),
  CPTS: new Set(['PUBLIC', 'PRO', 'SNP', 'CPTS']),
  SOS: new Set(['PUBLIC', 'SNP']),
};

const NOS = /^https?:\/\/mos\.esante\.gouv\.fr\/NOS\/((?:TRE|JDV)_[A-Z]\d+)-([A-Za-z0-9-]+)(\/.*)?$/;

/** A code system under one name: the guides spell those of the NOS in several ways, and slashes vary (trap I6). */
export function canonicalSystem(system: string): string {
  const [, list, name] = NOS.exec(system) ?? [];
  if (list !== undefined)
    return `https://mos.esante.gouv.fr/NOS/${list}-${name}/FHIR/${list.replace('_', '-')}-${name}`;
  return system.replace(/\/+$/, '');
}
