/** The appointments in a call of `$hold` or `$book`: whole resources, proposals of `$find`, or stored appointments. */
import { FhirError } from '../../fhir/issue.ts';
import { localId, localTarget } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type Appointment, isType, list } from '../../fhir/resources.ts';
import type { OperationInput } from '../../rest/operations/operation-input.ts';
import type { Agendas } from '../agendas.ts';
import { isProposalId, participant, proposalOf } from './proposal.ts';

export interface BookingInput {
  /** Id of a stored appointment. */
  id: string | undefined;
  /** The appointment as sent or proposed; `undefined` for a reference to a stored one. */
  content: Appointment | undefined;
  /** References of the patients who join. */
  patients: readonly string[];
  /** Where the caller wrote it, for errors. */
  path: string;
  /** True for a whole resource: the paths of its errors lie inside `path`. */
  isWhole: boolean;
}

/** `base`: the address of this server. */
export async function bookingInputs(agendas: Agendas, input: OperationInput, base: string): Promise<BookingInput[]> {
  const values = input.all('appointment-reference', 'appointment-resource');
  if (values.length === 0) {
    throw new FhirError('required', 'appointment-reference or appointment-resource is missing', {
      expression: 'Parameters.parameter',
      text: 'Indiquez le rendez-vous : appointment-reference ou appointment-resource.',
    });
  }
  const patients = input.references('patient-reference', ['Patient']).literal;
  const whole = (resource: Resource | undefined, path: string): BookingInput => {
    const { id, content } = wholeResource(resource, path);
    // As sent, so perhaps by the address of this server.
    const present = list(content.participant).map(({ actor }) => localTarget(actor, base));
    const joining = patients.filter((patient) => !present.includes(patient));
    return { id, content, patients: joining, path: `${path}.resource`, isWhole: true };
  };
  return Promise.all(
    values.map(async ({ name, value, resource, path }) => {
      if (name === 'appointment-resource' || resource !== undefined) return whole(resource, path);
      const id = referencedId(value, path, base);
      if (!isProposalId(id)) return { id, content: undefined, patients, path, isWhole: false };
      return { id: undefined, content: withoutId(await proposalOf(agendas, id)), patients, path, isWhole: false };
    }),
  );
}

/** The appointment as the call leaves it. */
export function applied(before: Appointment | undefined, { content, patients }: BookingInput): Appointment {
  const appointment = content ?? { ...before!, cancelationReason: undefined };
  const present = list(appointment.participant);
  const joining = patients.filter((patient) => !present.some(({ actor }) => localTarget(actor) === patient));
  if (joining.length === 0) return appointment;
  return { ...appointment, participant: [...present, ...joining.map((patient) => participant(patient, 'accepted'))] };
}

function wholeResource(resource: Resource | undefined, path: string): { id: string | undefined; content: Appointment } {
  if (resource === undefined || !isType(resource, 'Appointment')) {
    throw new FhirError('value', 'appointment-resource holds an Appointment', {
      expression: path,
      text: '« appointment-resource » porte un Appointment.',
    });
  }
  const { id } = resource;
  return { id: id === undefined || isProposalId(id) ? undefined : id, content: withoutId(resource) };
}

/** `value`: a Reference, or the text of a query. */
function referencedId(value: { reference?: string } | string | undefined, path: string, base: string): string {
  const reference = String((typeof value === 'object' ? value.reference : value) ?? '');
  const isBareId = /^[A-Za-z0-9\-.]{1,64}$/.test(reference);
  const id = isBareId ? reference : localId({ reference }, 'Appointment', base);
  if (id !== undefined) return id;
  throw new FhirError('value', 'A reference to an Appointment is expected', {
    expression: path,
    text: 'Une référence vers un rendez-vous est attendue.',
  });
}

function withoutId({ id: _, ...content }: Appointment): Appointment {
  return content;
}
