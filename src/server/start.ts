/**
 * Starts a server from its plan: opens what every server has and the features of this one, mounts them, listens. When
 * one step fails, everything that was open is closed again, so that the process can end.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { People, type PeopleSources } from '../rest/access/people.ts';
import type { AccessTable } from '../rest/access/table.ts';
import type { Backend } from '../rest/backend.ts';
import type { Limits } from '../rest/limits.ts';
import type { FhirService } from '../rest/routes.ts';
import { buildServer, mount, type HttpOptions } from '../rest/server.ts';
import type { Config } from '../runtime/config.ts';
import { type Log, openLog } from '../runtime/log.ts';
import { openMetrics } from '../runtime/metrics.ts';
import type { Database } from '../store/engine/database.ts';
import { announce } from '../store/engine/lock-file.ts';
import { ping } from '../store/engine/health.ts';
import { databaseClock } from '../store/engine/clock.ts';
import { IdempotentRequests } from '../store/records/idempotency.ts';
import { openDatabase } from '../store/engine/open.ts';
import type { Town } from '../towns/town.ts';
import { administration } from './administration.ts';
import { openAdmission } from './admission.ts';
import { type Closing, openClosing } from './closing.ts';
import { openConformanceLayer } from './conformance.ts';
import { type Feature, inOrder, type Mounting, type ServerParts } from './feature.ts';
import { limitsOf, listen, VERSION } from './listening.ts';
import { openLogin, readPeopleFile } from './login.ts';
import { webPages } from './web-pages.ts';

/** A kind of server. */
export interface ServerPlan<B extends Backend, Exposed extends object> {
  /** Names its cookie, and chooses the pages that make sense here. */
  name: 'agenda' | 'platform';
  /** What each role may do. */
  access: AccessTable;
  /** Limits that differ from those of the settings. */
  limits?(config: Config): Partial<Limits>;
  /** Found beside those of the official list. */
  towns?: readonly Town[];
  open(parts: ServerParts): Opened<B, Exposed>;
}

/** The parts of one server of this kind. */
export interface Opened<B extends Backend, Exposed extends object> {
  features: readonly Feature<B>[];
  backend(features: readonly Feature<B>[]): B | Promise<B>;
  /** Finds the rights that a regulator account gives to somebody who logged in. */
  accounts(backend: B): PeopleSources['accounts'];
  /** For the program that starts the server. */
  exposed: Exposed;
}

export interface RunningServer<B extends Backend> {
  app: FastifyInstance;
  backend: B;
  database: Database;
  people: People;
  log: Log;
  /** Where it listens: `http://127.0.0.1:8080`. */
  url: string;
  close(): Promise<void>;
}

export async function startServer<B extends Backend, Exposed extends object>(
  config: Config,
  testClock: (() => number) | undefined,
  plan: ServerPlan<B, Exposed>,
): Promise<RunningServer<B> & Exposed> {
  const log = openLog(config.logLevel);
  const closing = openClosing(log);
  try {
    return await open(config, testClock, plan, log, closing);
  } catch (error) {
    await closing.close().catch(() => {});
    throw error;
  }
}

async function open<B extends Backend, Exposed extends object>(
  config: Config,
  testClock: (() => number) | undefined,
  plan: ServerPlan<B, Exposed>,
  log: Log,
  closing: Closing,
): Promise<RunningServer<B> & Exposed> {
  const metrics = openMetrics();
  const conformance = openConformanceLayer(config, log);
  const admission = openAdmission(config, plan.access, log, metrics);
  const peopleFile = readPeopleFile(config);
  const database = await openDatabase({
    url: config.databaseUrl,
    data: config.data,
    connections: config.databaseConnections,
    waitMs: Number.POSITIVE_INFINITY,
    migrationWaitMs: config.migrationWaitSeconds * 1000,
    log,
    testClock,
  });
  closing.add('database', () => database.close());
  await database.presence();
  const now = testClock ?? databaseClock(database);
  const parts: ServerParts = { config, database, log, metrics, now, conformance, closing };
  const opened = plan.open(parts);
  const features = inOrder<B>([administration(parts, plan.towns), ...opened.features]);
  const backend = await opened.backend(features);
  const people = new People({
    entries: () => peopleFile?.current ?? [],
    accounts: opened.accounts(backend),
  });
  const login = openLogin(parts, { people, peopleFile, server: plan.name, table: plan.access });
  const options: HttpOptions = {
    limits: { ...limitsOf(config), ...plan.limits?.(config) },
    log,
    metrics,
    admit: admission.admit,
    person: (request: FastifyRequest) => login.sessions.caller(request),
    https: admission.https,
    now,
    publicUrl: config.publicUrl,
    idempotency: new IdempotentRequests(database),
    ready: () => ping(database),
  };
  const all: readonly Feature<B>[] = [...features, admission, login, webPages(plan.name)];
  for (const feature of all) closing.add(feature.name, () => feature.close?.());
  const app = buildServer(options);
  closing.add('http', () => app.close());
  const service: FhirService = { backend: conformance.around(backend), limits: options.limits, version: VERSION };
  mount(app, '/fhir', service, options);
  const page: Mounting<B>['page'] = (path, content) => login.mountPage(app, path, content);
  for (const feature of all) await feature.mount?.(app, { backend, service, options, page });
  const url = await listen(app, config, admission.https !== undefined);
  if (database.kind === 'embedded' && config.data !== 'memory:') announce(config.data, `${url}/fhir`);
  for (const feature of all) await feature.start?.({ backend, url: config.publicUrl ?? url });
  log.info({ url, database: database.kind }, 'serving');
  return { ...opened.exposed, app, backend, database, people, log, url, close: () => closing.close() };
}
