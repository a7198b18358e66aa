/** `creneau agenda`: wires the agenda server together, in one place. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HOLDS } from '../../agenda/rules/appointment-rules.ts';
import { AgendaBackend } from '../../agenda/agenda-backend.ts';
import { releaseHold } from '../../agenda/operations/hold-and-book.ts';
import type { AgendaSettings } from '../../agenda/settings.ts';
import { AGENDA_ACCESS } from '../../rest/access/table.ts';
import { mountDocs } from '../../rest/html/docs.ts';
import { mountPages } from '../../rest/html/pages.ts';
import { buildServer, mount } from '../../rest/server.ts';
import type { Config } from '../../runtime/config.ts';
import { type Log, openLog } from '../../runtime/log.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import type { Database } from '../../store/engine/database.ts';
import { announce } from '../../store/engine/lock-file.ts';
import { Arrival } from '../../sas/editor/arrival/arrival.ts';
import type { EditorBackend } from '../../sas/editor/editor-backend.ts';
import { regulatorOf } from '../../sas/editor/accounts/regulator.ts';
import { eventsOperation } from '../../sync/subscriptions/events.ts';
import { keepFeed } from '../../sync/subscriptions/keep-feed.ts';
import { startSubscriptions } from '../../sync/subscriptions/subscription-engine.ts';
import { subscriptionOperations } from '../../sync/subscriptions/subscription-operations.ts';
import { subscriptionRule } from '../../sync/subscriptions/subscription-rules.ts';
import { TOPICS } from '../../sync/subscriptions/subscription.ts';
import { openDatabase } from '../../store/engine/open.ts';
import { countWaiting, Outbox } from '../../store/delivery/outbox.ts';
import { startRelay } from '../../store/delivery/relay.ts';
import { Subscriptions } from '../../store/delivery/subscriptions.ts';
import { type Calendars, openCalendars } from './calendars.ts';
import { openConforming } from './conformant.ts';
import { openBulk } from './bulk.ts';
import { openNotices } from './notices.ts';
import { commonOperations } from './common-operations.ts';
import { openDoor } from './door.ts';
import { limitsOf, listen, VERSION } from './listening.ts';
import { openSasFace } from './sas-face.ts';
import { openPeople, type People, readPeopleFile } from './people.ts';

export interface AgendaServer {
  app: FastifyInstance;
  backend: AgendaBackend;
  database: Database;
  calendars: Calendars;
  editor: EditorBackend;
  people: People;
  log: Log;
  /** Where it listens: `http://127.0.0.1:8080`. */
  url: string;
  close(): Promise<void>;
}

export function agendaSettings(config: Config): AgendaSettings {
  return {
    defaultDurationMs: config.slotMinutes * 60_000,
    pastToleranceMs: config.pastToleranceMinutes * 60_000,
    requestsTakeTime: config.requestsTakeTime,
    holdSeconds: config.holdSeconds,
    searchedAgendas: config.maxAgendas,
    windowDays: config.maxWindowDays,
    defaultPage: config.defaultPage,
    maxPage: config.maxPage,
    includes: config.maxIncludes,
    cacheBytes: config.cacheMegabytes * 1_000_000,
  };
}

/** Opens the database, builds the server and listens. */
export async function startAgenda(config: Config, now: () => number = Date.now): Promise<AgendaServer> {
  const log = openLog(config.logLevel);
  const metrics = openMetrics();
  const door = openDoor(config, AGENDA_ACCESS, log, metrics);
  const file = readPeopleFile(config);
  const database = await openDatabase({
    url: config.databaseUrl,
    data: config.data,
    connections: config.databaseConnections,
  });
  if (database.kind === 'embedded') {
    log.warn(
      'Base embarquée : pour essai, démonstration et tests. Elle survit à un arrêt brutal du programme, pas à une coupure de courant ; de vrais rendez-vous demandent un serveur PostgreSQL (DATABASE_URL).',
    );
  }
  const backend = new AgendaBackend(database, agendaSettings(config));
  const sas = openSasFace(config, backend, log);
  const people = openPeople(config, {
    database,
    file,
    server: 'agenda',
    table: AGENDA_ACCESS,
    log,
    now,
    accounts: (identity) => regulatorOf(sas.backend.accounts, identity),
  });
  const options = {
    limits: limitsOf(config),
    log,
    metrics,
    admit: door.admit,
    person: (request: FastifyRequest) => people.sessions.caller(request),
    https: door.https,
    now,
    publicUrl: config.publicUrl,
    ready: async () => {
      await database.query('SELECT 1');
    },
  };
  metrics.gauge('creneau_outbox_waiting', 'Messages to deliver', () => countWaiting(database));
  backend.operations.push(...commonOperations(config, database), eventsOperation(backend.feed));
  const subscriptions = new Subscriptions(database);
  const feedKeeper = keepFeed(backend.feed, subscriptions, config.feedDays, now, log);
  const holds = startRelay({
    outbox: new Outbox(database),
    destination: HOLDS,
    deliver: ({ payload }) => releaseHold(backend, payload, now()),
    log,
  });
  backend.serve('Subscription', subscriptionRule(backend.repository.reader, config.allowPrivateEndpoints));
  backend.topics.push(...Object.values(TOPICS));
  backend.operations.push(...subscriptionOperations(backend, backend.repository.reader, subscriptions));
  const notices = openNotices(config, backend, database, log, now);
  const bulk = openBulk(config, backend, database, log, now);
  const conforming = openConforming(config, log);
  const calendars = openCalendars(config, backend, conforming.checks, database, log, now);
  const app = buildServer(options);
  door.attach(app.server);
  const service = { backend: conforming.around(backend), limits: options.limits, version: VERSION };
  mount(app, '/fhir', service, options);
  mount(app, '/sas', { ...service, backend: sas.backend }, options);
  people.mount(app, { '/rdv': new Arrival(backend, sas.backend.searches) });
  calendars.mount(app);
  notices.mount(app);
  bulk.mount(app, options);
  await mountDocs(app, '/fhir', service);
  await mountPages(app, 'agenda');
  let url: string;
  try {
    url = await listen(app, config, door.https !== undefined);
  } catch (error) {
    door.close();
    await sas.close();
    await database.close();
    throw error;
  }
  if (database.kind === 'embedded' && config.data !== 'memory:') announce(config.data, `${url}/fhir`);
  notices.start(config.publicUrl ?? url);
  log.info({ url, database: database.kind }, 'serving');
  const told = startSubscriptions({
    ...{ repository: backend.repository, subscriptions, feed: backend.feed, log, now },
    base: () => `${config.publicUrl ?? url}/fhir`,
    allowPrivate: config.allowPrivateEndpoints,
    attempts: config.subscriptionAttempts,
  });
  return {
    app,
    backend,
    database,
    editor: sas.backend,
    people,
    calendars,
    log,
    url,
    async close() {
      door.close();
      people.close();
      await app.close();
      await bulk.close();
      await notices.close();
      await calendars.close();
      await holds.close();
      await sas.close();
      await told.close();
      await feedKeeper.close();
      await database.close();
    },
  };
}
