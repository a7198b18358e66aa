/**
 * What people who log in may change, inside what the access table opens to their role (`rest/access/table.ts`).
 * Programs may change everything that it opens. A practitioner manages the own agendas; a secretary manages the agendas
 * of the places and of the list in the people file; both manage the appointments of their agendas. A regulator manages
 * the appointments that he or she booked. `docs/access.md` has the same table; a test compares the two.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { readOperator } from '../../fhir/french/fr-extensions.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type Appointment, isType, list, type Schedule } from '../../fhir/resources.ts';
import type { ReadScope } from '../../fhir/search/request.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { participantsOf } from '../participants.ts';
import { occupationOf } from './occupation.ts';
import { ownOf, PEOPLE, requireSeen, writesAll } from './read-scope.ts';
import type { RuleServices } from './services.ts';

/**
 * `own`: everything, on the resources that the person manages; `keep`: create and change, but not delete; `create`:
 * create only. Types that are missing here can only be read.
 */
export const PERSON_WRITES: Record<string, Partial<Record<(typeof PEOPLE)[number], 'own' | 'keep' | 'create'>>> = {
  Schedule: { practitioner: 'own', secretary: 'own' },
  Slot: { practitioner: 'own', secretary: 'own' },
  Appointment: { practitioner: 'own', secretary: 'own', regulator: 'own' },
  Patient: { practitioner: 'keep', secretary: 'keep', regulator: 'create' },
  RelatedPerson: { practitioner: 'keep', secretary: 'keep' },
};

/**
 * Throws `forbidden` (403). Runs before the rules of the type, so that a caller learns nothing about resources that it
 * may not touch.
 */
export async function checkPerson(services: RuleServices, context: Context, change: Change): Promise<void> {
  if (writesAll(context)) return;
  const { type, id, before, after } = change;
  const rights = PEOPLE.filter((person) => context.roles.includes(person)).flatMap(
    (person) => PERSON_WRITES[type]?.[person] ?? [],
  );
  if (rights.length === 0)
    throw refused(`${type} is read by people, not written`, type, 'Votre rôle ne permet pas de modifier cela.');
  if (rights.includes('create') && before === undefined) return;
  // A person can neither change a resource that is hidden from him or her, nor bring it to an own agenda.
  await requireSeen(
    services,
    context,
    ...(before !== undefined && !rights.includes('own') ? [`${type}/${id}`] : []),
    ...(type === 'Appointment' ? addedPatients(change) : []),
  );
  if (rights.includes('keep') && after !== undefined) return;
  if (!rights.includes('own'))
    throw refused(
      `This person does not delete or change ${type}`,
      type,
      'Votre rôle ne permet pas de supprimer ou de modifier cela.',
    );
  if (type === 'Appointment' && isOperator(context, before) && isOperator(context, after)) return;
  const own = await ownOf(services, context);
  const isOwn = type === 'Appointment' ? await isOwnAppointment(services, own, change) : isOwnAgenda(type, own, change);
  if (isOwn) return;
  throw refused(
    `This ${type} belongs to an agenda of somebody else`,
    type,
    type === 'Appointment'
      ? "Ce rendez-vous n'est pas sur l'un de vos agendas."
      : "Cet agenda n'est pas l'un des vôtres.",
  );
}

/**
 * May the caller share this? Whoever may delete it may share it: an agenda, but not a patient, whose calendar spans
 * every agenda. Throws `forbidden` (403).
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
function isOwnAgenda(type: string, own: ReadScope, { id, before, after }: Change): boolean {
  const isOwn = (resource: Resource | undefined): boolean => {
    if (resource === undefined) return true;
    if (isType(resource, 'Slot')) return own.agendas.includes(resource.schedule.reference?.split('/').at(-1) ?? '');
    return list((resource as Schedule).actor).some(({ reference }) => own.actors.includes(reference ?? ''));
  };
  const isListed = type === 'Schedule' && before !== undefined && own.agendas.includes(id);
  if (isListed && (after === undefined || hasSameActors(before, after))) return true;
  return isOwn(before) && isOwn(after);
}

function hasSameActors(before: Resource, after: Resource): boolean {
  return JSON.stringify(before['actor']) === JSON.stringify(after['actor']);
}

/**
 * On a managed agenda before and after the change. The change may add a room or a device, but not the agenda of another
 * professional.
 */
async function isOwnAppointment(services: RuleServices, own: ReadScope, change: Change): Promise<boolean> {
  const before = change.before as Appointment | undefined;
  const after = change.after as Appointment | undefined;
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

/** The patients and related persons that a change of an appointment adds. */
function addedPatients({ before, after }: Change): string[] {
  if (after === undefined) return [];
  const present = before === undefined ? [] : participantsOf(before as Appointment);
  return participantsOf(after as Appointment).filter(
    (participant) => /^(Patient|RelatedPerson)\//.test(participant) && !present.includes(participant),
  );
}
