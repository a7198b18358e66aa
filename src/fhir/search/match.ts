/**
 * Does a resource in memory satisfy a criterion? The same rules, on the same index values, as the SQL of stored
 * resources (`store/resources/search-sql.ts`): for what is never stored, computed slots and definitions.
 * https://hl7.org/fhir/R4/search.html
 */
import { kilometresBetween } from '../distance.ts';
import { unsupported } from '../issue.ts';
import type { Resource } from '../resource.ts';
import { extractParameter, type IndexRow } from './extract.ts';
import { MARK, referenceEntries, tokenEntry } from './index-entry.ts';
import type { SearchParameter } from './parameters.ts';
import type { Criterion, ParameterCriterion, SearchValue } from './request.ts';
import { approximately, type DateValue, type NearValue, type StringValue } from './value.ts';

/** Throws for a chain and for `_has`, whose other resources are not at hand. */
export function matches(criterion: Criterion, resource: Resource): boolean {
  if (criterion.is === 'any') return criterion.of.some((alternative) => matches(alternative, resource));
  if (criterion.is !== 'parameter')
    throw unsupported(`${resource.resourceType} is not searched by chains here`, 'Cette recherche ne se chaîne pas.');
  return parameterMatches(criterion, resource);
}

/** Does an instant, in epoch milliseconds, satisfy one of these values? */
export function instantMatches(values: readonly DateValue[], instant: number): boolean {
  return values.some((value) => rangeMatches(value, instant, instant + 1));
}

function parameterMatches({ parameter, modifier, missing, values }: ParameterCriterion, resource: Resource): boolean {
  const row = rowOf(resource, parameter);
  if (modifier === 'missing') return isMissing(row) === missing;
  const found = values.some((value) => valueMatches(parameter, modifier, value, row));
  return modifier === 'not' ? !found : found;
}

/** The index values of one parameter; `_id` and `_lastUpdated` have columns of their own in the store. */
function rowOf(resource: Resource, parameter: SearchParameter): IndexRow {
  if (parameter.name === '_id') return { [parameter.column]: [resource.id!] };
  if (parameter.name === '_lastUpdated') {
    const start = Date.parse(resource.meta?.lastUpdated ?? '');
    return { [parameter.column]: Number.isNaN(start) ? null : { start, end: start + 1 } };
  }
  return extractParameter(resource, parameter);
}

function isMissing(row: IndexRow): boolean {
  return Object.values(row).every((held) => held === null || (Array.isArray(held) && held.length === 0));
}

function valueMatches(
  parameter: SearchParameter,
  modifier: ParameterCriterion['modifier'],
  value: SearchValue,
  row: IndexRow,
): boolean {
  const { column } = parameter;
  const holds = (entry: string): boolean => listOf(row[column]).includes(entry);
  switch (parameter.kind) {
    case 'token':
      if (value.kind === 'string') return textMatches(value, row[`${column}_text`]);
      if (value.kind !== 'token') return false;
      return holds(parameter.name === '_id' ? (value.code ?? '') : tokenEntry(value));
    case 'reference':
      return referenceEntries(value, parameter).some(holds);
    case 'uri':
      return value.kind === 'uri' && holds(value.uri);
    case 'string':
      return value.kind === 'string' && stringMatches(value, modifier, row[column], listOf(row[`${column}_exact`]));
    case 'date':
      return value.kind === 'date' && heldRangeMatches(value, row[column]);
    case 'near':
      return value.kind === 'near' && isNear(value, row);
  }
}

const listOf = (held: IndexRow[string] | undefined): string[] => (Array.isArray(held) ? held : []);

/** Each value stands behind a mark: does one begin so? */
function textMatches({ normalised }: StringValue, held: IndexRow[string] | undefined): boolean {
  return normalised !== '' && typeof held === 'string' && held.includes(MARK + normalised);
}

function stringMatches(
  value: StringValue,
  modifier: ParameterCriterion['modifier'],
  held: IndexRow[string] | undefined,
  exact: readonly string[],
): boolean {
  if (modifier === 'contains') return typeof held === 'string' && held.includes(value.normalised);
  // All texts without a letter or digit are alike, even for `:exact`.
  if (modifier === 'exact') return value.normalised !== '' && exact.includes(value.text);
  return textMatches(value, held);
}

/** A Period that is open at one side has `null` at that side. */
function heldRangeMatches(value: DateValue, held: IndexRow[string] | undefined): boolean {
  if (typeof held !== 'object' || held === null || Array.isArray(held)) return false;
  return rangeMatches(value, held.start ?? Number.NEGATIVE_INFINITY, held.end ?? Number.POSITIVE_INFINITY);
}

/** Range comparisons of https://hl7.org/fhir/R4/search.html#prefix: `start`..`end` is what the value's text covers. */
function rangeMatches({ prefix, start, end }: DateValue, first: number, after: number): boolean {
  const isInside = start <= first && after <= end;
  switch (prefix) {
    case 'eq':
      return isInside;
    case 'ne':
      return !isInside;
    case 'gt':
      return after > end;
    case 'lt':
      return first < start;
    case 'ge':
      return after > end || isInside;
    case 'le':
      return first < start || isInside;
    case 'sa':
      return first >= end;
    case 'eb':
      return after <= start;
    case 'ap': {
      const around = approximately({ start, end });
      return first < around.end && after > around.start;
    }
  }
}

function isNear({ latitude, longitude, distance }: NearValue, row: IndexRow): boolean {
  const held = { latitude: row.latitude, longitude: row.longitude };
  if (typeof held.latitude !== 'number' || typeof held.longitude !== 'number') return false;
  const there = { latitude: held.latitude, longitude: held.longitude };
  return kilometresBetween({ latitude, longitude }, there) * 1000 <= distance;
}
