/**
 * One `name=value` of a query -> `Criterion`: modifiers, chains (`schedule.actor:Practitioner.identifier`), `_has`.
 * Returns an `Issue` for what the server does not know, so that the caller decides (lenient or strict);
 * throws for what it knows and cannot read.
 * https://hl7.org/fhir/R4/search.html#chaining, #has, #modifiers
 */
import { FhirError, issue, type Issue, unsupported, wrongValue } from '../issue.ts';
import { type SearchParameter, searchParameter, searchParameters, SEARCHED_TYPES } from './parameters.ts';
import type { Criterion, Modifier, SearchValue } from './request.ts';
import {
  badValue,
  parseDate,
  parseNear,
  parseOfType,
  parseReference,
  parseString,
  parseToken,
  splitEscaped,
  unescaped,
} from './value.ts';

interface Options {
  zone?: string;
  maxValues?: number;
  base?: string;
}

/** Chains deeper than this are refused; the guides need three hops. */
const MAX_DEPTH = 6;

export function parseCriterion(
  type: string,
  name: string,
  value: string,
  options: Options,
  depth = 0,
): Criterion | Issue {
  if (depth > MAX_DEPTH)
    throw new FhirError('too-costly', `A chain has at most ${MAX_DEPTH} steps`, {
      expression: name.slice(0, 100),
      text: `Un chaînage a ${MAX_DEPTH} étapes au plus.`,
    });
  if (name.startsWith('_has:')) return parseHas(name, value, options, depth);
  const dot = name.indexOf('.');
  if (dot > 0) return parseChain(type, name, dot, value, options, depth);
  const [code = '', modifier] = name.split(':');
  const parameter = searchParameter(type, code);
  if (parameter === undefined) return unknown(type, name);
  return own(parameter, name, modifier, value, options, depth);
}

/** A parameter and the chains that count as well (`||` in the table). */
function own(
  parameter: SearchParameter,
  name: string,
  modifier: string | undefined,
  value: string,
  options: Options,
  depth: number,
): Criterion {
  const criterion = plain(parameter, name, modifier, value, options);
  if (parameter.or.length === 0 || modifier === 'missing') return criterion;
  const others = parameter.or.map((chain) =>
    parseCriterion(parameter.base, modifier ? `${chain}:${modifier}` : chain, value, options, depth + 1),
  );
  return { is: 'any', of: [criterion, ...others.filter((other): other is Criterion => 'is' in other)] };
}

/** `_has:Slot:schedule:start=ge...`: the part after the third colon is again a parameter, or a `_has`. */
function parseHas(name: string, value: string, options: Options, depth: number): Criterion | Issue {
  const [, type = '', reference = '', ...rest] = name.split(':');
  const parameter = searchParameter(type, reference);
  if (parameter === undefined || parameter.kind !== 'reference' || rest.length === 0) return unknown('', name);
  const of = parseCriterion(type, rest.join(':'), value, options, depth + 1);
  return 'is' in of ? { is: 'has', type, parameter, of } : of;
}

/**
 * `actor:Practitioner.identifier`, `schedule.actor:Location.organization.name`; without a type, every allowed target.
 */
function parseChain(
  type: string,
  name: string,
  dot: number,
  value: string,
  options: Options,
  depth: number,
): Criterion | Issue {
  const [code = '', named] = name.slice(0, dot).split(':');
  const parameter = searchParameter(type, code);
  if (parameter === undefined || parameter.kind !== 'reference') return unknown(type, name);
  if (named !== undefined && parameter.targets.length > 0 && !parameter.targets.includes(named)) {
    return unknown(type, name, `${type}.${code} does not refer to ${named}`);
  }
  const targets = named ? [named] : parameter.targets.length > 0 ? parameter.targets : SEARCHED_TYPES;
  const rest = name.slice(dot + 1);
  const found: Criterion[] = [];
  let problem: Issue | undefined;
  for (const target of targets) {
    const of = parseCriterion(target, rest, value, options, depth + 1);
    if ('is' in of) found.push({ is: 'chain', parameter, target, of });
    else problem ??= of;
  }
  if (found.length === 0) return problem ?? unknown(type, name);
  return found.length === 1 ? found[0]! : { is: 'any', of: found };
}

