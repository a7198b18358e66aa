/**
 * The request of a SAS search: its kind, the identifiers, the period. The editor reads the requests of the platform,
 * and the platform those of its own callers, by the same rules. Spec: 6.1 to 6.3
 */
import { IDNPS, IDNST } from '../../fhir/french/identifiers.ts';
import { FhirError } from '../../fhir/issue.ts';
import { tokensAt } from '../../fhir/search/chain.ts';
import { type Criterion, type ParameterCriterion, type SearchRequest, valuesOf } from '../../fhir/search/request.ts';
import type { TokenValue } from '../../fhir/search/value.ts';
import type { SearchKind } from './contract.ts';

/** How a kind of search is written: the parameter that names people or structures, and the prefix of the others. */
export interface SearchForm {
  /** National system of the identifiers, and the systems that hold the same numbers without their prefix. */
  system: string;
  bareSystems: readonly string[];
  /** The parameter that holds the identifiers. */
  identifier: string;
  /** Before `start` and `status`. */
  prefix: string;
  /** In refusals. */
  french: string;
}

const PRACTITIONERS: SearchForm = {
  system: IDNPS,
  bareSystems: ['https://rpps.esante.gouv.fr', 'https://adeli.esante.gouv.fr'],
  identifier: 'schedule.actor:Practitioner.identifier',
  prefix: '',
  french: 'identifiant de professionnel',
};

export const SEARCH_FORM: Readonly<Record<SearchKind, SearchForm>> = {
  PS: PRACTITIONERS,
  CPTS: PRACTITIONERS,
  SOS: {
    system: IDNST,
    bareSystems: ['https://sirene.fr', 'https://finess.esante.gouv.fr'],
    identifier: 'actor:Location.organization.identifier',
    prefix: '_has:Slot:schedule:',
    french: 'identifiant de structure',
  },
};

/** A search for slots includes the services of the CPTS, or does not; a search for agendas is that of SOS Médecins. */
export function searchKindOf({ type, includes }: SearchRequest): SearchKind {
  if (type === 'Schedule') return 'SOS';
  const asksForServices = includes.some(
    ({ source, parameter }) => source === 'Slot' && parameter !== '*' && parameter.name === 'service-type-reference',
  );
  return asksForServices ? 'CPTS' : 'PS';
}

/** The identifiers in a criterion that names whom slots are asked for; `undefined` when it is another criterion. */
export function identifiersIn(criterion: Criterion, kind: SearchKind): TokenValue[] | undefined {
  return kind === 'SOS'
    ? tokensAt(criterion, ['actor', 'organization'], 'Organization')
    : tokensAt(criterion, ['schedule', 'actor'], 'Practitioner');
}

export function identifiersMissing(kind: SearchKind): FhirError {
  const { identifier, french } = SEARCH_FORM[kind];
  return new FhirError('required', `${identifier} is required`, {
    expression: identifier,
    text: `Il manque un ${french} (${identifier}).`,
  });
}

/** The criteria on the slot itself. All `_has` of a search at SOS Médecins are about one slot (trap H14). */
export function slotCriteria({ criteria }: SearchRequest, kind: SearchKind): ParameterCriterion[] {
  const ofSlots =
    kind === 'SOS'
      ? criteria.flatMap((criterion) => (criterion.is === 'has' && criterion.type === 'Slot' ? [criterion.of] : []))
      : criteria;
  return ofSlots.filter((criterion): criterion is ParameterCriterion => criterion.is === 'parameter');
}

const LOWER: readonly string[] = ['ge', 'gt', 'sa', 'eq'];
const UPPER: readonly string[] = ['le', 'lt', 'eb', 'eq'];

/** The criteria on `start`. Throws when the search is not for free slots between two instants (traps D7, D14, D17). */
export function startBounds(slot: readonly ParameterCriterion[], kind: SearchKind): ParameterCriterion[] {
  const { prefix } = SEARCH_FORM[kind];
  const isFree = (criterion: ParameterCriterion): boolean =>
    criterion.modifier === undefined && valuesOf(criterion, 'token').every(({ code }) => code === 'free');
  if (slot.some((criterion) => criterion.parameter.name === 'status' && !isFree(criterion)))
    throw new FhirError('value', 'status is always free', {
      expression: `${prefix}status`,
      text: 'Seuls les créneaux libres se cherchent ici (status=free).',
    });
  const starts = slot.filter(({ parameter, modifier }) => parameter.name === 'start' && modifier === undefined);
  const comparators = starts.flatMap((criterion) => valuesOf(criterion, 'date').map((value) => value.prefix));
  const hasBound = (of: readonly string[]): boolean => comparators.some((comparator) => of.includes(comparator));
  if (!hasBound(LOWER) || !hasBound(UPPER))
    throw new FhirError('required', 'start needs a lower and an upper bound: start=ge...&start=le...', {
      expression: `${prefix}start`,
      text: 'La période est obligatoire : start=ge… et start=le….',
    });
  return starts;
}
