/** SQL text and its parameters, while conditions are written. */
import type { ReadScope } from '../../fhir/search/request.ts';

export class Sql {
  readonly params: unknown[] = [];
  /** Whose search it is; absent: somebody who may see everything. */
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