function plain(
  parameter: SearchParameter,
  name: string,
  modifier: string | undefined,
  text: string,
  options: Options,
): Criterion {
  if (modifier === 'missing') {
    if (text !== 'true' && text !== 'false') throw badValue(text, ':missing takes true or false');
    return { is: 'parameter', parameter, modifier: 'missing', values: [], missing: text === 'true' };
  }
  const typed = modifier !== undefined && parameter.kind === 'reference' && SEARCHED_TYPES.includes(modifier);
  const known = modifier === undefined || typed || modifiersOf(parameter).includes(modifier as Modifier);
  if (!known) {
    throw unsupported(
      `Modifier :${modifier} does not apply to ${name.split(':')[0]} (${parameter.kind})`,
      `Le modificateur « :${modifier} » ne s'applique pas à ce paramètre.`,
      name,
    );
  }
  // The guides' examples have spaces after the commas of a list (trap H7); empty and repeated values are dropped.
  const texts = [...new Set(splitEscaped(text, ',').map((value) => value.trim()))].filter((value) => value !== '');
  if (texts.length === 0) throw wrongValue(`${name} has no value`, `Le paramètre « ${name} » est vide.`, name);
  const most = options.maxValues ?? 1000;
  if (texts.length > most) {
    throw new FhirError('too-costly', `${name} has ${texts.length} values; the limit is ${most}`, {
      expression: name,
      text: `Trop de valeurs pour « ${name} » : ${texts.length}, limite ${most}.`,
    });
  }
  const read = (text: string): SearchValue => {
    try {
      return readValue(
        parameter,
        typed ? undefined : (modifier as Modifier | undefined),
        text,
        typed ? modifier : undefined,
        options,
      );
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      throw new FhirError(error.code, `${name}: ${error.message}`, { expression: name, text: error.issues[0]!.text! });
    }
  };
  const applied = typed ? undefined : (modifier as Modifier | undefined);
  return { is: 'parameter', parameter, ...(applied ? { modifier: applied } : {}), values: texts.map(read) };
}

/** Which modifiers each kind of parameter takes, beside `:missing` and a reference's `:[type]`. */
const MODIFIERS: Record<SearchParameter['kind'], readonly Modifier[]> = {
  token: ['not', 'text', 'of-type'],
  string: ['exact', 'contains'],
  date: [],
  reference: ['identifier'],
  uri: [],
  near: [],
};

/** A plain code has no text, and an identifier alone has a type. */
function modifiersOf({ kind, form }: SearchParameter): readonly Modifier[] {
  return MODIFIERS[kind].filter((modifier) =>
    modifier === 'text' ? form !== 'code' : modifier !== 'of-type' || form === 'identifier',
  );
}

function readValue(
  parameter: SearchParameter,
  modifier: Modifier | undefined,
  text: string,
  typeModifier: string | undefined,
  { zone = 'Europe/Paris', base }: Options,
): SearchValue {
  switch (parameter.kind) {
    case 'token':
      if (modifier === 'text') return parseString(text);
      if (modifier === 'of-type') return parseOfType(text);
      return parseToken(text);
    case 'date':
      return parseDate(text, zone);
    case 'string':
      return parseString(text);
    case 'uri':
      return { kind: 'uri', uri: unescaped(text) };
    case 'near':
      return parseNear(text);
    case 'reference':
      if (modifier === 'identifier') return parseToken(text);
      return parseReference(
        text,
        typeModifier ?? (parameter.targets.length === 1 ? parameter.targets[0] : undefined),
        base,
      );
  }
}

function unknown(type: string, name: string, reason?: string): Issue {
  const known = type ? `; ${type} knows ${[...searchParameters(type).keys()].join(', ')}` : '';
  const shown = name.slice(0, 100);
  return issue('warning', 'not-supported', `Unknown search parameter ${shown}${reason ? `: ${reason}` : known}`, {
    expression: shown,
    text: `Paramètre de recherche inconnu : « ${shown} ».`,
  });
}
