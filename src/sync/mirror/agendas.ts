/** Mirrored agendas, with their availabilities: the manager's, but for what it has delegated. GAP flows 2 and 3 */
import { readDelegations } from '../../fhir/french/delegation.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Way } from './resources.ts';
import { isOvertaken, isRefusal, referenceOf, versionOf } from './side.ts';
import type { Steps } from './steps.ts';
import { isSame, translated, withAvailabilities } from './translate.ts';

export interface MirrorParts {
  down: Way;
  up: Way;
  steps: Steps;
  /** Name of the mirror at the manager: delegations name it. */
  delegate: string | undefined;
  tell: (line: string) => void;
}

export async function copyAgendas(parts: MirrorParts, agendas: readonly Resource[]): Promise<void> {
  const { down, tell } = parts;
  const system = encodeURIComponent(`${down.from.base}/Schedule|`);
  const copies = new Map<string, Resource>();
  for (const copy of await down.to.search('Schedule', `identifier=${system}`))
    copies.set(down.from.originalOf(copy)!, copy);
  for (const agenda of agendas) {
    try {
      await copyAgenda(parts, agenda, copies.get(agenda.id!));
    } catch (error) {
      if (isRefusal(error)) tell(`${referenceOf(agenda)}: ${error.message}`);
      else if (!isOvertaken(error)) throw error;
    }
    copies.delete(agenda.id!);
  }
  for (const [id, copy] of copies) await removeCopy(parts, id, copy);
}

async function copyAgenda(parts: MirrorParts, agenda: Resource, copy: Resource | undefined): Promise<void> {
  const { down, steps } = parts;
  const reference = referenceOf(agenda);
  const step = steps.get(reference);
  const isMoved = copy !== undefined && step !== undefined && step.other !== versionOf(copy);
  const kept = isMoved && isDelegated(parts, agenda) ? await takeAvailabilities(parts, agenda, copy) : agenda;
  const isInStep = step?.manager === versionOf(kept) && !isMoved;
  const next = translated(kept, { from: down.from, to: down.to, references: down.there });
  let written = copy;
  if (copy === undefined) written = await down.to.putBy(next, down.from.markOf(agenda));
  else if (!isInStep && !isSame(next, copy)) written = await down.to.put(next, copy);
  steps.set(reference, { manager: versionOf(kept), other: versionOf(written!) });
  down.there.set(reference, referenceOf(written!));
  down.back.set(referenceOf(written!), reference);
}

function isDelegated({ delegate }: MirrorParts, agenda: Resource): boolean {
  return readDelegations(agenda).some(({ caller, scope }) => caller === delegate && scope !== 'appointments');
}

/** The manager takes over the availabilities of its delegate, or keeps its own if it refuses them. */
async function takeAvailabilities(parts: MirrorParts, agenda: Resource, copy: Resource): Promise<Resource> {
  const { up, tell } = parts;
  const back = translated(copy, { from: up.from, to: up.to, references: up.there });
  const next = withAvailabilities(agenda, back);
  if (isSame(next, agenda)) return agenda;
  try {
    return await up.to.put(next, agenda);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    tell(`${referenceOf(agenda)}: availabilities refused: ${error.message}`);
    return agenda;
  }
}

/** The copy of an agenda that the manager has deleted goes too, unless it still has appointments. */
async function removeCopy({ down, steps, tell }: MirrorParts, id: string, copy: Resource): Promise<void> {
  if ((await down.from.read(`Schedule/${id}`)) !== undefined) return;
  try {
    await down.to.remove(referenceOf(copy));
    steps.forget(`Schedule/${id}`);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    tell(`${referenceOf(copy)}: not deleted: ${error.message}`);
  }
}
