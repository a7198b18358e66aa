/**
 * The erasure of a patient: the patient, the relatives, and the appointments of nobody else are deleted like any other
 * resource, so that followers hear of it; then every version of them loses its content. Appointments of several
 * patients lose this one.
 */
import { participantsOf } from '../../fhir/actors.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, notFound } from '../../fhir/issue.ts';
import { parseResource, stringifyJson } from '../../fhir/json.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type Appointment, asType, list } from '../../fhir/resources.ts';
import type { Erased, Erasure } from '../../store/records/erasure.ts';
import type { Repository } from '../../store/write/repository.ts';

export interface ErasureParts {
  repository: Repository;
  erasure: Erasure;
}

/** `Type/id` of everything that goes, and of the appointments that lose the patient. */
interface ErasurePlan {
  whole: string[];
  shared: string[];
  people: string[];
}

/** A visit that is over took place, whatever its status says. */
const TAKES_PLACE: ReadonlySet<string> = new Set([
  'booked',
  'pending',
  'proposed',
  'arrived',
  'checked-in',
  'waitlist',
]);

/** The role of the caller was judged at the door. Rules about hours and owners do not hinder the law. */
export function erasingContext(context: Context): Context {
  const { person: _, grants: __, ...rest } = context;
  return { ...rest, roles: ['*', 'declare'], loading: true, isErasure: true };
}

/** Throws 404 for a patient who never was, `business-rule` (422) for one with appointments to come. */
export async function planErasure(
  { repository, erasure }: ErasureParts,
  id: string,
  now: number,
): Promise<ErasurePlan> {
  const { reader } = repository;
  if ((await reader.read('Patient', id)) === undefined) throw notFound('Patient', id);
  const patient = `Patient/${id}`;
  const relatives = await erasure.mentioning('RelatedPerson', [patient]);
  const people = [patient, ...relatives.map((relative) => `RelatedPerson/${relative}`)];
  const whole: string[] = [];
  const shared: string[] = [];
  for (const appointment of await erasure.mentioning('Appointment', people)) {
    const reference = `Appointment/${appointment}`;
    const versions = (await erasure.versions('Appointment', appointment)).map(({ body }) =>
      parseResource('Appointment', body),
    );
    const current = await reader.read('Appointment', appointment);
    const isLiving = current?.body !== undefined;
    if (isLiving) requireOver(parseResource('Appointment', current.body!), people, now);
    const isShared = versions.some((version) => othersIn(version, people).length > 0);
    (isShared && isLiving ? shared : whole).push(reference);
  }
  const responses = await erasure.mentioning('AppointmentResponse', [...people, ...whole]);
  // Of a shared appointment, those that name the patient. Their files go with them (ADR 0031).
  const documents = await erasure.mentioning('DocumentReference', [...people, ...whole]);
  const files = await erasure.mentioning('Binary', whole);
  const around = [
    ...documents.map((document) => `DocumentReference/${document}`),
    ...files.map((file) => `Binary/${file}`),
    ...responses.map((response) => `AppointmentResponse/${response}`),
  ];
  return { whole: [...around, ...whole], shared, people };
}

function requireOver(appointment: Appointment, people: readonly string[], now: number): void {
  const isToCome = Date.parse(appointment.end ?? appointment.start ?? '') > now;
  if (!isToCome || !TAKES_PLACE.has(appointment.status)) return;
  if (!participantsOf(appointment).some((participant) => people.includes(participant))) return;
  throw new FhirError('business-rule', 'This patient has appointments to come: cancel them first', {
    expression: 'Appointment.start',
    text: "Ce patient a des rendez-vous à venir : annulez-les d'abord.",
  });
}

function othersIn(appointment: Appointment, people: readonly string[]): string[] {
  return participantsOf(appointment).filter(
    (participant) => /^(Patient|RelatedPerson)\//.test(participant) && !people.includes(participant),
  );
}

/** May be repeated: what is done already is left alone. */
export async function erasePatient(parts: ErasureParts, context: Context, plan: ErasurePlan): Promise<Erased> {
  const { repository, erasure } = parts;
  const own = erasingContext(context);
  for (const reference of plan.shared) await leaveShared(parts, own, reference.split('/')[1]!, plan.people);
  const order = [...plan.whole, ...[...plan.people].reverse()];
  for (const reference of order) await removeLiving(repository, own, reference);
  return erasure.erase(order);
}

/** Deletes it, unless it is. */
export async function removeLiving(repository: Repository, context: Context, reference: string): Promise<void> {
  const [type = '', id = ''] = reference.split('/');
  const found = await repository.reader.read(type, id);
  if (found?.body !== undefined) await repository.delete(context, type, id, {});
}

async function leaveShared(
  { repository, erasure }: ErasureParts,
  context: Context,
  id: string,
  people: readonly string[],
): Promise<void> {
  const without = (resource: Resource): Resource => withoutPeople(asType(resource, 'Appointment')!, people);
  await repository.patch(context, 'Appointment', id, without, {});
  const versions = await erasure.versions('Appointment', id);
  const older = versions.slice(0, -1).map(({ version, body }) => {
    const {
      comment: _,
      description: __,
      patientInstruction: ___,
      ...rest
    } = without(parseResource('Appointment', body));
    return { version, body: stringifyJson(rest) };
  });
  await erasure.rewrite('Appointment', id, older);
}

function withoutPeople(appointment: Appointment, people: readonly string[]): Appointment {
  const participant = list(appointment.participant).filter(({ actor }) => !people.includes(localTarget(actor) ?? ''));
  return { ...appointment, participant };
}
