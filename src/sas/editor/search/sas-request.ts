/** A SAS search as the editor answers it: read by the rules of the contract, within its limits. Spec: 6.1 to 6.3 */
import { FhirError } from '../../../fhir/issue.ts';
import type { Criterion, ParameterCriterion, SearchRequest } from '../../../fhir/search/request.ts';
import type { TokenValue } from '../../../fhir/search/value.ts';
import type { Contract, SearchKind } from '../../contract/contract.ts';
import { sasIdentifier, tokenOf } from '../../contract/identifier.ts';
import {
  identifiersIn,
  identifiersMissing,
  SEARCH_FORM,
  searchKindOf,
  slotCriteria,
  startBounds,
} from '../../contract/request.ts';

export interface SasRequest {
  kind: SearchKind;
  /** `start` criteria, with at least a lower and an upper bound. */
  starts: ParameterCriterion[];
  /** Identifiers of the system that this search asks in; others match nothing. */
  identifiers: TokenValue[];
  /** The same identifiers in the form of the SAS, `system|value`. */
  tokens: ReadonlySet<string>;
  /** SOS: the criteria that name the structures. */
  structures: Criterion[];
}

/** Throws FhirError (400). `strict`: criteria that the search does not know are refused, not ignored. */
export function readSasRequest(request: SearchRequest, { limits }: Contract, strict: boolean): SasRequest {
  const kind = searchKindOf(request);
  if (strict) refuseOthers(request, kind);
  const naming = request.criteria.filter((criterion) => identifiersIn(criterion, kind) !== undefined);
  const named = naming.map((criterion) => identifiersIn(criterion, kind)!);
  const [asked = []] = named;
  if (asked.length === 0) throw identifiersMissing(kind);
  if (kind !== 'SOS') checkCount(named.flat(), kind, limits.identifiers);
  const { system: national, bareSystems } = SEARCH_FORM[kind];
  const identifiers = asked.filter(
    ({ system }) => system === undefined || system === national || bareSystems.includes(system ?? ''),
  );
  return {
    kind,
    starts: startBounds(slotCriteria(request, kind), kind),
    identifiers,
    tokens: new Set(identifiers.map((identifier) => writtenForm(identifier, national))),
    structures: kind === 'SOS' ? naming : [],
  };
}

/** Spellings of one identifier count once, whatever the spelling and the method of the request. */
function checkCount(identifiers: readonly TokenValue[], kind: SearchKind, limit: number): void {
  const { system, identifier } = SEARCH_FORM[kind];
  const count = new Set(identifiers.map((token) => writtenForm(token, system))).size;
  if (count <= limit) return;
  throw new FhirError('too-costly', `${count} identifiers; the limit of the contract is ${limit}`, {
    expression: identifier,
    text: `Trop d'identifiants : ${count}, limite ${limit}.`,
  });
}

function writtenForm({ system, code = '' }: TokenValue, national: string): string {
  return tokenOf(sasIdentifier({ system: system ?? national, value: code }));
}

function refuseOthers({ criteria }: SearchRequest, kind: SearchKind): void {
  const isKnown = (criterion: Criterion): boolean =>
    identifiersIn(criterion, kind) !== undefined ||
    (kind === 'SOS'
      ? criterion.is === 'has' && criterion.type === 'Slot' && isStartOrStatus(criterion.of)
      : isStartOrStatus(criterion));
  const other = criteria.find((criterion) => !isKnown(criterion));
  if (other === undefined) return;
  const name = nameOf(other);
  throw new FhirError(
    'not-supported',
    `${name} is no criterion of this search: it asks by identifiers, start and status`,
    {
      expression: name,
      text: `« ${name} » n'est pas un critère de cette recherche : identifiants, start et status seulement.`,
    },
  );
}

function isStartOrStatus(criterion: Criterion): boolean {
  return criterion.is === 'parameter' && ['start', 'status'].includes(criterion.parameter.name);
}

/** The criterion's name as a query writes it. */
function nameOf(criterion: Criterion): string {
  if (criterion.is === 'any') return nameOf(criterion.of[0]!);
  if (criterion.is === 'parameter') return criterion.parameter.name;
  return criterion.is === 'chain'
    ? `${criterion.parameter.name}:${criterion.target}.${nameOf(criterion.of)}`
    : `_has:${criterion.type}:${criterion.parameter.name}:${nameOf(criterion.of)}`;
}
