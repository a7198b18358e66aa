/**
 * Reads and checks an aggregated search, and writes the requests of the contract that put it to a partner, 25
 * identifiers each. Spec: 6.1 to 6.3
 */
import { IDNPS, IDNST } from '../../../fhir/french/identifiers.ts';
import { FhirError, type Issue, issue } from '../../../fhir/issue.ts';
import { tokensAt } from '../../../fhir/search/chain.ts';
import { parseQuery } from '../../../fhir/search/parse.ts';
import { instantMatches } from '../../../fhir/search/match.ts';
import { type Criterion, type ParameterCriterion, type SearchRequest, valuesOf } from '../../../fhir/search/request.ts';
import type { TokenValue } from '../../../fhir/search/value.ts';
import { canonical, type Kind } from '../partners/partner.ts';

/** Identifiers of one request. Spec: 6.1 */
const MAX_IDENTIFIERS = 25;

/** `_source` of what comes from a partner. */
export const SOURCE = 'urn:creneau:partner:';

export interface Question {
  kind: Kind;
  /** Canonical `system|value`, each once, in the order of the request. */
  identifiers: readonly string[];
  /** Ids of the partners that are asked; `undefined`: whoever may know. */
  partners: readonly string[] | undefined;
  /** Does a slot that starts then answer the question? Epoch ms. */
  isWithin(start: number): boolean;
  /** The address below a partner's base for some of the identifiers. */
  path(identifiers: readonly string[]): string;
  /** What was left out of the question, for the answer. */
  issues: readonly Issue[];
}

/** Throws FhirError (400) when whom or when is missing. */
export function readQuestion(request: SearchRequest): Question {
  return request.type === 'Slot' ? slotQuestion(request) : scheduleQuestion(request);
}

function slotQuestion(request: SearchRequest): Question {
  const isCpts = request.includes.some(
    (include) =>
      include.source === 'Slot' && include.parameter !== '*' && include.parameter.name === 'service-type-reference',
  );
  const named = request.criteria.flatMap(
    (criterion) => tokensAt(criterion, ['schedule', 'actor'], 'Practitioner') ?? [],
  );
  const { identifiers, issues } = identifiersOf(
    named,
    IDNPS,
    'schedule.actor:Practitioner.identifier',
    'identifiant de professionnel',
  );
  const { starts, isWithin } = bounds(
    request.criteria,
    parseQuery(request.raw).filter(({ name }) => name.toLowerCase() === 'start'),
    '',
  );
  const includes = isCpts
    ? '&_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization'
    : '';
  return {
    kind: isCpts ? 'CPTS' : 'PS',
    identifiers,
    partners: partnersOf(request),
    isWithin,
    path: (some) =>
      `Slot?_include=Slot:schedule&_include:iterate=Schedule:actor${includes}&${starts}&schedule.actor:Practitioner.identifier=${listText(some)}&status=free`,
    issues,
  };
}

/** SOS Médecins. All `_has` criteria apply to the same slot (trap H14). */
function scheduleQuestion(request: SearchRequest): Question {
  const ofSlots = request.criteria.flatMap((criterion) =>
    criterion.is === 'has' && criterion.type === 'Slot' ? [criterion.of] : [],
  );
  const named = request.criteria.flatMap(
    (criterion) => tokensAt(criterion, ['actor', 'organization'], 'Organization') ?? [],
  );
  const { identifiers, issues } = identifiersOf(
    named,
    IDNST,
    'actor:Location.organization.identifier',
    'identifiant de structure',
  );
  const prefix = '_has:Slot:schedule:';
  const { starts, isWithin } = bounds(
    ofSlots,
    parseQuery(request.raw).filter(({ name }) => name.toLowerCase() === `${prefix}start`.toLowerCase()),
    prefix,
  );
  return {
    kind: 'SOS',
    identifiers,
    partners: partnersOf(request),
    isWithin,
    path: (some) =>
      `Schedule?_revinclude=Slot:schedule&_include=Schedule:actor:Location&_include:iterate=Location:organization&${starts}&${prefix}status=free&actor:Location.organization.identifier=${listText(some)}`,
    issues,
  };
}

