/**
 * The changes that people who log in may make, within the rights of their role (`rest/access/table.ts`). Programs may
 * make every change that their role has a right to. Practitioners manage their own agendas; secretaries manage the
 * agendas of the places and of the list in the people file; both manage the appointments of their agendas. Regulators
 * manage the appointments that they booked; the managers of a practice, its agendas and its people and places.
 * `docs/access.md` has the same table; a test compares the two.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, notFound } from '../../fhir/issue.ts';
import { readReplacements } from '../../fhir/french/replacement.ts';
import { isSasPaused, readOperator, readSlotOffers } from '../../fhir/french/fr-extensions.ts';
import { parseResource } from '../../fhir/json.ts';
import { localId, localTarget } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type Appointment, asType, isType, list } from '../../fhir/resources.ts';
import type { PersonScope } from '../../fhir/search/request.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { actorsOf, participantsOf } from '../../fhir/actors.ts';
import { ATTACHED_TYPES, attachedTo } from './attachment-rules.ts';
import { occupationOf } from './occupation.ts';
import { PRACTICE_TYPES, practiceWrites, type WriteLevel } from './practice-rights.ts';
import { requirePractice } from './practice-rules.ts';
import { ownOf, PEOPLE, requireSeen, writesAll } from './read-scope.ts';
import { mayAnswer } from './response-rules.ts';
import type { RuleServices } from './services.ts';

type Right = WriteLevel | 'create';

/** Regulators belong to no practice. */
const REGULATOR_WRITES: Readonly<Record<string, { regulator: Right }>> = {
  Appointment: { regulator: 'own' },
  Patient: { regulator: 'create' },
};

/**
 * `own`: everything, on the resources that the person manages; `keep`: create and change, but not delete; `create`:
 * create only; `practice`: create and change, but not delete, in the practice that the person runs
 * (`practice-rules.ts`). Types that are missing here can only be read.
 */
export const PERSON_WRITES: Record<string, Partial<Record<(typeof PEOPLE)[number], Right>>> = Object.fromEntries(
  PRACTICE_TYPES.map((type) => [type, { ...practiceWrites(type), ...REGULATOR_WRITES[type] }]),
);

/** Types that hold the hours of agendas. */
const HOURS: ReadonlySet<string> = new Set(['Schedule', 'Slot']);

/** The rights of the roles that this person has. A secretary without hours only reads them. */
function rightsOn(type: string, { roles, person }: Context): Right[] {
  return PEOPLE.filter((role) => roles.includes(role))
    .filter((role) => !(role === 'secretary' && person?.withoutHours === true && HOURS.has(type)))
    .flatMap((role) => PERSON_WRITES[type]?.[role] ?? []);
}

/**
 * Throws `forbidden` (403). Runs before the rules of the type, so that a caller learns nothing about resources that it
 * may not touch.
 */
export async function checkPerson(services: RuleServices, context: Context, change: Change): Promise<void> {
  if (writesAll(context)) return;
  const { type, id, before, after } = change;
  const rights = rightsOn(type, context);
  if (rights.length === 0)
    throw refused(`${type} is read by people, not written`, type, 'Votre rôle ne permet pas de modifier cela.');
  if (ATTACHED_TYPES.has(type)) return requireOwnAttachment(services, context, change);
  // A person can neither change a resource that is hidden from him or her, nor put a new one in the place of a deleted
  // one and so come to its versions, nor bring it to an own agenda.
  const isNew = change.method === 'POST';
  await requireSeen(
    services,
    context,
    ...(isNew || (before !== undefined && rights.includes('own')) ? [] : [`${type}/${id}`]),
    ...(type === 'Appointment' ? addedPatients(change) : []),
    ...(type === 'RelatedPerson' ? patientOf(after) : []),
    ...(type === 'AppointmentResponse' ? answeredAppointments(change) : []),
  );
  if (rights.includes('create') && before === undefined) return;
  if (rights.includes('keep') && after !== undefined) return;
  if (rights.includes('practice') && after !== undefined) return requirePractice(services, context, change);
  if (!rights.includes('own'))
    throw refused(
      `This person does not delete or change ${type}`,
      type,
      'Votre rôle ne permet pas de supprimer ou de modifier cela.',
    );
  if (type === 'Appointment' && isOperator(context, before) && isOperator(context, after)) return;
  const own = await ownOf(services, context);
  const isOwn =
    type === 'Appointment'
      ? await isOwnAppointment(services, own, change)
      : type === 'AppointmentResponse'
        ? await isOwnResponse(services, context, own, change)
        : isOwnAgenda(type, own, change) && (await addsOnlyOwn(services, own, change));
  if (isOwn) return type === 'Schedule' ? requireSameOffer(services, context, change) : undefined;
  throw refused(
    `This ${type} belongs to an agenda of somebody else`,
    type,
    NOT_OWN.get(type) ?? "Cet agenda n'est pas l'un des vôtres.",
  );
}

