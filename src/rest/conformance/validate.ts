/**
 * `$validate`, on a type or on one resource: does it conform to R4, to the profiles that it declares, and to those that
 * are asked for?
 * The answer is an OperationOutcome with status 200 whatever it says; a fault of the call itself is an error.
 * https://hl7.org/fhir/R4/resource-operation-validate.html
 */
import type { Context } from '../../fhir/interaction.ts';
import type { Conformance } from '../../fhir/conformance.ts';
import { FhirError, type Issue, issue, toOperationOutcome } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import type { ValidateOptions } from '../../fhir/profile/validate.ts';
import type { Json, Resource } from '../../fhir/resource.ts';
import type { Backend, Operation, OperationCall } from '../backend.ts';
import { readParameters } from './parameters.ts';

const MODES = ['create', 'update', 'delete', 'profile'] as const;

interface Validated {
  /** What can be judged when it is sent; what can be judged where it is stored. */
  types: readonly string[];
  stored: readonly string[];
  /** Entries of a Bundle. */
  most: number;
}

/** `inner`: where the stored resource is, for a call without a body. */
export function validateOperations(
  conformance: Conformance,
  { types, stored, most }: Validated,
  inner: Backend,
): Operation[] {
  const shared = {
    name: 'validate',
    safe: true,
    judges: true as const,
    definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
    description: 'Valider une ressource : R4, profils déclarés et demandés',
  };
  return [
    {
      ...shared,
      on: types,
      level: 'type',
      run: async (context, call) => ({
        resource: validate(conformance, context, call, await given(inner, context, call, most)),
      }),
    },
    {
      ...shared,
      on: stored,
      level: 'instance',
      run: async (context, call) => ({
        resource: validate(conformance, context, call, await given(inner, context, call, most)),
      }),
    },
  ];
}

interface Question extends ValidateOptions {
  resource: Resource;
}

function validate(
  conformance: Conformance,
  context: Context,
  { type, id }: OperationCall,
  { resource, ...options }: Question,
): Resource {
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
  issues.push(...conformance.validator.validate(resource, options));
  if (issues.length === 0)
    issues.push(issue('information', 'informational', 'No fault found', { text: 'Aucun défaut trouvé.' }));
  return toOperationOutcome(issues, context.requestId);
}

/** The resource, the profiles and the mode: from the query, from Parameters, or a resource alone as the body. */
async function given(inner: Backend, context: Context, call: OperationCall, most: number): Promise<Question> {
  const parameters = readParameters(call);
  const mode = parameters.one('mode');
  if (mode !== undefined && !MODES.includes(mode as never)) {
    throw new FhirError('value', `mode is one of ${MODES.join(', ')}`, {
      expression: 'mode',
      text: `« mode » : ${MODES.join(', ')}.`,
    });
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
  if (Array.isArray(entries) && entries.length > most) {
    throw new FhirError('too-costly', `The Bundle has ${entries.length} entries; the limit is ${most}`, {
      expression: 'Bundle.entry',
      text: `Trop d'entrées : ${entries.length}, limite ${most}.`,
    });
  }
  if (body !== undefined) return { resource: body, ...options };
  if (call.id === undefined) {
    throw new FhirError('required', 'There is nothing to validate: send a resource, or Parameters with one', {
      expression: 'resource',
      text: 'Rien à valider : envoyez une ressource.',
    });
  }
  const { body: text } = await inner.read(context, call.type!, call.id);
  return { resource: parseJson(text) as Json, ...options };
}
