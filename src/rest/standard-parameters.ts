/**
 * The canonical URLs of the search parameters that R4 and the guides define. Spec: 5.1
 * https://hl7.org/fhir/R4/searchparameter-registry.html
 */

const R4 = 'http://hl7.org/fhir/SearchParameter/';

const COMMON = '_id _lastUpdated _profile _security _source _tag';
/** Defined once for several types of people, as `individual-[name]`. */
const ADDRESS = 'address address-city address-country address-postalcode address-state address-use';
const PERSON = `${ADDRESS} email gender phone phonetic telecom`;
const INDIVIDUAL: Readonly<Record<string, string>> = {
  Patient: `${PERSON} birthdate family given`,
  Practitioner: `${PERSON} family given`,
  RelatedPerson: `${PERSON} birthdate`,
  PractitionerRole: 'email phone telecom',
};
const OWN: Readonly<Record<string, string>> = {
  Schedule: 'active actor date identifier service-category service-type specialty',
  Slot: 'appointment-type identifier schedule service-category service-type specialty start status',
  Appointment:
    'actor appointment-type based-on date identifier location part-status patient practitioner reason-code ' +
    'reason-reference service-category service-type slot specialty status supporting-info',
  Patient: 'active death-date deceased general-practitioner identifier language link name organization',
  Practitioner: 'active communication identifier name',
  PractitionerRole: 'active date endpoint identifier location organization practitioner role service specialty',
  RelatedPerson: 'active identifier name patient relationship',
  Location: `${ADDRESS} endpoint identifier name near operational-status organization partof status type`,
  Organization: `${ADDRESS} active endpoint identifier name partof phonetic type`,
  HealthcareService:
    'active characteristic coverage-area endpoint identifier location name organization program ' +
    'service-category service-type specialty',
  Device: 'device-name identifier location manufacturer model organization patient status type udi-carrier udi-di url',
  Endpoint: 'connection-type identifier name organization payload-type status',
  Subscription: 'contact criteria payload status type url',
  AuditEvent:
    'action address agent agent-name agent-role altid date entity entity-name entity-role entity-type outcome ' +
    'patient policy site source subtype type',
  Basic: 'author code created identifier patient subject',
  AppointmentResponse: 'actor appointment identifier location part-status patient practitioner',
  DocumentReference: 'author category contenttype date description period related status subject',
  StructureDefinition: 'abstract derivation kind type',
  ValueSet: 'code reference',
  CodeSystem: 'code content-mode system',
  SearchParameter: 'base code target type',
  OperationDefinition: 'code instance kind system type',
};
/** Defined once for all clinical resources, as `clinical-[name]`. */
const CLINICAL = new Map([['DocumentReference', 'identifier patient type']]);
/**
 * `start` of an appointment is not among them: GAP defines it twice, each time with half of the prefixes that work
 * here (trap H20).
 */
const GUIDES = new Map([
  ['Appointment created', 'gap/SearchParameter/GAP-Appointment-created'],
  ['Appointment description', 'gap/SearchParameter/GAP-Appointment-description'],
  ['Appointment priority', 'gap/SearchParameter/GAP-Appointment-priority'],
  ['Slot service-type-reference', 'sas/SearchParameter/cptsslot-sp-servicetype'],
]);
/** Defined once for all definitions, as `conformance-[name]`. */
const CONFORMANCE =
  'context context-quantity context-type date description identifier jurisdiction name publisher status title url ' +
  'version';
const DEFINITIONS: ReadonlySet<string> = new Set([
  'CapabilityStatement',
  'CodeSystem',
  'OperationDefinition',
  'SearchParameter',
  'StructureDefinition',
  'ValueSet',
]);

const has = (names: string | undefined, name: string): boolean => names?.split(' ').includes(name) === true;

/** `undefined`: a parameter of our own. */
export function standardParameter(type: string, name: string): string | undefined {
  if (has(COMMON, name)) return `${R4}Resource-${name.slice(1)}`;
  if (has(INDIVIDUAL[type], name)) return `${R4}individual-${name}`;
  if (DEFINITIONS.has(type) && has(CONFORMANCE, name)) return `${R4}conformance-${name}`;
  if (has(CLINICAL.get(type), name)) return `${R4}clinical-${name}`;
  if (has(OWN[type], name)) return `${R4}${type}-${name}`;
  const guide = GUIDES.get(`${type} ${name}`);
  return guide === undefined ? undefined : `https://interop.esante.gouv.fr/ig/fhir/${guide}`;
}
