/**
 * Query text -> `SearchRequest`. Reads the raw query itself: nothing that a framework decoded or dropped is lost,
 * and the `self` link can echo it byte for byte (trap H30).
 * https://hl7.org/fhir/R4/search.html
 */
import { FhirError, issue, type Issue, unsupported, wrongValue } from '../issue.ts';
import { MAX_WARNINGS, spend } from '../budgets.ts';
import { notListed } from '../refusals.ts';
import { startOf } from './page-trail.ts';
import { parseCriterion } from './criterion.ts';
import { type SearchParameter, searchParameter, SEARCHED_TYPES } from './parameters.ts';
import type { Criterion, Include, SearchRequest, Total, SortKey } from './request.ts';

export interface ParseOptions {
  /** `Prefer: handling=strict`: refuse unknown parameters instead of reporting them. */
  strict?: boolean;
  /** Wall-clock zone of dates without one. */
  zone?: string;
  /** Most OR-values of one parameter. */
  maxValues?: number;
  /** Address of this server: references by it are those to its own resources. */
  base?: string;
}

export interface QueryPair {
  name: string;
  value: string;
}

/** Splits and decodes a query; `+` is a space, a raw `|` or `/` is accepted (trap H4). */
export function parseQuery(raw: string): QueryPair[] {
  return raw
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 0
        ? { name: decode(pair), value: '' }
        : { name: decode(pair.slice(0, at)), value: decode(pair.slice(at + 1)) };
    });
}

function decode(text: string): string {
  let decoded: string | undefined;
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // No UTF-8.
  }
  if (decoded === undefined || decoded.includes('\u0000')) {
    throw wrongValue('The query is not valid percent-encoded UTF-8', "L'adresse contient un encodage « % » invalide.");
  }
  return decoded;
}

/** Parameters that the HTTP layer reads; a search lets them pass. */
const OUTER = new Set(['_format', '_pretty']);

export function parseSearch(type: string, raw: string, options: ParseOptions = {}): SearchRequest {
  const request: SearchRequest = {
    type,
    criteria: [],
    includes: [],
    revIncludes: [],
    sort: [],
    explain: false,
    warnings: [],
    raw,
  };
  const pairs = parseQuery(raw);
  spend('searchParameters', pairs.length);
  for (const { name, value } of pairs) {
    if (OUTER.has(name)) continue;
    const control = CONTROLS.get(name.split(':')[0]!.toLowerCase());
    const problem = control ? control(request, value) : readCriterion(request, name, value, options);
    if (problem === undefined) continue;
    if (options.strict) throw unsupported(problem.diagnostics, problem.text!, name);
    if (request.warnings.length < MAX_WARNINGS) request.warnings.push(problem);
  }
  checkCost(request.criteria);
  return request;
}

function checkCost(criteria: readonly Criterion[]): void {
  spend('searchCriteria', criteria.length);
  const costs = criteria.map(costOf);
  const sum = (of: 'joins' | 'values'): number => costs.reduce((total, cost) => total + cost[of], 0);
  spend('searchJoins', sum('joins'));
  spend('searchValues', sum('values'));
}

function costOf(criterion: Criterion): { joins: number; values: number } {
  if (criterion.is === 'parameter') return { joins: 0, values: criterion.values.length };
  if (criterion.is !== 'any') {
    const { joins, values } = costOf(criterion.of);
    return { joins: joins + 1, values };
  }
  // A chain without a type is one question with an answer for each type.
  const costs = criterion.of.map(costOf);
  return {
    joins: Math.max(...costs.map(({ joins }) => joins)),
    values: Math.max(...costs.map(({ values }) => values)),
  };
}

const TOTALS: readonly Total[] = ['none', 'estimate', 'accurate'];
/** Parameters that shape an answer by a word of a list. */
const WORDS = new Map<string, readonly string[]>([
  ['_total', TOTALS],
  ['_summary', ['true', 'text', 'data', 'count', 'false']],
]);

