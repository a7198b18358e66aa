/**
 * Writes our own tables as resources of the standard: profiles, code systems, value sets, search parameters and
 * operations.
 * https://hl7.org/fhir/R4/conformance-module.html
 */
import type { ProfileDefinition } from '../../fhir/profile/definition.ts';
import { toStructureDefinition } from '../../fhir/profile/structure-definition.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type SearchParameter, searchParameters } from '../../fhir/search/parameters.ts';
import type { CodeSystem, ValueSet } from '../../fhir/terminology/code-system.ts';
import { type Backend, operationUrl } from '../backend.ts';
import { standardParameter } from '../standard-parameters.ts';
import { SEARCH_TYPE, searchParameterUrl, STATEMENT_DATE } from '../capability.ts';

const SHARED = { status: 'active', date: STATEMENT_DATE, publisher: 'Créneau' };

/** Makes an id from the end of a URL: `TRE-R38-SpecialiteOrdinale`. */
export function idOf(url: string): string {
  return url
    .slice(url.lastIndexOf('/') + 1)
    .replace(/[^A-Za-z0-9\-.]/g, '-')
    .slice(-60);
}

/** Makes a name that is valid in programs: `TRE_R38_SpecialiteOrdinale`. */
function nameOf(url: string): string {
  const name = idOf(url).replace(/[^A-Za-z0-9]/g, '_');
  return /^[A-Z]/.test(name) ? name : `${name[0]!.toUpperCase()}${name.slice(1)}`.replace(/^[^A-Z]/, 'N$&');
}

export function profileResource(profile: ProfileDefinition): Resource {
  return { ...toStructureDefinition(profile), id: idOf(profile.url), name: nameOf(profile.url) };
}

export function codeSystemResource({ url, title, isComplete, caseInsensitive, concepts }: CodeSystem): Resource {
  return {
    resourceType: 'CodeSystem',
    id: idOf(url),
    url,
    name: nameOf(url),
    ...(title ? { title } : {}),
    ...SHARED,
    caseSensitive: caseInsensitive !== true,
    content: isComplete ? 'complete' : 'fragment',
    count: concepts.size,
    concept: [...concepts.values()].map(({ code, display }) => ({ code, ...(display ? { display } : {}) })),
  };
}

export function valueSetResource({ url, title, include }: ValueSet): Resource {
  return {
    resourceType: 'ValueSet',
    id: idOf(url),
    url,
    name: nameOf(url),
    ...(title ? { title } : {}),
    ...SHARED,
    compose: {
      include: include.map(({ system, codes, valueSets }) => ({
        ...(system ? { system } : {}),
        ...(codes ? { concept: codes.map((code) => ({ code })) } : {}),
        ...(valueSets ? { valueSet: [...valueSets] } : {}),
      })),
    },
  };
}

/** A SearchParameter for each parameter of each type that can be searched. */
/** Those of our own: the standard publishes the others. */
export function searchParameterResources({ served }: Pick<Backend, 'served'>): Resource[] {
  return [...served]
    .filter(([, interactions]) => interactions.includes('search-type'))
    .flatMap(([type]) =>
      [...searchParameters(type).values()]
        .filter(({ name }) => standardParameter(type, name) === undefined)
        .map((parameter) => searchParameterResource(type, parameter)),
    );
}

function searchParameterResource(type: string, { name, kind, paths, targets }: SearchParameter): Resource {
  const id = `${type}-${name.replace(/^_/, '')}`;
  const expression = paths.map((path) => `${type}.${fhirPath(path)}`).join(' | ');
  return {
    resourceType: 'SearchParameter',
    id,
    url: searchParameterUrl(type, name),
    name: nameOf(id),
    ...SHARED,
    description: `${type} par ${name}`,
    code: name,
    base: [type],
    type: SEARCH_TYPE[kind],
    expression,
    ...(kind === 'reference' ? { target: targets.length > 0 ? [...targets] : ['Resource'] } : {}),
  };
}

/**
 * Writes a path of the parameter table as FHIRPath: `ext(URL).valueHumanName` becomes `extension('URL').value`,
 * `telecom[phone]` becomes `telecom.where(system='phone')`, `participant[ENT]` a condition on the codes of its types.
 */
function fhirPath(path: string): string {
  return path
    .replace(/ext\(([^)]+)\)/g, "extension('$1')")
    .replace(/\bvalue[A-Z]\w*/g, 'value')
    .replace(/contained\[(\w+)\]/g, 'contained.ofType($1)')
    .replace(/participant\[(\w+)\]/g, "participant.where(type.coding.where(code='$1').exists())")
    .replace(/(\w+)\[(\w+)\]/g, "$1.where(system='$2')");
}

/** A definition for each operation that the standard does not define, whatever the number of its levels. */
export function operationResources({ operations }: Pick<Backend, 'operations'>): Resource[] {
  const own = operations.filter((operation) => operation.definition === undefined);
  return [...new Set(own.map((operation) => operation.name))].map((code) => {
    const levels = own.filter((operation) => operation.name === code);
    const types = [...new Set(levels.flatMap(({ on }) => (on === 'system' ? [] : on)))];
    const at = (level: string): boolean => levels.some((operation) => operation.level === level);
    return {
      resourceType: 'OperationDefinition',
      id: code,
      url: operationUrl(levels[0]!),
      name: nameOf(code),
      ...SHARED,
      kind: 'operation',
      description: levels[0]!.description,
      affectsState: !levels[0]!.safe,
      code,
      ...(types.length > 0 ? { resource: types } : {}),
      ...{ system: at('system'), type: at('type'), instance: at('instance') },
    };
  });
}
