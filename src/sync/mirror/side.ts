/** One of the two servers that a mirror keeps in step, as a client of GAP sees it: searches, PUT and DELETE. */
import { FhirError } from '../../fhir/issue.ts';
import { stringifyJson } from '../../fhir/json.ts';
import type { Identifier, Json, Resource } from '../../fhir/resource.ts';
import { identifiersOf } from '../../fhir/shared-elements.ts';

/** Throws a FhirError with the status and the words of the server; 503 where none answers. */
export type Ask = (method: 'GET' | 'PUT' | 'DELETE', path: string, body?: string, ifMatch?: string) => Promise<Json>;

/** Enough for a page, and no server has to prepare more at once. */
const PAGE = 200;

export class Side {
  /** Address of the FHIR base: part of the identifiers by which copies are known. */
  readonly base: string;
  private readonly ask: Ask;

  constructor(base: string, ask: Ask) {
    this.base = base;
    this.ask = ask;
  }

  /** Every page of a search, with what it includes; each resource once. */
  async search(type: string, query: string): Promise<Resource[]> {
    const found = new Map<string, Resource>();
    let path: string | undefined = `${type}?${query}&_count=${PAGE}`;
    while (path !== undefined) {
      const bundle: Json = await this.ask('GET', path);
      for (const { resource, search } of bundle.entry ?? [])
        if (search?.mode !== 'outcome') found.set(referenceOf(resource), resource);
      const next: string | undefined = bundle.link?.find(({ relation }: Json) => relation === 'next')?.url;
      path = next === undefined ? undefined : `${type}?${next.split('?')[1] ?? ''}`;
    }
    return [...found.values()];
  }

  /** `undefined`: there is none, or it was deleted. */
  async read(reference: string): Promise<Resource | undefined> {
    try {
      return await this.ask('GET', reference);
    } catch (error) {
      if (error instanceof FhirError && (error.status === 404 || error.status === 410)) return undefined;
      throw error;
    }
  }

  /** The copy of a resource of the other server, by the identifier that it has here. */
  async copyOf(type: string, { system, value }: Identifier): Promise<Resource | undefined> {
    const [found] = await this.search(type, `identifier=${encodeURIComponent(`${system}|${value}`)}`);
    return found;
  }

  /** Takes the place of this version. Throws 412 if somebody has written since. */
  put<T extends Resource>(resource: T, before: Resource): Promise<T> {
    const id = before.id!;
    return this.ask('PUT', referenceOf(before), stringifyJson({ ...resource, id }), `W/"${versionOf(before)}"`);
  }

  /** The conditional PUT of GAP flow 6b: written again after a lost answer, it makes nothing twice. */
  putBy<T extends Resource>(resource: T, { system, value }: Identifier): Promise<T> {
    const key = encodeURIComponent(`${system}|${value}`);
    return this.ask('PUT', `${resource.resourceType}?identifier=${key}`, stringifyJson(resource));
  }

  async remove(reference: string): Promise<void> {
    await this.ask('DELETE', reference);
  }

  /** The identifier that copies of this resource have on the other server. */
  markOf({ resourceType, id }: Resource): Identifier {
    return { system: `${this.base}/${resourceType}`, value: id! };
  }

  /** The id of the resource of this server that another one is a copy of. */
  originalOf(copy: Resource): string | undefined {
    const system = `${this.base}/${copy.resourceType}`;
    return identifiersOf(copy).find((identifier) => identifier.system === system)?.value;
  }
}

export function referenceOf({ resourceType, id }: Resource): string {
  return `${resourceType}/${id}`;
}

export function versionOf({ meta }: Resource): string {
  return meta?.versionId ?? '';
}

/** The server understood and said no: asking again changes nothing. */
export function isRefusal(error: unknown): error is FhirError {
  return error instanceof FhirError && [400, 403, 409, 413, 422].includes(error.status);
}

/** Somebody wrote between our reading and our writing: the next round sees it. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof FhirError && error.status === 412;
}
