/**
 * The criteria of an aggregated search, checked, and the requests to partners that follow from them: those of the
 * contract, with at most 25 identifiers each. Spec: 6.1 to 6.3
 */
import { FhirError, type Issue, issue } from '../../../fhir/issue.ts';
import { instantMatches } from '../../../fhir/search/match.ts';
import { parseQuery } from '../../../fhir/search/parse.ts';
import { type SearchRequest, valuesOf } from '../../../fhir/search/request.ts';
import type { TokenValue } from '../../../fhir/search/value.ts';
import type { Contract, SearchKind } from '../../contract/contract.ts';
import { nationalToken } from '../../contract/identifier.ts';
import {
  identifiersIn,
  identifiersMissing,
  SEARCH_FORM,
  searchKindOf,
  slotCriteria,
  startBounds,
} from '../../contract/request.ts';

/** `_source` of a partner's resources, before the partner's id. */
export const SOURCE = 'urn:creneau:partner:';

export interface AggregatedQuery {
  kind: SearchKind;
  /** Tokens of national identifiers, each once, in the order of the request. */
  identifiers: readonly string[];
  /** The identifiers as batches that a partner accepts in one request. */
  batches(identifiers: readonly string[]): string[][];
  /** Ids of the partners to ask; `undefined`: all that may know. */
  partners: readonly string[] | undefined;
  /** Whether a slot that starts then is asked for. Epoch milliseconds. */
  isWithin(start: number): boolean;
  /** The address below a partner's base for a batch of identifiers. */
  path(identifiers: readonly string[]): string;
  /** Warnings about parts of the request that are not asked. */
  issues: readonly Issue[];
}

/** Throws FhirError (400) when the search does not say for whom or from when to when. */
export function readAggregatedQuery(request: SearchRequest, { limits }: Contract): AggregatedQuery {
  const kind = searchKindOf(request);
  const { identifiers, issues } = tokensOf(request, kind);
  const starts = startBounds(slotCriteria(request, kind), kind).map((criterion) => valuesOf(criterion, 'date'));
  const bounds = writtenBounds(request, kind);
  return {
    kind,
    identifiers,
    batches: (some) => batchesOf(some, limits.identifiers),
    partners: partnersOf(request),
    isWithin: (start) => starts.every((values) => instantMatches(values, start)),
    path: (some) => pathOf(kind, bounds, some),
    issues,
  };
}

function pathOf(kind: SearchKind, bounds: string, identifiers: readonly string[]): string {
  const { identifier, prefix } = SEARCH_FORM[kind];
  const named = `${identifier}=${identifiers.map((token) => encoded(token)).join(',')}`;
  if (kind === 'SOS')
    return `Schedule?_revinclude=Slot:schedule&_include=Schedule:actor:Location&_include:iterate=Location:organization&${bounds}&${prefix}status=free&${named}`;
  const includes =
    kind === 'CPTS' ? '&_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization' : '';
  return `Slot?_include=Slot:schedule&_include:iterate=Schedule:actor${includes}&${bounds}&${named}&status=free`;
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':');
}

/** The bounds as the caller wrote them: partners get the same text. */
function writtenBounds({ raw }: SearchRequest, kind: SearchKind): string {
  const name = `${SEARCH_FORM[kind].prefix}start`;
  return parseQuery(raw)
    .filter((parameter) => parameter.name.toLowerCase() === name.toLowerCase())
    .map(({ value }) => `${name}=${encoded(value).replaceAll('%2C', ',')}`)
    .join('&');
}

function batchesOf(identifiers: readonly string[], size: number): string[][] {
  const batches: string[][] = [];
  for (let i = 0; i < identifiers.length; i += size) batches.push(identifiers.slice(i, i + size));
  return batches;
}

/** The identifiers of the right national system; a warning for each of the others. */
function tokensOf(request: SearchRequest, kind: SearchKind): { identifiers: string[]; issues: Issue[] } {
  const { system: national, identifier: parameter, french } = SEARCH_FORM[kind];
  const asked = request.criteria.flatMap((criterion) => identifiersIn(criterion, kind) ?? []);
  if (asked.length === 0) throw identifiersMissing(kind);
  const issues: Issue[] = [];
  const identifiers = new Set<string>();
  for (const { system, code } of asked) {
    const token = code === undefined ? undefined : nationalToken({ value: code, system: system ?? national });
    if (token?.startsWith(`${national}|`)) identifiers.add(token);
    else issues.push(unknownSystem(parameter, system));
  }
  if (identifiers.size === 0)
    throw new FhirError('value', `${parameter}: no identifier of ${national}`, {
      expression: parameter,
      text: `Aucun ${french} valable (${parameter}).`,
    });
  return { identifiers: [...identifiers], issues };
}

function unknownSystem(parameter: string, system: TokenValue['system']): Issue {
  const name = String(system ?? 'no system').slice(0, 60);
  const english = `${parameter}: the SAS does not know identifiers of ${name}; this one is not asked for`;
  const french = "Identifiant d'un système inconnu du SAS : il n'a pas été cherché.";
  return issue('warning', 'value', english, { expression: parameter, text: french });
}

/** `_source=ID` or `_source=urn:creneau:partner:ID`: only these partners are asked. */
function partnersOf({ criteria }: SearchRequest): string[] | undefined {
  const named = criteria.flatMap((criterion) =>
    criterion.is === 'parameter' && criterion.parameter.name === '_source' ? criterion.values : [],
  );
  return named.length === 0
    ? undefined
    : [...new Set(named.map((value) => (value as { uri: string }).uri.replace(SOURCE, '')))];
}
