/**
 * The input of an operation: the query of a GET and the Parameters of a POST, read alike.
 * https://hl7.org/fhir/R4/operations.html#request
 */
import { FhirError } from '../../fhir/issue.ts';
import { notWhole } from '../../fhir/refusals.ts';
import { extensionValue } from '../../fhir/extension.ts';
import { numberOf } from '../../fhir/json.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { Identifier, Json, Reference, Resource } from '../../fhir/resource.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import { splitEscaped } from '../../fhir/search/value.ts';
import { asType, list } from '../../fhir/resources.ts';
import type { OperationCall } from '../backend.ts';

interface Given {
  name: string;
  /** `value[x]` of Parameters, or the text of the query. */
  value: Json;
  resource?: Resource | undefined;
  /** FHIRPath, for refusals. */
  path: string;
}

/** Parameters that the HTTP layer reads. */
const OUTER = new Set(['_format', '_pretty', '_summary', '_elements']);

export class OperationInput {
  readonly given: readonly Given[];

  private readonly base: string;

  /** `base`: the address of this server. Throws 400 when the body is a resource other than Parameters. */
  constructor({ query, resource }: Pick<OperationCall, 'query' | 'resource'>, base: string) {
    this.base = base;
    if (resource !== undefined && resource.resourceType !== 'Parameters') {
      throw new FhirError('invalid', `The body is a ${resource.resourceType.slice(0, 64)}: Parameters are expected`, {
        expression: 'resourceType',
        text: 'Le contenu attendu est une ressource Parameters.',
      });
    }
    const posted = list(asType(resource, 'Parameters')?.parameter).map((parameter, i) => ({
      name: String(parameter.name),
      value: extensionValue(parameter),
      resource: parameter.resource,
      path: `Parameters.parameter[${i}]`,
    }));
    const asked = parseQuery(query)
      .filter(({ name }) => !OUTER.has(name))
      .map(({ name, value }) => ({ name, value, path: name }));
    this.given = [...asked, ...posted];
  }

  /** The names that are not among those that the operation knows. */
  unknown(known: readonly string[]): string[] {
    return [...new Set(this.given.map((given) => given.name))].filter((name) => !known.includes(name.split(':')[0]!));
  }

  all(...names: string[]): readonly Given[] {
    return this.given.filter((given) => names.includes(given.name));
  }

  /** The value of a parameter as text. Throws 400 when the parameter is repeated. */
  text(name: string): string | undefined {
    const [first, second] = this.all(name);
    if (second !== undefined)
      throw new FhirError('value', `${name} is repeated`, {
        expression: second.path,
        text: `Le paramètre « ${name} » figure deux fois.`,
      });
    if (first === undefined || first.value === undefined) return undefined;
    const { value } = first;
    return String(typeof value === 'object' ? (numberOf(value.value ?? value) ?? '') : value);
  }

  /** A whole number from `low` to `high`. Throws 400 otherwise. */
  whole(name: string, low: number, high: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= low && value <= high) return value;
    throw notWhole(name, low, high, this.all(name)[0]!.path);
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name);
    if (text === undefined || text === 'true' || text === 'false')
      return text === undefined ? undefined : text === 'true';
    throw new FhirError('value', `${name} must be true or false`, {
      expression: this.all(name)[0]!.path,
      text: `« ${name} » vaut true ou false.`,
    });
  }

  /** Tokens `system|code`; commas separate those of the query. A Coding or an Identifier becomes one token. */
  tokens(...names: string[]): string[] {
    return this.all(...names).flatMap(({ value }) =>
      typeof value === 'string'
        ? splitEscaped(value, ',')
        : [...(value?.coding ?? [value])].map(
            (coding: Json) => `${coding?.system ?? ''}|${coding?.code ?? coding?.value ?? ''}`,
          ),
    );
  }

  /**
   * References to resources of these types as `Type/id`, and identifiers (logical references, `name:identifier`) as
   * `system|value`.
   */
  references(name: string, types: readonly string[]): { literal: string[]; logical: string[] } {
    const literal: string[] = [];
    const logical: string[] = [];
    for (const { name: full, value, path } of this.given.filter((given) => given.name.split(':')[0] === name)) {
      const list: (string | Reference)[] = typeof value === 'string' ? splitEscaped(value, ',') : [value ?? {}];
      for (const item of list) {
        if (typeof item === 'string' && full.endsWith(':identifier')) logical.push(item);
        else if (typeof item === 'object' && item.reference === undefined && item.identifier?.value !== undefined)
          logical.push(tokenOf(item.identifier));
        else literal.push(this.literal(typeof item === 'string' ? item : (item.reference ?? ''), types, path));
      }
    }
    return { literal, logical };
  }

  private literal(text: string, types: readonly string[], path: string): string {
    const target = localTarget({ reference: text }, this.base);
    if (target !== undefined && types.includes(target.split('/')[0]!)) return target;
    if (types.length === 1 && /^[A-Za-z0-9\-.]{1,64}$/.test(text)) return `${types[0]}/${text}`;
    throw new FhirError('value', `A reference to ${types.join(' or ')} is expected`, {
      expression: path,
      text: `Une référence vers ${types.join(' ou ')} est attendue.`,
    });
  }
}

function tokenOf({ system, value }: Identifier): string {
  return `${system === undefined ? '' : `${system}|`}${value}`;
}
