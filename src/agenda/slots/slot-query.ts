/**
 * Sorts the criteria of a slot search: criteria on the agendas (SQL on Schedule), on the start, on the state, and the
 * rest (service type, specialty...), which is checked on each computed slot.
 */
import type { Limit } from '../../fhir/grants.ts';
import { FhirError } from '../../fhir/issue.ts';
import { referenceEntries } from '../../fhir/search/index-entry.ts';
import { searchParameter } from '../../fhir/search/parameters.ts';
import { type Criterion, type ParameterCriterion, type ReadScope, valuesOf } from '../../fhir/search/request.ts';
import { SLOT_SYSTEM } from './slot-text.ts';

export interface SlotQuery {
  /** Criteria on Schedule. */
  schedules: Criterion[];
  starts: ParameterCriterion[];
  /** `undefined`: every state. */
  statuses: ReadonlySet<string> | undefined;
  /** Ids requested by `_id` and `identifier`; each list narrows the others. */
  ids: string[][];
  /** `_has`: criteria on resources that refer to slots. */
  has: (Criterion & { is: 'has' })[];
  /** The search goes by other criteria of agendas than their ids. */
  isChained: boolean;
  /** Checked on each slot. */
  rest: ParameterCriterion[];
  /** The slots that the caller may see. */
  limit: Limit;
}

const STATES = ['free', 'busy', 'busy-tentative', 'busy-unavailable', 'entered-in-error'];

export function readSlotQuery(criteria: readonly Criterion[], readScope?: ReadScope): SlotQuery {
  const query: SlotQuery = {
    ...{ schedules: [], starts: [], statuses: undefined, ids: [], has: [], rest: [] },
    isChained: criteria.some(({ is }) => is === 'chain' || is === 'any'),
    limit: readScope?.limitOf?.('Slot') ?? 'all',
  };
  for (const criterion of criteria) sort(query, criterion);
  return query;
}

function sort(query: SlotQuery, criterion: Criterion): void {
  const asSchedule = scheduleCriterion(criterion);
  if (asSchedule !== undefined) {
    query.schedules.push(asSchedule);
    return;
  }
  if (criterion.is === 'has') {
    query.has.push(criterion);
    return;
  }
  if (criterion.is !== 'parameter') {
    throw new FhirError('not-supported', 'A Slot is chained through schedule only', {
      text: 'Un créneau se cherche par son agenda (schedule...).',
    });
  }
  switch (criterion.parameter.name) {
    case 'start':
      if (criterion.modifier === 'missing') return void (criterion.missing && query.ids.push([]));
      query.starts.push(criterion);
      return;
    case 'status': {
      const asked = statesOf(criterion);
      const before = query.statuses;
      query.statuses = before === undefined ? asked : new Set([...before].filter((state) => asked.has(state)));
      return;
    }
    case '_id':
      if (criterion.modifier !== undefined) return void query.rest.push(criterion);
      query.ids.push(valuesOf(criterion, 'token').map((value) => value.code ?? ''));
      return;
    case 'identifier':
      if (criterion.modifier !== undefined) query.rest.push(criterion);
      else if (
        valuesOf(criterion, 'token').every((value) => value.system === SLOT_SYSTEM || value.system === undefined)
      ) {
        query.ids.push(valuesOf(criterion, 'token').map((value) => value.code ?? ''));
      } else query.rest.push(criterion);
      return;
    default:
      query.rest.push(criterion);
  }
}

function statesOf(criterion: ParameterCriterion): Set<string> {
  const { modifier, missing } = criterion;
  if (modifier === 'missing') return new Set(missing ? [] : STATES);
  const named = new Set(
    valuesOf(criterion, 'token')
      .filter((value) => !value.system || value.system === 'http://hl7.org/fhir/slotstatus')
      .map((value) => value.code ?? ''),
  );
  if (modifier === 'not') return new Set(STATES.filter((state) => !named.has(state)));
  return named;
}

/** Translates `schedule=Schedule/1`, `schedule.actor:...`, and alternatives of them into criteria on Schedule. */
function scheduleCriterion(criterion: Criterion): Criterion | undefined {
  if (criterion.is === 'chain' && criterion.parameter.name === 'schedule') return criterion.of;
  if (criterion.is === 'any') {
    const of = criterion.of.map(scheduleCriterion);
    return of.every((alternative) => alternative !== undefined) ? { is: 'any', of: of as Criterion[] } : undefined;
  }
  if (criterion.is !== 'parameter' || criterion.parameter.name !== 'schedule' || criterion.modifier) return undefined;
  const ids = criterion.values
    .flatMap((value) => referenceEntries(value, criterion.parameter))
    .map((entry) => entry.slice('Schedule/'.length));
  return {
    is: 'parameter',
    parameter: searchParameter('Schedule', '_id')!,
    values: ids.map((code) => ({ kind: 'token', system: undefined, code })),
  };
}

/** A program may see slots, and not their agendas: an agenda that is named by its id tells nothing. */
export function withAnySchedule(readScope: ReadScope | undefined): ReadScope | undefined {
  const limitOf = readScope?.limitOf;
  return limitOf === undefined
    ? readScope
    : { ...readScope, limitOf: (type) => (type === 'Schedule' ? 'all' : limitOf(type)) };
}
