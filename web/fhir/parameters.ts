/** Parameters as plain objects: what the operations of the servers answer. */
import type { Json } from '../../src/fhir/resource.ts';

/** The value of a parameter or part, whatever its type. */
function parameterValue(parameter: Json): Json {
  const key = Object.keys(parameter).find((key) => key.startsWith('value'));
  return key === undefined ? undefined : parameter[key];
}

/** `part`s of every parameter of this name. */
export function partsOf(parameters: Json, name: string): Record<string, Json>[] {
  return ((parameters?.parameter ?? []) as Json[])
    .filter((parameter) => parameter.name === name)
    .map((parameter) =>
      Object.fromEntries(((parameter.part ?? []) as Json[]).map((part) => [part.name, parameterValue(part)])),
    );
}

export function parameterOf(parameters: Json, name: string): Json {
  const found = ((parameters?.parameter ?? []) as Json[]).find((parameter) => parameter.name === name);
  return found && parameterValue(found);
}
