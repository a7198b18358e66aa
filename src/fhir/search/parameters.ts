/** The search parameters of every served type, read from the tables in `tables/`. */
import { definitionTable } from './tables/definitions.ts';
import { exchangeTable } from './tables/exchange.ts';
import { peopleTable } from './tables/people.ts';
import { placesTable } from './tables/places.ts';
import { schedulingTable } from './tables/scheduling.ts';

export type ParameterKind = 'token' | 'string' | 'date' | 'reference' | 'uri' | 'near';
export type TokenForm = 'code' | 'identifier' | 'concept';

export interface SearchParameter {
  readonly base: string;
  readonly name: string;
  readonly kind: ParameterKind;
  readonly form?: TokenForm;
  /** Dotted element paths below the resource. */
  readonly paths: readonly string[];
  /** Allowed target types of a reference; empty = any. */
  readonly targets: readonly string[];
  /** Chains that match too (an alias, or a fallback). */
  readonly or: readonly string[];
  /** The column that holds it: the name with `_` for `-`. */
  readonly column: string;
}

/** The parameters of every type. */
const COMMON = {
  _id: 'code id',
  _lastUpdated: 'date meta.lastUpdated',
  _profile: 'uri meta.profile',
  _security: 'code meta.security',
  _tag: 'code meta.tag',
  _source: 'uri meta.source',
};

const STORED = { ...peopleTable, ...placesTable, ...schedulingTable, ...exchangeTable };

/** The types that are stored, in the order of the guide. */
export const SEARCHED_TYPES: readonly string[] = Object.keys(STORED);

const parameters = new Map<string, Map<string, SearchParameter>>(
  Object.entries({ ...STORED, ...definitionTable }).map(([base, lines]) => [
    base,
    // A computed slot changes with what it is computed from: nobody wrote it last.
    new Map(
      withColumns(
        Object.entries({ ...COMMON, ...lines })
          .filter(([name]) => base !== 'Slot' || name !== '_lastUpdated')
          .map(([name, line]) => [name, read(base, name, line), line]),
      ),
    ),
  ]),
);

/** Two names of one thing (`date`, `start`) share a column. */
function withColumns(list: [string, SearchParameter, string][]): [string, SearchParameter][] {
  const columns = new Map<string, string>();
  return list.map(([name, parameter, line]) => {
    const column = columns.get(line) ?? parameter.column;
    columns.set(line, column);
    return [name, { ...parameter, column }];
  });
}

function read(base: string, name: string, line: string): SearchParameter {
  const [own = '', ...or] = line.split(' || ');
  const [, word = '', targets, paths = ''] = /^(\w+)(?:\(([^)]*)\))? (.*)$/.exec(own) ?? [];
  const isToken = word === 'code' || word === 'identifier' || word === 'concept';
  return {
    base,
    name,
    kind: isToken ? 'token' : (word as ParameterKind),
    ...(isToken ? { form: word as TokenForm } : {}),
    paths: paths.split(' | '),
    targets: targets ? targets.split(',') : [],
    or,
    column: name.replaceAll('-', '_'),
  };
}

/** The parameters of one type, by name. */
export function searchParameters(type: string): ReadonlyMap<string, SearchParameter> {
  return parameters.get(type) ?? new Map();
}

/**
 * One parameter; the name is compared without regard to case (`Identifier`, `Location:Organization` are met in the
 * wild).
 */
export function searchParameter(type: string, name: string): SearchParameter | undefined {
  const own = parameters.get(type);
  if (own === undefined) return undefined;
  const exact = own.get(name);
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  for (const [key, parameter] of own) if (key.toLowerCase() === lower) return parameter;
  return undefined;
}