function requireWord(name: string, value: string): void {
  const words = WORDS.get(name);
  if (words !== undefined && !words.includes(value)) throw notListed(name, words);
}

/** Refuses a `_summary` or `_total` that no list has (400), whatever the request: it shapes every answer. */
export function checkShaping(query: string): void {
  if (!query.includes('_summary') && !query.includes('_total')) return;
  for (const { name, value } of parseQuery(query)) requireWord(name, value);
}

/** Reads a parameter that shapes the answer; returns the reason why it is ignored. */
type Control = (request: SearchRequest, value: string) => Issue | undefined;

const CONTROLS = new Map<string, Control>();

function readCriterion(request: SearchRequest, name: string, value: string, options: ParseOptions): Issue | undefined {
  const criterion = parseCriterion(request.type, name, value, options);
  if ('code' in criterion) return criterion;
  request.criteria.push(criterion);
  return undefined;
}

CONTROLS.set('_count', (request, value) => {
  if (!/^\d{1,9}$/.test(value))
    throw new FhirError('value', `_count is a number from 0, not "${value}"`, { expression: '_count' });
  request.count = Number(value);
  if (request.count === 0) request.summary = 'count';
  return undefined;
});

CONTROLS.set('_cursor', (request, value) => {
  request.cursor = startOf(value);
  return undefined;
});

CONTROLS.set('_total', (request, value) => {
  requireWord('_total', value);
  request.total = TOTALS.find((total) => total === value)!;
  return undefined;
});

CONTROLS.set('_summary', (request, value) => {
  requireWord('_summary', value);
  request.summary = value as NonNullable<SearchRequest['summary']>;
  return undefined;
});

CONTROLS.set('_elements', (request, value) => {
  request.elements = value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  return undefined;
});

CONTROLS.set('__explain', (request, value) => {
  request.explain = value === 'true';
  return undefined;
});

CONTROLS.set('_sort', (request, value) => {
  for (const key of value.split(',').filter(Boolean)) {
    const descending = key.startsWith('-');
    const parameter = sortable(request.type, descending ? key.slice(1) : key);
    if (parameter === undefined)
      return ignored(
        '_sort',
        `${request.type} cannot be sorted by "${key}"`,
        `${request.type} ne se trie pas par « ${key} »`,
      );
    request.sort.push({ parameter, descending } satisfies SortKey);
  }
  return undefined;
});

function sortable(type: string, name: string): SearchParameter | undefined {
  const parameter = searchParameter(type, name);
  return parameter?.kind === 'near' ? undefined : parameter;
}

/** `*` alone: every reference of the matches; every reference of any type to them. */
CONTROLS.set('_include', (request, value) =>
  readInclude(request.includes, value === '*' ? `${request.type}:*` : value, '_include'),
);
CONTROLS.set('_revinclude', (request, value) => {
  const all = value === '*' ? SEARCHED_TYPES.map((source) => `${source}:*`) : [value];
  return all
    .map((value) => readInclude(request.revIncludes, value, '_revinclude'))
    .find((problem) => problem !== undefined);
});

/** `Source:parameter[:Target]`; every include is iterated, as the guides' own examples expect (trap H11). */
function readInclude(list: Include[], value: string, name: string): Issue | undefined {
  const [source = '', parameterName = '', target] = value.split(':');
  if (parameterName === '*') {
    list.push({ source, parameter: '*', ...(target ? { target } : {}) });
    return undefined;
  }
  const parameter = searchParameter(source, parameterName);
  if (parameter === undefined || parameter.kind !== 'reference') {
    return ignored(
      name,
      `${value} is not [type]:[reference parameter][:target type]`,
      `« ${value} » n'est pas [type]:[paramètre de référence][:type visé]`,
    );
  }
  list.push({ source, parameter, ...(target ? { target } : {}) });
  return undefined;
}

function ignored(name: string, reason: string, french: string): Issue {
  return issue('warning', 'not-supported', `${name} is ignored: ${reason}`, {
    expression: name,
    text: `Paramètre « ${name} » ignoré : ${french}.`,
  });
}
