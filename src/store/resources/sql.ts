/** SQL text and its parameters, while conditions are written. */
import type { ReadScope } from '../../fhir/search/request.ts';

export class Sql {
  readonly params: unknown[] = [];
  /** The read scope of the caller; absent: everything. */
  readonly readScope: ReadScope | undefined;
  private aliases = 0;

  constructor(readScope?: ReadScope) {
    this.readScope = readScope;
  }

  bind(value: unknown, type = ''): string {
    this.params.push(value);
    return `$${this.params.length}${type && `::${type}`}`;
  }

  alias(): string {
    return `t${++this.aliases}`;
  }
}
