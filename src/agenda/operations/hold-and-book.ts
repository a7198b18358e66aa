/**
 * `$hold` and `$book` (IHE ITI-116, ITI-117). A hold is a pending Appointment with the extension
 * `urn:creneau:fhir:hold`: it takes its time until the hold ends, then the time is free again. Only the holder knows
 * its id: holding it again renews it, booking it keeps the time.
 */
import { readHold, withHold } from '../../fhir/french/fr-extensions.ts';
import type { Context, EntryWrite, WriteResult } from '../../fhir/interaction.ts';
import { FhirError, type Issue } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type Appointment, asType } from '../../fhir/resources.ts';
import type { Backend, Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import type { Agendas } from '../agendas.ts';
import { applied, type BookingInput, bookingInputs } from './booking-input.ts';

const MAX_HOLD_SECONDS = 3600;

/** The means by which these operations write. */
type Writes = Pick<Backend, 'create' | 'patch' | 'transact'>;

/** Makes the appointment to store from the stored one and the input. */
type Decide = (before: Appointment | undefined, input: BookingInput) => Resource;

export function holdOperation(agendas: Agendas, backend: Writes, holdSeconds: number): Operation {
  return {
    name: 'hold',
    on: ['Appointment'],
    level: 'type',
    safe: false,
    description:
      'Retient un horaire le temps de réserver (IHE ITI-116) : appointment-reference ou appointment-resource, ' +
      `ttl en secondes (${holdSeconds}), patient-reference.`,
    async run(context, call) {
      const input = new OperationInput(call, context.base);
      const [first, second] = await bookingInputs(agendas, input, context.base);
      if (second !== undefined)
        throw new FhirError('value', 'One appointment is held at a time', {
          expression: second.path,
          text: 'On retient un seul rendez-vous à la fois.',
        });
      const until = context.now + (input.whole('ttl', 1, MAX_HOLD_SECONDS) ?? holdSeconds) * 1000;
      const hold: Decide = (before, booking) => {
        requireHolder(context, before);
        return withHold({ ...applied(before, booking), status: 'pending' }, { until, by: context.caller });
      };
      return answer(context, [await write(backend, context, first!, hold)]);
    },
  };
}

export function bookOperation(agendas: Agendas, backend: Writes): Operation {
  return {
    name: 'book',
    on: ['Appointment'],
    level: 'type',
    safe: false,
    description:
      'Réserve un horaire proposé ou retenu (IHE ITI-117) : appointment-reference ou appointment-resource ; ' +
      'plusieurs : une série, tout ou rien ; patient-reference.',
    async run(context, call) {
      const inputs = await bookingInputs(agendas, new OperationInput(call, context.base), context.base);
      const book: Decide = (before, input) => {
        requireHolder(context, before);
        return { ...withHold(applied(before, input), undefined), status: 'booked' };
      };
      const results =
        inputs.length === 1
          ? [await write(backend, context, inputs[0]!, book)]
          : await writeSeries(backend, context, inputs, book);
      return answer(context, results);
    },
  };
}

function requireHolder(context: Context, before: Appointment | undefined): void {
  const hold = before === undefined ? undefined : readHold(before);
  if (hold === undefined || hold.by === context.caller || hold.until <= context.now) return;
  throw new FhirError('conflict', 'Somebody else holds this time', {
    expression: 'Appointment.id',
    text: "Cet horaire est retenu par quelqu'un d'autre.",
  });
}

async function write(backend: Writes, context: Context, input: BookingInput, decide: Decide): Promise<WriteResult> {
  const { id, isWhole, path } = input;
  const written =
    id === undefined
      ? backend.create(context, decide(undefined, input))
      : backend.patch(context, 'Appointment', id, (before) => decide(asType(before, 'Appointment'), input), {});
  return written.catch((error) => {
    throw isWhole ? withPaths(error, (expression) => expression.replace(/^Appointment\b/, path)) : error;
  });
}

/** All or nothing. */
function writeSeries(
  backend: Writes,
  context: Context,
  inputs: readonly BookingInput[],
  decide: Decide,
): Promise<WriteResult[]> {
  const writes = inputs.map(
    (input, index): EntryWrite => ({
      index,
      fullUrl: undefined,
      type: 'Appointment',
      ...(input.id === undefined
        ? { method: 'POST', resource: decide(undefined, input) }
        : { method: 'PATCH', id: input.id, apply: (before) => decide(asType(before, 'Appointment'), input) }),
    }),
  );
  const pathOf = (_match: string, index: string): string => inputs[Number(index)]?.path ?? 'Parameters';
  return backend.transact(context, writes).catch((error) => {
    throw withPaths(error, (expression) =>
      expression.replace(/^Bundle\.entry\[(\d+)\](?:\.resource|\.request)?/, pathOf),
    );
  });
}

function answer(context: Context, results: readonly WriteResult[]): { resource: Resource; issues: Issue[] } {
  return { resource: searchset(context, results), issues: results.flatMap(({ issues = [] }) => issues) };
}

function searchset(context: Context, results: readonly WriteResult[]): Resource {
  const entry = results.map(({ stored }) => ({
    fullUrl: `${context.base}/Appointment/${stored.id}`,
    resource: parseJson(stored.body!),
    search: { mode: 'match' },
  }));
  return { resourceType: 'Bundle', type: 'searchset', total: entry.length, entry };
}

/** Translates the paths of a refusal into paths of the call. */
function withPaths(error: unknown, translate: (expression: string) => string): unknown {
  if (!(error instanceof FhirError)) return error;
  const [first, ...more] = error.issues.map((issue) => ({
    ...issue,
    expression: issue.expression?.map(translate) ?? [],
  }));
  return new FhirError(first!.code, first!.diagnostics, {
    status: error.status,
    expression: first!.expression,
    ...(first!.text ? { text: first!.text } : {}),
    more,
    cause: error.cause,
  });
}
