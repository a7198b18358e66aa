/** Where the house does not yet keep its own rules. Numbers here only go down, and entries only go away. */

/** Circles of imports that remain, each as its files. A part of one is allowed as well. */
export const CIRCLES: readonly (readonly string[])[] = [];

/** Lines of more than 120 columns that could be cut, by area. */
export const WIDE_LINES: Readonly<Record<string, number>> = {};

/** Exported names of types that are declared more than once. */
export const DUPLICATE_TYPES: readonly string[] = [];

/** Files longer than their kind may be, with the lines that they have now. */
export const LONG_FILES: Readonly<Record<string, number>> = {};

/** Files that read the system's clock instead of being given one, each with its reason. */
export const CLOCK_READERS: readonly string[] = [
  // When this process started, for its operators.
  'src/rest/operations/state-operation.ts',
  // Certificates are judged by the time of the world; a test gives another clock.
  'src/runtime/tls/server-tls.ts',
  // The Hub and the LRM judge the times of a message likewise.
  'src/sas/hub/hub-feature.ts',
  // The clock itself: that of the database, carried on.
  'src/store/engine/clock.ts',
];

/** Sentences that begin with "What" or "Who", or say "is no", by area (test/tidy/prose.ts). */
export const RIDDLES: Readonly<Record<string, number>> = {};

/**
 * Tables of texts that are plain objects: each is looked up by words of our own or of a closed list (a served type, a
 * method, a status that was checked), never by a text that a caller chose.
 */
export const TEXT_TABLES: readonly string[] = [
  'src/agenda/rules/practice-rules.ts LINKS',
  'src/agenda/rules/delegation.ts PART',
  'src/agenda/rules/owner-rules.ts INHERITED',
  'src/agenda/rules/person-rules.ts PERSON_WRITES',
  'src/agenda/rules/person-rules.ts REGULATOR_WRITES',
  'src/agenda/rules/practice-rules.ts PRACTICE_OF',
  'src/fhir/audit/balp.ts TYPES',
  'src/fhir/audit/balp.ts PROFILES',
  'src/fhir/primitive.ts STRING_RULES',
  'src/fhir/primitive.ts INTEGERS',
  'src/fhir/profile/definitions/fr-core.ts NAMES',
  'src/fhir/profile/definitions/fr-core.ts CONTACT',
  'src/fhir/profile/definitions/fr-core.ts PATIENT_IDS',
  'src/fhir/profile/definitions/fr-core.ts PATIENT',
  'src/fhir/profile/definitions/annuaire.ts ROLE_CODES',
  'src/fhir/profile/definitions/annuaire.ts roleCodes',
  'src/fhir/profile/definitions/gap.ts PROFILE',
  'src/fhir/profile/definitions/patient-ins.ts identifiers',
  'src/fhir/profile/quick-invariants.ts QUICK',
  'src/fhir/xml/sax.ts ESCAPES',
  'src/rest/audit/request-facts.ts ACTIONS',
  'src/rest/bundle-text.ts STATUS_OF',
  'src/rest/error-response.ts LIBRARY',
  'src/rest/html/page.ts ESCAPED',
  'src/rest/openapi.ts SUMMARY',
  'src/rest/standard-parameters.ts INDIVIDUAL',
  'src/rest/standard-parameters.ts OWN',
  'src/runtime/tls/signature.ts HASH',
  'src/runtime/tls/signature.ts PSS_HASH',
  'src/sas/contract/appointment.ts STATUS_OF',
  'src/sas/editor/search/dialect-parts.ts PREFERENCE',
  'src/sas/editor/search/sas-reads.ts SHOWN_BY',
  'src/sas/hub/appointment-message.ts LRM_STATUS_OF',
  'src/store/engine/arrival.ts FINAL',
  'src/store/resources/schema.ts SEPARATE_TABLES',
  'src/sync/ical/in/fhir-rule.ts FHIR_DAYS',
  'src/sync/ical/out/appointment-event.ts PARTSTAT',
  'src/sync/ical/out/appointment-event.ts ROLE',
];
