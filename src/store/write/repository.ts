/**
 * The FHIR interactions over the store, for any set of types and rules: create, update, patch, delete and their
 * conditional forms. Optimistic: read, let the rules decide in memory, commit in one statement; when somebody else
 * was first, read and decide again. https://hl7.org/fhir/R4/http.html
 */
import type { Condition, Context, Existing, Stored, WriteMethod, WriteResult } from '../../fhir/interaction.ts';
import { randomUUID } from 'node:crypto';
import { FhirError } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { parseSearch } from '../../fhir/search/parse.ts';
import type { SearchRequest } from '../../fhir/search/request.ts';
import type { Database } from '../engine/database.ts';
import { InTurn } from './in-turn.ts';
import { ResourceReader } from '../resources/resource-reader.ts';
import { type CommitResult, Unit } from './unit.ts';

export interface Change {
  method: WriteMethod;
  type: string;
  id: string;
  before: Resource | undefined;
  /** `undefined`: deleted. The rules may complete it. */
  after: Resource | undefined;
  /** The version that this change makes. */
  version: number;
}

/** What a back end adds to a write. Throws FhirError to refuse. */
export interface WriteRules {
  /** Called before every commit attempt: completes `change.after` and adds to the unit (time, keys, messages). */
  write(context: Context, change: Change, unit: Unit): Promise<void>;
  /** The same rules, seeing what a unit will write as if it were there already. */
  within(unit: Unit): WriteRules;
  /**
   * A write has found this one and its answer depends on what it holds: the match of a conditional create, what a patch
   * is for. Throws to refuse.
   */
  found?(context: Context, found: Stored): Promise<void>;
  /** Turns a refusal of the database into an error that says what is free instead. */
  explain(context: Context, change: Change, refusal: Exclude<CommitResult, { ok: true }>): Promise<FhirError>;
}

/**
 * Attempts when others keep writing the same resource; each loser waits its turn, so this is never reached in practice.
 */
