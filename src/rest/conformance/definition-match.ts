/**
 * Does a resource in memory satisfy a criterion? For definitions: tokens, strings, uris and the date of the last
 * change. https://hl7.org/fhir/R4/search.html
 */
import { FhirError } from '../../fhir/issue.ts';
import { elementsAt, extract } from '../../fhir/search/extract.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Criterion, SearchValue } from '../../fhir/search/request.ts';
import { parseDateRange } from '../../fhir/date.ts';
import { normalise } from '../../fhir/search/text.ts';
import type { DateValue, TokenValue } from '../../fhir/search/value.ts';

export function isMatch(resource: Resource, criterion: Criterion): boolean {
  if (criterion.is === 'any') return criterion.of.some((one) => isMatch(resource, one));
  if (criterion.is !== 'parameter')
    throw new FhirError('not-supported', 'Definitions are not chained', {
      text: 'Les définitions ne se cherchent pas par chaînage.',
    });
  const { parameter, modifier, missing, values } = criterion;
  const held =
    parameter.name === '_id' ? [resource.id!] : parameter.paths.flatMap((path) => elementsAt(resource, path));
  if (modifier === 'missing') return (held.length === 0) === missing;
  const row = extract(resource);
  const tokens = parameter.name === '_id' ? held : ((row[parameter.column] as string[] | undefined) ?? []);
  const isOne = (value: SearchValue): boolean => {
    switch (value.kind) {
      case 'token':
        return tokens.includes(tokenText(value));
      case 'uri':
        return tokens.includes(value.uri);
      case 'date':
        return isWithin(resource.meta!.lastUpdated!, value);
      case 'string':
        return held
          .filter((one) => typeof one === 'string')
          .some((one: string) =>
            modifier === 'exact'
              ? one === value.text
              : modifier === 'contains'
                ? normalise(one).includes(value.normalised)
                : normalise(one).startsWith(value.normalised),
          );
      default:
        return false;
    }
  };
  const found = values.some(isOne);
  return modifier === 'not' ? !found : found;
}

function tokenText({ system, code }: TokenValue): string {
  return system === undefined ? (code ?? '') : `${system ?? ''}|${code ?? ''}`;
}

function isWithin(instant: string, { prefix, start, end }: DateValue): boolean {
  const at = parseDateRange(instant)!.start;
  const isIn = at >= start && at < end;
  switch (prefix) {
    case 'ne':
      return !isIn;
    case 'gt':
    case 'sa':
      return at >= end;
    case 'lt':
    case 'eb':
      return at < start;
    case 'ge':
      return at >= start;
    case 'le':
      return at < end;
    default:
      return isIn;
  }
}
