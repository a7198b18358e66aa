/**
 * Delegated agendas: a named caller keeps the agenda, its availabilities or its appointments until the manager ends the
 * delegation. The extension `urn:creneau:fhir:delegation` on the Schedule says so. In the second scenario of GAP, the
 * manager decides about conflicts and the delegate alone writes; a shared delegation lets both write. Spec: 6.7
 */
import { randomUUID } from 'node:crypto';
import { factOf } from '../../fhir/audit/fact.ts';
import {
  type Delegation,
  type DelegationScope,
  readDelegations,
  withDelegations,
} from '../../fhir/french/delegation.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { LoadedAgenda } from '../agendas.ts';
import type { RuleServices } from './services.ts';

/** A part of an agenda that can be delegated. */
type Part = Exclude<DelegationScope, 'whole'>;

const PART: Record<string, Part> = {
  Schedule: 'availabilities',
  Slot: 'availabilities',
  Appointment: 'appointments',
  AppointmentResponse: 'appointments',
};

/** Elements that a delegate does not change: the actors of the agenda and its identifiers. */
const NOT_DELEGATED = ['identifier', 'actor'] as const;

/**
 * Runs after the rules of the type, which have told the unit which agendas the change concerns; `loaded`: those that
 * are loaded already. Throws `forbidden` (403), and records the writes of delegates.
 */
export async function checkDelegation(
  services: RuleServices,
  context: Context,
  change: Change,
  unit: Unit,
  loaded: readonly LoadedAgenda[],
): Promise<void> {
  if (change.type === 'Schedule') return checkSchedule(context, change, unit);
  const part = PART[change.type];
  const isDeletion = change.after === undefined;
  if ((part === undefined && !isDeletion) || isUnbound(context)) return;
  const missing = unit.concerning().filter((id) => !loaded.some(({ schedule }) => schedule === id));
  const read = missing.length === 0 ? [] : await services.agendas.load(await services.agendas.stored.rows(missing));
  const written: string[] = [];
  for (const { schedule, resource } of [...loaded, ...read]) {
    const delegations = readDelegations(resource);
    if (delegations.length === 0) continue;
    // The deletion of a person, a place or a device may delete its agendas too.
    if (part === undefined) throw forbidden(schedule, delegations[0]!, 'Schedule.actor');
    if (isDelegate(context, schedule, delegations, part, change.type)) written.push(schedule);
  }
  if (written.length > 0) record(context, change, unit, 'delegate', written);
}

/** A delegate may change the availabilities of the agenda; the manager may change the delegations. */
function checkSchedule(context: Context, change: Change, unit: Unit): void {
  const { id, before, after } = change;
  const old = before === undefined ? [] : readDelegations(before);
  const sent = after === undefined ? [] : readDelegations(after);
  // A new delegation has the caller as its manager, whatever the caller writes.
  const delegations = sent.map((delegation) => ({
    ...delegation,
    manager: old.find((other) => isSame(delegation, other))?.manager ?? context.caller,
  }));
  if (after !== undefined && sent.length > 0) Object.assign(after, withDelegations(after, delegations));
  const ended = old.filter((delegation) => !delegations.some((other) => isSame(delegation, other)));
  const begun = delegations.filter((delegation) => !old.some((other) => isSame(delegation, other)));
  if (old.length > 0 && !isUnbound(context)) {
    checkEndAndBegin(context.caller, id, old, ended, begun);
    const isChanged = after === undefined || textOf(before!) !== textOf(after);
    // A delegation that this write ends still applies to the rest of the write.
    if (isChanged && isDelegate(context, id, old, 'availabilities', 'Schedule')) {
      checkDelegated(change, old[0]!.manager);
      record(context, change, unit, 'delegate', [id]);
    }
  }
  if (begun.length > 0) record(context, change, unit, 'delegation-begun', [id], begun);
  if (ended.length > 0) record(context, change, unit, 'delegation-ended', [id], ended);
}

/** A manager may end a delegation, and a delegate may give it back; nobody else changes the delegations. */
function checkEndAndBegin(
  caller: string,
  id: string,
  old: readonly Delegation[],
  ended: readonly Delegation[],
  begun: readonly Delegation[],
): void {
  const foreign = ended.find((delegation) => delegation.manager !== caller && delegation.caller !== caller);
  if (foreign !== undefined) throw forbidden(id, foreign, 'Schedule.extension');
  if (begun.length > 0 && old.some(({ manager }) => manager !== caller))
    throw forbidden(id, old[0]!, 'Schedule.extension');
}

