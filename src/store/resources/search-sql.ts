/**
 * A `SearchRequest`'s criteria as SQL conditions over the columns of `schema.ts`. One function per kind of parameter.
 * Chains and `_has` become sub-selects that PostgreSQL runs once and feeds to an index (`&& ARRAY(...)`).
 */
import type { Criterion, SearchValue, ReadScope, SortKey } from '../../fhir/search/request.ts';
import type { SearchParameter } from '../../fhir/search/parameters.ts';
import type {
  DateValue,
  NearValue,
  ReferenceValue,
  StringValue,
  TokenValue,
  UriValue,
} from '../../fhir/search/value.ts';
import { MARK } from '../../fhir/search/extract.ts';
import { toRange } from './row.ts';
import { tableOf } from './schema.ts';
import { scopeSql } from './scope-sql.ts';

/** Collects parameters while conditions are written. */
export class Sql {
  readonly params: unknown[] = [];
  /** Whose search it is; absent: somebody who may see everything. */
  readonly sight: ReadScope | undefined;
  private aliases = 0;

  constructor(sight?: ReadScope) {
    this.sight = sight;
  }

  bind(value: unknown, type = ''): string {
    this.params.push(value);
    return `$${this.params.length}${type && `::${type}`}`;
  }

  alias(): string {
    return `t${++this.aliases}`;
  }
}

/**
 * The conditions of a list of criteria on one table alias, joined by AND; always includes "not deleted", and "seen by
 * who asks".
 */
export function whereOf(sql: Sql, type: string, alias: string, criteria: readonly Criterion[]): string {
  const seen = sql.sight && scopeSql(sql, type, alias, sql.sight);
  return [
    `NOT ${alias}.deleted`,
    ...(seen === undefined ? [] : [seen]),
    ...criteria.map((criterion) => condition(sql, type, alias, criterion)),
  ].join(' AND ');
}

function condition(sql: Sql, type: string, alias: string, criterion: Criterion): string {
  switch (criterion.is) {
    case 'any':
      return `(${criterion.of.map((one) => condition(sql, type, alias, one)).join(' OR ')})`;
    case 'chain': {
      const inner = sql.alias();
      const where = whereOf(sql, criterion.target, inner, [criterion.of]);
      const name = column(alias, criterion.parameter);
      const found = `${name} && ARRAY(SELECT '${criterion.target}/' || ${inner}.id FROM ${tableOf(criterion.target)} ${inner} WHERE ${where})`;
      const logical = logicalEntries(criterion.of);
      return logical === undefined ? found : `(${found} OR ${name} && ${sql.bind(logical, 'text[]')})`;
    }
    case 'has': {
      const inner = sql.alias();
      const where = whereOf(sql, criterion.type, inner, [criterion.of]);
      return `'${type}/' || ${alias}.id IN (SELECT unnest(${column(inner, criterion.parameter)}) FROM ${tableOf(criterion.type)} ${inner} WHERE ${where})`;
    }
    case 'parameter':
      return parameterCondition(sql, alias, criterion);
  }
}

/** A chain to an identifier is also satisfied by a logical reference that carries it: the target may live elsewhere. */
function logicalEntries(of: Criterion): string[] | undefined {
  if (of.is !== 'parameter' || of.parameter.name !== 'identifier' || of.modifier !== undefined) return undefined;
  return (of.values as TokenValue[]).map((value) => `#${tokenEntry(value)}`);
}

function parameterCondition(sql: Sql, alias: string, criterion: Criterion & { is: 'parameter' }): string {
  const { parameter, modifier, values } = criterion;
  const name = column(alias, parameter);
  // Every resource has both.
  if (modifier === 'missing' && (parameter.name === '_id' || parameter.name === '_lastUpdated'))
    return criterion.missing ? 'false' : 'true';
  if (modifier === 'missing') {
    const isMissing = ['token', 'reference', 'uri'].includes(parameter.kind)
      ? `COALESCE(cardinality(${name}), 0) = 0`
      : parameter.kind === 'near'
        ? `${alias}.latitude IS NULL`
        : `${name} IS NULL`;
    return criterion.missing ? isMissing : `NOT (${isMissing})`;
  }
  if (parameter.name === '_id')
    return `${modifier === 'not' ? 'NOT ' : ''}${alias}.id = ANY(${sql.bind(
      values.map((value) => (value as TokenValue).code),
      'text[]',
    )})`;
  if (parameter.kind === 'token' && modifier !== 'text') {
    const found = `${name} && ${sql.bind((values as TokenValue[]).map(tokenEntry), 'text[]')}`;
    return modifier === 'not' ? `NOT COALESCE(${found}, false)` : found;
  }
  if (parameter.kind === 'uri')
    return `${name} && ${sql.bind(
      (values as UriValue[]).map((value) => value.uri),
      'text[]',
    )}`;
  if (parameter.kind === 'reference') {
    return `${name} && ${sql.bind(
      values.flatMap((value) => referenceEntries(value, parameter)),
      'text[]',
    )}`;
  }
  const any = values.map((value) => {
    switch (parameter.kind) {
      case 'date':
        return dateCondition(
          sql,
          parameter.name === '_lastUpdated'
            ? `tstzrange(${alias}.updated_at, ${alias}.updated_at + interval '1 ms')`
            : name,
          value as DateValue,
        );
      case 'near':
        return nearCondition(sql, alias, value as NearValue);
      default:
        return stringCondition(
          sql,
          parameter.kind === 'token' ? `${alias}."${parameter.column}_text"` : name,
          `${alias}."${parameter.column}_exact"`,
          modifier,
          value as StringValue,
        );
    }
  });
  return any.length === 1 ? any[0]! : `(${any.join(' OR ')})`;
}

