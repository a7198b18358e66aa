/**
 * Who is where and what they are called, learnt from the partners' answers: written behind the search, never in its
 * way. Practitioners and
 * structures are stored as `Practitioner/ps-...` and `Organization/st-...`, for the messages to the dispatch software.
 */
import type { Context } from '../../../fhir/interaction.ts';
import { LRUCache } from 'lru-cache';
import { parseJson } from '../../../fhir/json.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Log } from '../../../runtime/log.ts';
import type { KnownAt, PartnerReader } from '../../../store/records/partners.ts';
import type { Repository } from '../../../store/write/repository.ts';

/** Names at hand, so that a search that tells nothing new reads nothing. */
const AT_HAND = 50_000;
/** Waiting to be written; a partner that invents people does not fill the memory. */
const MAX_WAITING = 10_000;

export class Directory {
  private readonly repository: Repository;
  private readonly known: PartnerReader;
  private readonly log: Log;
  private readonly written = new LRUCache<string, true>({ max: AT_HAND });
  private readonly waiting = new Map<string, Resource>();
  private places: KnownAt[] = [];
  private work: Promise<void> | undefined;

  constructor(repository: Repository, known: PartnerReader, log: Log) {
    this.repository = repository;
    this.known = known;
    this.log = log;
  }

  note(context: Context, places: readonly KnownAt[], resources: readonly Resource[]): void {
    for (const resource of resources) {
      const name = `${resource.resourceType}/${resource.id}`;
      // The first to tell a name is believed while it is at hand: names do not flap between partners.
      if (!this.written.has(name) && this.waiting.size < MAX_WAITING && !this.waiting.has(name))
        this.waiting.set(name, resource);
    }
    this.places.push(...places.slice(0, MAX_WAITING - this.places.length));
    if (this.waiting.size > 0 || this.places.length > 0)
      this.work ??= this.write(context).finally(() => (this.work = undefined));
  }

  /** Ends after what was noted is written. */
  async close(): Promise<void> {
    while (this.work !== undefined) await this.work;
  }

  private async write(context: Context): Promise<void> {
    try {
      while (this.waiting.size > 0 || this.places.length > 0) {
        const places = this.places.splice(0);
        if (places.length > 0) await this.known.learn(places, context.now);
        const batch = [...this.waiting].slice(0, 500);
        for (const [name] of batch) this.waiting.delete(name);
        const stored = new Map(
          (await this.repository.reader.readReferences(batch.map(([name]) => name))).map((reference) => [
            `${reference.type}/${reference.id}`,
            reference.body!,
          ]),
        );
        for (const [name, resource] of batch) {
          if (textOf(resource) !== (stored.has(name) ? textOf(parseJson(stored.get(name)!) as Resource) : undefined))
            await this.repository.update({ ...context, loading: true, caller: 'directory' }, resource, resource.id, {});
          this.written.set(name, true);
        }
      }
    } catch (error) {
      this.log.warn({ reason: (error as Error).message }, 'names learnt from partners are not written');
    }
  }
}

/** What counts: the name, the identifiers, the specialty. */
function textOf({ identifier, name, qualification }: Resource): string {
  return JSON.stringify([identifier, name, qualification]);
}
