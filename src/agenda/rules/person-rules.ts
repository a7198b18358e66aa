/**
 * What people who log in may change, within what the door opens to their role (`rest/access/table.ts`). Programs have
 * the whole of it.
 * A practitioner has his or her own agendas, a secretary those of the places and the list that the people file gives;
 * both their appointments. A
 * regulator has the appointments that he or she booked. `docs/access.md` holds the same table; a test compares the two.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { readOperator } from '../../fhir/french/fr-extensions.ts';
import { localId, localTarget } from '../../fhir/local-reference.ts';
import type { Json, Reference, Resource } from '../../fhir/resource.ts';
import type { ReadScope } from '../../fhir/search/request.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { occupationOf } from './occupation.ts';
import { ownOf, PEOPLE, requireSeen, writesAll } from './read-scope.ts';
import type { RuleServices } from './services.ts';

/**
 * `own`: what is one's own; `keep`: create and change, never delete; `create`: nothing more. What is not here is only
 * read.
 */
export const PERSON_WRITES: Record<string, Partial<Record<(typeof PEOPLE)[number], 'own' | 'keep' | 'create'>>> = {
  Schedule: { practitioner: 'own', secretary: 'own' },
  Slot: { practitioner: 'own', secretary: 'own' },
  Appointment: { practitioner: 'own', secretary: 'own', regulator: 'own' },
  Patient: { practitioner: 'keep', secretary: 'keep', regulator: 'create' },
  RelatedPerson: { practitioner: 'keep', secretary: 'keep' },
};

/**
 * Throws `forbidden` (403). To be asked before the rules of the type: what is not one's own is not told anything about
 * either.
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
  // What one may not read is neither changed nor brought to one's own agenda.
  await requireSeen(
    services,
    context,
    ...(before !== undefined && !rights.includes('own') ? [`${type}/${id}`] : []),
    ...(type === 'Appointment' ? broughtPeople(before, after) : []),
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
  if (!isOwn)
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

/** Is the regulator who asks the one who booked? What is not there yet, or no more, is nobody's. */
function isOperator({ roles, person }: Context, appointment: Resource | undefined): boolean {
  const mine = person?.regulator?.operator.identifier;
  if (!roles.includes('regulator') || mine === undefined) return false;
  if (appointment === undefined) return true;
  const { system, value } = readOperator(appointment)?.identifier ?? {};
  return system === mine.system && value === mine.value;
}

/** A Schedule, or a Slot of one: before and after, so that no agenda is taken from somebody or given away. */
function isOwnAgenda(type: string, own: ReadScope, { id, before, after }: Change): boolean {
  const isMine = (resource: Resource): boolean => {
    if (type === 'Slot') return own.agendas.includes(localId(resource['schedule'], 'Schedule') ?? '');
    return ((resource['actor'] as Reference[] | undefined) ?? []).some((actor) =>
      own.actors.includes(localTarget(actor) ?? ''),
    );
  };
  const isListed =
    type === 'Schedule' &&
    before !== undefined &&
    own.agendas.includes(id) &&
    (after === undefined || sameActors(before, after));
  return isListed || [before, after].every((one) => one === undefined || isMine(one));
}

function sameActors(before: Resource, after: Resource): boolean {
  return JSON.stringify(before['actor']) === JSON.stringify(after['actor']);
}

/** On one's own agenda before and after; another professional's agenda is not brought in, a room or a device may be. */
async function isOwnAppointment(
  services: RuleServices,
  own: ReadScope,
  { id, before, after }: Change,
): Promise<boolean> {
  const [was, is] = [await agendasOf(services, before, id), await agendasOf(services, after, id)];
  const isMine = (appointment: Resource | undefined, agendas: readonly LoadedAgenda[]): boolean =>
    appointment === undefined ||
    agendas.some((agenda) => own.agendas.includes(agenda.schedule)) ||
    (agendas.length === 0 && participants(appointment).some((participant) => own.actors.includes(participant)));
  const brought = is.filter((one) => !was.some((other) => other.schedule === one.schedule));
  return (
    isMine(before, was) &&
    isMine(after, is) &&
    brought.every(
      (one) => own.agendas.includes(one.schedule) || !one.actors.some((actor) => /^Practitioner(Role)?\//.test(actor)),
    )
  );
}

async function agendasOf(
  services: RuleServices,
  appointment: Resource | undefined,
  id: string,
): Promise<LoadedAgenda[]> {
  if (appointment === undefined) return [];
  const named = (await occupationOf(services, appointment))?.agendas ?? [];
  if (named.length > 0) return named;
  const held = await services.agendas.stored.heldBy(id);
  return services.agendas.load(await services.agendas.stored.rows(held.map((one) => one.schedule)));
}

/** Patients, and people of theirs, who take part and did not before. */
function broughtPeople(before: Resource | undefined, after: Resource | undefined): string[] {
  const were = before === undefined ? [] : participants(before);
  return after === undefined
    ? []
    : participants(after).filter(
        (participant) => /^(Patient|RelatedPerson)\//.test(participant) && !were.includes(participant),
      );
}

/** Participants on this server, as `Type/id`. */
function participants(appointment: Resource): string[] {
  return ((appointment['participant'] as Json[] | undefined) ?? []).flatMap(({ actor }) => localTarget(actor) ?? []);
}