/**
 * People attach to the appointments that they read. They create with POST only: the answer to a PUT would tell whether
 * a hidden one has the id.
 */
async function requireOwnAttachment(services: RuleServices, context: Context, change: Change): Promise<void> {
  const { method, type, id, before, after } = change;
  if (method !== 'POST') {
    await requireSeen(services, context, `${type}/${id}`);
    if (before === undefined) throw notFound(type, id);
  }
  const appointment = after && attachedTo(after);
  if (appointment !== undefined) await requireSeen(services, context, `Appointment/${appointment}`);
}

const NOT_OWN: ReadonlyMap<string, string> = new Map([
  ['Appointment', "Ce rendez-vous n'est pas sur l'un de vos agendas."],
  ['AppointmentResponse', 'Vous ne pouvez pas répondre pour ce participant.'],
]);

/**
 * May the caller share this? Callers may share whatever they may delete: an agenda, but not a patient, whose calendar
 * spans every agenda. Throws `forbidden` (403).
 */
export function requireShareable(services: RuleServices, context: Context, resource: Resource): Promise<void> {
  return checkPerson(services, context, {
    method: 'DELETE',
    type: resource.resourceType,
    id: resource.id!,
    before: resource,
    after: undefined,
    version: 0,
  });
}

/**
 * Practitioners decide themselves what the SAS sees of their agendas: somebody who only runs the practice, or was
 * invited to its desk, leaves the offer and its pause as they are. Throws `forbidden` (403).
 */
async function requireSameOffer(services: RuleServices, context: Context, change: Change): Promise<void> {
  const { before, after } = change;
  const bound = context.person?.withoutOffer === true ? ['practice-manager', 'secretary'] : ['practice-manager'];
  if (after === undefined || !context.roles.some((role) => bound.includes(role))) return;
  if (offerOf(before) === offerOf(after)) return;
  const roles = context.roles.filter((role) => !bound.includes(role));
  // The list of agendas is the secretary's.
  const person = { ...context.person!, ...(bound.includes('secretary') ? { agendas: [] } : {}) };
  const others = { ...context, roles, person };
  if (isOwnAgenda('Schedule', await ownOf(services, others), change)) return;
  throw refused(
    'The practitioner decides what the SAS sees of this agenda',
    'Schedule.extension',
    'Ce que voit le SAS se décide par le praticien.',
  );
}

function offerOf(schedule: Resource | undefined): string {
  if (schedule === undefined) return '[[],false,[]]';
  const offers = readSlotOffers(schedule).map(({ path, ...offer }) => offer);
  const hidden = readReplacements(schedule).filter(({ isHiddenFromSas }) => isHiddenFromSas);
  return JSON.stringify([offers, isSasPaused(schedule), hidden.map(({ first, last }) => [first, last])]);
}

function refused(diagnostics: string, expression: string, text: string): FhirError {
  return new FhirError('forbidden', diagnostics, { expression, text });
}

/** Did the calling regulator book this appointment? True also where the appointment does not exist. */
function isOperator({ roles, person }: Context, appointment: Resource | undefined): boolean {
  const own = person?.regulator?.operator.identifier;
  if (!roles.includes('regulator') || own === undefined) return false;
  if (appointment === undefined) return true;
  const { system, value } = readOperator(appointment)?.identifier ?? {};
  return system === own.system && value === own.value;
}

/**
 * A Schedule, or a Slot of an agenda. It must be managed before and after the change, so that nobody takes an agenda
 * from somebody else or gives one away.
 */
function isOwnAgenda(type: string, own: PersonScope, { id, before, after }: Change): boolean {
  const isOwn = (resource: Resource | undefined): boolean => {
    if (resource === undefined) return true;
    if (isType(resource, 'Slot')) return own.agendas.includes(localId(resource.schedule, 'Schedule') ?? '');
    return list(asType(resource, 'Schedule')?.actor).some((actor) => own.actors.includes(localTarget(actor) ?? ''));
  };
  const isListed = type === 'Schedule' && before !== undefined && own.agendas.includes(id);
  if (isListed && (after === undefined || hasSameActors(before, after))) return true;
  return isOwn(before) && isOwn(after);
}

