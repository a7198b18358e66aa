/**
 * Delegated agendas: an agenda, its availabilities or its appointments are kept by a named caller until whoever
 * delegated ends it. The extension
 * `urn:creneau:fhir:delegation` on the Schedule says so. GAP, second scenario (6.7): the manager stays the judge of
 * conflicts, the delegate alone writes.
 */
import type { Context } from '../../fhir/interaction.ts';
import { randomUUID } from 'node:crypto';
import {
  type Delegation,
  type DelegationScope,
  readDelegations,
  withDelegations,
} from '../../fhir/french/delegation.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { auditEvent } from './audit.ts';
import type { RuleServices } from './services.ts';

type Kept = Exclude<DelegationScope, 'whole'>;

const KEPT: Record<string, Kept> = { Schedule: 'availabilities', Slot: 'availabilities', Appointment: 'appointments' };

/** What a delegate does not touch: whose agenda it is, and under which name it is known. */
const NOT_DELEGATED = ['identifier', 'actor'] as const;

/**
 * To be asked when the rules of the type have said which agendas the change is about; `loaded`: those that are at hand,
 * the others are read.
 * Throws `forbidden` (403); records what delegates do.
 */
export async function checkDelegation(
  services: RuleServices,
  context: Context,
  change: Change,
  unit: Unit,
  loaded: readonly LoadedAgenda[],
): Promise<void> {
  if (change.type === 'Schedule') return checkSchedule(context, change, unit);
  const kept = KEPT[change.type];
  const isGoing = kept === undefined && change.after === undefined;
  if (kept === undefined && !isGoing) return;
  if (isAnybody(context)) return;
  const by: string[] = [];
  const others = unit.concerning().filter((id) => !loaded.some((one) => one.schedule === id));
  const more = others.length === 0 ? [] : await services.agendas.load(await services.agendas.stored.rows(others));
  for (const { schedule, resource } of [...loaded, ...more]) {
    const delegations = readDelegations(resource);
    if (delegations.length === 0) continue;
    // The deletion of a person, a place or a thing may take its agendas with it.
    if (kept === undefined) throw forbidden(schedule, delegations[0]!, 'Schedule.actor');
    if (mayKeep(context, schedule, delegations, kept, change.type)) by.push(schedule);
  }
  if (by.length > 0) record(context, change, unit, 'delegate', by);
}

/** What is written about the agenda itself: by a delegate its availabilities, by whoever delegated the delegation. */
function checkSchedule(context: Context, { id, method, before, after, ...rest }: Change, unit: Unit): void {
  const was = before === undefined ? [] : readDelegations(before);
  const sent = after === undefined ? [] : readDelegations(after);
  const is = sent.map((one) => ({
    ...one,
    manager: was.find((other) => isSame(one, other))?.manager ?? context.caller,
  }));
  if (after !== undefined && sent.length > 0) Object.assign(after, withDelegations(after, is));
  const ended = was.filter((one) => !is.some((other) => isSame(one, other)));
  const begun = is.filter((one) => !was.some((other) => isSame(one, other)));
  if (was.length > 0 && !isAnybody(context)) {
    // Whoever delegated may end it, a delegate may give it back; nobody else changes who keeps the agenda.
    const foreign = ended.find((one) => one.manager !== context.caller && one.caller !== context.caller);
    if (foreign !== undefined) throw forbidden(id, foreign, 'Schedule.extension');
    if (begun.length > 0 && !was.every((one) => one.manager === context.caller))
      throw forbidden(id, was[0]!, 'Schedule.extension');
    const isChanged = after === undefined || textOf(before!) !== textOf(after);
    // What was delegated a moment ago and ends with this writing still counts for the rest of it.
    if (isChanged && mayKeep(context, id, was, 'availabilities', 'Schedule')) {
      const touched =
        after === undefined
          ? 'id'
          : NOT_DELEGATED.find((name) => JSON.stringify(before![name]) !== JSON.stringify(after[name]));
      if (touched !== undefined) {
        throw new FhirError(
          'forbidden',
          `A delegate of Schedule/${id} does not ${after === undefined ? 'delete it' : `change its ${touched}`}: ask ${was[0]!.manager}`,
          {
            expression: `Schedule.${touched}`,
            text: "Le délégataire tient les disponibilités de l'agenda, pas son existence, ses acteurs ni ses identifiants.",
          },
        );
      }
      record(context, { ...rest, id, method, before, after }, unit, 'delegate', [id]);
    }
  }
  if (begun.length > 0) record(context, { ...rest, id, method, before, after }, unit, 'delegation-begun', [id], begun);
  if (ended.length > 0) record(context, { ...rest, id, method, before, after }, unit, 'delegation-ended', [id], ended);
}

