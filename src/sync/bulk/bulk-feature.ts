/** Bulk export (`$export`) and the publication of free slots (`$bulk-publish`). */
import type { RuleServices } from '../../agenda/rules/services.ts';
import type { Backend } from '../../rest/backend.ts';
import { BULK_OPERATIONS, type Exports, mountBulk, type Publications } from '../../rest/files/bulk-routes.ts';
import { withdrawnRight } from '../../server/authors.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { type Relay, startRelay } from '../../store/delivery/relay.ts';
import { BULK, BulkJobs } from '../../store/records/bulk-jobs.ts';
import { readExport, writeExport } from './export.ts';
import { etagOf, manifest, publish, type PublishedFile } from './publication.ts';
import { publishedAgendas } from './published-agendas.ts';

/** A publication serves all its readers for this long. */
const PUBLICATION_MS = 60_000;
const LEASE_MS = 120_000;
const MAX_DELAY_MS = 60_000;

export function bulkFeature(
  { config, database, authorContext, log, now }: ServerParts,
  services: RuleServices,
): Feature {
  const jobs = new BulkJobs(database);
  // Exports are for programs alone, whose name is enough.
  const withdrawn = (caller: string): Promise<string | undefined> =>
    withdrawnRight(authorContext, { caller }, { method: 'GET', path: '/fhir/$export' });
  let relay: Relay | undefined;
  return {
    name: 'bulk',
    fileOperations: BULK_OPERATIONS,
    mount(app, { backend, options }) {
      const publications = openPublications(services, config.maxAgendas, options.publicUrl);
      mountBulk(app, '/fhir', options, exportsOf(jobs, backend), publications, config.auth !== 'off');
    },
    start() {
      relay = startRelay({
        outbox: new Outbox(database),
        destination: BULK,
        deliver: ({ payload }) => writeExport(jobs, payload, now, withdrawn),
        log,
        concurrency: 2,
        leaseMs: LEASE_MS,
        delayMs: (attempts) => Math.min(1000 * attempts, MAX_DELAY_MS),
      });
    },
    close: () => relay?.close(),
  };
}

/** Callers find only their own exports. */
function exportsOf(jobs: BulkJobs, { served }: Pick<Backend, 'served'>): Exports {
  const ownJob = async (owner: string, id: string) => {
    const job = await jobs.find(id);
    return job?.owner === owner ? job : undefined;
  };
  // A file is in no export: whoever has its document reads it by its address (ADR 0031).
  const searched = [...served].flatMap(([type, interactions]) => (interactions.includes('search-type') ? [type] : []));
  return {
    begin: (owner, request, query, at) => jobs.begin({ owner, request, at, ...readExport(query, searched) }),
    async state(owner, id) {
      const job = await ownJob(owner, id);
      if (job === undefined) return undefined;
      const files = await jobs.files(id);
      return {
        done: job.state === 'done',
        failed: job.state === 'failed',
        progress: `${job.doneTypes.length} sur ${job.types.length} types`,
        request: job.request,
        at: job.at,
        expires: job.expires,
        files: files.map(({ type, part, count }) => ({ type, count, name: `${type}-${part}.ndjson` })),
      };
    },
    async file(owner, id, name) {
      const [, type, part] = /^([A-Za-z]+)-(\d{1,6})\.ndjson$/.exec(name) ?? [];
      if (type === undefined || (await ownJob(owner, id)) === undefined) return undefined;
      const text = await jobs.body(id, type, Number(part));
      return text === undefined ? undefined : { text, etag: etagOf(text) };
    },
    cancel: async (owner, id) => (await ownJob(owner, id)) !== undefined && jobs.cancel(id),
  };
}

interface Publication {
  at: number;
  files: Promise<PublishedFile[]>;
}

function openPublications(services: RuleServices, maxAgendas: number, publicUrl: string | undefined): Publications {
  let origin = publicUrl ?? '';
  let latest: Publication | undefined;
  const publication = (now: number): Publication => {
    if (latest !== undefined && now - latest.at < PUBLICATION_MS && now >= latest.at) return latest;
    const made: Publication = {
      at: now,
      files: publishedAgendas(services, now, maxAgendas).then((agendas) => publish(agendas, origin)),
    };
    // A failure is not kept for the next reader.
    made.files.catch(() => {
      if (latest === made) latest = undefined;
    });
    latest = made;
    return made;
  };
  return {
    async manifest(base, now) {
      if (origin === '') origin = base.replace(/\/fhir$/, '');
      const { at, files } = publication(now);
      const text = manifest(await files, base, at);
      return { text, etag: etagOf(text) };
    },
    file: async (name, now) => (await publication(now).files).find((file) => file.name === name),
  };
}
