/**
 * The rule of answers: an AppointmentResponse changes the status of its participant, and of the appointment if the
 * answer decides it, in the same commit. A time that it proposes is kept with it and changes nothing. ADR 0029
 */
import { brokenRule, FhirError } from '../../fhir/issue.ts';
import type { Context } from '../../fhir/interaction.ts';
import { parseResource } from '../../fhir/json.ts';
import { localId } from '../../fhir/local-reference.ts';
import type { CodeableConcept, Reference } from '../../fhir/resource.ts';
import { type Appointment, type AppointmentResponse, list } from '../../fhir/resources.ts';
import { isAnswerable, isDeclined } from '../../scheduling/answers.ts';
import type { Unit } from '../../store/write/unit.ts';
import { versionAfter } from '../../store/write/version-floor.ts';
import { writeFact } from '../../store/write/write-fact.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import { concernedAgendas } from './addressed.ts';
import { type AppointmentActor, actorIn, actorsOf } from './appointment-actors.ts';
import { isActorOf, namedSlots } from './occupation.ts';
import type { RuleServices } from './services.ts';

/** `write`: the rules of an Appointment, without those about the person who writes. */
export async function writeResponse(
  services: RuleServices,
  context: Context,
  change: Change,
  unit: Unit,
  write: (appointment: Change) => Promise<void>,
): Promise<void> {
  const { before, after } = sidesOf(change, 'AppointmentResponse');
  if (after !== undefined) checkShape(before, after);
  const id = appointmentId(after ?? before!);
  const stored = await services.reader.read('Appointment', id);
  if (stored?.body === undefined) return;
  const appointment = parseResource('Appointment', stored.body);
  const answered = after && (await answeredBy(services, appointment, before, after));
  if (answered !== undefined) {
    if (unit.pending('Appointment', id) !== undefined) throw writtenTwice();
    const version = versionAfter(services.reader.database, stored.version);
    const lastUpdated = new Date(Math.max(context.now, stored.updatedAt)).toISOString();
    const nested: Change = {
      ...{ method: 'PUT', type: 'Appointment', id, version, previousAt: stored.updatedAt },
      before: appointment,
      after: { ...answered, meta: { ...appointment.meta, versionId: String(version), lastUpdated } },
    };
    // Another writer who is faster makes this commit stale: the answer is then decided again on what that one left.
    unit.follow('Appointment', id, stored.version);
    await write(nested);
    unit.audit(writeFact(context, nested, unit));
    unit.put(nested.after!, 'PUT');
  }
  for (const { schedule } of await concernedAgendas(services, appointment)) unit.concern(schedule);
}

