/**
 * Writes entries of the national directory into the store, batch by batch: each batch looks up what is there, lays the
 * directory over it, and writes the resources that change in one transaction. Memory holds one batch.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Context, EntryWrite } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { isType, list } from '../../fhir/resources.ts';
import { checkStructure } from '../../fhir/structure.ts';
import type { Backend } from '../../rest/backend.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import { type DirectoryEntry, type DirectoryResource, DIRECTORY_ALIAS } from './entry.ts';
import { keysOf, KnownBatch, linksOf } from './known.ts';
import { linkedRole, linkedStructure, placeReference } from './links.ts';
import type { DirectoryGroup } from './read-directory.ts';
import { contentOf, isDirectorys, merged, tagged } from './merge.ts';

export interface DirectoryCounts {
  created: number;
  updated: number;
  unchanged: number;
}

export interface RefusedEntry {
  where: string;
  reason: string;
}

export interface DirectoryReport {
  byType: Map<string, DirectoryCounts>;
  refusedCount: number;
  /** The first of them. */
  refused: RefusedEntry[];
}

export interface DirectoryTarget {
  reader: ResourceReader;
  backend: Pick<Backend, 'transact'>;
  context: () => Context;
  /** Looks, and writes nothing. */
  isDryRun: boolean;
}

const RANK = ['Practitioner', 'Organization', 'Location', 'PractitionerRole'];
const MAX_REFUSED = 50;
/** A write that lost against another one is decided again. */
const MAX_TRIES = 3;

/** A resource that is to be written, and the version that it was decided on. */
interface Planned {
  entry: DirectoryEntry;
  resource: DirectoryResource;
  version: number | undefined;
}

export class DirectoryLoader {
  readonly report: DirectoryReport = { byType: new Map(), refusedCount: 0, refused: [] };
  private readonly target: DirectoryTarget;
  constructor(target: DirectoryTarget) {
    this.target = target;
  }

  /** Reads everything, and writes it in batches of about so many resources. */
  async load(groups: AsyncIterable<DirectoryGroup>, size: number): Promise<void> {
    let batch: DirectoryEntry[] = [];
    for await (const group of groups) {
      if (!Array.isArray(group)) {
        this.refuse(group, group.reason);
        continue;
      }
      batch.push(...group);
      if (batch.length < size) continue;
      await this.write(batch);
      batch = [];
    }
    if (batch.length > 0) await this.write(batch);
  }

  private async write(entries: readonly DirectoryEntry[]): Promise<void> {
    const sound = entries.filter((entry) => this.isSound(entry));
    try {
      await this.attempt(sound);
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      // One of them is refused: find it.
      if (sound.length === 1) return this.refuse(sound[0]!, error.message);
      for (const type of RANK)
        for (const entry of sound.filter(({ resource }) => resource.resourceType === type)) await this.write([entry]);
    }
  }

  private isSound(entry: DirectoryEntry): boolean {
    const [fault] = checkStructure(entry.resource).filter(({ severity }) => severity === 'error');
    if (fault !== undefined) this.refuse(entry, fault.diagnostics);
    return fault === undefined;
  }

  private async attempt(entries: readonly DirectoryEntry[], tries = 1): Promise<void> {
    const planned = await this.plan(entries);
    const changes = planned.filter(({ isChanged }) => isChanged);
    try {
      if (changes.length > 0 && !this.target.isDryRun)
        await this.target.backend.transact(this.target.context(), changes.map(writeOf));
    } catch (error) {
      const isLate = error instanceof FhirError && (error.status === 409 || error.status === 412);
      if (!isLate || tries >= MAX_TRIES) throw error;
      return this.attempt(entries, tries + 1);
    }
    for (const plan of planned) this.count(plan);
    await this.refreshRoles(changes, new Set(planned.map(({ resource }) => `${resource.resourceType}/${resource.id}`)));
  }

  /** The other roles of people whose professions or specialties have changed. */
  private async refreshRoles(changes: readonly Planned[], done: ReadonlySet<string>): Promise<void> {
    const people = changes.filter(({ resource, version }) => isType(resource, 'Practitioner') && version !== undefined);
    if (people.length === 0) return;
    const { reader } = this.target;
    const references = people.map(({ resource }) => `Practitioner/${resource.id}`);
    const roles = await reader.referringTo('PractitionerRole', 'practitioner', references);
    const stored = await reader.readReferences(roles.filter((role) => !done.has(role)));
    const others = stored.map(({ body }) => parseResource('PractitionerRole', body!)).filter(isDirectorys);
    if (others.length > 0)
      await this.attempt(
        others.map(({ specialty: _, ...resource }) => ({ resource, where: `PractitionerRole/${resource.id}` })),
      );
  }

