/** What a back end adds to the writes of its resources: the rules that decide, in memory, before each commit. */
import type { Context, Stored, WriteMethod } from '../../fhir/interaction.ts';
import type { FhirError } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { CommitResult, Unit } from './unit.ts';

/** Why the database refused a unit. */
export type CommitRefusal = Exclude<CommitResult, { ok: true }>;

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

/** Each function throws a FhirError to refuse. */
export interface WriteRules {
  /** Called before every commit attempt: completes `change.after` and adds to the unit (time, keys, messages). */
  write(context: Context, change: Change, unit: Unit): Promise<void>;
  /** The same rules, seeing what a unit will write as if it were there already. */
  within(unit: Unit): WriteRules;
  /** Called when the answer of a write depends on a stored resource: the match of a conditional create, a patch. */
  found?(context: Context, found: Stored): Promise<void>;
  /** Turns a refusal of the database into an error that says what is free instead. */
  explain(context: Context, change: Change, refusal: CommitRefusal): Promise<FhirError>;
}
