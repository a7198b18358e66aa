/**
 * The criteria of a search as the audit trail keeps them: every name, and the values that cannot describe a patient.
 * A name, a birth date or a national identifier in the trail could not be erased.
 */

import { BUDGETS } from '../budgets.ts';

/** Parameters whose values are dates, codes, ids and references. Others are kept without their value. */
const KEPT: ReadonlySet<string> = new Set(
  (
    '_id _count _sort _include _revinclude _summary _elements _total _since _at _after _lastUpdated _type _format ' +
    'status date start end schedule actor practitioner patient location slot service-type service-category specialty ' +
    'appointment-type active organization type subtype action outcome entity agent role part-status supporting-info'
  ).split(' '),
);
/** Identifiers of professionals and places are public; a patient's is not. */
const PUBLIC =
  /(^|[:.])(Practitioner|PractitionerRole|Organization|Location|HealthcareService|Schedule|Device)([:.]|$)/;
const PLAIN = /^[\w\-.,:/+|%$*]{0,2000}$/;
const MASKED = '***';
/** Values are kept up to so many characters in all; those after them are masked, their names are not. */
const MAX_VALUE_CHARS = 4_000;
const MAX_NAME_CHARS = 64;
/** A search with more parameters is refused. */
const MAX_PAIRS = BUDGETS.searchParameters.most;

/**
 * `type`: the type that is searched. `raw`: without a `?`. Looks at no more of it than a search may have, and hides no
 * name behind a long one.
 */
export function keptQuery(type: string, raw: string): string {
  const kept: string[] = [];
  let chars = 0;
  for (const [name, value] of pairsOf(raw)) {
    const isShown = isKept(type, name) && chars + value.length <= MAX_VALUE_CHARS && PLAIN.test(value);
    if (isShown) chars += value.length;
    kept.push(`${name.slice(0, MAX_NAME_CHARS)}=${isShown ? value : MASKED}`);
  }
  return kept.join('&');
}

/** The first pairs that are not empty, with names that can be shown. */
function* pairsOf(raw: string): Generator<[name: string, value: string]> {
  let pairs = 0;
  for (let start = 0; start < raw.length && pairs < MAX_PAIRS; ) {
    const next = raw.indexOf('&', start);
    const end = next < 0 ? raw.length : next;
    if (end > start) {
      const at = raw.indexOf('=', start);
      const nameEnd = at < 0 || at > end ? end : at;
      const name = decoded(raw.slice(start, Math.min(nameEnd, start + 3 * MAX_NAME_CHARS)));
      yield [name.replaceAll(/[^\w\-.:$]/g, '_'), raw.slice(Math.min(nameEnd + 1, end), end)];
      pairs++;
    }
    start = end + 1;
  }
}

function isKept(type: string, name: string): boolean {
  const path = name.split('.');
  const [last = '', modifier] = path.at(-1)!.split(':');
  if (last === 'identifier') return PUBLIC.test(path.length === 1 ? type : path.slice(0, -1).join('.'));
  return KEPT.has(last) && modifier !== 'identifier' && modifier !== 'text';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
