/** The resources that a batch is about, as they are stored or about to be, found by id, identifier or reference. */
import { equivalentTokens } from '../../fhir/french/identifiers.ts';
import type { Stored } from '../../fhir/interaction.ts';
import { parseAnyResource } from '../../fhir/json.ts';
import type { Identifier, Reference } from '../../fhir/resource.ts';
import { asType, list } from '../../fhir/resources.ts';
import { ALIAS, DIRECTORY_ALIAS, type DirectoryResource } from './entry.ts';

const TYPES: ReadonlySet<string> = new Set(['Practitioner', 'Organization', 'Location', 'PractitionerRole']);

export interface KnownResource {
  resource: DirectoryResource;
  version: number | undefined;
}

/** The resources of a batch that are stored, and those that the batch adds. */
export class KnownBatch {
  private readonly byReference = new Map<string, KnownResource>();
  private readonly byKey = new Map<string, string>();

  read({ type, id, version, body }: Stored): void {
    const resource = parseAnyResource(body!);
    if (TYPES.has(type)) this.add(resource as DirectoryResource, version, id);
  }

  /** `alias`: the id under which its own file knows it. */
  add(resource: DirectoryResource, version: number | undefined, alias: string): void {
    const { resourceType } = resource;
    const reference = `${resourceType}/${resource.id}`;
    this.byReference.set(reference, { resource, version });
    const keys = [
      `${resourceType}/${alias}`,
      ...list(resource.identifier)
        .flatMap(keysOf)
        .map((key) => `${resourceType} ${key}`),
    ];
    for (const key of keys) if (!this.byKey.has(key)) this.byKey.set(key, reference);
  }

  /** By its id, or by a national identifier that a resource here has already. */
  find(resource: DirectoryResource): KnownResource | undefined {
    const { resourceType, id } = resource;
    const keys = list(resource.identifier)
      .flatMap(keysOf)
      .map((key) => `${resourceType} ${key}`);
    const own = this.byReference.get(`${resourceType}/${id}`);
    return own ?? this.byReference.get(keys.flatMap((key) => this.byKey.get(key) ?? [])[0] ?? '');
  }

  /** `Type/id` that a reference of the directory means here. */
  meant({ alias, local }: Link): KnownResource | undefined {
    if (alias !== undefined) {
      const key = `${alias.slice(0, alias.indexOf('/'))} ${DIRECTORY_ALIAS}|${alias}`;
      return this.byReference.get(this.byKey.get(key) ?? '');
    }
    return this.byReference.get(this.byKey.get(local ?? '') ?? local ?? '');
  }

  at(reference: string): KnownResource | undefined {
    return this.byReference.get(reference);
  }
}

/** An identifier that belongs to one resource: of a person or a structure, in all its spellings. */
export function keysOf(identifier: Identifier): string[] {
  const { system = '', value = '' } = identifier;
  return system === '' || value === '' ? [] : equivalentTokens(identifier);
}

export interface Link {
  /** `Type/id` of the directory. */
  alias?: string;
  /** `Type/id` of ours. */
  local?: string;
}

export function linkIn(reference: Reference | undefined): Link | undefined {
  const text = reference?.reference;
  if (text === undefined) return undefined;
  const prefix = `${ALIAS}${DIRECTORY_ALIAS}|`;
  return text.startsWith(prefix) ? { alias: text.slice(prefix.length) } : { local: text };
}

export function linksOf(resource: DirectoryResource): Link[] {
  const role = asType(resource, 'PractitionerRole');
  const references = [
    role?.practitioner,
    role?.organization,
    asType(resource, 'Organization')?.partOf,
    asType(resource, 'Location')?.managingOrganization,
  ];
  return references.flatMap((reference) => linkIn(reference) ?? []);
}
