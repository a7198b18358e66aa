/**
 * Mirrored appointments. Both servers book; the manager of the agenda is the judge: a refused booking is cancelled
 * where it was made, with the reason, and of two changes at once the manager's stays. GAP flows 6a and 6b
 */
import type { Reference } from '../../fhir/resource.ts';
import { type Appointment, asType, isType, list } from '../../fhir/resources.ts';
import { localId, localTarget } from '../../fhir/local-reference.ts';
import type { MirrorParts } from './agendas.ts';
import type { Way } from './resources.ts';
import { isOvertaken, isRefusal, referenceOf, versionOf } from './side.ts';
import { isSame, translated } from './translate.ts';

/** An appointment on both servers; one side is absent until it is copied. */
interface Pair {
  manager: Appointment | undefined;
  other: Appointment | undefined;
}

/** The appointments of each server. */
export interface Found {
  manager: readonly Appointment[];
  other: readonly Appointment[];
}

/** Bookings of the other server come first: a place that both have given away is then the manager's. */
export async function copyAppointments(parts: MirrorParts, found: Found): Promise<void> {
  const pairs = await pairsOf(parts, found);
  const isUp = (pair: Pair): boolean => wayOf(parts, pair) === 'up';
  for (const pair of [...pairs.filter(isUp), ...pairs.filter((pair) => !isUp(pair))]) {
    try {
      await copyPair(parts, pair);
    } catch (error) {
      if (isRefusal(error)) parts.tell(`${referenceOf((pair.manager ?? pair.other)!)}: ${error.message}`);
      else if (!isOvertaken(error)) throw error;
    }
  }
}

async function pairsOf({ down, up }: MirrorParts, found: Found): Promise<Pair[]> {
  const others = new Map(found.other.map((other) => [other.id!, other]));
  const copies = new Map(found.other.map((other) => [down.from.originalOf(other), other]));
  const pairs: Pair[] = [];
  for (const manager of found.manager) {
    const original = up.from.originalOf(manager);
    const at = original === undefined ? copies.get(manager.id!) : others.get(original);
    const read =
      at !== undefined
        ? at
        : original === undefined
          ? await down.to.copyOf('Appointment', down.from.markOf(manager))
          : await up.from.read(`Appointment/${original}`);
    const other = asType(read, 'Appointment');
    if (other !== undefined) others.delete(other.id!);
    pairs.push({ manager, other });
  }
  for (const other of others.values()) {
    const original = down.from.originalOf(other);
    const read =
      original === undefined
        ? await up.to.copyOf('Appointment', up.from.markOf(other))
        : await down.from.read(`Appointment/${original}`);
    pairs.push({ manager: asType(read, 'Appointment'), other });
  }
  return pairs;
}

/** Where the change is to go; `undefined`: both are in step. */
function wayOf({ steps, down }: MirrorParts, { manager, other }: Pair): 'up' | 'down' | undefined {
  if (manager === undefined) return down.from.originalOf(other!) === undefined ? 'up' : 'down';
  const step = steps.get(referenceOf(manager));
  const isMoved = step?.manager !== versionOf(manager);
  if (other === undefined || isMoved || step === undefined) return 'down';
  return step.other === versionOf(other) ? undefined : 'up';
}

async function copyPair(parts: MirrorParts, pair: Pair): Promise<void> {
  const { manager, other } = pair;
  const way = wayOf(parts, pair);
  if (way === 'up') return copyUp(parts, manager, other!);
  if (way === undefined) return;
  if (manager === undefined) return parts.down.to.remove(referenceOf(other!));
  if (other === undefined && parts.up.from.originalOf(manager) !== undefined) return withdraw(parts, manager);
  await copyDown(parts, manager, other);
}

async function copyUp(parts: MirrorParts, manager: Appointment | undefined, other: Appointment): Promise<void> {
  const { up, steps } = parts;
  const isOver = ['cancelled', 'entered-in-error'].includes(other.status);
  if (manager === undefined && isOver) return;
  const next = await onAgenda(up, other);
  if (manager !== undefined && isSame(next, manager)) return inStep();
  let written: Appointment;
  try {
    written = manager === undefined ? await up.to.putBy(next, up.from.markOf(other)) : await up.to.put(next, manager);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return refused(parts, manager, other, error.issues[0]?.text ?? error.message);
  }
  steps.set(referenceOf(written), { manager: versionOf(written), other: versionOf(other) });

  function inStep(): void {
    steps.set(referenceOf(manager!), { manager: versionOf(manager!), other: versionOf(other) });
  }
}

/** The refusal reaches whoever booked: by the appointment itself, and the notices that follow from it. */
async function refused(
  parts: MirrorParts,
  manager: Appointment | undefined,
  other: Appointment,
  why: string,
): Promise<void> {
  parts.tell(`${parts.up.from.base}/${referenceOf(other)}: refused by the manager: ${why}`);
  if (manager !== undefined) return copyDown(parts, manager, other);
  const cancelationReason = { text: `Refusé par le gestionnaire de l'agenda : ${why}` };
  await parts.down.to.put({ ...other, status: 'cancelled', cancelationReason }, other);
}

async function copyDown(parts: MirrorParts, manager: Appointment, other: Appointment | undefined): Promise<void> {
  const { down, steps, tell } = parts;
  const next = await onAgenda(down, manager);
  const isEqual = other !== undefined && isSame(next, other);
  const step = steps.get(referenceOf(manager));
  const isLost = other !== undefined && step !== undefined && step.other !== versionOf(other) && !isEqual;
  if (isLost) tell(`${down.to.base}/${referenceOf(other)}: the manager's version stays`);
  const written = isEqual
    ? other
    : other === undefined
      ? await down.to.putBy(next, down.from.markOf(manager))
      : await down.to.put(next, other);
  steps.set(referenceOf(manager), { manager: versionOf(manager), other: versionOf(written) });
}

/** It was deleted where it was booked. */
async function withdraw({ up }: MirrorParts, manager: Appointment): Promise<void> {
  if (manager.status === 'cancelled') return;
  const cancelationReason = { text: 'Supprimé là où il avait été pris.' };
  await up.to.put({ ...manager, status: 'cancelled', cancelationReason }, manager);
}

/** Names the slot of the target that has the same time: an actor may have several agendas. */
async function onAgenda(way: Way, resource: Appointment): Promise<Appointment> {
  const next = translated(resource, { from: way.from, to: way.to, references: way.there });
  const { slot, start, end } = resource;
  const references = list(slot).flatMap((reference) => localId(reference, 'Slot') ?? []);
  const slots: Reference[] = [];
  for (const id of references) {
    const named = asType(await way.from.read(`Slot/${id}`), 'Slot');
    const agenda = named && way.there.get(localTarget(named.schedule) ?? '');
    if (agenda === undefined) return next;
    const found = await way.to.search('Slot', `schedule=${agenda}&start=${encodeURIComponent(named!.start)}`);
    const same = found.find((slot) => isType(slot, 'Slot') && at(slot.start) === at(start) && at(slot.end) === at(end));
    if (same !== undefined) slots.push({ reference: referenceOf(same) });
  }
  return slots.length < references.length || slots.length === 0 ? next : { ...next, slot: slots };
}

function at(instant: string | undefined): number {
  return Date.parse(instant ?? '');
}