export function column(alias: string, parameter: SearchParameter): string {
  return `${alias}."${parameter.column}"`;
}

/** The entry of a token column (see `extract.ts`) that a value asks for. */
export function tokenEntry(value: TokenValue): string {
  if (value.value !== undefined) return `type:${value.system}|${value.code}|${value.value}`;
  if (value.system === undefined) return value.code!;
  return `${value.system ?? ''}|${value.code ?? ''}`;
}

export function referenceEntries(value: SearchValue, parameter: SearchParameter): string[] {
  if (value.kind === 'token') return [`#${tokenEntry(value)}`];
  const { type, id } = value as ReferenceValue;
  if (type !== undefined) return [`${type}/${id}`];
  return parameter.targets.map((target) => `${target}/${id}`);
}

/** Range comparisons of https://hl7.org/fhir/R4/search.html#prefix: `start`..`end` is what the text covers. */
function dateCondition(sql: Sql, name: string, { prefix, start, end }: DateValue): string {
  const value = (): string => sql.bind(toRange(start, end), 'tstzrange');
  const above = (): string => sql.bind(toRange(end, null), 'tstzrange');
  const below = (): string => sql.bind(toRange(null, start), 'tstzrange');
  switch (prefix) {
    case 'eq':
      return `${name} <@ ${value()}`;
    case 'ne':
      return `NOT (${name} <@ ${value()})`;
    case 'gt':
      return `${name} && ${above()}`;
    case 'lt':
      return `${name} && ${below()}`;
    case 'ge':
      return `(${name} && ${above()} OR ${name} <@ ${value()})`;
    case 'le':
      return `(${name} && ${below()} OR ${name} <@ ${value()})`;
    case 'sa':
      return `${name} >> ${value()}`;
    case 'eb':
      return `${name} << ${value()}`;
    case 'ap': {
      // The standard suggests 10 % of the distance to now; a tenth of the value's own length needs no clock.
      const margin = Math.max((end - start) / 10, 1);
      return `${name} && ${sql.bind(toRange(start - margin, end + margin), 'tstzrange')}`;
    }
  }
}

function stringCondition(
  sql: Sql,
  name: string,
  exact: string,
  modifier: string | undefined,
  value: StringValue,
): string {
  if (value.normalised === '') return modifier === 'contains' ? `${name} IS NOT NULL` : 'false';
  if (modifier === 'contains') return `${name} LIKE ${sql.bind(`%${value.normalised}%`)}`;
  if (modifier === 'exact') {
    return `(${name} LIKE ${sql.bind(`%${MARK}${value.normalised}${MARK}%`)} AND ${sql.bind(value.text, 'text')} = ANY(${exact}))`;
  }
  return `${name} LIKE ${sql.bind(`%${MARK}${value.normalised}%`)}`;
}

const EARTH_METRES = 6_371_008.8;
const METRES_PER_DEGREE = 111_195;

/** Great-circle distance, after a latitude band that the index serves. */
function nearCondition(sql: Sql, alias: string, { latitude, longitude, distance }: NearValue): string {
  const band = distance / METRES_PER_DEGREE;
  const lat = sql.bind(latitude, 'float8');
  const low = sql.bind(latitude - band, 'float8');
  const high = sql.bind(latitude + band, 'float8');
  return `(${alias}.latitude BETWEEN ${low} AND ${high} AND ${distanceSql(alias, lat, sql.bind(longitude, 'float8'))} <= ${sql.bind(distance, 'float8')})`;
}

function distanceSql(alias: string, latitude: string, longitude: string): string {
  return `${2 * EARTH_METRES} * asin(least(1, sqrt(power(sin(radians(${alias}.latitude - ${latitude}) / 2), 2)
    + cos(radians(${latitude})) * cos(radians(${alias}.latitude)) * power(sin(radians(${alias}.longitude - ${longitude}) / 2), 2))))`;
}

/** What a sort key orders by: never NULL, so that a page can start after any row. */
export function sortExpression(alias: string, { parameter }: SortKey): { sql: string; type: string } {
  if (parameter.name === '_id') return { sql: `${alias}.id`, type: 'text' };
  if (parameter.name === '_lastUpdated') return { sql: `${alias}.updated_at`, type: 'timestamptz' };
  const name = column(alias, parameter);
  if (parameter.kind === 'date')
    return { sql: `COALESCE(lower(${name}), 'infinity'::timestamptz)`, type: 'timestamptz' };
  if (parameter.kind === 'string') return { sql: `COALESCE(${name}, '')`, type: 'text' };
  return { sql: `COALESCE(${name}[1], '')`, type: 'text' };
}
