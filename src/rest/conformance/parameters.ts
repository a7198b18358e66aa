/**
 * The parameters of an operation call: those of the query and those of a `Parameters` body, read alike.
 * https://hl7.org/fhir/R4/operations.html#request
 */
import type { Json, Resource } from '../../fhir/resource.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { OperationCall } from '../backend.ts';

export interface CallParameters {
  /** The text of a primitive parameter; the first, when there are several. */
  first(name: string): string | undefined;
  all(name: string): string[];
  /** A value of any type: a Coding, a CodeableConcept. */
  value(name: string): Json;
  resource(name: string): Resource | undefined;
}

/** Throws 400 when `Parameters.parameter` is not a list of objects: this body has not been checked. */
export function readParameters({ query, resource }: Pick<OperationCall, 'query' | 'resource'>): CallParameters {
  const pairs = parseQuery(query);
  // This body has passed no structure check.
  const parts: Json = (resource?.resourceType === 'Parameters' && resource['parameter']) || [];
  if (!Array.isArray(parts) || parts.some((part) => part === null || typeof part !== 'object')) {
    throw new FhirError('structure', 'Parameters.parameter is a list of objects', {
      expression: 'Parameters.parameter',
      text: 'Paramètres illisibles.',
    });
  }
  const valueIn = (part: Json): Json => part[Object.keys(part).find((key) => key.startsWith('value')) ?? ''];
  const all = (name: string): string[] => [
    ...pairs.filter((pair) => pair.name === name).map((pair) => pair.value),
    ...parts
      .filter((part) => part.name === name)
      .map(valueIn)
      .filter((value) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(String),
  ];
  return {
    first: (name) => all(name)[0],
    all,
    value: (name) => parts.filter((part) => part.name === name).map(valueIn)[0],
    resource: (name) => parts.find((part) => part.name === name)?.resource,
  };
}
