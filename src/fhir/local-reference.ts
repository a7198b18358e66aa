/**
 * The one reading of a reference. A reference to this server is `Type/id`, with or without a version. Anything else
 * leads elsewhere, however much it looks like one of ours: `https://other.example/fhir/Patient/1` is not `Patient/1`.
 * The guard of privacy, the search index, the check that a target exists, the time that a participant occupies, the
 * calendars: all of them ask here. https://hl7.org/fhir/R4/references.html#literal
 */
import { isResourceType } from './definitions.ts';
import { FhirError, type Issue, issue } from './issue.ts';
import type { Json, Reference, Resource } from './resource.ts';

export type ReferenceReading =
  /** A resource of this server. */
  | { is: 'local'; type: string; id: string; version: string | undefined }
  /** A resource of another server, or a URN: kept as it was sent, and never taken for one of ours. */
  | { is: 'foreign' }
  /** A resource inside the same one: `#id`. */
  | { is: 'contained' }
  /** A search, which a transaction replaces by its one match: `Patient?identifier=...`. */
  | { is: 'conditional' }
  /** No text, but perhaps an identifier. */
  | { is: 'logical' }
  | { is: 'invalid' };

/** No address is longer. */
const MAX_LENGTH = 2_000;
const ID = /^[A-Za-z0-9\-.]{1,64}$/;
const CONDITIONAL = /^([A-Z][A-Za-z]{1,40})\?[^\s\u0000]+$/;
/** Every character of a URI (RFC 3986), and those beyond ASCII, which people write unescaped. */
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s\u0000-\u001f"<>\\^`{|}]+$/;

/**
 * Reads a reference. `base`: the address of this server, as long as the reference may still be absolute; what is stored
 * has passed `withLocalReferences`, and needs none.
 */
export function localReference(
  { reference }: Pick<Reference, 'reference'>,
  base: string | undefined = undefined,
): ReferenceReading {
  if (reference === undefined) return { is: 'logical' };
  if (typeof reference !== 'string' || reference.length > MAX_LENGTH) return { is: 'invalid' };
  if (reference === '#' || (reference.startsWith('#') && ID.test(reference.slice(1)))) return { is: 'contained' };
  const local = readPath(reference) ?? (base === undefined ? undefined : readPath(pathBelow(base, reference)));
  if (local !== undefined) return local;
  const type = CONDITIONAL.exec(reference)?.[1];
  if (type !== undefined && isResourceType(type)) return { is: 'conditional' };
  return { is: ABSOLUTE.test(reference) ? 'foreign' : 'invalid' };
}

/** `Type/id`, without a version, of a reference to this server; `undefined` for any other. */
export function localTarget(
  reference: Pick<Reference, 'reference'> | undefined,
  base: string | undefined = undefined,
): string | undefined {
  const reading = reference === undefined ? undefined : localReference(reference, base);
  return reading?.is === 'local' ? `${reading.type}/${reading.id}` : undefined;
}

/** The id in a reference to a resource of this type on this server. */
export function localId(
  reference: Pick<Reference, 'reference'> | undefined,
  type: string,
  base: string | undefined = undefined,
): string | undefined {
  const reading = reference === undefined ? undefined : localReference(reference, base);
  return reading?.is === 'local' && reading.type === type ? reading.id : undefined;
}

/** The type that a reference names, wherever it leads: a hint for checks of its target. */
export function namedType(reference: string): string | undefined {
  const reading = localReference({ reference });
  if (reading.is === 'local') return reading.type;
  if (reading.is === 'conditional') return reference.slice(0, reference.indexOf('?'));
  if (reading.is !== 'foreign') return undefined;
  const segments = reference.split('/');
  const type = segments.at(segments.at(-2) === '_history' ? -4 : -2) ?? '';
  return isResourceType(type) ? type : undefined;
}

/** `Type/id` or `Type/id/_history/version`. */
function readPath(path: string): ReferenceReading | undefined {
  const [type = '', id = '', history, version, ...more] = path.split('/', 5);
  if (!ID.test(id) || more.length > 0 || !isResourceType(type)) return undefined;
  if (history === undefined) return { is: 'local', type, id, version: undefined };
  return history === '_history' && version !== undefined && ID.test(version)
    ? { is: 'local', type, id, version }
    : undefined;
}

/** The part of an address after that of this server, in whatever spelling of it (`HTTP://Host:80/...`). */
function pathBelow(base: string, address: string): string {
  if (!/^https?:/i.test(address)) return '';
  try {
    const [own, other] = [new URL(base), new URL(address)];
    const isOwn = other.origin === own.origin && other.pathname.startsWith(`${own.pathname}/`);
    const isPlain = other.search === '' && other.hash === '' && other.username === '' && other.password === '';
    return isOwn && isPlain ? other.pathname.slice(own.pathname.length + 1) : '';
  } catch {
    return '';
  }
}

/**
 * A resource as it is to be stored: references by the address of this server become relative, so that everything that
 * reads them later reads them alike. The rest is shared with the resource given. Throws 400 `value` with the place of
 * each reference that is none.
 */
export function withLocalReferences<T extends Resource>(resource: T, base: string): T {
  const faults: Issue[] = [];
  const copy = localCopy(resource, base, resource.resourceType, faults);
  const [first, ...more] = faults;
  if (first === undefined) return copy;
  throw new FhirError('value', first.diagnostics, { expression: first.expression!, text: first.text!, more });
}

/**
 * The same for a resource that was stored before references were read on the way in: nothing is refused. Returns the
 * very resource where there is nothing to change.
 */
export function withStoredReferences<T extends Resource>(resource: T, bases: readonly string[]): T {
  return bases.reduce((copy, base) => localCopy(copy, base, '', []), resource);
}

/** Of the shape of what it is given. */
function localCopy<T extends Json>(value: T, base: string, path: string, faults: Issue[]): T {
  if (Array.isArray(value)) {
    const items = value.map((item: Json, i) => localCopy(item, base, `${path}[${i}]`, faults));
    return items.some((item, i) => item !== value[i]) ? (items as T) : value;
  }
  // A decimal is an object of its own class.
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const changed: [string, Json][] = [];
  for (const [key, child] of Object.entries(value as Record<string, Json>)) {
    const next =
      key === 'reference' && typeof child === 'string'
        ? localText(child, base, `${path}.reference`, faults)
        : localCopy(child, base, `${path}.${key}`, faults);
    if (next !== child) changed.push([key, next]);
  }
  return changed.length === 0 ? value : { ...value, ...Object.fromEntries(changed) };
}

function localText(reference: string, base: string, path: string, faults: Issue[]): string {
  const reading = localReference({ reference }, base);
  if (reading.is === 'invalid')
    faults.push(
      issue('error', 'value', 'A reference is Type/id, #id or an absolute URI', {
        expression: path,
        text: 'Référence illisible : Type/id, #id ou une adresse entière est attendu.',
      }),
    );
  if (reading.is !== 'local') return reference;
  const version = reading.version === undefined ? '' : `/_history/${reading.version}`;
  return `${reading.type}/${reading.id}${version}`;
}
