/**
 * A `SearchRequest`'s criteria as SQL conditions over the columns of `schema.ts`. One function per kind of parameter.
 * Chains and `_has` are written in one of two forms (`ConditionForm`).
 */
import { EARTH_METRES } from '../../fhir/distance.ts';
import { MARK, referenceEntries, tokenEntry } from '../../fhir/search/index-entry.ts';
import {
  type Criterion,
  type ParameterCriterion,
  type ReadScope,
  type SortKey,
  valuesOf,
} from '../../fhir/search/request.ts';
import type { SearchParameter } from '../../fhir/search/parameters.ts';
import { approximately, type DateValue, type NearValue, type StringValue } from '../../fhir/search/value.ts';
import { toRange, toTimestamp } from './row.ts';
import { tableOf } from './schema.ts';
import { scopeSql } from './scope-sql.ts';
import type { Sql } from './sql.ts';

/**
 * The conditions of a list of criteria on one table alias, joined by AND; always includes "not deleted", and the read
 * scope of the caller.
 */
export function whereOf(sql: Sql, type: string, alias: string, criteria: readonly Criterion[]): string {
  return [
    `NOT ${alias}.deleted`,
    ...(sql.readScope === undefined ? [] : seenConditions(sql, type, alias, sql.readScope)),
    ...criteria.map((criterion) => condition(sql, type, alias, criterion)),
  ].join(' AND ');
}

/** The conditions of a read scope on one table alias; none: every resource of the type is seen. */
export function seenConditions(sql: Sql, type: string, alias: string, { person, limitOf }: ReadScope): string[] {
  const ofPerson = person && scopeSql(sql, type, alias, person);
  const limit = limitOf?.(type) ?? 'all';
  return [...(ofPerson === undefined ? [] : [ofPerson]), ...limitConditions(sql, type, alias, limit)];
}

function limitConditions(
  sql: Sql,
  type: string,
  alias: string,
  limit: ReturnType<NonNullable<ReadScope['limitOf']>>,
): string[] {
  if (limit === 'all') return [];
  if (limit === 'none') return ['false'];
  const alternatives = limit.map(
    (criteria) => `(${criteria.map((criterion) => condition(sql, type, alias, criterion)).join(' AND ')})`,
  );
  return [`(${alternatives.join(' OR ')})`];
}

function condition(sql: Sql, type: string, alias: string, criterion: Criterion): string {
  switch (criterion.is) {
    case 'any':
      return `(${criterion.of.map((alternative) => condition(sql, type, alias, alternative)).join(' OR ')})`;
    case 'chain': {
      const name = column(alias, criterion.parameter);
      const found = chainCondition(sql, name, criterion.target, criterion.of);
      const logical = logicalEntries(criterion.of);
      return logical === undefined ? found : `(${found} OR ${name} && ${sql.entries(logical)})`;
    }
    case 'has':
      return hasCondition(sql, type, alias, criterion);
    case 'parameter':
      return parameterCondition(sql, alias, criterion);
  }
}

function chainCondition(sql: Sql, name: string, target: string, of: Criterion): string {
  const inner = sql.alias();
  const where = whereOf(sql, target, inner, [of]);
  const table = tableOf(target);
  if (sql.form === 'lists') {
    const found = `SELECT '${target}/' || ${inner}.id AS found FROM ${table} ${inner} WHERE ${where}`;
    return `${name} && ${sql.list(found)}`;
  }
  return `EXISTS (SELECT FROM unnest(${name}) AS entry JOIN ${table} ${inner}
    ON ${inner}.id = substr(entry, ${target.length + 2}) WHERE entry LIKE '${target}/%' AND ${where})`;
}

