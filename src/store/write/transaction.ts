/**
 * Several writes as one commit: the transaction of https://hl7.org/fhir/R4/http.html#transaction. Identities first (new
 * ids, matches of conditions), then references, then every rule in the standard's order, then one commit. A transaction
 * that comes too late decides again.
 */
import {
  type Context,
  type EntryResult,
  type EntryWrite,
  requireExisting,
  type Stored,
  type WriteMethod,
} from '../../fhir/interaction.ts';
import { randomUUID } from 'node:crypto';
import { FhirError, inEntry, noMatch, notFound, versionConflict, wrongValue } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import { conditionalReferences, replaceReferences, temporaryReferences } from '../../fhir/references.ts';
import type { Resource } from '../../fhir/resource.ts';
import { checkVersion, decidingMatch, singleMatch } from './condition.ts';
import type { Repository } from './repository.ts';
import { Unit } from './unit.ts';
import type { CommitRefusal } from './write-rules.ts';

/** https://hl7.org/fhir/R4/http.html#trules */
const ORDER: readonly WriteMethod[] = ['DELETE', 'POST', 'PUT', 'PATCH'];

interface Target {
  write: EntryWrite;
  id: string;
  found: Stored | undefined;
}

/**
 * Results in the order of the entries. Throws the refusal of the first entry that fails, with its place; then nothing
 * was written.
 */
export async function transact(
  repository: Repository,
  context: Context,
  writes: readonly EntryWrite[],
): Promise<EntryResult[]> {
  return repository.retry(async () => {
    const unit = new Unit();
    const targets = await resolve(repository, unit, writes);
    const references = new Map(
      targets
        .filter((target) => target.write.fullUrl !== undefined)
        .map(({ write, id }) => [write.fullUrl!, `${write.type}/${id}`]),
    );
    const results = new Map<EntryWrite, EntryResult>();
    const rules = repository.rules.within(unit);
    for (const method of ORDER) {
      for (const target of targets.filter((target) => target.write.method === method)) {
        results.set(
          target.write,
          await atEntry(target.write.index, () => write(repository, rules, context, unit, target, references)),
        );
      }
    }
    const result = await unit.commit(repository.database);
    if (!('ok' in result)) throw await refusal(repository, context, result, targets);
    return writes.map((write) => results.get(write)!);
  });
}

async function resolve(repository: Repository, unit: Unit, writes: readonly EntryWrite[]): Promise<Target[]> {
  const targets: Target[] = [];
  const seen = new Map<string, number>();
  for (const write of writes) {
    const target = await atEntry(write.index, async () => {
      const found =
        write.id === undefined
          ? write.query && (await decidingMatch(repository.reader, write.type, write.query, unit))
          : await repository.reader.read(write.type, write.id);
      return { write: write, id: write.id ?? (found ? found.id : randomUUID()), found: found || undefined };
    });
    const name = `${write.type}/${target.id}`;
    const other = seen.get(name);
    if (other !== undefined) {
      throw new FhirError('invalid', `${name} is written by entry ${other} too: a transaction writes a resource once`, {
        expression: `Bundle.entry[${write.index}]`,
        text: `Deux entrées écrivent la même ressource (${other} et ${write.index}).`,
      });
    }
    seen.set(name, write.index);
    targets.push(target);
  }
  return targets;
}

async function write(
  repository: Repository,
  rules: Repository['rules'],
  context: Context,
  unit: Unit,
  target: Target,
  references: ReadonlyMap<string, string>,
): Promise<EntryResult> {
  const { write: entry, id, found } = target;
  const { type, method } = entry;
  if (method === 'POST' && found !== undefined) {
    await rules.found?.(context, found);
    return { stored: found, created: false, unchanged: true };
  }
  if (method === 'DELETE' || method === 'PATCH') {
    if (found === undefined && (method === 'PATCH' || entry.id !== undefined))
      throw entry.id === undefined ? noMatch(type) : notFound(type, id);
    if (method === 'DELETE' && found?.body === undefined) return { stored: found!, created: false, deleted: false };
  }
  const current = method === 'PATCH' ? requireExisting(type, id, found) : found;
  if (method === 'PATCH') await rules.found?.(context, current!);
  const before: Resource | undefined = current?.body === undefined ? undefined : parseJson(current.body);
  if (entry.ifMatch !== undefined && before === undefined) throw versionConflict(entry.ifMatch);
  checkVersion(current, entry.ifMatch);
  const sent = entry.apply === undefined ? entry.resource : entry.apply(before!);
  const after = sent === undefined ? undefined : await literal(repository, sent, references);
  await repository.prepare(context, rules, unit, {
    method,
    type,
    id,
    before,
    after,
    version: (found?.version ?? 0) + 1,
    previousAt: found?.updatedAt,
  });
  return {
    stored: unit.pending(type, id)!,
    created: before === undefined,
    ...(method === 'DELETE' ? { deleted: true } : {}),
  };
}

async function literal(
  repository: Repository,
  resource: Resource,
  references: ReadonlyMap<string, string>,
): Promise<Resource> {
  const [nowhere] = temporaryReferences(resource).filter((reference) => !references.has(reference));
  if (nowhere !== undefined) {
    throw wrongValue(
      `${nowhere} is the fullUrl of no entry`,
      `La référence ${nowhere} ne mène à aucune entrée.`,
      resource.resourceType,
    );
  }
  const conditional = conditionalReferences(resource);
  if (conditional.length === 0) return replaceReferences(resource, references);
  const all = new Map(references);
  for (const reference of conditional) {
    const [type = '', query = ''] = reference.split(/\?(.*)/s);
    const match = await singleMatch(repository.reader, type, query);
    if (match === undefined) {
      throw new FhirError('not-found', `No ${type} matches a conditional reference`, {
        status: 412,
        expression: `${resource.resourceType}`,
        text: `Aucune ressource ${type} ne répond à une référence conditionnelle.`,
      });
    }
    all.set(reference, `${type}/${match.id}`);
  }
  return replaceReferences(resource, all);
}

/** The database's refusal, at the entry that it is about. */
async function refusal(
  repository: Repository,
  context: Context,
  result: CommitRefusal,
  targets: readonly Target[],
): Promise<Error> {
  if ('stale' in result) return repository.stale();
  const id =
    'taken' in result
      ? result.taken.appointment
      : 'duplicate' in result
        ? result.duplicate.id
        : result.occupied.schedule;
  const target = targets.find((target) => target.id === id) ?? targets[0]!;
  const { method, type } = target.write;
  const error = await repository.rules.explain(
    context,
    { method, type, id: target.id, before: undefined, after: undefined, version: 0 },
    result,
  );
  return inEntry(error, target.write.index);
}

async function atEntry<T>(index: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof FhirError && error.status < 500 ? inEntry(error, index) : error;
  }
}
