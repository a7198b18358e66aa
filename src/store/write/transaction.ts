/**
 * Several writes as one commit: the transaction of https://hl7.org/fhir/R4/http.html#transaction. Identities first (new
 * ids, matches of conditions), then references, then every rule in an order that does not depend on that of the
 * entries, then one commit. A transaction that comes too late decides again.
 */
import {
  type Context,
  type EntryResult,
  type EntryWrite,
  requireExisting,
  type WriteMethod,
} from '../../fhir/interaction.ts';
import { FhirError, inEntry, noMatch, notFound, versionConflict } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import { plainReferences } from '../../fhir/references.ts';
import type { Resource } from '../../fhir/resource.ts';
import { checkVersion } from './condition.ts';
import { atEntry } from './entry-place.ts';
import { contentOf, identify, type Target } from './identities.ts';
import type { Repository } from './repository.ts';
import { EntryReferences } from './entry-references.ts';
import { Unit } from './unit.ts';
import type { CommitRefusal, WriteRules } from './write-rules.ts';

/** https://hl7.org/fhir/R4/http.html#trules */
const ORDER: readonly WriteMethod[] = ['DELETE', 'POST', 'PUT', 'PATCH'];

/** The parts that the entries of one attempt share. */
interface Attempt {
  repository: Repository;
  rules: WriteRules;
  context: Context;
  unit: Unit;
  references: EntryReferences;
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
    const targets = await identify(repository, context, unit, writes, atEntry);
    for (const { write, id } of targets) if (write.resource !== undefined) unit.expect(write.type, id);
    await expectReferences(repository, unit, writes);
    const rules = repository.rules.within(unit);
    const references = new EntryReferences(repository, context, targets);
    const attempt: Attempt = { repository, rules, context, unit, references };
    const results = new Map<Target, EntryResult>();
    /** Which entry wants an agenda to be idle, and which has written its row; which has written an appointment. */
    const waiting = new Map<string, Target>();
    for (const target of inOrder(targets, repository.rules.typeOrder ?? [])) {
      results.set(target, await atEntry(target.write.index, () => write(attempt, target)));
      for (const schedule of unit.idleSchedules()) if (!waiting.has(schedule)) waiting.set(schedule, target);
      for (const row of unit.rowsWritten()) waiting.set(row, target);
    }
    const result = await unit.commit(repository.database);
    if (!('ok' in result)) throw await refusal(attempt, result, targets, waiting);
    return targets.map((target) => {
      const written = results.get(target)!;
      const issues = unit.warningsOf(`${target.write.type}/${target.id}`);
      return issues.length === 0 ? written : { ...written, issues };
    });
  });
}

/** Looks up the stored targets of all references in one query, instead of one for each entry. */
async function expectReferences(repository: Repository, unit: Unit, writes: readonly EntryWrite[]): Promise<void> {
  const references = writes.flatMap(({ resource }) => (resource === undefined ? [] : plainReferences(resource)));
  for (const reference of await repository.reader.existing(references)) {
    const [type, id] = reference.split('/') as [string, string];
    unit.expect(type, id);
  }
}

/**
 * Deletions first, then type by type, those that others build on before them; deletions the other way round. Creates
 * that another entry satisfies come last: its version is there then.
 */
function inOrder(targets: readonly Target[], typeOrder: readonly string[]): Target[] {
  const rank = ({ write }: Target): number => {
    const at = typeOrder.indexOf(write.type);
    const type = at < 0 ? typeOrder.length : at;
    return write.method === 'DELETE' ? -1 - type : type;
  };
  const name = ({ write, id, found }: Target): string =>
    write.id === undefined && found === undefined ? `~${contentOf(write)}` : id;
  return [...targets].sort(
    (a, b) =>
      Number(a.satisfiedBy !== undefined) - Number(b.satisfiedBy !== undefined) ||
      rank(a) - rank(b) ||
      ORDER.indexOf(a.write.method) - ORDER.indexOf(b.write.method) ||
      compare(name(a), name(b)),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function write(attempt: Attempt, target: Target): Promise<EntryResult> {
  const { repository, rules, context, unit, references } = attempt;
  const { write: entry, id, found, satisfiedBy } = target;
  const { type, method } = entry;
  if (satisfiedBy !== undefined) return { stored: unit.pending(type, id)!, created: false, unchanged: true };
  if (method === 'POST' && found !== undefined) {
    await rules.found?.(context, found);
    return { stored: found, created: false, unchanged: true };
  }
  if (method === 'DELETE' || method === 'PATCH') {
    if (found === undefined && (method === 'PATCH' || entry.id !== undefined))
      throw entry.id === undefined ? noMatch(type) : notFound(type, id);
    if (found !== undefined && found.body === undefined) await rules.metDeleted?.(context, found);
    if (method === 'DELETE' && found?.body === undefined) return { stored: found!, created: false, deleted: false };
  }
  const current = method === 'PATCH' ? requireExisting(type, id, found) : found;
  const asksVersion = entry.ifMatch !== undefined || entry.ifNoneMatch !== undefined;
  if (method === 'PATCH' || (asksVersion && current?.body !== undefined)) await rules.found?.(context, current!);
  const before: Resource | undefined = current?.body === undefined ? undefined : parseJson(current.body);
  if (entry.ifMatch !== undefined && before === undefined) throw versionConflict(entry.ifMatch);
  checkVersion(before && current, entry);
  const sent = entry.apply === undefined ? entry.resource : entry.apply(before!);
  const after = sent === undefined ? undefined : await references.literal(sent);
  const version = (found?.version ?? 0) + 1;
  await repository.prepare(context, rules, unit, {
    ...{ method, type, id, before, after, version },
    previousAt: found?.updatedAt,
  });
  return {
    stored: unit.pending(type, id)!,
    created: before === undefined,
    ...(method === 'DELETE' ? { deleted: true } : {}),
  };
}

/** The database's refusal, at the entry that it is about. */
async function refusal(
  { repository, context, unit }: Attempt,
  result: CommitRefusal,
  targets: readonly Target[],
  waiting: ReadonlyMap<string, Target>,
): Promise<Error> {
  if ('stale' in result) return repository.stale();
  const target = refused(result, targets, waiting);
  if (target === undefined) return new FhirError('exception', 'The database refused what no entry has written');
  const { method, type, index } = target.write;
  const body = unit.pending(type, target.id)?.body;
  const error = await repository.rules.explain(
    context,
    {
      ...{ method, type, id: target.id, before: undefined, version: 0 },
      after: body === undefined ? undefined : parseJson(body),
    },
    result,
  );
  return inEntry(error, index);
}

/** The entry that a refusal is about. */
function refused(
  result: Exclude<CommitRefusal, { stale: unknown }>,
  targets: readonly Target[],
  waiting: ReadonlyMap<string, Target>,
): Target | undefined {
  const byId = (type: string, id: string): Target | undefined =>
    targets.find((target) => target.write.type === type && target.id === id);
  // Another resource of its entry, such as an answer, may be what changes the appointment.
  if ('taken' in result) return waiting.get(`Appointment/${result.taken.appointment}`);
  if ('twice' in result) return waiting.get(`Appointment/${result.twice.appointment}`);
  if ('duplicate' in result) return byId(result.duplicate.type, result.duplicate.id);
  if ('clash' in result) return waiting.get(`row of ${result.clash.schedule}`);
  if ('patient' in result.occupied) return byId('Patient', result.occupied.patient.split('/')[1]!);
  return waiting.get(result.occupied.schedule);
}
