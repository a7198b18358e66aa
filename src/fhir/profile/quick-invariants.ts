/**
 * The constraints of R4 that are asked of every resource, reference, contact and Bundle, said in code instead of
 * FHIRPath: a Bundle of 200 entries asks thousands of them. `quick-invariants.test.ts` holds each against its FHIRPath.
 */
import { parseDateRange } from '../date.ts';
import type { Json, Resource } from '../resource.ts';
import type { BundleEntry } from '../foundation.ts';

const contained = (value: Json): Resource[] => (Array.isArray(value?.contained) ? value.contained : []);

/** Read once for each resource, not once for each reference in it. */
const knownIds = new WeakMap<Resource, ReadonlySet<unknown>>();

function containedIds(root: Resource): ReadonlySet<unknown> {
  const known = knownIds.get(root);
  if (known !== undefined) return known;
  const ids = new Set(contained(root).map(({ id }) => id));
  knownIds.set(root, ids);
  return ids;
}

/** By key; `root`: the outermost resource. True: it holds. */
export const QUICK: Readonly<Record<string, (value: Json, root: Resource) => boolean>> = {
  'dom-2': (value) => contained(value).every((inner) => contained(inner).length === 0),
  'dom-3': (value) => {
    if (contained(value).length === 0) return true;
    const { contained: inside, ...rest } = value;
    const used = references(rest);
    const inner = contained(value).map((contained) => [contained.id, references(contained)] as const);
    return contained({ contained: inside }).every(
      (contained) =>
        used.has(`#${contained.id}`) ||
        used.has('#') ||
        inner.some(([id, refs]) => id !== contained.id && refs.has(`#${contained.id}`)) ||
        references(contained).has('#'),
    );
  },
  'dom-4': (value) =>
    contained(value).every(
      (contained) => contained.meta?.versionId === undefined && contained.meta?.lastUpdated === undefined,
    ),
  'dom-5': (value) => contained(value).every((contained) => contained.meta?.security === undefined),
  'dom-6': (value) => value?.text?.div !== undefined,
  'ref-1': (value, root) => {
    const reference: unknown = value?.reference;
    if (typeof reference !== 'string' || !reference.startsWith('#') || reference === '#') return true;
    return containedIds(root).has(reference.slice(1)) || `#${root.id}` === reference;
  },
  'per-1': ({ start, end }) => typeof start !== 'string' || typeof end !== 'string' || isOrdered(start, end),
  'cpt-2': ({ value, system }) => value === undefined || system !== undefined,
  'app-1': ({ type, actor }) => type !== undefined || actor !== undefined,
  'app-2': ({ start, end }) => (start === undefined) === (end === undefined),
  'app-3': ({ start, end, status }) =>
    (start !== undefined && end !== undefined) || ['proposed', 'cancelled', 'waitlist'].includes(status),
  'app-4': ({ cancelationReason, status }) =>
    cancelationReason === undefined || status === 'noshow' || status === 'cancelled',
  'org-1': ({ identifier, name }) => identifier !== undefined || name !== undefined,
  'org-2': ({ use }) => use !== 'home',
  'org-3': ({ use }) => use !== 'home',
  'bdl-1': ({ type, total }) => total === undefined || type === 'searchset' || type === 'history',
  'bdl-2': ({ type, entry }) => type === 'searchset' || entries(entry).every(({ search }) => search === undefined),
  'bdl-3': ({ type, entry }) =>
    entries(entry).every(
      ({ request }) => (request !== undefined) === ['batch', 'transaction', 'history'].includes(type),
    ),
  'bdl-4': ({ type, entry }) =>
    entries(entry).every(
      ({ response }) =>
        (response !== undefined) === ['batch-response', 'transaction-response', 'history'].includes(type),
    ),
  'bdl-5': ({ resource, request, response }) =>
    resource !== undefined || request !== undefined || response !== undefined,
  'bdl-7': ({ type, entry }) =>
    type === 'history' ||
    isDistinct(
      entries(entry)
        .filter(({ fullUrl }) => fullUrl !== undefined)
        .map(({ fullUrl, resource }) => `${fullUrl}${resource?.meta?.versionId ?? ''}`),
    ),
  'bdl-8': ({ fullUrl }) => fullUrl === undefined || !fullUrl.includes('/_history/'),
  'bdl-9': ({ type, identifier }) =>
    type !== 'document' || (identifier?.system !== undefined && identifier?.value !== undefined),
  'bdl-10': ({ type, timestamp }) => type !== 'document' || timestamp !== undefined,
};

const entries = (value: Json): BundleEntry[] => (Array.isArray(value) ? value : []);
const isDistinct = (list: readonly string[]): boolean => new Set(list).size === list.length;

/** Is the start no later than the end? Dates of different precision that overlap are not out of order. */
function isOrdered(start: string, end: string): boolean {
  const [first, last] = [parseDateRange(start), parseDateRange(end)];
  if (first === undefined || last === undefined) return true;
  return start.length > 10 && end.length > 10 ? first.start <= last.start : first.start < last.end;
}

function references(value: Json, found = new Set<string>()): Set<string> {
  if (value === null || typeof value !== 'object') return found;
  if (!Array.isArray(value)) {
    for (const key of ['reference', 'valueCanonical', 'valueUri', 'valueUrl', 'valueUuid', 'valueOid', 'url'])
      if (typeof value[key] === 'string') found.add(value[key]);
  }
  for (const item of Object.values(value)) references(item, found);
  return found;
}
