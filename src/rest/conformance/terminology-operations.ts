/**
 * `ValueSet/$expand`, `ValueSet/$validate-code` and `CodeSystem/$lookup`, over the value sets and code systems that the
 * profiles bind and those that were loaded. https://hl7.org/fhir/R4/terminology-service.html
 */
import type { Context } from '../../fhir/interaction.ts';
import type { Conformance } from '../../fhir/conformance.ts';
import { FhirError } from '../../fhir/issue.ts';
import { notWhole } from '../../fhir/refusals.ts';
import type { Json, Resource } from '../../fhir/resource.ts';
import type { Terminology } from '../../fhir/terminology/terminology.ts';
import type { Operation, OperationCall } from '../backend.ts';
import type { Definitions } from './definitions.ts';
import { type CallParameters, readParameters } from './parameters.ts';

/** Codes of one answer, unless `count` asks for fewer. */
const MAX_CODES = 5_000;

export function terminologyOperations({ terminology }: Conformance, definitions: Definitions): Operation[] {
  const urlOf = (call: OperationCall, parameters: CallParameters): string =>
    call.id === undefined ? required(parameters, 'url') : String(definitions.get('ValueSet', call.id)['url']);
  const onSets = (
    name: string,
    description: string,
    answer: (url: string, parameters: CallParameters, context: Context) => Resource,
  ): Operation[] =>
    (['type', 'instance'] as const).map((level) => ({
      ...{
        name,
        on: ['ValueSet'],
        level,
        safe: true,
        description,
        definition: `http://hl7.org/fhir/OperationDefinition/ValueSet-${name}`,
      },
      run: async (context, call) => {
        const parameters = readParameters(call);
        return { resource: answer(urlOf(call, parameters), parameters, context) };
      },
    }));
  return [
    ...onSets('expand', 'Les codes d’un jeu de valeurs (url, filter, offset, count)', (url, parameters, context) =>
      expand(terminology, url, parameters, context),
    ),
    ...onSets('validate-code', 'Un code est-il du jeu de valeurs (url, code, system, display) ?', (url, parameters) =>
      validateCode(terminology, url, parameters),
    ),
    {
      ...{
        name: 'lookup',
        on: ['CodeSystem'],
        level: 'type',
        safe: true,
        description: 'Le sens d’un code (system, code)',
        definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup',
      },
      run: async (_context, call) => ({ resource: lookup(terminology, readParameters(call)) }),
    },
  ];
}

function expand(
  terminology: Terminology,
  url: string,
  parameters: CallParameters,
  { now, requestId }: Context,
): Resource {
  const all = terminology.expand(url, parameters.first('filter'));
  if (all === undefined) throw unknown('value set', url, 'url');
  const offset = number(parameters, 'offset') ?? 0;
  const count = Math.min(number(parameters, 'count') ?? MAX_CODES, MAX_CODES);
  const contains = all
    .slice(offset, offset + count)
    .map(({ system, code, display }) => ({ system, code, ...(display ? { display } : {}) }));
  return {
    resourceType: 'ValueSet',
    url,
    status: 'active',
    expansion: {
      identifier: `urn:uuid:${requestId}`,
      timestamp: new Date(now).toISOString(),
      total: all.length,
      offset,
      // A code system that is known in part gives a part of the expansion.
      ...(terminology.isComplete(url) ? {} : { parameter: [{ name: 'limitedExpansion', valueBoolean: true }] }),
      ...(contains.length > 0 ? { contains } : {}),
    },
  };
}

function validateCode(terminology: Terminology, url: string, parameters: CallParameters): Resource {
  const coding = parameters.value('coding') ??
    parameters.value('codeableConcept') ?? {
      code: required(parameters, 'code'),
      ...(parameters.first('system') ? { system: parameters.first('system') } : {}),
    };
  if (terminology.expand(url) === undefined) throw unknown('value set', url, 'url');
  const result = terminology.includes(url, coding);
  const codings: Json[] = coding.coding ?? [coding];
  const meant = codings
    .map(({ system, code }) =>
      system === undefined
        ? terminology.expand(url)!.find((concept) => concept.code === code)
        : terminology.lookup(String(system), String(code)),
    )
    .find((concept) => concept !== undefined);
  const display = parameters.first('display') ?? codings[0]?.display;
  const isOtherWord =
    result === true &&
    display !== undefined &&
    meant?.display !== undefined &&
    display.toLowerCase() !== meant.display.toLowerCase();
  const message =
    result === undefined
      ? 'Liste connue en partie seulement : code ni confirmé, ni infirmé.'
      : result === false
        ? `Code absent du jeu de valeurs ${url}.`
        : isOtherWord
          ? `Le libellé attendu est « ${meant!.display} ».`
          : undefined;
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'result', valueBoolean: result === true && !isOtherWord },
      ...(message ? [{ name: 'message', valueString: message }] : []),
      ...(meant?.display ? [{ name: 'display', valueString: meant.display }] : []),
    ],
  };
}

function lookup(terminology: Terminology, parameters: CallParameters): Resource {
  const coding: Json = parameters.value('coding') ?? {};
  const system = String(coding.system ?? required(parameters, 'system'));
  const code = String(coding.code ?? required(parameters, 'code'));
  const found = terminology.lookup(system, code);
  if (found === undefined) {
    if (!terminology.knowsSystem(system)) throw unknown('code system', system, 'system');
    throw new FhirError('not-found', `${system.slice(0, 200)} has no code ${code.slice(0, 64)} here`, {
      expression: 'code',
      text: `Code inconnu dans cette nomenclature : « ${code.slice(0, 64)} ».`,
    });
  }
  return {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'name',
        valueString:
          terminology.codeSystems().find((codeSystem) => codeSystem.url === system)?.title ??
          system.slice(system.lastIndexOf('/') + 1),
      },
      { name: 'display', valueString: found.display ?? found.code },
      { name: 'code', valueCode: found.code },
      { name: 'system', valueUri: system },
    ],
  };
}

function required(parameters: CallParameters, name: string): string {
  const value = parameters.first(name);
  if (value === undefined || value === '')
    throw new FhirError('required', `The parameter ${name} is needed`, {
      expression: name,
      text: `Le paramètre « ${name} » manque.`,
    });
  return value;
}

function number(parameters: CallParameters, name: string): number | undefined {
  const text = parameters.first(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text)) throw notWhole(name, 0, 999_999);
  return Number(text);
}

function unknown(what: string, url: string, expression: string): FhirError {
  return new FhirError('not-found', `The ${what} ${url.slice(0, 200)} is unknown here`, {
    expression,
    text: `Inconnu ici : ${url.slice(0, 200)}.`,
  });
}