/** True if the caller, a person, is the actor, acts for the actor, or may write for the patient. */
export async function mayAnswer(
  services: RuleServices,
  own: { agendas: readonly string[]; actors: readonly string[] },
  writesPatients: boolean,
  response: AppointmentResponse,
): Promise<boolean> {
  const stored = await services.reader.read('Appointment', localId(response.appointment, 'Appointment') ?? '');
  const appointment = stored?.body === undefined ? undefined : parseResource('Appointment', stored.body);
  const participants = appointment === undefined ? [] : await participantsNamed(services, appointment, response);
  const actor = await actorIn(services.reader, response.actor);
  const names = [actor, ...participants.map((participant) => participant.actor)].flatMap((named) =>
    named === undefined ? [] : namesOf(named),
  );
  if (names.some((name) => own.actors.includes(name))) return true;
  if (writesPatients && names.some((name) => /^(Patient|RelatedPerson)\//.test(name))) return true;
  const managed = (appointment === undefined ? [] : await concernedAgendas(services, appointment)).filter(
    ({ schedule }) => own.agendas.includes(schedule),
  );
  return managed.some(({ actors, keys }) => names.some((name) => actors.includes(name) || keys.includes(name)));
}

/** The appointment of a response, on this server. Throws `business-rule` (422). */
export function appointmentId({ appointment }: AppointmentResponse): string {
  const id = localId(appointment, 'Appointment');
  if (id !== undefined) return id;
  throw brokenRule(
    'A response answers an Appointment of this server',
    "Une réponse porte sur un rendez-vous d'ici.",
    'AppointmentResponse.appointment',
  );
}

function checkShape(before: AppointmentResponse | undefined, after: AppointmentResponse): void {
  const { start, end } = after;
  if (start !== undefined && end !== undefined && Date.parse(end) <= Date.parse(start))
    throw brokenRule(
      'The proposed time ends before it starts',
      "La fin de l'horaire proposé doit suivre son début.",
      'AppointmentResponse.end',
    );
  if (before === undefined) return;
  const subject = ({ appointment, actor, participantType }: AppointmentResponse): string =>
    JSON.stringify([appointment.reference, actor?.reference, actor?.identifier?.value, participantType]);
  if (subject(before) !== subject(after))
    throw brokenRule(
      'A response stays that of its participant to its appointment: write another one',
      "Une réponse reste celle d'un participant à un rendez-vous : écrivez-en une autre.",
      'AppointmentResponse.appointment',
    );
}

/** The appointment with the answer; `undefined` if nothing changes. Throws where the answer is none to it. */
async function answeredBy(
  services: RuleServices,
  appointment: Appointment,
  before: AppointmentResponse | undefined,
  response: AppointmentResponse,
): Promise<Appointment | undefined> {
  const participants = await participantsNamed(services, appointment, response);
  requireParticipant(response, participants.length);
  const { participantStatus: status, start, end } = response;
  if (before?.participantStatus === status && before.start === start && before.end === end) return undefined;
  if (!isAnswerable(appointment)) throw tooLate(appointment);
  if (status === 'accepted') requireSameTime(appointment, response);
  if (participants.every(({ index }) => appointment.participant[index]!.status === status)) return undefined;
  const indexes = new Set(participants.map(({ index }) => index));
  const answered: Appointment = {
    ...appointment,
    participant: appointment.participant.map((participant, i) =>
      indexes.has(i) ? { ...participant, status } : participant,
    ),
  };
  if (status !== 'declined') return answered;
  if (isDeclined(answered))
    return { ...answered, status: 'cancelled', cancelationReason: { text: 'Refusé par un participant' } };
  return withoutSlotsOf(
    services,
    answered,
    participants.flatMap(({ actor }) => actor ?? []),
  );
}

interface NamedParticipant {
  /** In `Appointment.participant`. */
  index: number;
  actor: AppointmentActor | undefined;
}

/**
 * The participants who answer: those with the actor of the response, else those who are the same professional in
 * another role; a response without actor names the type of its participant.
 */
async function participantsNamed(
  { reader }: RuleServices,
  appointment: Appointment,
  { actor, participantType }: AppointmentResponse,
): Promise<NamedParticipant[]> {
  const all: NamedParticipant[] = [];
  for (const [index, participant] of appointment.participant.entries())
    all.push({ index, actor: await actorIn(reader, participant.actor) });
  if (actor === undefined)
    return all.filter(({ index }) => sharesType(appointment.participant[index]!.type, participantType));
  const named = await actorIn(reader, actor);
  if (named === undefined)
    return all.filter(({ index }) => isSameReference(appointment.participant[index]!.actor, actor));
  const exact = all.filter((participant) => participant.actor?.reference === named.reference);
  if (exact.length > 0) return exact;
  const names = namesOf(named);
  return all.filter(
    (participant) => participant.actor && namesOf(participant.actor).some((name) => names.includes(name)),
  );
}

function namesOf({ reference, practitioner }: AppointmentActor): string[] {
  return practitioner === undefined ? [reference] : [reference, practitioner];
}

/** An actor who is not known here is compared as it is written. */
function isSameReference(a: Reference | undefined, b: Reference): boolean {
  const textOf = (actor: Reference | undefined): string =>
    JSON.stringify([actor?.reference, actor?.identifier?.system, actor?.identifier?.value]);
  return textOf(a) === textOf(b) && textOf(b) !== textOf(undefined);
}

function sharesType(types: CodeableConcept[] | undefined, wanted: CodeableConcept[] | undefined): boolean {
  const codes = (concepts: CodeableConcept[] | undefined): string[] =>
    list(concepts).flatMap(({ coding }) => list(coding).map(({ system = '', code = '' }) => `${system}|${code}`));
  return codes(types).some((code) => codes(wanted).includes(code));
}

/** An optional participant who declines leaves the others their time, and frees the own one. */
async function withoutSlotsOf(
  services: RuleServices,
  appointment: Appointment,
  declined: readonly AppointmentActor[],
): Promise<Appointment> {
  const slots = await namedSlots(services, appointment);
  const staying = await actorsOf(services.reader, appointment);
  const isKept = (i: number): boolean => {
    const agenda = slots[i]?.loaded;
    if (agenda === undefined || staying.some((actor) => isActorOf(agenda, actor))) return true;
    return !declined.some((actor) => isActorOf(agenda, actor));
  };
  const { slot, ...rest } = appointment;
  const kept = list(slot).filter((_, i) => isKept(i));
  return kept.length === 0 ? { ...rest } : { ...rest, slot: kept };
}

/** Throws `business-rule` (422) unless the response is that of one participant. */
function requireParticipant({ actor }: AppointmentResponse, found: number): void {
  if (found > 0 && (actor !== undefined || found === 1)) return;
  const [english, french] =
    found === 0
      ? ['Nobody who takes part in the appointment answers here', "Cette réponse n'est celle d'aucun participant."]
      : [
          'Several participants are of this type: name the actor',
          'Plusieurs participants sont de ce type : nommez-le.',
        ];
  throw brokenRule(english!, french!, 'AppointmentResponse.actor');
}

/** A time that is accepted must still be that of the appointment: it may have moved since. */
function requireSameTime(appointment: Appointment, response: AppointmentResponse): void {
  for (const element of ['start', 'end'] as const) {
    const [accepted, actual] = [response[element], appointment[element]];
    if (accepted === undefined || actual === undefined || Date.parse(accepted) === Date.parse(actual)) continue;
    throw new FhirError(
      'conflict',
      `The appointment is not at the time that is accepted: its ${element} is ${actual}`,
      {
        expression: `AppointmentResponse.${element}`,
        text: "Le rendez-vous n'est plus à l'horaire accepté.",
      },
    );
  }
}

function tooLate({ status }: Appointment): FhirError {
  return new FhirError('conflict', `The appointment is ${status}: it waits for no answer`, {
    expression: 'AppointmentResponse.appointment',
    text: `Ce rendez-vous (« ${status} ») n'attend plus de réponse.`,
  });
}

function writtenTwice(): FhirError {
  return new FhirError(
    'conflict',
    'The same transaction writes this appointment already: write its participants there',
    {
      expression: 'AppointmentResponse.appointment',
      text: 'Cette transaction modifie déjà ce rendez-vous : un seul écrit par rendez-vous.',
    },
  );
}