/**
 * The person must act for each professional whom a Schedule adds: an agenda is shown in the name of all its actors.
 * A Practitioner is acted for also through one of the own roles in the same Schedule.
 */
async function addsOnlyOwn({ reader }: RuleServices, own: PersonScope, change: Change): Promise<boolean> {
  const { before, after } = sidesOf(change, 'Schedule');
  if (after === undefined) return true;
  const present = before === undefined ? [] : actorsOf(before);
  const others = actorsOf(after).filter(
    (actor) => /^Practitioner(Role)?\//.test(actor) && !present.includes(actor) && !own.actors.includes(actor),
  );
  if (others.length === 0) return true;
  const roles = await reader.readReferences(actorsOf(after).filter((actor) => own.actors.includes(actor)));
  const played = roles
    .filter(({ type }) => type === 'PractitionerRole')
    .map(({ body }) => localTarget(parseResource('PractitionerRole', body!).practitioner));
  return others.every((actor) => played.includes(actor));
}

function hasSameActors(before: Resource, after: Resource): boolean {
  return JSON.stringify(before['actor']) === JSON.stringify(after['actor']);
}

/**
 * On a managed agenda before and after the change. The change may add a room or a device, but not the agenda of another
 * professional.
 */
async function isOwnAppointment(services: RuleServices, own: PersonScope, change: Change): Promise<boolean> {
  const { before, after } = sidesOf(change, 'Appointment');
  const agendasBefore = await agendasOf(services, before, change.id);
  const agendasAfter = await agendasOf(services, after, change.id);
  const isManaged = ({ schedule }: LoadedAgenda): boolean => own.agendas.includes(schedule);
  const isOwn = (appointment: Appointment | undefined, agendas: readonly LoadedAgenda[]): boolean =>
    appointment === undefined ||
    agendas.some(isManaged) ||
    (agendas.length === 0 && participantsOf(appointment).some((participant) => own.actors.includes(participant)));
  const isProfessional = ({ actors }: LoadedAgenda): boolean =>
    actors.some((actor) => /^Practitioner(Role)?\//.test(actor));
  return (
    isOwn(before, agendasBefore) &&
    isOwn(after, agendasAfter) &&
    agendasAfter
      .filter(({ schedule }) => !agendasBefore.some((agenda) => agenda.schedule === schedule))
      .every((agenda) => isManaged(agenda) || !isProfessional(agenda))
  );
}

/** The agendas that the appointment occupies; if it names none, those whose time it holds. */
async function agendasOf(
  services: RuleServices,
  appointment: Appointment | undefined,
  id: string,
): Promise<LoadedAgenda[]> {
  if (appointment === undefined) return [];
  const named = (await occupationOf(services, appointment))?.agendas ?? [];
  if (named.length > 0) return named;
  const held = await services.agendas.stored.heldBy(id);
  return services.agendas.load(await services.agendas.stored.rows(held.map(({ schedule }) => schedule)));
}

/** Answers come from the participants, from those who act for them, and from those who may write for the patient. */
async function isOwnResponse(
  services: RuleServices,
  context: Context,
  own: PersonScope,
  change: Change,
): Promise<boolean> {
  const { before, after } = sidesOf(change, 'AppointmentResponse');
  const writesPatients = rightsOn('Patient', context).includes('keep');
  for (const response of [before, after])
    if (response !== undefined && !(await mayAnswer(services, own, writesPatients, response))) return false;
  return true;
}

/** The appointments of an answer: it may neither come from one that is hidden nor go to one. */
function answeredAppointments(change: Change): string[] {
  const { before, after } = sidesOf(change, 'AppointmentResponse');
  return [before, after].flatMap((response) => localTarget(response?.appointment) ?? []);
}

/** A related person receives the notices of the patient. */
function patientOf(relatedPerson: Resource | undefined): string[] {
  const patient = localId(asType(relatedPerson, 'RelatedPerson')?.patient, 'Patient');
  return patient === undefined ? [] : [`Patient/${patient}`];
}

/** The patients and related persons that a change of an appointment adds. */
function addedPatients(change: Change): string[] {
  const { before, after } = sidesOf(change, 'Appointment');
  if (after === undefined) return [];
  const present = before === undefined ? [] : participantsOf(before);
  return participantsOf(after).filter(
    (participant) => /^(Patient|RelatedPerson)\//.test(participant) && !present.includes(participant),
  );
}
