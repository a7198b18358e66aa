/**
 * The FHIR interactions over the store, for any set of types and rules: create, update, patch, delete and their
 * conditional forms. Optimistic: read, let the rules decide in memory, commit in one statement; when somebody else
 * was first, read and decide again. https://hl7.org/fhir/R4/http.html
 */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  type Condition,
  type Context,
  type Existing,
  requireExisting,
  type Stored,
  type WriteResult,
} from '../../fhir/interaction.ts';
import { FhirError, noMatch, notFound, versionConflict } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import { withLocalReferences } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Database } from '../engine/database.ts';
import { ResourceReader } from '../resources/resource-reader.ts';
import { checkVersion, criterionName, decidingMatch, singleMatch } from './condition.ts';
import { InTurn } from './in-turn.ts';
import { writeFact } from './write-fact.ts';
import { Unit } from './unit.ts';
import { versionAfter } from './version-floor.ts';
import type { Change, WriteRules } from './write-rules.ts';

/** How long a write is tried again while others keep writing the same resource, in ms. */
const RETRY_MS = 20_000;
/** After so many attempts, each waits a moment: whoever competes in another process has its turn. */
const PROMPT_TRIES = 5;
const MAX_PAUSE_MS = 50;

export class Repository {
  readonly database: Database;
  readonly reader: ResourceReader;
  readonly rules: WriteRules;
  private readonly turns = new InTurn();

  constructor(database: Database, rules: WriteRules) {
    this.database = database;
    this.rules = rules;
    this.reader = new ResourceReader(database);
  }

  /** The living resource. Throws `not-found` (404) or `deleted` (410). */
  async read(type: string, id: string): Promise<Existing> {
    return requireExisting(type, id, await this.reader.read(type, id));
  }

  async create(context: Context, resource: Resource, ifNoneExist?: string): Promise<WriteResult> {
    const type = resource.resourceType;
    const write = async (): Promise<WriteResult> => {
      const unit = new Unit();
      if (ifNoneExist !== undefined) {
        const match = await decidingMatch(this, context, type, ifNoneExist, unit);
        if (match !== undefined) {
          await this.rules.found?.(context, match);
          return { stored: match, created: false, unchanged: true };
        }
      }
      return this.attempt(context, unit, {
        method: 'POST',
        type,
        id: randomUUID(),
        before: undefined,
        after: { ...resource },
        version: 1,
      });
    };
    return ifNoneExist === undefined
      ? this.retry(write)
      : this.turns.run(criterionName(type, ifNoneExist), () => this.retry(write));
  }

  /** By id (creating it if there is none), or by `condition.query`. */
  async update(
    context: Context,
    resource: Resource,
    id: string | undefined,
    condition: Condition,
  ): Promise<WriteResult> {
    const type = resource.resourceType;
    const turn = id === undefined ? criterionName(type, condition.query!) : `${type}/${id}`;
    return this.turns.run(turn, () =>
      this.retry(async () => {
        const unit = new Unit();
        const found = await this.target(context, type, id, condition, unit);
        if (found === undefined && id === undefined) {
          if (condition.ifMatch !== undefined) throw versionConflict(condition.ifMatch);
          return this.attempt(context, unit, {
            method: 'POST',
            type,
            id: randomUUID(),
            before: undefined,
            after: { ...resource },
            version: 1,
          });
        }
        const current: Resource | undefined = found?.body === undefined ? undefined : parseJson(found.body);
        if (current !== undefined) await this.checkSeen(context, found!, condition);
        checkVersion(current && found, condition);
        // Asked here and not before: of two equal requests at once, the second sees what the first has just made.
        if (
          current !== undefined &&
          condition.ifMatch === undefined &&
          this.rules.repeats?.(context, current, resource)
        )
          return { stored: found!, created: false, unchanged: true };
        return this.attempt(context, unit, {
          method: 'PUT',
          type,
          id: found?.id ?? id!,
          before: current,
          after: { ...resource },
          version: (found?.version ?? 0) + 1,
          previousAt: found?.updatedAt,
        });
      }, condition.ifMatch),
    );
  }

  async patch(
    context: Context,
    type: string,
    id: string | undefined,
    apply: (resource: Resource) => Resource,
    condition: Condition,
  ): Promise<WriteResult> {
    return this.turns.run(id === undefined ? criterionName(type, condition.query!) : `${type}/${id}`, () =>
      this.retry(async () => {
        const unit = new Unit();
        const target = await this.target(context, type, id, condition, unit);
        if (id === undefined && target === undefined) throw noMatch(type);
        await this.checkDeleted(context, target);
        const found = requireExisting(type, id ?? '', target);
        await this.rules.found?.(context, found);
        checkVersion(found, condition);
        const before: Resource = parseJson(found.body);
        const after = apply(before);
        if (isDeepStrictEqual(after, before)) return { stored: found, created: false, unchanged: true };
        return this.attempt(context, unit, {
          method: 'PATCH',
          type,
          id: found.id,
          before,
          after,
          version: found.version + 1,
          previousAt: found.updatedAt,
        });
      }, condition.ifMatch),
    );
  }

