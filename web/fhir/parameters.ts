/** The Parameters that the operations of the servers answer, read by name. */
import type { Json } from '../../src/fhir/resource.ts';
import type { Parameter, Parameters } from '../../src/fhir/foundation.ts';
import { list } from '../../src/fhir/resources.ts';

/** The parts of one parameter by name, for parameters whose parts occur once. */
export type Parts = Record<string, Json>;

/** The parameters of this name. */
export function parametersNamed(parameters: Parameters | undefined, name: string): Parameter[] {
  return list(parameters?.parameter).filter((parameter) => parameter.name === name);
}

/** The parts of this name in one parameter. */
export function partsNamed(parameter: Parameter, name: string): Parameter[] {
  return list(parameter.part).filter((part) => part.name === name);
}

/** The values of the parts of this name in one parameter. */
export function partValues(parameter: Parameter, name: string): Json[] {
  return partsNamed(parameter, name).map(anyValue);
}

/** The value of the first part of this name. */
export function partValue(parameter: Parameter, name: string): Json {
  return partValues(parameter, name)[0];
}

/** The parts of every parameter of this name. */
export function partsOf(parameters: Parameters | undefined, name: string): Parts[] {
  return parametersNamed(parameters, name).map((parameter) =>
    Object.fromEntries(list(parameter.part).map((part) => [part.name, anyValue(part)])),
  );
}

/** The value of the first parameter of this name. */
export function parameterValue(parameters: Parameters | undefined, name: string): Json {
  return anyValue(parametersNamed(parameters, name)[0]);
}

/** The value of a parameter or a part, whatever its type, or its resource. */
function anyValue(parameter: Parameter | undefined): Json {
  if (parameter === undefined) return undefined;
  const key = Object.keys(parameter).find((candidate) => candidate.startsWith('value'));
  return key === undefined ? parameter.resource : parameter[key];
}