function hasCondition(sql: Sql, type: string, alias: string, criterion: Criterion & { is: 'has' }): string {
  const inner = sql.alias();
  const where = whereOf(sql, criterion.type, inner, [criterion.of]);
  const name = column(inner, criterion.parameter);
  const table = tableOf(criterion.type);
  if (sql.form === 'rows')
    return `EXISTS (SELECT FROM ${table} ${inner} WHERE ${name} && ARRAY['${type}/' || ${alias}.id] AND ${where})`;
  const ids = sql.list(`SELECT substr(entry, ${type.length + 2}) AS found
    FROM ${table} ${inner}, unnest(${name}) AS entry WHERE entry LIKE '${type}/%' AND ${where}`);
  return `${alias}.id = ANY(${ids})`;
}

/** A chain to an identifier is also satisfied by a logical reference that carries it: the target may live elsewhere. */
function logicalEntries(of: Criterion): string[] | undefined {
  if (of.is !== 'parameter' || of.parameter.name !== 'identifier' || of.modifier !== undefined) return undefined;
  return valuesOf(of, 'token').map((value) => `#${tokenEntry(value)}`);
}

function parameterCondition(sql: Sql, alias: string, criterion: ParameterCriterion): string {
  const { parameter, modifier } = criterion;
  if (modifier === 'missing') return missingCondition(alias, criterion);
  const name = column(alias, parameter);
  switch (parameter.kind) {
    case 'token':
      if (modifier === 'text')
        return anyOf(valuesOf(criterion, 'string'), (value) => textCondition(sql, textColumn(alias, parameter), value));
      return tokenCondition(sql, alias, criterion);
    case 'uri': {
      const uris = valuesOf(criterion, 'uri').map((value) => value.uri);
      return `${name} && ${sql.entries(uris)}`;
    }
    case 'reference': {
      const entries = criterion.values.flatMap((value) => referenceEntries(value, parameter));
      return `${name} && ${sql.entries(entries)}`;
    }
    case 'date': {
      const compare = parameter.name === '_lastUpdated' ? updatedCondition : dateCondition;
      const operand = parameter.name === '_lastUpdated' ? `${alias}.updated_at` : name;
      return anyOf(valuesOf(criterion, 'date'), (value) => compare(sql, operand, value));
    }
    case 'near':
      return anyOf(valuesOf(criterion, 'near'), (value) => nearCondition(sql, alias, value));
    case 'string':
      return anyOf(valuesOf(criterion, 'string'), (value) => stringCondition(sql, alias, criterion, value));
  }
}

function anyOf<T>(values: readonly T[], condition: (value: T) => string): string {
  const conditions = values.map(condition);
  return conditions.length === 1 ? conditions[0]! : `(${conditions.join(' OR ')})`;
}

function missingCondition(alias: string, { parameter, missing }: ParameterCriterion): string {
  // Every resource has both.
  if (parameter.name === '_id' || parameter.name === '_lastUpdated') return missing ? 'false' : 'true';
  const name = column(alias, parameter);
  const isEmpty = `COALESCE(cardinality(${name}), 0) = 0`;
  const isMissing = {
    // A concept may have a text and no code.
    token: parameter.form === 'code' ? isEmpty : `(${isEmpty} AND ${textColumn(alias, parameter)} IS NULL)`,
    reference: isEmpty,
    uri: isEmpty,
    near: `${alias}.latitude IS NULL`,
    date: `${name} IS NULL`,
    string: `${name} IS NULL`,
  }[parameter.kind];
  return missing ? isMissing : `NOT (${isMissing})`;
}

function tokenCondition(sql: Sql, alias: string, criterion: ParameterCriterion): string {
  const values = valuesOf(criterion, 'token');
  const isNegated = criterion.modifier === 'not';
  if (criterion.parameter.name === '_id') {
    const ids = values.map((value) => value.code);
    return `${isNegated ? 'NOT ' : ''}${alias}.id = ANY(${sql.bind(ids, 'text[]')})`;
  }
  const found = `${column(alias, criterion.parameter)} && ${sql.entries(values.map(tokenEntry))}`;
  return isNegated ? `NOT COALESCE(${found}, false)` : found;
}

export function column(alias: string, parameter: SearchParameter): string {
  return `${alias}."${parameter.column}"`;
}

