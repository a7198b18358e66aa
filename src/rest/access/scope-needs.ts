/**
 * The scopes that a request needs, by its method and path: `fhir/grants.ts` says which a token has. Roles open an
 * address first; scopes only narrow it. An address that is not named here needs `system/*.cruds`.
 */
import type { Grants, Letters } from '../../fhir/grants.ts';

interface Need {
  /** `*`: every type. */
  type: string;
  /** One of these letters suffices. */
  letters: Letters;
  /** Every resource of the type is read or changed: a scope with criteria does not suffice. */
  isWhole?: true;
}

const whole = (type: string, ...letters: Letters[]): Need[] =>
  letters.map((letter) => ({ type, letters: letter, isWhole: true }));
const all = (...letters: Letters[]): Need[] => whole('*', ...letters);

const EVERYTHING: readonly Need[] = all('c', 'r', 'u', 'd', 's');
const FREE_TIME: readonly Need[] = [...whole('Slot', 's'), ...whole('Schedule', 's')];
const BOOKING: readonly Need[] = [...FREE_TIME, ...whole('Appointment', 'c', 'u')];

/** By name, without the `$`. Operations see past the criteria of scopes, so each needs whole types. */
const OPERATIONS: ReadonlyMap<string, readonly Need[]> = new Map([
  ['find', FREE_TIME],
  ['sas-preview', FREE_TIME],
  ['agenda', [...whole('Schedule', 'r'), ...whole('Appointment', 's'), ...whole('Patient', 's')]],
  ['hold', BOOKING],
  ['book', BOOKING],
  ['import-ical', whole('Schedule', 'u')],
  ['calendar-sources', whole('Schedule', 'r')],
  ['accesses', [...whole('AuditEvent', 's'), ...whole('Patient', 'r'), ...whole('Schedule', 'r')]],
  ['insi', whole('Patient', 'r', 'u')],
  ['check-identity', whole('Patient', 'r', 'u')],
  ['places', []],
  ['expand', []],
  ['validate-code', []],
  ['lookup', []],
  ['events', all('s')],
  ['status', all('r', 's')],
  ['bulk-publish', all('r', 's')],
  ['export', all('r', 's')],
]);

/** Nothing there is about anybody, and the entries of a Bundle are asked one by one. */
const PUBLIC_PATHS: ReadonlySet<string> = new Set(['', 'metadata', '.well-known']);

/** `restrictable`: the types of which a scope with criteria is kept to, under this base. */
export function isGranted(
  grants: Grants,
  restrictable: ReadonlySet<string>,
  method: string,
  [base = '', ...rest]: readonly string[],
): boolean {
  if (base === 'health') return true;
  const isFhir = base === 'fhir' || base === 'sas';
  const needs = isFhir ? needsOf(method, rest) : EVERYTHING;
  return needs.every(({ type, letters, isWhole }) => {
    const limit = grants.limitOf(type, letters);
    if (limit === 'all' || limit === 'none') return limit === 'all';
    return isWhole !== true && base === 'fhir' && restrictable.has(type);
  });
}

/** `path`: below the base. An entry of a Bundle is asked by itself. */
function needsOf(method: string, path: readonly string[]): readonly Need[] {
  const [type = '', id, third, ...more] = path;
  if (PUBLIC_PATHS.has(type)) return [];
  const operation = path.find((segment) => segment.startsWith('$'))?.slice(1);
  if (operation !== undefined) return operationNeeds(operation, path);
  if (type === '_history') return all('s');
  if (id === '_history') return whole(type, 's');
  if (third === '_history') return more.length === 0 ? whole(type, 'r') : [{ type, letters: 'r' }];
  if (third !== undefined) return [{ type, letters: 'r' }, ...(third === '*' ? [] : [{ type: third, letters: 's' }])];
  const letters = lettersOf(method, id);
  // A subscriber hears of resources of every type.
  const isFollowing = type === 'Subscription' && letters !== 'r' && letters !== 's' && letters !== 'd';
  return [{ type, letters }, ...(isFollowing ? all('r', 's') : [])];
}

function operationNeeds(operation: string, path: readonly string[]): readonly Need[] {
  // The validation of what is sent reads nothing; that of what is stored, the resource.
  if (operation === 'validate') return path.length < 3 ? [] : whole(path[0]!, 'r');
  return OPERATIONS.get(operation) ?? EVERYTHING;
}

/** A PUT creates or updates: the write itself knows which. */
function lettersOf(method: string, id: string | undefined): Letters {
  switch (method) {
    case 'GET':
    case 'HEAD':
      return id === undefined || id === '_search' ? 's' : 'r';
    case 'POST':
      return id === '_search' ? 's' : 'c';
    case 'PUT':
      return 'cu';
    case 'PATCH':
      return 'u';
    default:
      return 'd';
  }
}
