/**
 * `$hold` and `$book` (IHE ITI-116, ITI-117). A hold is a pending Appointment with the extension
 * `urn:creneau:fhir:hold`: its time is
 * nobody else's until then, and free again by itself. Its id is known to the holder alone; holding that again renews
 * it, booking it keeps the time.
 */
import type { Context, EntryWrite, WriteResult } from '../../fhir/interaction.ts';
import { readHold, withHold } from '../../fhir/french/fr-extensions.ts';
import { FhirError } from '../../fhir/issue.ts';
import { localId, localTarget } from '../../fhir/local-reference.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Json, Resource } from '../../fhir/resource.ts';
import type { Backend, Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import type { Agendas } from '../agendas.ts';
import { isProposalId, participant, proposalOf } from './proposal.ts';

const MAX_HOLD_SECONDS = 3600;

/** What these operations write with. */
type Writes = Pick<Backend, 'create' | 'patch' | 'transact'>;

/** An Appointment to hold or to book: a new one, or one that is stored. */
interface Subject {
  id: string | undefined;
  appointment: Resource;
  /** Replaces what is stored, as far as it says anything. */
  isWhole: boolean;
  path: string;
}

export function holdOperation(agendas: Agendas, backend: Writes, holdSeconds: number): Operation {
  return {
    name: 'hold',
    on: ['Appointment'],
    level: 'type',
    safe: false,
    description: `Retient un horaire le temps de réserver (IHE ITI-116) : appointment-reference ou appointment-resource, ttl en secondes (${holdSeconds}), patient-reference.`,
    async run(context, call) {
      const input = new OperationInput(call, context.base);
      const subjects = await subjectsOf(agendas, input, context.base);
      if (subjects.length > 1)
        throw new FhirError('value', 'One appointment is held at a time', {
          expression: subjects[1]!.path,
          text: 'On retient un seul rendez-vous à la fois.',
        });
      const until = context.now + (input.whole('ttl', 1, MAX_HOLD_SECONDS) ?? holdSeconds) * 1000;
      const change = (before: Resource | undefined, subject: Subject): Resource => {
        requireHolder(context, before);
        return withHold({ ...mergedWith(before, subject), status: 'pending' }, { until, by: context.caller });
      };
      return { resource: answer(context, [await write(backend, context, subjects[0]!, change)]) };
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
      'Réserve un horaire proposé ou retenu (IHE ITI-117) : appointment-reference ou appointment-resource ; plusieurs : une série, tout ou rien ; patient-reference.',
    async run(context, call) {
      const subjects = await subjectsOf(agendas, new OperationInput(call, context.base), context.base);
      const change = (before: Resource | undefined, subject: Subject): Resource => {
        requireHolder(context, before);
        return { ...withHold(mergedWith(before, subject), undefined), status: 'booked' };
      };
      if (subjects.length === 1)
        return { resource: answer(context, [await write(backend, context, subjects[0]!, change)]) };
      const writes = subjects.map(
        (subject, index): EntryWrite => ({
          index,
          fullUrl: undefined,
          type: 'Appointment',
          ...(subject.id === undefined
            ? { method: 'POST', resource: change(undefined, subject) }
            : { method: 'PATCH', id: subject.id, apply: (before) => change(before, subject) }),
        }),
      );
      const results = await backend.transact(context, writes).catch((error) => {
        throw elsewhere(error, (path) =>
          path.replace(
            /^Bundle\.entry\[(\d+)\](?:\.resource|\.request)?/,
            (_match, index) => subjects[Number(index)]?.path ?? 'Parameters',
          ),
        );
      });
      return { resource: answer(context, results) };
    },
  };
}

async function subjectsOf(agendas: Agendas, input: OperationInput, base: string): Promise<Subject[]> {
  const given = input.all('appointment-reference', 'appointment-resource');
  if (given.length === 0) {
    throw new FhirError('required', 'appointment-reference or appointment-resource is missing', {
      expression: 'Parameters.parameter',
      text: 'Indiquez le rendez-vous : appointment-reference ou appointment-resource.',
    });
  }
  const patients = input.references('patient-reference', ['Patient']).literal;
  return Promise.all(
    given.map(async ({ name, value, resource, path }) => {
      if (name === 'appointment-resource' && resource?.resourceType !== 'Appointment') {
        throw new FhirError('value', 'appointment-resource holds an Appointment', {
          expression: path,
          text: '« appointment-resource » porte un Appointment.',
        });
      }
      const id = resource === undefined ? appointmentId(String(value?.reference ?? value ?? ''), base) : resource.id;
      if (resource === undefined && id === undefined)
        throw new FhirError('value', 'A reference to an Appointment is expected', {
          expression: path,
          text: 'Une référence vers un rendez-vous est attendue.',
        });
      const isStored = id !== undefined && !isProposalId(id);
      const plain =
        resource ?? (isStored ? ({ resourceType: 'Appointment' } as Resource) : await proposalOf(agendas, id!));
      const { id: _, ...content } = plain;
      return {
        id: isStored ? id : undefined,
        appointment: withPatients(content as Resource, patients, base),
        isWhole: resource !== undefined,
        path: resource === undefined ? path : `${path}.resource`,
      };
    }),
  );
}

/** The reference of a caller to an Appointment, which may be its bare id. */
function appointmentId(reference: string, base: string): string | undefined {
  return /^[A-Za-z0-9\-.]{1,64}$/.test(reference) ? reference : localId({ reference }, 'Appointment', base);
}

function withPatients(appointment: Resource, patients: readonly string[], base?: string): Resource {
  const own = (appointment['participant'] as Json[] | undefined) ?? [];
  const missing = patients.filter((patient) => !own.some(({ actor }) => localTarget(actor, base) === patient));
  return missing.length === 0
    ? appointment
    : { ...appointment, participant: [...own, ...missing.map((one) => participant(one, 'accepted'))] };
}

/** What is stored, with what the caller says of it: a whole resource takes its place, patients join. */
function mergedWith(before: Resource | undefined, { appointment, isWhole }: Subject): Resource {
  if (before === undefined || isWhole) return appointment;
  const joining = ((appointment['participant'] as Json[] | undefined) ?? []).map(
    (participant) => participant.actor.reference as string,
  );
  return withPatients({ ...before, cancelationReason: undefined }, joining);
}

function requireHolder(context: Context, before: Resource | undefined): void {
  const hold = before === undefined ? undefined : readHold(before);
  if (hold === undefined || hold.by === context.caller || hold.until <= context.now) return;
  throw new FhirError('conflict', 'Somebody else holds this time', {
    expression: 'Appointment.id',
    text: "Cet horaire est retenu par quelqu'un d'autre.",
  });
}

async function write(
  backend: Writes,
  context: Context,
  subject: Subject,
  change: (before: Resource | undefined, subject: Subject) => Resource,
): Promise<WriteResult> {
  const { id, isWhole, path } = subject;
  const written =
    id === undefined
      ? backend.create(context, change(undefined, subject))
      : backend.patch(context, 'Appointment', id, (before) => change(before, subject), {});
  return written.catch((error) => {
    throw isWhole ? elsewhere(error, (place) => place.replace(/^Appointment\b/, path)) : error;
  });
}

function answer(context: Context, results: readonly WriteResult[]): Resource {
  const entry = results.map(({ stored }) => ({
    fullUrl: `${context.base}/Appointment/${stored.id}`,
    resource: parseJson(stored.body!),
    search: { mode: 'match' },
  }));
  return { resourceType: 'Bundle', type: 'searchset', total: entry.length, entry };
}

/** The places of a refusal, as places in what the caller sent. */
function elsewhere(error: unknown, place: (path: string) => string): unknown {
  if (!(error instanceof FhirError)) return error;
  const [first, ...more] = error.issues.map((issue) => ({ ...issue, expression: issue.expression?.map(place) ?? [] }));
  return new FhirError(first!.code, first!.diagnostics, {
    status: error.status,
    expression: first!.expression,
    ...(first!.text ? { text: first!.text } : {}),
    more,
    cause: error.cause,
  });
}
