/**
 * Writing people, places and things that own agendas. Deleting an owner deletes the agendas that it alone owns (refused
 * while one of them has future appointments) and withdraws it from those that it shares. What an owner tells its
 * agendas (zone, durations, who is occupied) follows its changes. GAP flow 1.
 */
import type { Context } from '../../fhir/interaction.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Reference, Resource } from '../../fhir/resource.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { AgendaRow } from '../../store/resources/agenda-reader.ts';
import type { RuleServices } from './services.ts';
import { removeAgenda, setAgenda } from './schedule-rules.ts';
import { localTarget } from '../../fhir/local-reference.ts';

export const OWNER_TYPES = new Set([
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'RelatedPerson',
  'Location',
  'Device',
  'HealthcareService',
]);

/** Elements that agendas take from their actors. */
const TOLD: Record<string, readonly string[]> = {
  PractitionerRole: ['practitioner', 'location', 'extension', 'contained'],
  HealthcareService: ['extension'],
  Location: ['extension', 'physicalType'],
};

export async function writeOwner(services: RuleServices, context: Context, change: Change, unit: Unit): Promise<void> {
  const { type, id, before, after } = change;
  if (before === undefined) return;
  const reference = `${type}/${id}`;
  if (after === undefined) {
    for (const row of await services.agendas.stored.ofActors([reference]))
      await leave(services, context, row, reference, before, unit);
    return;
  }
  // What is sent along with the agenda's slots changes with its owner.
  for (const row of await services.agendas.stored.ofActors([reference])) unit.lock(row.schedule);
  const told = TOLD[type];
  if (told === undefined || told.every((name) => JSON.stringify(before[name]) === JSON.stringify(after[name]))) return;
  const actors =
    type === 'Location'
      ? [reference, ...(await services.reader.referringTo('PractitionerRole', 'location', [reference]))]
      : [reference];
  for (const row of await services.agendas.stored.ofActors(actors)) await follow(services, context, row, after, unit);
}

/** One agenda of a deleted owner: goes with it, or goes on without it. */
async function leave(
  services: RuleServices,
  context: Context,
  row: AgendaRow,
  reference: string,
  owner: Resource,
  unit: Unit,
): Promise<void> {
  const stored = await services.reader.read('Schedule', row.schedule);
  if (stored?.body === undefined) return;
  const schedule = parseJson(stored.body) as Resource;
  const actors = (schedule['actor'] as Reference[]).map((actor) => localTarget(actor) ?? '');
  const version = stored.version + 1;
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
    actor: (schedule['actor'] as Reference[]).filter((actor) => localTarget(actor) !== reference),
  };
  await setAgenda(services, context, left, version, unit, true);
  unit.put(left, 'PUT');
}

/** A professional and his or her roles are one owner. */
async function ownsAlone(
  services: RuleServices,
  reference: string,
  owner: Resource,
  actors: readonly string[],
): Promise<boolean> {
  const others = actors.filter((actor) => actor !== reference);
  if (others.length === 0) return true;
  const professional =
    owner.resourceType === 'Practitioner' ? reference : localTarget(owner['practitioner'] as Reference | undefined);
  if (professional === undefined) return false;
  const roles = (
    await services.reader.readReferences(others.filter((other) => other.startsWith('PractitionerRole/')))
  ).map((reference) => parseJson(reference.body!) as Resource);
  return others.every(
    (other) =>
      other === professional ||
      roles.some(
        (role) =>
          `PractitionerRole/${role.id}` === other &&
          localTarget(role['practitioner'] as Reference | undefined) === professional,
      ),
  );
}

/** The agenda is compiled anew with what its actor says now. */
async function follow(
  services: RuleServices,
  context: Context,
  row: AgendaRow,
  changed: Resource,
  unit: Unit,
): Promise<void> {
  const stored = await services.reader.read('Schedule', row.schedule);
  if (stored?.body === undefined) return;
  const schedule = parseJson(stored.body) as Resource;
  const { keys, context: actors } = await services.agendas.resolveActors(schedule, changed);
  if (row.keys.join() !== keys.join()) unit.requireIdle(row.schedule, context.now);
  unit.setAgenda(row.schedule, row.code, row.version, keys, actors, false);
}
