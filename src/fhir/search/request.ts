/**
 * A search, as a neutral value between the query text (`parse.ts`) and the storage (`store/resources/search-sql.ts`).
 * Nothing behind this point reads text again.
 */
import type { Issue } from '../issue.ts';
import type { DateValue, NearValue, ReferenceValue, StringValue, TokenValue, UriValue } from './value.ts';
import type { SearchParameter } from './parameters.ts';

export type SearchValue = TokenValue | DateValue | StringValue | ReferenceValue | UriValue | NearValue;

export type Modifier = 'exact' | 'contains' | 'not' | 'missing' | 'text' | 'identifier' | 'of-type';

export interface ParameterCriterion {
  is: 'parameter';
  parameter: SearchParameter;
  modifier?: Modifier;
  values: SearchValue[];
  missing?: boolean;
}

/** One condition. A list of criteria is joined by AND; `values` of one criterion by OR. */
export type Criterion =
  | ParameterCriterion
  | { is: 'chain'; parameter: SearchParameter; target: string; of: Criterion }
  | { is: 'has'; type: string; parameter: SearchParameter; of: Criterion }
  | { is: 'any'; of: Criterion[] };

/** The values of a criterion that are of the kind that its parameter and modifier make. */
export function valuesOf<K extends SearchValue['kind']>(
  { values }: ParameterCriterion,
  kind: K,
): Extract<SearchValue, { kind: K }>[] {
  return values.filter((value): value is Extract<SearchValue, { kind: K }> => value.kind === kind);
}

/**
 * The appointments that a person may read, and so the people who come to them: `agendas`, ids of Schedules; `actors`,
 * `Type/id` of those who stand in them; `practice`, `Type/id` of whatever makes up the practice of the person. A
 * patient without appointment is read in the practice that created it.
 */
export interface PersonScope {
  agendas: readonly string[];
  actors: readonly string[];
  practice: readonly string[];
}

/** The resources that a caller sees; each part leaves out more. */
export interface ReadScope {
  /** Of a caller who reads as a person. */
  person?: PersonScope;
  /** Of a program whose token has scopes: the criteria of a type, as alternatives (`fhir/grants.ts`). */
  limitOf?(type: string): 'all' | 'none' | readonly (readonly Criterion[])[];
}

export interface Include {
  source: string;
  /** `*` for a wildcard. */
  parameter: SearchParameter | '*';
  target?: string;
}

export interface SortKey {
  parameter: SearchParameter;
  descending: boolean;
}

/** How the total of a search is asked for. */
export type Total = 'accurate' | 'estimate' | 'none';

export interface SearchRequest {
  type: string;
  criteria: Criterion[];
  includes: Include[];
  revIncludes: Include[];
  sort: SortKey[];
  /** Page size as asked; the back end applies its default and its limit. */
  count?: number;
  /** The opaque place where the page starts, from a `next` link. */
  cursor?: string;
  /** Absent: where it costs nothing more. */
  total?: Total;
  summary?: 'true' | 'text' | 'data' | 'count' | 'false';
  elements?: string[];
  explain: boolean;
  /** Of a caller who may read only a part. The back end sets it, never the query. */
  readScope?: ReadScope;
  /** Parameters that were not understood, and repairs; they go into the outcome entry. */
  warnings: Issue[];
  /** The query as it came, without the leading `?`. */
  raw: string;
}
