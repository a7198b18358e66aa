/**
 * How the tables of search parameters are written. Routing, SQL columns, the capability statement and OpenAPI are all
 * made from them, so a line is all that a new parameter needs.
 *
 * A line reads `kind path | path`; `reference(A,B)` limits the targets.
 * Kinds of token: `code` (code, boolean, Coding, number), `identifier`, `concept` (CodeableConcept).
 * A path is dotted; `ext(URL)` steps into an extension. `||` adds a chain that matches as well.
 * https://hl7.org/fhir/R4/search.html; guides: GAP flows 4a and 4b, SAS INT_R01, INT_R04 and SOS.
 */

/** Resource type, name of the parameter, its line. */
export type ParameterTable = Readonly<Record<string, Readonly<Record<string, string>>>>;