  /** `undefined` when there was nothing to delete (a second DELETE succeeds too). */
  async delete(
    context: Context,
    type: string,
    id: string | undefined,
    condition: Condition,
  ): Promise<Stored | undefined> {
    return this.turns.run(id === undefined ? criterionName(type, condition.query!) : `${type}/${id}`, () =>
      this.retry(async () => {
        const unit = new Unit();
        const found = await this.target(context, type, id, condition, unit);
        if (found === undefined && id !== undefined) throw notFound(type, id);
        await this.checkDeleted(context, found);
        if (found?.body === undefined) return undefined;
        await this.checkSeen(context, found, condition);
        checkVersion(found, condition);
        const before: Resource = parseJson(found.body);
        const result = await this.attempt(context, unit, {
          method: 'DELETE',
          type,
          id: found.id,
          before,
          after: undefined,
          version: found.version + 1,
          previousAt: found.updatedAt,
        });
        return result.stored;
      }, condition.ifMatch),
    );
  }

  /** The one match of a query; throws `multiple-matches` (412) when there are several. */
  single(context: Context, type: string, query: string): Promise<Stored | undefined> {
    return singleMatch(this, context, type, query);
  }

  /** The version of a resource is an answer about it: whoever asks for one must be allowed to read it. */
  private async checkSeen(context: Context, found: Stored, { ifMatch, ifNoneMatch }: Condition): Promise<void> {
    if (ifMatch !== undefined || ifNoneMatch !== undefined) await this.rules.found?.(context, found);
  }

  private async checkDeleted(context: Context, found: Stored | undefined): Promise<void> {
    if (found !== undefined && found.body === undefined) await this.rules.metDeleted?.(context, found);
  }

  private async target(
    context: Context,
    type: string,
    id: string | undefined,
    condition: Condition,
    unit: Unit,
  ): Promise<Stored | undefined> {
    if (id !== undefined) return this.reader.read(type, id);
    return decidingMatch(this, context, type, condition.query!, unit);
  }

  /** One decision and one commit. Throws `Stale` when the state that it was made from is gone. */
  private async attempt(context: Context, unit: Unit, change: Change): Promise<WriteResult> {
    await this.prepare(context, this.rules, unit, change);
    const result = context.isRehearsal ? { ok: true } : await unit.commit(this.database);
    if ('ok' in result) {
      const stored = unit.pending(change.type, change.id)!;
      const issues = unit.warningsOf(`${change.type}/${change.id}`);
      return { stored, created: change.before === undefined, ...(issues.length > 0 ? { issues } : {}) };
    }
    if ('stale' in result) throw this.stale();
    throw await this.rules.explain(context, change, result);
  }

  /** The error that makes `retry` decide again. */
  stale(): Error {
    return new Stale();
  }

  /** Completes the resource, lets the rules decide, and adds the change to the unit. */
  async prepare(context: Context, rules: WriteRules, unit: Unit, change: Change): Promise<void> {
    // Never before its predecessor, whatever clock that one was written by.
    const at = new Date(Math.max(context.now, change.previousAt ?? 0)).toISOString();
    unit.idempotency = context.idempotency;
    unit.author = context.caller;
    if (change.method !== 'POST') {
      unit.follow(change.type, change.id, change.version - 1);
      change.version = versionAfter(this.database, change.version - 1);
    }
    if (change.after !== undefined) {
      const { id: _, meta, resourceType, ...rest } = withLocalReferences(change.after, context.base);
      const { versionId: _v, lastUpdated: _l, ...kept } = meta ?? {};
      change.after = {
        resourceType,
        id: change.id,
        meta: { versionId: String(change.version), lastUpdated: at, ...kept },
        ...rest,
      };
    }
    unit.begin();
    await rules.write(context, change, unit);
    unit.audit(writeFact(context, change, unit), context.wrote);
    if (change.after === undefined) unit.remove(change.type, change.id, change.version, at);
    else {
      context.validate?.(change.after);
      unit.put(change.after, change.method, change.type);
    }
  }

  async retry<T>(write: () => Promise<T>, ifMatch?: number): Promise<T> {
    const until = performance.now() + RETRY_MS;
    for (let tries = 1; ; tries++) {
      try {
        return await write();
      } catch (error) {
        if (!(error instanceof Stale) && !isSerialization(error)) throw error;
        if (ifMatch !== undefined && tries > 1) throw versionConflict(ifMatch);
        if (performance.now() > until) {
          throw new FhirError('transient', 'Others keep changing this resource; try again', {
            text: 'Cette ressource change sans cesse : réessayez dans un instant.',
          });
        }
        if (tries > PROMPT_TRIES) await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_PAUSE_MS));
      }
    }
  }
}

class Stale extends Error {}

/** The database chose this transaction to give way (deadlock, serialisation); nothing was written. */
function isSerialization(error: unknown): boolean {
  const code = error instanceof FhirError ? (error.cause as { code?: string } | undefined)?.code : undefined;
  return code === '40P01' || code === '40001';
}
