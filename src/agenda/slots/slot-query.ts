/**
 * The criteria of a slot search, sorted by what answers them: which agendas (SQL over Schedule), which instants, which
 * states, and what is left (service type, specialty...), asked of each computed slot.
 */
import { elementsAt, extract, type IndexRow } from '../../fhir/search/extract.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Criterion } from '../../fhir/search/request.ts';
import { searchParameter } from '../../fhir/search/parameters.ts';
import type { StringValue, TokenValue } from '../../fhir/search/value.ts';
import { FhirError } from '../../fhir/issue.ts';
import { referenceEntries, tokenEntry } from '../../store/resources/search-sql.ts';
import { SLOT_SYSTEM } from './slot-text.ts';

type ParameterCriterion = Criterion & { is: 'parameter' };

export interface SlotQuery {
  /** Criteria on Schedule. */
  schedules: Criterion[];
  starts: ParameterCriterion[];
  /** `undefined`: every state. */
  statuses: ReadonlySet<string> | undefined;
  /** Ids asked for by `_id` and `identifier`; `undefined`: any. */
  ids: string[][];
  /** `_has` on what refers to slots. */
  has: (Criterion & { is: 'has' })[];
  rest: ParameterCriterion[];
}

const STATES = ['free', 'busy', 'busy-tentative', 'busy-unavailable', 'entered-in-error'];

export function readSlotQuery(criteria: readonly Criterion[]): SlotQuery {
  const query: SlotQuery = { schedules: [], starts: [], statuses: undefined, ids: [], has: [], rest: [] };
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
      query.statuses = before === undefined ? asked : new Set([...before].filter((one) => asked.has(one)));
      return;
    }
    case '_id':
      if (criterion.modifier !== undefined) return void query.rest.push(criterion);
      query.ids.push((criterion.values as TokenValue[]).map((value) => value.code ?? ''));
      return;
    case 'identifier':
      if (criterion.modifier !== undefined) query.rest.push(criterion);
      else if (
        (criterion.values as TokenValue[]).every((value) => value.system === SLOT_SYSTEM || value.system === undefined)
      ) {
        query.ids.push((criterion.values as TokenValue[]).map((value) => value.code ?? ''));
      } else query.rest.push(criterion);
      return;
    default:
      query.rest.push(criterion);
  }
}

function statesOf({ values, modifier, missing }: ParameterCriterion): Set<string> {
  if (modifier === 'missing') return new Set(missing ? [] : STATES);
  const named = new Set(
    (values as TokenValue[])
      .filter((value) => !value.system || value.system === 'http://hl7.org/fhir/slotstatus')
      .map((value) => value.code ?? ''),
  );
  // `busy` says "taken": a tentative booking is taken too, and is shown as such.
  if (modifier === 'not') return new Set(STATES.filter((state) => !named.has(state)));
  return named;
}

/** `schedule=Schedule/1`, `schedule.actor:...`, and alternatives of them, as criteria on Schedule. */
function scheduleCriterion(criterion: Criterion): Criterion | undefined {
  if (criterion.is === 'chain' && criterion.parameter.name === 'schedule') return criterion.of;
  if (criterion.is === 'any') {
    const of = criterion.of.map(scheduleCriterion);
    return of.every((one) => one !== undefined) ? { is: 'any', of: of as Criterion[] } : undefined;
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

/** Do the criteria that are left match a slot with these attributes? */
export function restMatches(rest: readonly ParameterCriterion[], slot: Resource): boolean {
  if (rest.length === 0) return true;
  const row = extract(slot);
  return rest.every((one) => matches(one, row, slot));
}

function matches({ parameter, modifier, missing, values }: ParameterCriterion, row: IndexRow, slot: Resource): boolean {
  const held = parameter.name === '_id' ? [slot.id!] : row[parameter.column];
  const list = Array.isArray(held) ? held : [];
  if (modifier === 'missing')
    return (parameter.paths.flatMap((path) => elementsAt(slot, path)).length === 0) === missing;
  if (modifier === 'text') {
    const text = String(row[`${parameter.column}_text`] ?? '');
    return (values as StringValue[]).some((value) => text.includes(`\n${value.normalised}`));
  }
  const wanted = values.flatMap((value) =>
    parameter.kind === 'reference'
      ? referenceEntries(value, parameter)
      : value.kind === 'uri'
        ? [value.uri]
        : [tokenEntry(value as TokenValue)],
  );
  const found = wanted.some((one) => list.includes(one));
  return modifier === 'not' ? !found : found;
}