/** Throws if a delegate deletes the agenda, or changes its actors or identifiers. */
function checkDelegated({ id, before, after }: Change, manager: string): void {
  const touched =
    after === undefined
      ? 'id'
      : NOT_DELEGATED.find((name) => JSON.stringify(before![name]) !== JSON.stringify(after[name]));
  if (touched === undefined) return;
  const attempt = after === undefined ? 'delete it' : `change its ${touched}`;
  throw new FhirError('forbidden', `A delegate of Schedule/${id} does not ${attempt}: ask ${manager}`, {
    expression: `Schedule.${touched}`,
    text:
      "Le délégataire tient les disponibilités de l'agenda, " + 'pas son existence, ses acteurs ni ses identifiants.',
  });
}

/**
 * True if this part is delegated to the caller, false if it is not delegated. Throws if somebody else is the delegate.
 */
function isDelegate(
  { caller }: Context,
  schedule: string,
  delegations: readonly Delegation[],
  part: Part,
  type: string,
): boolean {
  const ofPart = delegations.filter(({ scope }) => scope === 'whole' || scope === part);
  if (ofPart.some((delegation) => delegation.caller === caller)) return true;
  // A shared delegation leaves the manager everything, also beside further delegates.
  if (ofPart.length > 0 && ofPart.every(({ isShared, manager }) => isShared && manager === caller)) return false;
  // A delegate with the other scope has no rights here, unless it is also the manager.
  const otherPart = delegations.find((delegation) => delegation.caller === caller && delegation.manager !== caller);
  if (ofPart.length > 0) throw forbidden(schedule, ofPart[0]!, type);
  if (otherPart !== undefined) throw forbidden(schedule, otherPart, type, true);
  return false;
}

/** True for callers whom no delegation binds. */
function isUnbound({ roles, loading }: Context): boolean {
  return loading === true || roles.includes('*');
}

function isSame(a: Delegation, b: Delegation): boolean {
  return a.caller === b.caller && a.scope === b.scope && a.isShared === b.isShared;
}

const DELEGATED: Record<DelegationScope, [english: string, french: string]> = {
  whole: ['', 'Cet agenda est délégué'],
  availabilities: ['the availabilities of ', 'Les disponibilités de cet agenda sont déléguées'],
  appointments: ['the appointments of ', 'Les rendez-vous de cet agenda sont délégués'],
};

/** `isOtherPart`: the caller is a delegate, but of another part. */
function forbidden(
  schedule: string,
  { caller, scope, manager }: Delegation,
  expression: string,
  isOtherPart = false,
): FhirError {
  const [english, french] = DELEGATED[scope];
  if (isOtherPart)
    return new FhirError('forbidden', `Only ${english}Schedule/${schedule} are delegated to ${caller}`, {
      expression,
      text: `${french} à « ${caller} », et rien de plus.`,
    });
  const verb = scope === 'whole' ? 'is' : 'are';
  return new FhirError(
    'forbidden',
    `${english}Schedule/${schedule} ${verb} delegated to ${caller}; ${manager} can end the delegation`,
    { expression, text: `${french} à « ${caller} » ; « ${manager} » peut mettre fin à la délégation.` },
  );
}

/** The agenda without its delegations and its version. */
function textOf(schedule: Resource): string {
  const { meta: _, ...rest } = withDelegations(schedule, []);
  return JSON.stringify(rest);
}

const ACTION = { POST: 'C', PUT: 'U', PATCH: 'U', DELETE: 'D' } as const;

/** Records who did what on which agendas; found by `AuditEvent?entity=Schedule/x`. */
function record(
  context: Context,
  { type, id, method }: Change,
  unit: Unit,
  subtype: string,
  schedules: readonly string[],
  delegations: readonly Delegation[] = [],
): void {
  const entities = [...new Set([`${type}/${id}`, ...schedules.map((schedule) => `Schedule/${schedule}`)])];
  const fact = factOf(context, randomUUID(), [subtype], ACTION[method], entities);
  const others = delegations.map(({ caller, scope }) => ({ name: caller, role: scope }));
  unit.audit(others.length === 0 ? fact : { ...fact, others });
}
