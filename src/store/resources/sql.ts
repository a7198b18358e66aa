/** SQL text and its parameters, while conditions are written. */
import type { ReadScope } from '../../fhir/search/request.ts';

/**
 * How conditions on other resources are written. `lists`: what they find is listed first, and an index answers for the
 * list; exact while no list is longer than `MAX_LISTED`. `rows`: tried on each row, by the ids that it refers to; for
 * values so popular that a page of matches is near. ADR 0030
 */
export type ConditionForm = 'lists' | 'rows';

/** A longer list would be compared with each row in turn. */
export const MAX_LISTED = 1000;

export class Sql {
  readonly params: unknown[] = [];
  /** The read scope of the caller; absent: everything. */
  readonly readScope: ReadScope | undefined;
  readonly form: ConditionForm;
  private readonly lists: string[] = [];
  private aliases = 0;

  constructor(readScope?: ReadScope, form: ConditionForm = 'lists') {
    this.readScope = readScope;
    this.form = form;
  }

  bind(value: unknown, type = ''): string {
    this.params.push(value);
    return `$${this.params.length}${type && `::${type}`}`;
  }

  /**
   * Entries to be compared with an array column. Written so that the planner does not see how many they are: it takes
   * each entry for half a percent of the table, and many of them for a reason to read the whole table through.
   */
  entries(values: readonly string[]): string {
    return `ARRAY(SELECT unnest(${this.bind(values, 'text[]')}))`;
  }

  alias(): string {
    return `t${++this.aliases}`;
  }

  /** The array of the column `found` of a select; it gets one more than may be listed. */
  list(select: string): string {
    this.lists.push(`${select} LIMIT ${MAX_LISTED + 1}`);
    return `ARRAY(SELECT found FROM list${this.lists.length})`;
  }

  /** A statement that uses the lists, and other expressions of `WITH`. */
  with(others: readonly string[], select: string): string {
    const lists = this.lists.map((list, i) => `list${i + 1} AS MATERIALIZED (${list})`);
    const all = [...lists, ...others];
    return all.length === 0 ? select : `WITH ${all.join(', ')} ${select}`;
  }

  /** Whether a list is not whole. */
  isCut(): string {
    const cut = this.lists.map((_, i) => `(SELECT count(*) FROM list${i + 1}) > ${MAX_LISTED}`);
    return cut.length === 0 ? 'false' : `(${cut.join(' OR ')})`;
  }
}
