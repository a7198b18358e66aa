/** The parts that the published examples of the SAS guide share. Spec: 1.6 to 1.8 */
import type { Json } from '../src/fhir/resource.ts';

export type GuideVersion = '1.1.0' | '1.2.0';

export const SAS_FR = 'http://sas.fr/fhir/StructureDefinition/';
export const SAS = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/';
export const NOS = 'https://mos.esante.gouv.fr/NOS/';
export const TYPES = 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203';
export const PLACES = 'http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type';
export const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
export const IDNST = 'urn:oid:1.2.250.1.71.4.2.2';
export const BOOKING = 'https://exemple.com/rdv/com/';

export const typed = (system: string, code: string): Json => ({ coding: [{ system, code }] });
export const example = (type: string, id: string, profile: string, rest: Json): Json => ({
  resourceType: type,
  id,
  meta: { profile: [profile] },
  ...rest,
});
export const mode = (code: string): Json => typed('http://terminology.hl7.org/CodeSystem/v3-ActCode', code);
const specialty = (code: string): Json =>
  typed(`${NOS}TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale`, code);
export const phone = (value: string): Json => [{ system: 'phone', value }];

export interface SlotFacts {
  profile: string;
  id: string;
  schedule: string;
  to: string[];
  start: string;
  end: string;
  types: Json[];
  specialties?: string[];
  kind?: string;
  comment?: string;
}

export function slot({
  profile,
  id,
  schedule,
  to,
  start,
  end,
  types,
  specialties = [],
  kind,
  comment,
}: SlotFacts): Json {
  const resource = example('Slot', id, profile, {
    serviceType: types,
    ...(specialties.length > 0 ? { specialty: specialties.map(specialty) } : {}),
    appointmentType: typed('http://terminology.hl7.org/CodeSystem/v2-0276', kind ?? 'ROUTINE'),
    schedule: { reference: `Schedule/${schedule}` },
    status: 'free',
    start,
    end,
    ...(comment === undefined ? {} : { comment }),
  });
  resource.meta.security = to.map((code) => ({ system: `${NOS}TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau`, code }));
  return resource;
}

export const schedule = (id: string, profile: string, ...actors: string[]): Json =>
  example('Schedule', id, profile, { actor: actors.map((reference) => ({ reference })) });
export const practitioner = (id: string, value: string, family: string, given: string): Json =>
  example('Practitioner', id, `${SAS_FR}FrPractitionerAgregateur`, {
    identifier: [{ type: typed(TYPES, 'IDNPS'), system: IDNPS, value }],
    name: [{ family, given: [given] }],
  });

export interface RoleFacts {
  id: string;
  person: string;
  place: [id: string, system: string, value: string];
  address: [line: string, city: string, postalCode: string];
  structure: Json;
  telecom?: Json;
}

export const role = ({ id, person, place, address, structure, telecom }: RoleFacts): Json =>
  example('PractitionerRole', id, `${SAS_FR}FrPractitionerRoleExerciceAgregateur`, {
    contained: [
      example('Location', place[0], `${SAS_FR}FrLocationAgregateur`, {
        identifier: [{ type: typed(PLACES, 'INTRN'), system: place[1], value: place[2] }],
        address: { line: [address[0]], city: address[1], postalCode: address[2] },
      }),
    ],
    practitioner: { reference: `Practitioner/${person}` },
    organization: { identifier: structure },
    location: [{ reference: `#${place[0]}` }],
    ...(telecom === undefined ? {} : { telecom }),
  });

export const national = (value: string): Json => ({ type: typed(TYPES, 'IDNST'), system: IDNST, value });
export const OF_EDITOR = 'urn:oid:1.1.111.1.111.1.1.1';

export function bundle(
  id: string,
  profile: string,
  total: number,
  self: string,
  resources: Json[],
  match?: string,
): Json {
  return {
    resourceType: 'Bundle',
    id,
    meta: { profile: [profile] },
    type: 'searchset',
    total,
    link: [{ relation: 'self', url: self }],
    entry: resources.map((resource) => ({
      fullUrl: `https://exemple.com/ans-sas/${resource.resourceType}/${resource.id}`,
      resource,
      ...(match === undefined ? {} : { search: { mode: resource.resourceType === match ? 'match' : 'include' } }),
    })),
  };
}