/** The displays and texts of a token column. */
function textColumn(alias: string, parameter: SearchParameter): string {
  return `${alias}."${parameter.column}_text"`;
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
      const around = approximately({ start, end });
      return `${name} && ${sql.bind(toRange(around.start, around.end), 'tstzrange')}`;
    }
  }
}

/** The same of an instant, which covers a millisecond and has an index of its own. */
function updatedCondition(sql: Sql, name: string, { prefix, start, end }: DateValue): string {
  const at = (instant: number): string => sql.bind(toTimestamp(instant), 'timestamptz');
  const within = (from: number, to: number): string => `(${name} >= ${at(from)} AND ${name} < ${at(to)})`;
  switch (prefix) {
    case 'eq':
      return within(start, end);
    case 'ne':
      return `NOT ${within(start, end)}`;
    case 'gt':
    case 'sa':
      return `${name} >= ${at(end)}`;
    case 'lt':
    case 'eb':
      return `${name} < ${at(start)}`;
    case 'ge':
      return `${name} >= ${at(start)}`;
    case 'le':
      return `${name} < ${at(end)}`;
    case 'ap': {
      const around = approximately({ start, end });
      return within(around.start, around.end);
    }
  }
}

function stringCondition(sql: Sql, alias: string, criterion: ParameterCriterion, value: StringValue): string {
  const { parameter, modifier } = criterion;
  const name = column(alias, parameter);
  if (modifier === 'contains') {
    return value.normalised === '' ? `${name} IS NOT NULL` : `${name} LIKE ${sql.bind(`%${value.normalised}%`)}`;
  }
  if (modifier !== 'exact') return textCondition(sql, name, value);
  if (value.normalised === '') return 'false';
  const whole = sql.bind(`%${MARK}${value.normalised}${MARK}%`);
  return `(${name} LIKE ${whole} AND ${sql.bind(value.text, 'text')} = ANY(${alias}."${parameter.column}_exact"))`;
}

/** A text column has a value that begins so. */
function textCondition(sql: Sql, name: string, { normalised }: StringValue): string {
  return normalised === '' ? 'false' : `${name} LIKE ${sql.bind(`%${MARK}${normalised}%`)}`;
}

const METRES_PER_DEGREE = 111_195;

/** Great-circle distance, after a latitude band that the index serves. */
function nearCondition(sql: Sql, alias: string, { latitude, longitude, distance }: NearValue): string {
  const band = distance / METRES_PER_DEGREE;
  const lat = sql.bind(latitude, 'float8');
  const low = sql.bind(latitude - band, 'float8');
  const high = sql.bind(latitude + band, 'float8');
  return `(${alias}.latitude BETWEEN ${low} AND ${high}
    AND ${distanceSql(alias, lat, sql.bind(longitude, 'float8'))} <= ${sql.bind(distance, 'float8')})`;
}

function distanceSql(alias: string, latitude: string, longitude: string): string {
  return `${2 * EARTH_METRES} * asin(least(1, sqrt(power(sin(radians(${alias}.latitude - ${latitude}) / 2), 2)
    + cos(radians(${latitude})) * cos(radians(${alias}.latitude))
      * power(sin(radians(${alias}.longitude - ${longitude}) / 2), 2))))`;
}

/** The expression that a sort key orders by: never NULL, so that a page can start after any row. */
export function sortExpression(alias: string, { parameter }: SortKey): { sql: string; type: string } {
  if (parameter.name === '_id') return { sql: `${alias}.id`, type: 'text' };
  if (parameter.name === '_lastUpdated') return { sql: `${alias}.updated_at`, type: 'timestamptz' };
  const name = column(alias, parameter);
  if (parameter.kind === 'date')
    return { sql: `COALESCE(lower(${name}), 'infinity'::timestamptz)`, type: 'timestamptz' };
  if (parameter.kind === 'string') return { sql: `COALESCE(${name}, '')`, type: 'text' };
  return { sql: `COALESCE(${name}[1], '')`, type: 'text' };
}
