/** Reads and checks a search of the SAS: for whom, when and by which door. Refusals say why. Spec: 6.1 to 6.3 */
import { FhirError } from '../../../fhir/issue.ts';
import { IDNPS, IDNST, prefixed } from '../../../fhir/french/identifiers.ts';
import { tokensAt } from '../../../fhir/search/chain.ts';
import type { Criterion, SearchRequest } from '../../../fhir/search/request.ts';
import type { DateValue, TokenValue } from '../../../fhir/search/value.ts';
import type { Door } from '../codes.ts';

type Parameter = Criterion & { is: 'parameter' };

export interface SasRequest {
  door: Door;
  /** `start` criteria, a lower and an upper bound at least. */
  starts: Parameter[];
  /** Identifiers of the right system; others match nothing. */
  identifiers: TokenValue[];
  /** The same in their prefixed form, `system|value`. */
  written: ReadonlySet<string>;
  /** SOS: the criterion on the agenda. */
  on: Criterion[];
}

/** Identifiers of one request. Spec: 6.1 */
const MAX_IDENTIFIERS = 25;

/**
 * INT_R01 and INT_R04: `Slot?start=..&schedule.actor:Practitioner.identifier=..`. `strict`: what else is asked is
 * refused, not passed over.
 */
export function readSlotRequest(request: SearchRequest, strict: boolean): SasRequest {
  if (strict)
    refuseOthers(
      request.criteria.filter((criterion) => !isOfSlot(criterion) && practitionerIdentifiers(criterion) === undefined),
    );
  const door: Door = request.includes.some(
    (include) =>
      include.source === 'Slot' && include.parameter !== '*' && include.parameter.name === 'service-type-reference',
  )
    ? 'CPTS'
    : 'PS';
  const named = request.criteria.map(practitionerIdentifiers).filter((one) => one !== undefined);
  const identifiers = askedFor(named, 'schedule.actor:Practitioner.identifier', 'identifiant de professionnel');
  // However they were written, and by whatever method: the equivalents of one identifier are one.
  const distinct = new Set(named.flat().map((one) => writtenForm(one, IDNPS)));
  if (distinct.size > MAX_IDENTIFIERS) {
    throw new FhirError('too-costly', `${distinct.size} identifiers; the limit of the contract is ${MAX_IDENTIFIERS}`, {
      expression: 'schedule.actor:Practitioner.identifier',
      text: `Trop d'identifiants : ${distinct.size}, limite ${MAX_IDENTIFIERS}.`,
    });
  }
  const parameters = request.criteria.filter((criterion): criterion is Parameter => criterion.is === 'parameter');
  return {
    door,
    ...bounds(parameters, ''),
    ...known(identifiers, IDNPS, /^https:\/\/(rpps|adeli)\.esante\.gouv\.fr$/),
    on: [],
  };
}

/**
 * SOS Médecins: `Schedule?_has:Slot:schedule:start=..&actor:Location.organization.identifier=..`. All `_has` criteria
 * apply to the same slot (trap H14).
 */
export function readScheduleRequest(request: SearchRequest, strict: boolean): SasRequest {
  if (strict)
    refuseOthers(
      request.criteria.filter(
        (criterion) =>
          !(criterion.is === 'has' && criterion.type === 'Slot' && isOfSlot(criterion.of)) &&
          organizationIdentifiers(criterion) === undefined,
      ),
    );
  const ofSlots = request.criteria
    .filter((criterion) => criterion.is === 'has' && criterion.type === 'Slot')
    .map((criterion) => (criterion as Criterion & { is: 'has' }).of);
  const on = request.criteria.filter((criterion) => organizationIdentifiers(criterion) !== undefined);
  const identifiers = askedFor(
    on.map((one) => organizationIdentifiers(one)!),
    'actor:Location.organization.identifier',
    'identifiant de structure',
  );
  const parameters = ofSlots.filter((slot): slot is Parameter => slot.is === 'parameter');
  return {
    door: 'SOS',
    ...bounds(parameters, '_has:Slot:schedule:'),
    ...known(identifiers, IDNST, /^https:\/\/(sirene|finess\.esante\.gouv)\.fr$/),
    on,
  };
}

function isOfSlot(one: Criterion): boolean {
  return one.is === 'parameter' && (one.parameter.name === 'start' || one.parameter.name === 'status');
}

function refuseOthers([first]: readonly Criterion[]): void {
  if (first === undefined) return;
  const name = nameOf(first);
  throw new FhirError(
    'not-supported',
    `${name} is no criterion of this search: it asks by identifiers, start and status`,
    {
      expression: name,
      text: `« ${name} » n'est pas un critère de cette recherche : identifiants, start et status seulement.`,
    },
  );
}

/** As a query names it. */
function nameOf(one: Criterion): string {
  if (one.is === 'any') return nameOf(one.of[0]!);
  if (one.is === 'parameter') return one.parameter.name;
  return one.is === 'chain'
    ? `${one.parameter.name}:${one.target}.${nameOf(one.of)}`
    : `_has:${one.type}:${one.parameter.name}:${nameOf(one.of)}`;
}

function practitionerIdentifiers(criterion: Criterion): TokenValue[] | undefined {
  return tokensAt(criterion, ['schedule', 'actor'], 'Practitioner');
}

function organizationIdentifiers(criterion: Criterion): TokenValue[] | undefined {
  return tokensAt(criterion, ['actor', 'organization'], 'Organization');
}

function askedFor(named: readonly TokenValue[][], parameter: string, french: string): TokenValue[] {
  const [values] = named;
  if (values === undefined || values.length === 0) {
    throw new FhirError('required', `${parameter} is required`, {
      expression: parameter,
      text: `Il manque un ${french} (${parameter}).`,
    });
  }
  return values;
}

function bounds(parameters: readonly Parameter[], prefix: string): Pick<SasRequest, 'starts'> {
  for (const one of parameters.filter(({ parameter }) => parameter.name === 'status')) {
    if ((one.values as TokenValue[]).some(({ code }) => code !== 'free') || one.modifier !== undefined) {
      throw new FhirError('value', 'status is always free', {
        expression: `${prefix}status`,
        text: 'Seuls les créneaux libres se cherchent ici (status=free).',
      });
    }
  }
  const starts = parameters.filter(({ parameter, modifier }) => parameter.name === 'start' && modifier === undefined);
  const prefixes = starts.flatMap(({ values }) => (values as DateValue[]).map((value) => value.prefix));
  const hasLower = prefixes.some((prefix) => ['ge', 'gt', 'sa', 'eq'].includes(prefix));
  const hasUpper = prefixes.some((prefix) => ['le', 'lt', 'eb', 'eq'].includes(prefix));
  if (!hasLower || !hasUpper) {
    throw new FhirError('required', `start needs a lower and an upper bound: start=ge...&start=le...`, {
      expression: `${prefix}start`,
      text: 'La période est obligatoire : start=ge… et start=le….',
    });
  }
  return { starts };
}

/** Those of the system that is asked in, under any of its names. */
function known(asked: readonly TokenValue[], oid: string, url: RegExp): Pick<SasRequest, 'identifiers' | 'written'> {
  const identifiers = asked.filter(({ system }) => system === undefined || system === oid || url.test(system ?? ''));
  return { identifiers, written: new Set(identifiers.map((identifier) => writtenForm(identifier, oid))) };
}

/** `system|value`, with its prefix where it is a national one. */
function writtenForm({ system, code = '' }: TokenValue, oid: string): string {
  const form = prefixed({ system: system ?? oid, value: code }) ?? { system: system ?? '', value: code };
  return `${form.system}|${form.value}`;
}