const ATTEMPTS = 200;

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
    return living(type, id, await this.reader.read(type, id));
  }

  async create(context: Context, resource: Resource, ifNoneExist?: string): Promise<WriteResult> {
    const type = resource.resourceType;
    const write = async (): Promise<WriteResult> => {
      const unit = new Unit();
      if (ifNoneExist !== undefined) {
        const match = await this.decide(type, ifNoneExist, unit);
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
        const found = await this.target(type, id, condition, unit);
        if (found === undefined && id === undefined) {
          const own = condition.ifMatch === undefined ? { ...resource } : mismatch(condition.ifMatch);
          return this.attempt(context, unit, {
            method: 'POST',
            type,
            id: randomUUID(),
            before: undefined,
            after: own,
            version: 1,
          });
        }
        const current = found?.body === undefined ? undefined : (parseJson(found.body) as Resource);
        checkVersion(current && found, condition.ifMatch);
        return this.attempt(context, unit, {
          method: 'PUT',
          type,
          id: found?.id ?? id!,
          before: current,
          after: { ...resource },
          version: (found?.version ?? 0) + 1,
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
        const target = await this.target(type, id, condition, unit);
        if (id === undefined && target === undefined) throw noMatch(type);
        const found = living(type, id ?? '', target);
        await this.rules.found?.(context, found);
        checkVersion(found, condition.ifMatch);
        const before = parseJson(found.body) as Resource;
        return this.attempt(context, unit, {
          method: 'PATCH',
          type,
          id: found.id,
          before,
          after: apply(before),
          version: found.version + 1,
        });
      }, condition.ifMatch),
    );
  }

  /** `undefined` when there was nothing to delete (a second DELETE is no error). */
  async delete(
    context: Context,
    type: string,
    id: string | undefined,
    condition: Condition,
  ): Promise<Stored | undefined> {
    return this.turns.run(id === undefined ? criterionName(type, condition.query!) : `${type}/${id}`, () =>
      this.retry(async () => {
        const unit = new Unit();
        const found = await this.target(type, id, condition, unit);
        if (found === undefined && id !== undefined) throw notFound(type, id);
        if (found?.body === undefined) return undefined;
        checkVersion(found, condition.ifMatch);
        const before = parseJson(found.body) as Resource;
        const result = await this.attempt(context, unit, {
          method: 'DELETE',
          type,
          id: found.id,
          before,
          after: undefined,
          version: found.version + 1,
        });
        return result.stored;
      }, condition.ifMatch),
    );
  }

  /** The one match of a conditional request; `multiple-matches` (412) when there are several. */
  async single(type: string, query: string): Promise<Stored | undefined> {
    const request = parseSearch(type, query, { strict: true });
    if (request.criteria.length === 0) {
      throw new FhirError('required', 'A conditional request needs at least one search parameter', {
        text: 'Une requête conditionnelle doit porter au moins un critère de recherche.',
      });
    }
    const { rows } = await this.matches(request);
    if (rows.length > 1) {
      throw new FhirError(
        'multiple-matches',
        `Several ${type} resources match ${[...new Set(query.split('&').map((part) => part.split('=')[0]))].join(', ')}`,
        {
          text: 'Plusieurs ressources correspondent au critère : précisez-le.',
        },
      );
    }
    return rows[0];
  }

  private matches(request: SearchRequest): Promise<{ rows: Stored[] }> {
    return this.reader.search(request.type, request.criteria, { count: 2, total: false });
  }

  private async target(
    type: string,
    id: string | undefined,
    condition: Condition,
    unit: Unit,
  ): Promise<Stored | undefined> {
    if (id !== undefined) return this.reader.read(type, id);
    return this.decide(type, condition.query!, unit);
  }

  /** Finds the one match, and makes the commit depend on nobody else having decided by the same criterion meanwhile. */
  async decide(type: string, query: string, unit: Unit): Promise<Stored | undefined> {
    const criterion = criterionName(type, query);
    unit.dependOn(criterion, await this.reader.conditionWrites(criterion));
    return this.single(type, query);
  }

  /** One decision and one commit. Throws `Stale` when the state that it was made from is gone. */
  private async attempt(context: Context, unit: Unit, change: Change): Promise<WriteResult> {
    await this.prepare(context, this.rules, unit, change);
    const result = await unit.commit(this.database);
    if ('ok' in result) return { stored: unit.pending(change.type, change.id)!, created: change.before === undefined };
    if ('stale' in result) throw this.stale();
    throw await this.rules.explain(context, change, result);
  }

  /** The error that makes `retry` decide again. */
  stale(): Error {
    return new Stale();
  }

  /** Completes the resource, lets the rules decide, and adds the change to the unit. */
  async prepare(context: Context, rules: WriteRules, unit: Unit, change: Change): Promise<void> {
    const at = new Date(context.now).toISOString();
    unit.now = context.now;
    if (change.after !== undefined) {
      const { id: _, meta, resourceType, ...rest } = change.after;
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
    if (change.after === undefined) unit.remove(change.type, change.id, change.version, at);
    else {
      context.validate?.(change.after);
      unit.put(change.after, change.method, change.type);
    }
  }

  async retry<T>(write: () => Promise<T>, ifMatch?: number): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await write();
      } catch (error) {
        if (!(error instanceof Stale) && !isSerialization(error)) throw error;
        if (ifMatch !== undefined && tries > 1) mismatch(ifMatch);
        if (tries >= ATTEMPTS) {
          throw new FhirError('transient', 'Others keep changing this resource; try again', {
            text: 'Cette ressource change sans cesse : réessayez dans un instant.',
          });
        }
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

/** The same for `identifier=a%7Cb` and `Identifier=a|b`. */
function criterionName(type: string, query: string): string {
  const parts = [...new URLSearchParams(query)].map(
    ([name, value]) => `${name.toLowerCase()}=${value.replaceAll('\\|', '|')}`,
  );
  return `${type}?${parts.sort().join('&')}`;
}

export function living(type: string, id: string, found: Stored | undefined): Existing {
  if (found === undefined) throw notFound(type, id);
  if (found.body === undefined) {
    throw new FhirError('deleted', `${type}/${id} was deleted`, {
      text: `La ressource ${type}/${id} a été supprimée.`,
    });
  }
  return found as Existing;
}

/** The criteria are not repeated: they may name somebody. */
export function noMatch(type: string): FhirError {
  return new FhirError('not-found', `No ${type} matches the criteria`, {
    text: `Aucune ressource ${type} ne répond aux critères.`,
  });
}

export function notFound(type: string, id: string): FhirError {
  return new FhirError('not-found', `There is no ${type}/${id}`, { text: `La ressource ${type}/${id} n'existe pas.` });
}

export function checkVersion(found: { version: number } | undefined, ifMatch: number | undefined): void {
  if (ifMatch !== undefined && found?.version !== ifMatch) mismatch(ifMatch, found?.version);
}

export function mismatch(asked: number, current?: number): never {
  throw new FhirError(
    'conflict',
    `If-Match asks for version ${asked}${current === undefined ? '' : `, the current one is ${current}`}`,
    {
      status: 412,
      expression: 'http.If-Match',
      text: "La ressource a changé depuis que vous l'avez lue : relisez-la avant de la modifier.",
    },
  );
}
