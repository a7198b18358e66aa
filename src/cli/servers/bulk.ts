/** Wires bulk export and the publication of free slots. */
import type { FastifyInstance } from 'fastify';
import type { AgendaBackend } from '../../agenda/agenda-backend.ts';
import { BULK_OPERATIONS, mountBulk } from '../../rest/files/bulk-routes.ts';
import type { ServerOptions } from '../../rest/server.ts';
import type { Config } from '../../runtime/config.ts';
import type { Log } from '../../runtime/log.ts';
import { capacityOf } from '../../scheduling/slots.ts';
import { overlaps } from '../../scheduling/interval.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import { DAY } from '../../scheduling/zone.ts';
import { BULK, BulkJobs } from '../../store/records/bulk-jobs.ts';
import type { Database } from '../../store/engine/database.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { startRelay } from '../../store/delivery/relay.ts';
import { readExport, writeExport } from '../../sync/bulk/export.ts';
import { etagOf, manifest, publish, type PublishedAgenda, type PublishedFile } from '../../sync/bulk/publication.ts';

const PUBLISHED_DAYS = 28;
/** A publication is made at most so often, however many read it. */
const REMADE_MS = 60_000;
const AT_ONCE = 200;

export interface Bulk {
  mount(app: FastifyInstance, options: ServerOptions): void;
  close(): Promise<void>;
}

export function openBulk(config: Config, agenda: AgendaBackend, database: Database, log: Log, now: () => number): Bulk {
  const jobs = new BulkJobs(database);
  const relay = startRelay({
    outbox: new Outbox(database),
    destination: BULK,
    deliver: ({ payload }) => writeExport(jobs, payload, now),
    log,
    concurrency: 2,
    leaseMs: 120_000,
    delayMs: (attempts) => Math.min(1000 * attempts, 60_000),
  });
  agenda.fileOperations.push(...BULK_OPERATIONS);
  const own = async (owner: string, id: string) => {
    const job = await jobs.find(id);
    return job?.owner === owner ? job : undefined;
  };
  let published: { at: number; files: Promise<PublishedFile[]> } | undefined;
  const files = (origin: string, now: number): { at: number; files: Promise<PublishedFile[]> } => {
    if (published === undefined || now - published.at >= REMADE_MS || now < published.at) {
      const made = {
        at: now,
        files: publishedAgendas(agenda, now, config.maxAgendas).then((list) => publish(list, origin)),
      };
      made.files.catch(() => {
        if (published === made) published = undefined;
      });
      published = made;
    }
    return published;
  };
  return {
    mount(app, options) {
      let origin = options.publicUrl ?? '';
      mountBulk(
        app,
        '/fhir',
        options,
        {
          begin: (owner, request, query, at) =>
            jobs.begin({ owner, request, at, ...readExport(query, [...agenda.served.keys()]) }),
          async state(owner, id) {
            const job = await own(owner, id);
            if (job === undefined) return undefined;
            const list = await jobs.files(id);
            return {
              done: job.state === 'done',
              progress: `${job.doneTypes.length} sur ${job.types.length} types`,
              request: job.request,
              at: job.at,
              expires: job.expires,
              files: list.map(({ type, part, count }) => ({ type, count, name: `${type}-${part}.ndjson` })),
            };
          },
          async file(owner, id, name) {
            const [, type = '', part = ''] = /^([A-Za-z]+)-(\d{1,6})\.ndjson$/.exec(name) ?? [];
            const text =
              type === '' || (await own(owner, id)) === undefined ? undefined : await jobs.body(id, type, Number(part));
            return text === undefined ? undefined : { text, etag: etagOf(text) };
          },
          cancel: async (owner, id) => (await own(owner, id)) !== undefined && jobs.cancel(id),
        },
        {
          async manifest(base, now) {
            if (origin === '') origin = base.replace(/\/fhir$/, '');
            const { at, files: list } = files(origin, now);
            const text = manifest(await list, base, at);
            return { text, etag: etagOf(text) };
          },
          file: async (name, now) => (await files(origin, now).files).find((file) => file.name === name),
        },
        config.auth !== 'off',
      );
    },
    close: () => relay.close(),
  };
}

/** Active agendas; those that have offers show what is offered to the public. */
async function publishedAgendas(agenda: AgendaBackend, now: number, most: number): Promise<PublishedAgenda[]> {
  const { agendas, slots, repository } = agenda;
  const rows = await agendas.stored.matching([], most);
  const found: PublishedAgenda[] = [];
  for (let i = 0; i < rows.length; i += AT_ONCE) {
    const loaded = (await agendas.load(rows.slice(i, i + AT_ONCE))).filter((one) => one.agenda.active);
    const states = await slots.states.of(loaded, { start: now, end: now + PUBLISHED_DAYS * DAY }, now);
    const atHand = await agendas.atHand(loaded);
    const places = new Map(
      (
        await repository.reader.readReferences(
          loaded.flatMap((one) => one.actors.flatMap((actor) => placesIn(atHand.get(actor)?.body))),
        )
      ).map((reference) => [`${reference.type}/${reference.id}`, reference.body!]),
    );
    for (const one of loaded) {
      const { slots: free, busy } = states.get(one.schedule)!;
      const isShown = (slot: (typeof free)[number]): boolean =>
        slot.start >= now &&
        (slot.offers.length === 0
          ? one.agenda.offers.length === 0
          : slot.offers.some((offer) => offer.visibility.includes('PUBLIC')));
      const bodies = one.actors.flatMap((actor) => atHand.get(actor)?.body ?? []);
      found.push({
        id: one.schedule,
        zone: one.agenda.zone,
        actors: [...bodies, ...bodies.flatMap((body) => placesIn(body).flatMap((place) => places.get(place) ?? []))],
        serviceTypes: one.agenda.series.flatMap((series) => series.serviceTypes),
        slots: free.filter(isShown).map((slot) => ({
          ...slot,
          id: slot.explicitId ?? slotId({ agenda: one.code, start: slot.start, durationMs: slot.end - slot.start }),
          places:
            capacityOf(slot.offers) -
            new Set(
              busy.filter((time) => time.own && time.lane !== null && overlaps(time, slot)).map((time) => time.lane),
            ).size,
        })),
      });
    }
  }
  return found;
}

function placesIn(body: string | undefined): string[] {
  return [...(body ?? '').matchAll(/"reference":"(Location\/[A-Za-z0-9\-.]{1,64})"/g)].map(
    ([, reference]) => reference!,
  );
}
