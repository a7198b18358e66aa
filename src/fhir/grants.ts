/**
 * Scopes of SMART App Launch 2 for programs, as the rights that they give: `system/Appointment.rs?status=booked` opens
 * reading and searching of booked appointments. A scope that cannot be kept exactly gives nothing.
 * https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
 */
import type { Resource } from './resource.ts';
import { parseSearch } from './search/parse.ts';
import { matches } from './search/match.ts';
import type { Criterion } from './search/request.ts';

/** Some of `c` create, `r` read, `u` update, `d` delete, `s` search. */
export type Letters = string;

/**
 * `all`: every resource of a type; `none`; or the resources that satisfy all criteria of one of the alternatives.
 */
export type Limit = 'all' | 'none' | readonly (readonly Criterion[])[];

interface Grant {
  /** `*`: every type. */
  type: string;
  letters: Letters;
  criteria: readonly Criterion[];
}

const SCOPE = /^system\/(\*|[A-Z][A-Za-z]{0,63})\.(c?r?u?d?s?|read|write|\*)(?:\?(.+))?$/;
/** The words of version 1, which authorization servers still use. */
const OLD_LETTERS = new Map([
  ['read', 'rs'],
  ['write', 'cud'],
  ['*', 'cruds'],
]);
const MAX_SCOPES = 200;

export class Grants {
  private readonly grants: readonly Grant[];

  private constructor(grants: readonly Grant[]) {
    this.grants = grants;
  }

  /** Reads the claim `scope`: a list in one text. Other scopes than those of programs open nothing. */
  static parse(scope: string): Grants {
    const texts = scope.split(/\s+/).slice(0, MAX_SCOPES);
    return new Grants(texts.flatMap((text) => readScope(text) ?? []));
  }

  /** The resources of a type that any one of these letters gives. */
  limitOf(type: string, letters: Letters): Limit {
    const fit = this.grants.filter(
      (grant) => (grant.type === '*' || grant.type === type) && [...letters].some((letter) => has(grant, letter)),
    );
    if (fit.length === 0) return 'none';
    return fit.some(({ criteria }) => criteria.length === 0) ? 'all' : fit.map(({ criteria }) => criteria);
  }

  /** Whether each of these letters gives every resource of the type; `*`: of every type. */
  isWhole(type: string, letters: Letters): boolean {
    return [...letters].every((letter) => this.limitOf(type, letter) === 'all');
  }
}

/** Is the resource among those that a limit leaves? */
export function isWithin(limit: Limit, resource: Resource): boolean {
  if (limit === 'all' || limit === 'none') return limit === 'all';
  return limit.some((criteria) => criteria.every((criterion) => matches(criterion, resource)));
}

function has({ letters }: Grant, letter: string): boolean {
  return letters.includes(letter);
}

function readScope(text: string): Grant | undefined {
  const [, type, rights, query] = SCOPE.exec(text) ?? [];
  if (type === undefined || !rights) return undefined;
  const letters = OLD_LETTERS.get(rights) ?? rights;
  if (query === undefined) return { type, letters, criteria: [] };
  const criteria = type === '*' ? undefined : readCriteria(type, query);
  return criteria && { type, letters, criteria };
}

/** `undefined`: not only parameters of the type that a resource shows by itself. */
function readCriteria(type: string, query: string): Criterion[] | undefined {
  try {
    const request = parseSearch(type, query, { strict: true });
    const isPlain = request.criteria.every(({ is }) => is === 'parameter');
    const parameters = query.split('&').filter((pair) => pair !== '');
    return isPlain && request.criteria.length === parameters.length ? request.criteria : undefined;
  } catch {
    return undefined;
  }
}
