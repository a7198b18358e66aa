/** The rules that a back end adds to the writes of its resources: they decide in memory before each commit. */
import type { Context, Stored, WriteMethod } from '../../fhir/interaction.ts';
import type { FhirError } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ReadScope } from '../../fhir/search/request.ts';
import { asType, type ResourceTypes } from '../../fhir/resources.ts';
import type { Unit } from './unit.ts';
import type { CommitResult } from './unit-parts.ts';

/** Why the database refused a unit. */
export type CommitRefusal = Exclude<CommitResult, { ok: true } | { beside: unknown }>;

export interface Change {
  method: WriteMethod;
  type: string;
  id: string;
  before: Resource | undefined;
  /** `undefined`: deleted. The rules may complete it. */
  after: Resource | undefined;
  /** The version that this change makes. */
  version: number;
  /** When the version before it was made, epoch milliseconds; absent for the first. */
  previousAt?: number | undefined;
}

/** Both sides of a change, as resources of its type. */
export function sidesOf<T extends keyof ResourceTypes>(
  { before, after }: Pick<Change, 'before' | 'after'>,
  type: T,
): { before: ResourceTypes[T] | undefined; after: ResourceTypes[T] | undefined } {
  return { before: asType(before, type), after: asType(after, type) };
}

/** Each function throws a FhirError to refuse. */
export interface WriteRules {
  /** Called before every commit attempt: completes `change.after` and adds to the unit (time, keys, messages). */
  write(context: Context, change: Change, unit: Unit): Promise<void>;
  /** The same rules, seeing what a unit will write as if it were there already. */
  within(unit: Unit): WriteRules;
  /** Which resources the caller may read; `undefined`: all. Conditional requests search no others. */
  readScope?(context: Context): Promise<ReadScope | undefined>;
  /** Types in the order in which the rules of one transaction see them: those that others build on come first. */
  readonly typeOrder?: readonly string[];
  /** Whether an update asks for what is stored already: it then writes nothing and makes no version. */
  repeats?(context: Context, before: Resource, after: Resource): boolean;
  /** Called when the answer of a write depends on a stored resource: the match of a conditional create, a patch. */
  found?(context: Context, found: Stored): Promise<void>;
  /**
   * Called when a patch or a deletion meets a deleted resource: throws as if there had never been one, where the caller
   * must not learn of it.
   */
  metDeleted?(context: Context, deleted: Stored): Promise<void>;
  /** Turns a refusal of the database into an error that says what is free instead. */
  explain(context: Context, change: Change, refusal: CommitRefusal): Promise<FhirError>;
}