/** True when the caller keeps this for somebody, false when nobody does. Throws when somebody else does. */
function mayKeep(
  context: Context,
  schedule: string,
  delegations: readonly Delegation[],
  kept: Kept,
  type: string,
): boolean {
  const keepers = delegations.filter((delegation) => delegation.scope === 'whole' || delegation.scope === kept);
  if (keepers.some((keeper) => keeper.caller === context.caller)) return true;
  // A delegate of the other half has nothing to do here either, unless it is who delegated.
  const half = delegations.find(
    (delegation) => delegation.caller === context.caller && delegation.manager !== context.caller,
  );
  if (keepers.length > 0 || half !== undefined)
    throw forbidden(schedule, keepers[0] ?? half!, type, keepers.length === 0);
  return false;
}

function isAnybody({ roles, loading }: Context): boolean {
  return loading === true || roles.includes('*');
}

function isSame(one: Delegation, other: Delegation): boolean {
  return one.caller === other.caller && one.scope === other.scope;
}

const WHAT: Record<DelegationScope, [english: string, french: string]> = {
  whole: ['', 'Cet agenda est délégué'],
  availabilities: ['the availabilities of ', 'Les disponibilités de cet agenda sont déléguées'],
  appointments: ['the appointments of ', 'Les rendez-vous de cet agenda sont délégués'],
};

function forbidden(
  schedule: string,
  { caller, scope, manager }: Delegation,
  expression: string,
  isHalf = false,
): FhirError {
  const [english, french] = WHAT[scope];
  const end = `; ${manager} can end the delegation`;
  return isHalf
    ? new FhirError('forbidden', `Only ${english}Schedule/${schedule} are delegated to ${caller}`, {
        expression,
        text: `${french} à « ${caller} », et rien de plus.`,
      })
    : new FhirError(
        'forbidden',
        `${english}Schedule/${schedule} ${scope === 'whole' ? 'is' : 'are'} delegated to ${caller}${end}`,
        { expression, text: `${french} à « ${caller} » ; « ${manager} » peut mettre fin à la délégation.` },
      );
}

/** The agenda but for who keeps it. */
function textOf(schedule: Resource): string {
  const { meta: _, ...rest } = withDelegations(schedule, []);
  return JSON.stringify(rest);
}

const ACTION = { POST: 'C', PUT: 'U', PATCH: 'U', DELETE: 'D' } as const;

/** Who did what, for whom: found by `AuditEvent?entity=Schedule/x`. */
function record(
  context: Context,
  { type, id, method }: Change,
  unit: Unit,
  subtype: string,
  schedules: readonly string[],
  about: readonly Delegation[] = [],
): void {
  const entities = [...new Set([`${type}/${id}`, ...schedules.map((schedule) => `Schedule/${schedule}`)])];
  const event = auditEvent(context, randomUUID(), subtype, ACTION[method], entities);
  for (const { caller, scope } of about)
    event['agent'].push({ who: { display: caller }, role: [{ text: scope }], requestor: false });
  unit.put(event, 'POST');
}