/** The identifiers as batches that a partner accepts. */
export function batchesOf(identifiers: readonly string[]): string[][] {
  const batches: string[][] = [];
  for (let i = 0; i < identifiers.length; i += MAX_IDENTIFIERS) batches.push(identifiers.slice(i, i + MAX_IDENTIFIERS));
  return batches;
}

function listText(identifiers: readonly string[]): string {
  return identifiers.map((identifier) => encodeURIComponent(identifier).replaceAll('%3A', ':')).join(',');
}

function identifiersOf(
  named: readonly TokenValue[],
  system: string,
  parameter: string,
  french: string,
): { identifiers: string[]; issues: Issue[] } {
  if (named.length === 0)
    throw new FhirError('required', `${parameter} is required`, {
      expression: parameter,
      text: `Il manque un ${french} (${parameter}).`,
    });
  const issues: Issue[] = [];
  const found = new Set<string>();
  for (const { system: own, code } of named) {
    const token = code === undefined ? undefined : canonical({ value: code, system: own ?? system });
    if (token?.startsWith(`${system}|`)) found.add(token);
    else
      issues.push(
        issue(
          'warning',
          'value',
          `${parameter}: an identifier of ${String(own ?? 'no system').slice(0, 60)} is none that the SAS knows; it is not asked for`,
          { expression: parameter, text: `Identifiant d'un système inconnu du SAS : il n'a pas été cherché.` },
        ),
      );
  }
  if (found.size === 0)
    throw new FhirError('value', `${parameter}: no identifier of ${system}`, {
      expression: parameter,
      text: `Aucun ${french} valable (${parameter}).`,
    });
  return { identifiers: [...found], issues };
}

function bounds(
  criteria: readonly Criterion[],
  written: readonly { value: string }[],
  prefix: string,
): { starts: string; isWithin: Question['isWithin'] } {
  const parameters = criteria.filter((criterion): criterion is ParameterCriterion => criterion.is === 'parameter');
  for (const one of parameters.filter(({ parameter }) => parameter.name === 'status')) {
    if (valuesOf(one, 'token').some(({ code }) => code !== 'free') || one.modifier !== undefined) {
      throw new FhirError('value', 'status is always free', {
        expression: `${prefix}status`,
        text: 'Seuls les créneaux libres se cherchent ici (status=free).',
      });
    }
  }
  const starts = parameters
    .filter(({ parameter, modifier }) => parameter.name === 'start' && modifier === undefined)
    .map((criterion) => valuesOf(criterion, 'date'));
  const prefixes = starts.flatMap((values) => values.map((value) => value.prefix));
  const hasLower = prefixes.some((prefix) => prefix === 'ge' || prefix === 'gt' || prefix === 'sa' || prefix === 'eq');
  const hasUpper = prefixes.some((prefix) => prefix === 'le' || prefix === 'lt' || prefix === 'eb' || prefix === 'eq');
  if (!hasLower || !hasUpper)
    throw new FhirError('required', 'start needs a lower and an upper bound: start=ge...&start=le...', {
      expression: `${prefix}start`,
      text: 'La période est obligatoire : start=ge… et start=le….',
    });
  return {
    starts: written
      .map(({ value }) => `${prefix}start=${encodeURIComponent(value).replaceAll('%3A', ':').replaceAll('%2C', ',')}`)
      .join('&'),
    isWithin: (start) => starts.every((values) => instantMatches(values, start)),
  };
}

/** `_source=ID` or `_source=urn:creneau:partner:ID`: these partners only. */
function partnersOf(request: SearchRequest): string[] | undefined {
  const named = request.criteria
    .filter((criterion) => criterion.is === 'parameter' && criterion.parameter.name === '_source')
    .flatMap((criterion) => (criterion as Criterion & { is: 'parameter' }).values);
  return named.length === 0
    ? undefined
    : [...new Set(named.map((one) => (one as { uri: string }).uri.replace(SOURCE, '')))];
}
