/**
 * Which resource each write of a transaction is about, before any of them is decided: by its id, by its criteria, or
 * new. The order of the entries decides nothing. https://hl7.org/fhir/R4/http.html#trules
 */
import { randomUUID } from 'node:crypto';
import type { Context, EntryWrite, Stored } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { stringifyJson } from '../../fhir/json.ts';
import { criterionName, decidingMatch } from './condition.ts';
import type { EntryPlace } from './entry-place.ts';
import type { Repository } from './repository.ts';
import type { Unit } from './unit.ts';

export interface Target {
  write: EntryWrite;
  id: string;
  found: Stored | undefined;
  /** Of a conditional create that another entry of the transaction satisfies: that entry. */
  satisfiedBy?: Target;
}

/** Throws `invalid` (400) where two entries write one resource. */
export async function identify(
  repository: Repository,
  context: Context,
  unit: Unit,
  writes: readonly EntryWrite[],
  atEntry: EntryPlace,
): Promise<Target[]> {
  const targets: Target[] = [];
  const named = writes.flatMap(({ type, id }) => (id === undefined ? [] : `${type}/${id}`));
  const current = await repository.reader.readCurrent(named);
  for (const write of writes) {
    const found =
      write.id === undefined
        ? await atEntry(write.index, () => findMatch(repository, context, unit, write))
        : current.get(`${write.type}/${write.id}`);
    targets.push({ write, id: write.id ?? found?.id ?? randomUUID(), found });
  }
  const deleted = new Set(targets.filter(({ write }) => write.method === 'DELETE').map(nameOf));
  for (const target of targets) if (isConditionalCreate(target) && deleted.has(nameOf(target))) makeNew(target);
  joinCreates(targets);
  requireDistinct(targets);
  return targets;
}

async function findMatch(
  repository: Repository,
  context: Context,
  unit: Unit,
  write: EntryWrite,
): Promise<Stored | undefined> {
  if (!write.query) return undefined;
  return decidingMatch(repository, context, write.type, write.query, unit);
}

function nameOf({ write, id }: Target): string {
  return `${write.type}/${id}`;
}

function isConditionalCreate({ write }: Target): boolean {
  return write.method === 'POST' && write.query !== undefined;
}

/** The match is deleted by the same transaction: deletions come first, so the create makes a new resource. */
function makeNew(target: Target): void {
  target.id = randomUUID();
  target.found = undefined;
}

/**
 * Conditional creates by one criterion make one resource: a conditional update by the criterion makes it if there is
 * one, else the create that says most, so that the order of the entries does not matter.
 */
function joinCreates(targets: readonly Target[]): void {
  const groups = new Map<string, Target[]>();
  for (const target of targets) {
    const { type, query, resource } = target.write;
    if (!query || resource === undefined || target.found !== undefined) continue;
    const name = criterionName(type, query);
    groups.set(name, [...(groups.get(name) ?? []), target]);
  }
  for (const [name, group] of groups) {
    const [update, second] = group.filter((target) => !isConditionalCreate(target));
    if (update !== undefined && second !== undefined)
      throw writtenTwice(name.replace(/\?.*/s, ''), update.write.index, second.write.index);
    const creates = group.filter(isConditionalCreate).sort((a, b) => compareContents(a.write, b.write));
    const maker = update ?? creates[0]!;
    for (const create of creates) {
      if (create === maker) continue;
      create.satisfiedBy = maker;
      create.id = maker.id;
    }
  }
}

/** The longer content first. */
function compareContents(a: EntryWrite, b: EntryWrite): number {
  const [first, second] = [a, b].map(contentOf) as [string, string];
  return second.length - first.length || (first < second ? -1 : first > second ? 1 : 0);
}

/** The content in an order of its own: writes that say the same have the same. */
export function contentOf({ resource }: EntryWrite): string {
  return resource === undefined ? '' : stringifyJson(resource);
}

function requireDistinct(targets: readonly Target[]): void {
  const seen = new Map<string, Target>();
  for (const target of targets) {
    if (target.satisfiedBy !== undefined) continue;
    // A create that is already there writes nothing.
    if (isConditionalCreate(target) && target.found !== undefined) continue;
    const name = nameOf(target);
    const other = seen.get(name);
    if (other !== undefined) throw writtenTwice(name, other.write.index, target.write.index);
    seen.set(name, target);
  }
}

function writtenTwice(name: string, first: number, second: number): FhirError {
  return new FhirError('invalid', `${name} is written by entry ${first} too: a transaction writes a resource once`, {
    expression: `Bundle.entry[${second}]`,
    text: `Deux entrées écrivent la même ressource (${first} et ${second}).`,
  });
}
