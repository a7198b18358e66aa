/**
 * Where practitioners and structures are known and what they are called, learnt from the partners' answers and written
 * after a search, never during it. They are stored as `Practitioner/ps-...` and `Organization/st-...`, for the messages
 * to the dispatch software.
 */
import { LRUCache } from 'lru-cache';
import type { Context } from '../../../fhir/interaction.ts';
import type { Resource } from '../../../fhir/resource.ts';
import { parseAnyResource } from '../../../fhir/json.ts';
import type { Log } from '../../../runtime/log.ts';
import type { KnownAt, PartnerReader } from '../../../store/records/partners.ts';
import type { Repository } from '../../../store/write/repository.ts';

/** Names kept in memory, so that a search without news reads nothing. */
const MAX_AT_HAND = 50_000;
/** Waiting to be written: a partner that invents people cannot fill the memory. */
const MAX_WAITING = 10_000;
const MAX_BATCH = 500;

export class Directory {
  private readonly repository: Repository;
  private readonly records: PartnerReader;
  private readonly log: Log;
  private readonly written = new LRUCache<string, true>({ max: MAX_AT_HAND });
  private readonly waiting = new Map<string, Resource>();
  private places: KnownAt[] = [];
  private work: Promise<void> | undefined;

  constructor(repository: Repository, records: PartnerReader, log: Log) {
    this.repository = repository;
    this.records = records;
    this.log = log;
  }

  note(context: Context, places: readonly KnownAt[], resources: readonly Resource[]): void {
    for (const resource of resources) {
      const name = `${resource.resourceType}/${resource.id}`;
      // The first partner to give a name is believed while the name is in memory, so that names do not flap.
      if (!this.written.has(name) && this.waiting.size < MAX_WAITING && !this.waiting.has(name))
        this.waiting.set(name, resource);
    }
    this.places.push(...places.slice(0, MAX_WAITING - this.places.length));
    if (this.waiting.size > 0 || this.places.length > 0)
      this.work ??= this.write(context).finally(() => (this.work = undefined));
  }

  /** Resolves once everything noted is written. */
  async settle(): Promise<void> {
    while (this.work !== undefined) await this.work;
  }

  private async write(context: Context): Promise<void> {
    try {
      while (this.waiting.size > 0 || this.places.length > 0) {
        const places = this.places.splice(0);
        if (places.length > 0) await this.records.learn(places, context.now);
        const batch = [...this.waiting].slice(0, MAX_BATCH);
        for (const [name] of batch) this.waiting.delete(name);
        const read = await this.repository.reader.readReferences(batch.map(([name]) => name));
        const stored = new Map(read.map(({ type, id, body }) => [`${type}/${id}`, textOf(parseAnyResource(body!))]));
        for (const [name, resource] of batch) {
          if (textOf(resource) !== stored.get(name))
            await this.repository.update({ ...context, loading: true, caller: 'directory' }, resource, resource.id, {});
          this.written.set(name, true);
        }
      }
    } catch (error) {
      this.log.warn({ reason: (error as Error).message }, 'names learnt from partners are not written');
    }
  }
}

/** The elements that the directory compares: name, identifiers, specialty. */
function textOf({ identifier, name, qualification }: Resource): string {
  return JSON.stringify([identifier, name, qualification]);
}
