/**
 * `$validate`, on a type or on one resource: checks it against R4, the profiles that it declares and those that the
 * caller names. The answer is an OperationOutcome with status 200 whatever it reports; only a fault of the call itself
 * is an error.
 * https://hl7.org/fhir/R4/resource-operation-validate.html
 */
import type { Context } from '../../fhir/interaction.ts';
import type { Conformance } from '../../fhir/conformance.ts';
import { FhirError, type Issue, issue, toOperationOutcome } from '../../fhir/issue.ts';
import { notListed, tooManyEntries } from '../../fhir/refusals.ts';
import type { ValidateOptions } from '../../fhir/profile/validate.ts';
import type { Resource } from '../../fhir/resource.ts';
import { parseAnyResource } from '../../fhir/json.ts';
import type { Backend, Operation, OperationCall } from '../backend.ts';
import { readParameters } from './parameters.ts';
import { processorBudget } from './processor-budget.ts';
import { type Rehearsed, rehearse } from './rehearsal.ts';

const MODES = ['create', 'update', 'delete', 'profile'] as const;

/**
 * `types`: those whose resources a caller may send. Resources of every type that `backend` reads can be checked where
 * they are stored, by a call without a body.
 */
export function validateOperations(
  conformance: Conformance,
  backend: Rehearsed & Pick<Backend, 'read'>,
  types: readonly string[],
  maxEntries: number,
): Operation[] {
  const shared = {
    name: 'validate',
    safe: true,
    takesUnchecked: true as const,
    definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
    description: 'Valider une ressource : R4, profils déclarés et demandés',
  };
  const run: Operation['run'] = async (context, call) => ({
    resource: await validate(conformance, backend, context, call, await readCall(backend, context, call, maxEntries)),
  });
  const readable = [...backend.served].filter(([, offered]) => offered.includes('read')).map(([type]) => type);
  return [
    { ...shared, on: types, level: 'type', run },
    { ...shared, on: readable, level: 'instance', run },
  ];
}

/** Faults without which the rules of a write cannot be asked: they compute with what is there. */
const SHAPE: ReadonlySet<string> = new Set(['structure', 'required', 'value', 'code-invalid', 'invalid']);

interface ValidateCall extends ValidateOptions {
  resource: Resource;
}

async function validate(
  conformance: Conformance,
  backend: Rehearsed,
  context: Context,
  call: OperationCall,
  { resource, ...options }: ValidateCall,
): Promise<Resource> {
  const { type, id } = call;
  const { mode } = options;
  const issues: Issue[] = [];
  if (typeof resource.resourceType === 'string' && resource.resourceType !== type)
    issues.push(
      issue(
        'error',
        'invalid',
        `The resource is of type ${resource.resourceType.slice(0, 64)}, the address says ${type}`,
        { expression: 'resourceType', text: `Le contenu ne correspond pas à l'adresse : ${type} attendu.` },
      ),
    );
  if (id !== undefined && options.mode === 'update' && resource.id !== undefined && resource.id !== id)
    issues.push(
      issue('error', 'invalid', "The body's id differs from the address", {
        expression: `${type}.id`,
        text: "L'identifiant du contenu diffère de celui de l'adresse.",
      }),
    );
  issues.push(...conformance.validator.validate(resource, { ...options, spend: processorBudget() }));
  const isShaped = !issues.some(
    ({ severity, code }) => severity === 'fatal' || (severity === 'error' && SHAPE.has(code)),
  );
  if (isShaped && (mode === 'create' || mode === 'update')) {
    const known = new Set(issues.map(({ diagnostics }) => diagnostics));
    const refused = await rehearse(backend, context, call, resource, mode);
    issues.push(...refused.filter(({ diagnostics }) => !known.has(diagnostics)));
  }
  if (issues.length === 0)
    issues.push(issue('information', 'informational', 'No fault found', { text: 'Aucun défaut trouvé.' }));
  return toOperationOutcome(issues, context.requestId);
}

/**
 * Takes the resource, the profiles and the mode from the query, from Parameters, or from a body that is the resource
 * itself.
 */
async function readCall(
  backend: Pick<Backend, 'read'>,
  context: Context,
  call: OperationCall,
  maxEntries: number,
): Promise<ValidateCall> {
  const parameters = readParameters(call);
  const mode = parameters.first('mode');
  if (mode !== undefined && !MODES.includes(mode as never)) {
    throw notListed('mode', MODES);
  }
  const body =
    call.resource?.resourceType === 'Parameters' && call.type !== 'Parameters'
      ? parameters.resource('resource')
      : call.resource;
  const options = {
    profiles: parameters.all('profile'),
    ...(mode === undefined ? {} : { mode: mode as NonNullable<ValidateOptions['mode']> }),
  };
  const entries: unknown = body?.resourceType === 'Bundle' ? body['entry'] : undefined;
  if (Array.isArray(entries) && entries.length > maxEntries) {
    throw tooManyEntries(entries.length, maxEntries);
  }
  if (body !== undefined) return { resource: body, ...options };
  if (call.id === undefined) {
    throw new FhirError('required', 'Send a resource to validate, or Parameters with a resource', {
      expression: 'resource',
      text: 'Rien à valider : envoyez une ressource.',
    });
  }
  const { body: text } = await backend.read(context, call.type!, call.id);
  return { resource: parseAnyResource(text), ...options };
}