  /** Types in order, so that a role finds the person and the structure that came with it. */
  private async plan(entries: readonly DirectoryEntry[]): Promise<(Planned & { isChanged: boolean })[]> {
    const known = await this.knownOf(entries);
    const planned = new Map<string, Planned & { isChanged: boolean }>();
    const inOrder = [...entries].sort((a, b) => rankOf(a) - rankOf(b));
    for (const entry of inOrder) {
      const { resource } = entry;
      const stored = known.find(resource);
      const isGone = isType(resource, 'Practitioner') && resource.active === false && stored === undefined;
      // A tombstone of somebody who never was here.
      if (isGone) continue;
      const linked = isType(resource, 'PractitionerRole')
        ? linkedRole(resource, known)
        : linkedStructure(resource, known);
      if (typeof linked === 'string') {
        this.refuse(entry, linked);
        continue;
      }
      const next =
        stored === undefined ? tagged(linked) : merged(stored.resource, linked, entry.keepsSpecialties === true);
      const id = stored?.resource.id ?? linked.id!;
      const whole: DirectoryResource = { ...next, id };
      const name = `${whole.resourceType}/${id}`;
      // A structure comes with each of its roles: what an earlier entry of the batch has changed stays changed.
      const isChanged =
        planned.get(name)?.isChanged === true ||
        stored === undefined ||
        !isDeepStrictEqual(contentOf(next), contentOf(stored.resource));
      planned.set(name, { entry, resource: whole, version: stored?.version, isChanged });
      known.add(whole, stored?.version, linked.id!);
    }
    return [...planned.values()];
  }

  private async knownOf(entries: readonly DirectoryEntry[]): Promise<KnownBatch> {
    const { reader } = this.target;
    const tokens = new Map<string, Set<string>>();
    const references = new Set<string>();
    const want = (type: string, ...found: string[]): void => {
      const set = tokens.get(type) ?? new Set();
      for (const token of found) set.add(token);
      tokens.set(type, set);
    };
    for (const { resource } of entries) {
      references.add(`${resource.resourceType}/${resource.id}`);
      for (const identifier of list(resource.identifier)) want(resource.resourceType, ...keysOf(identifier));
      for (const reference of linksOf(resource)) {
        const { alias, local } = reference;
        if (local !== undefined) references.add(local);
        if (alias !== undefined) want(alias.slice(0, alias.indexOf('/')), `${DIRECTORY_ALIAS}|${alias}`);
      }
    }
    for (const [type, wanted] of tokens) {
      if (wanted.size === 0) continue;
      for (const reference of await reader.byIdentifier([type], [...wanted], wanted.size * 4))
        references.add(reference);
    }
    const known = new KnownBatch();
    const stored = await reader.readReferences(references);
    for (const found of stored.sort((a, b) => (a.id < b.id ? -1 : 1))) known.read(found);
    const places = stored.filter(({ type }) => type === 'Organization').map(({ id }) => placeReference(id));
    for (const found of await reader.readReferences(places)) known.read(found);
    return known;
  }

  private count({ resource, version, isChanged }: Planned & { isChanged: boolean }): void {
    const { byType } = this.report;
    const counts = byType.get(resource.resourceType) ?? { created: 0, updated: 0, unchanged: 0 };
    counts[isChanged ? (version === undefined ? 'created' : 'updated') : 'unchanged']++;
    byType.set(resource.resourceType, counts);
  }

  private refuse({ where }: Pick<DirectoryEntry, 'where'>, reason: string): void {
    this.report.refusedCount++;
    if (this.report.refused.length < MAX_REFUSED) this.report.refused.push({ where, reason });
  }
}

function rankOf({ resource }: DirectoryEntry): number {
  return RANK.indexOf(resource.resourceType);
}

function writeOf({ resource, version }: Planned, index: number): EntryWrite {
  return {
    index,
    fullUrl: undefined,
    method: 'PUT',
    type: resource.resourceType,
    id: resource.id!,
    resource,
    ...(version === undefined ? {} : { ifMatch: version }),
  };
}
