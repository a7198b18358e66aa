/**
 * The write rule of people, places and things that own agendas. Deleting an owner deletes the agendas that it alone
 * owns and withdraws it from those that it shares, unless one of these has future appointments; a patient with future
 * appointments stays too. When an owner changes, its agendas inherit the new zone, durations and occupied resources.
 * GAP flow 1
 */
import { checkHolidays, readHolidays } from '../../fhir/french/holiday-rule.ts';
import { readVisitKinds } from '../../fhir/french/visit-kind.ts';
import { checkVisitKinds } from '../../fhir/french/visit-kind-check.ts';
import type { Context } from '../../fhir/interaction.ts';
import { errorOf } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import { asType } from '../../fhir/resources.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import { versionAfter } from '../../store/write/version-floor.ts';
import type { AgendaRow } from '../../store/resources/agenda-reader.ts';
import { dependOnActors, resolveActors } from '../inherited.ts';
import { KEY_RULE } from '../occupied.ts';
import { ownPractice } from './read-scope.ts';
import type { RuleServices } from './services.ts';
import { removeAgenda, setAgenda } from './schedule-rules.ts';

export const OWNER_TYPES = new Set([
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'RelatedPerson',
  'Location',
  'Device',
  'HealthcareService',
  'Organization',
]);

/** Elements of actors that their agendas inherit. */
const INHERITED: Record<string, readonly string[]> = {
  PractitionerRole: ['practitioner', 'location', 'organization', 'extension', 'contained'],
  HealthcareService: ['extension', 'providedBy'],
  Location: ['extension', 'physicalType', 'managingOrganization', 'address'],
  Organization: ['extension'],
};

/** The types that an agenda's actors refer to for what it inherits, and the parameters by which they do. */
const REFERRING = new Map<string, readonly (readonly [type: string, column: string])[]>([
  ['Location', [['PractitionerRole', 'location']]],
  [
    'Organization',
    [
      ['PractitionerRole', 'organization'],
      ['HealthcareService', 'organization'],
      ['Location', 'organization'],
    ],
  ],
]);

export async function writeOwner(services: RuleServices, context: Context, change: Change, unit: Unit): Promise<void> {
  const { type, id, before, after } = change;
  if (after !== undefined) checkSettings(after);
  if (before === undefined) {
    if (type === 'Patient') giveToPractice(context, change, unit);
    return;
  }
  const reference = `${type}/${id}`;
  if (after === undefined) {
    if (type === 'Patient') unit.requireLeft(reference);
    for (const row of await services.agendas.stored.ofActors([reference]))
      await withdraw(services, context, row, reference, before, unit);
    if (type === 'Organization') await inheritAll(services, { resourceType: type, id }, unit);
    return;
  }
  // Searches send the owner along with the slots of the agenda: locking it ends the cached copies.
  for (const row of await services.agendas.stored.ofActors([reference])) unit.lock(row.schedule);
  const isSame = (element: string): boolean => inheritedOf(before, element) === inheritedOf(after, element);
  if (INHERITED[type]?.every(isSame) ?? true) return;
  await inheritAll(services, after, unit);
}

/** Of an Organization, agendas inherit the kinds of visit, the public holidays, and no other extension. */
function inheritedOf(resource: Resource, element: string): string {
  const isCatalogue = resource.resourceType === 'Organization';
  return JSON.stringify(isCatalogue ? [readVisitKinds(resource), readHolidays(resource)] : resource[element]) ?? '';
}

/** Every agenda that inherits from a resource takes its settings anew. */
async function inheritAll(services: RuleServices, changed: Resource, unit: Unit): Promise<void> {
  const { resourceType, id } = changed;
  const reference = `${resourceType}/${id}`;
  await dependOnActors(services.reader, unit, [reference]);
  const actors = [reference];
  for (const [type, column] of REFERRING.get(resourceType) ?? [])
    actors.push(...(await services.reader.referringTo(type, column, [reference])));
  for (const row of await services.agendas.stored.ofActors(actors)) await inherit(services, row, changed, unit);
}

/** Throws (422) for kinds of visit, or choices for public holidays, that cannot be understood. */
function checkSettings(resource: Resource): void {
  const issues = [...checkVisitKinds(resource), ...checkHolidays(resource)];
  if (issues.length > 0) throw errorOf(issues, 422);
}

/** A row for nobody is needed only where the id may have belonged to a practice before. */
function giveToPractice(context: Context, { id, version }: Change, unit: Unit): void {
  const practice = ownPractice(context);
  if (practice.length > 0 || version > 1) unit.giveTo(practice, id);
}

/** Deletes an agenda with its only owner, or withdraws the deleted owner from it. */
async function withdraw(
  services: RuleServices,
  context: Context,
  row: AgendaRow,
  reference: string,
  owner: Resource,
  unit: Unit,
): Promise<void> {
  const stored = await services.reader.read('Schedule', row.schedule);
  if (stored?.body === undefined) return;
  const schedule = parseResource('Schedule', stored.body);
  const actors = schedule.actor.map((actor) => localTarget(actor) ?? '');
  const version = versionAfter(services.reader.database, stored.version);
  unit.follow('Schedule', row.schedule, stored.version);
  const at = new Date(context.now).toISOString();
  if (await ownsAlone(services, reference, owner, actors)) {
    await removeAgenda(services, context, row.schedule, version, unit);
    unit.remove('Schedule', row.schedule, version, at);
    unit.holdKeys('Schedule', row.schedule, []);
    return;
  }
  if (!actors.includes(reference)) return;
  const left = {
    ...schedule,
    meta: { ...schedule.meta, versionId: String(version), lastUpdated: at },
    actor: schedule.actor.filter((actor) => localTarget(actor) !== reference),
  };
  const keys = await setAgenda(services, left, version, unit);
  if (row.keys.join() !== keys.join()) unit.requireIdle(row.schedule, context.now);
  unit.put(left, 'PUT');
}

/** True if every actor is the owner; a professional and his or her roles count as one owner. */
async function ownsAlone(
  services: RuleServices,
  reference: string,
  owner: Resource,
  actors: readonly string[],
): Promise<boolean> {
  const others = actors.filter((actor) => actor !== reference);
  if (others.length === 0) return true;
  const professional =
    owner.resourceType === 'Practitioner' ? reference : localTarget(asType(owner, 'PractitionerRole')?.practitioner);
  if (professional === undefined) return false;
  const stored = await services.reader.readReferences(others.filter((other) => other.startsWith('PractitionerRole/')));
  const ownRoles = stored
    .map(({ body }) => parseResource('PractitionerRole', body!))
    .filter((role) => localTarget(role.practitioner) === professional)
    .map((role) => `PractitionerRole/${role.id}`);
  return others.every((other) => other === professional || ownRoles.includes(other));
}

/** Writes the row of the agenda anew, with the settings that it inherits from the changed actor. */
async function inherit(services: RuleServices, row: AgendaRow, changed: Resource, unit: Unit): Promise<void> {
  const stored = await services.reader.read('Schedule', row.schedule);
  if (stored?.body === undefined) return;
  const schedule = parseResource('Schedule', stored.body);
  const { keys, inherited } = await resolveActors(services.reader, unit, schedule, changed);
  const { schedule: id, code, version } = row;
  unit.setAgenda({ schedule: id, code, version, keys, keyRule: KEY_RULE, context: inherited, deleted: false });
}
