/**
 * Decides by an access table (`table.ts`) whether a caller may send a request. A request that no row names is refused,
 * and an operation (`$name`) is opened only by a row that names it: a new one is closed until somebody decides.
 */
import { FhirError } from '../../fhir/issue.ts';
import type { Caller } from '../callers.ts';
import { isGranted } from './scope-needs.ts';
import type { AccessRow, AccessTable, Act } from './table.ts';

const NONE: ReadonlySet<string> = new Set();

/** The roles that may do this. `path` is without a query. */
export function allowed(table: AccessTable, method: string, path: string): AccessRow['roles'] {
  const act = actOf(method, path);
  const rows = table.filter((row) => row.act === act && covers(row.path, path));
  return rows.sort((a, b) => segmentsOf(b.path).length - segmentsOf(a.path).length)[0]?.roles ?? [];
}

/** Is the path the one above, or below it? `*` above stands for any segment. */
export function isUnder(path: string, above: string): boolean {
  const segments = segmentsOf(path);
  return segmentsOf(above.replace(/\/$/, '')).every(
    (segment, i) => segment === segments[i] || (segment === '*' && Boolean(segments[i]) && !isOperation(segments[i]!)),
  );
}

interface Rights extends Omit<Caller, 'requireOpen' | 'isTypeOpen'> {
  /** Of which types a scope with criteria is kept to. */
  restrictable?: ReadonlySet<string>;
  /** Narrows what the roles open. */
  paths?: readonly string[] | undefined;
}

/** The caller with these roles, paths and scopes under this table. */
export function callerUnder(table: AccessTable, { paths, restrictable = NONE, ...caller }: Rights): Caller {
  const { grants } = caller;
  const isInScope = (method: string, path: string): boolean =>
    grants === undefined || isGranted(grants, restrictable, method, segmentsOf(path));
  const self: Caller = {
    ...caller,
    ...(paths === undefined && grants === undefined
      ? {}
      : {
          isTypeOpen: (address: string) =>
            (paths?.some((above) => isWithin(address, above)) ?? true) && isInScope('GET', address),
        }),
    requireOpen(method, path) {
      const open = allowed(table, method, path);
      const isOpen = open === 'anybody' || caller.roles.some((role) => role === '*' || isIn(open, role));
      const isInside = isOpen && (paths?.some((above) => isWithin(path, above)) ?? true);
      if (isInside && isInScope(method, path)) return;
      const refusal = isInside
        ? new FhirError('forbidden', 'The scopes of this token do not include this', {
            text: "Les droits (scopes) du jeton n'ouvrent pas cette adresse ou cette action.",
          })
        : new FhirError('forbidden', 'The roles of this caller do not include this', {
            text: "Votre rôle n'ouvre pas cette adresse ou cette action.",
          });
      refused.set(refusal, self);
      throw refusal;
    },
  };
  return self;
}

/** The callers whom a refusal was for: the audit trail names them too. */
const refused = new WeakMap<object, Caller>();

/** `undefined`: the error is of another kind, or nobody knows the caller. */
export function refusedCaller(error: unknown): Caller | undefined {
  return typeof error === 'object' && error !== null ? refused.get(error) : undefined;
}

/**
 * A path of the list is a boundary: an operation on a type gives what other types hold, so the path of the type does
 * not open it; a path that names it does (`/fhir/Schedule/*\/$agenda`), and so does a whole face (`/fhir`).
 */
function isWithin(path: string, above: string): boolean {
  if (!isUnder(path, above)) return false;
  const named = segmentsOf(above.replace(/\/$/, ''));
  return named.length <= 1 || segmentsOf(path).every((segment, i) => !isOperation(segment) || named[i] === segment);
}

function isIn(roles: readonly string[], role: string): boolean {
  return roles.includes(role);
}

/** A `POST [type]/_search` only reads: its parameters are in the body. */
function actOf(method: string, path: string): Act {
  if (segmentsOf(path).some(isOperation)) return 'call';
  return method === 'GET' || method === 'HEAD' || (method === 'POST' && path.endsWith('/_search')) ? 'read' : 'write';
}

function covers(row: string, path: string): boolean {
  if (row === '/') return path === '/';
  const named = segmentsOf(row);
  return isUnder(path, row) && segmentsOf(path).every((segment, i) => !isOperation(segment) || named[i] === segment);
}

function isOperation(segment: string): boolean {
  return segment.startsWith('$');
}

function segmentsOf(path: string): string[] {
  return path.split('/').slice(1);
}
