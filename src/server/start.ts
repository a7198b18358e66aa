/**
 * Starts a server from its plan: opens what every server has and the features of this one, mounts them, listens. When
 * one step fails, everything that was open is closed again, so that the process can end.
 */
import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Joining } from '../rest/access/join.ts';
import { People, type PeopleSources } from '../rest/access/people.ts';
import type { AccessTable } from '../rest/access/table.ts';
import type { Backend } from '../rest/backend.ts';
import type { Limits } from '../rest/limits.ts';
import type { FhirService } from '../rest/routes.ts';
import { buildServer, mount, type HttpOptions } from '../rest/server.ts';
import { prepareStop } from '../rest/stopping.ts';
import type { Config } from '../runtime/config.ts';
import { type Log, openLog, openSecurityLog } from '../runtime/log.ts';
import { openMetrics } from '../runtime/metrics.ts';
import { openTelemetry } from '../runtime/telemetry/telemetry.ts';
import { siblings } from '../runtime/siblings.ts';
import { Secrets } from '../runtime/secrets.ts';
import { ownBases } from '../runtime/own-bases.ts';
import { openCertificateWatch } from '../runtime/tls/certificate-watch.ts';
import type { Database } from '../store/engine/database.ts';
import { announce } from '../store/engine/lock-file.ts';
import { traceDatabase } from '../store/engine/traced.ts';
import { IdempotentRequests } from '../store/records/idempotency.ts';
import { openDatabase } from '../store/engine/open.ts';
import type { Town } from '../towns/town.ts';
import { administration, CERTIFICATE_OPTIONS } from './administration.ts';
import { openAdmission } from './admission.ts';
import { type Audit, openAudit } from './audit.ts';
import { type AuthorContext, authorContexts } from './authors.ts';
import { type Closing, openClosing } from './closing.ts';
import { limitConnections } from './connections.ts';
import { openConformanceLayer } from './conformance.ts';
import { type Feature, inOrder, type Mounting, type ServerParts } from './feature.ts';
import { frontDoorOf, limitsOf, listen, VERSION } from './listening.ts';
import { openLogin, readPeopleFile } from './login.ts';
import { openTurns } from './overload.ts';
import { openReadiness } from './readiness.ts';
import { liveLimits, reload } from './reload.ts';
import { openTerms } from './terms.ts';
import { webPages } from './web-pages.ts';

/** A kind of server. */
export interface ServerPlan<B extends Backend, Exposed extends object> {
  /** Names its cookie, and chooses the pages that make sense here. */
  name: 'agenda' | 'platform';
  /** The rights of each role. */
  access: AccessTable;
  /** The types of which a scope with criteria is kept to; others it does not open. */
  restrictable?: ReadonlySet<string>;
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
  /** The tickets of people who come for the first time. `isAnybodyListed`: the people file names somebody. */
  joining?(isAnybodyListed: () => boolean): Joining;
  /** For the program that starts the server. */
  exposed: Exposed;
}

export interface RunningServer<B extends Backend> {
  app: FastifyInstance;
  backend: B;
  database: Database;
  audit: Audit;
  people: People;
  /** Is the set-up of an installation without owner open? */
  isSetUpNeeded(): Promise<boolean>;
  log: Log;
  /** Where it listens: `http://127.0.0.1:8080`. */
  url: string;
  /** Reads files and settings again, as far as they can change without a restart. */
  reload(reread: () => Config): Promise<void>;
  /** Fails the readiness check while it still serves, for as long as the settings say, then closes. */
  stop(): Promise<void>;
  /** Closes at once: requests under way have their deadline. */
  close(): Promise<void>;
}

/** The time of the other parts after the requests under way, in ms. */
const CLOSING_MS = 5_000;

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
    await closing.close(CLOSING_MS).catch(() => {});
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
  const metrics = openMetrics(siblings());
  const source = { service: `creneau-${plan.name}`, version: VERSION, metrics, log };
  const telemetry = await openTelemetry(config, source);
  closing.add('telemetry', () => telemetry?.close());
  const conformance = openConformanceLayer(config, log);
  const admission = openAdmission(config, plan, log, metrics, () => now());
  const peopleFile = readPeopleFile(config);
  const opening = await openDatabase({
    url: config.databaseUrl,
    data: config.data,
    connections: config.databaseConnections,
    replicas: plan.name === 'agenda' ? config.databaseReplicas : [],
    waitMs: Number.POSITIVE_INFINITY,
    migrationWaitMs: config.migrationWaitSeconds * 1000,
    ownBases: ownBases(config),
    log,
    testClock,
  });
  const database = telemetry === undefined ? opening : traceDatabase(opening);
  closing.add('database', () => database.close());
  await database.presence();
  const now = (): number => database.now();
  const audit = openAudit(config, database, log, metrics);
  closing.add('audit', () => audit.close());
  const readiness = openReadiness(database);
  closing.add('readiness', () => readiness.close());
  let contextOf: AuthorContext;
  const authorContext: AuthorContext = (author, request) => contextOf(author, request);
  const certificates = openCertificateWatch(
    CERTIFICATE_OPTIONS.map((option) => [option, config[option]] as const),
    { log, metrics, now },
  );
  const secrets = new Secrets(config.secretKeys);
  if (!secrets.hasKey && config.auth !== 'off')
    log.warn('no --secret-key: secrets are stored in clear text in the database');
  const parts: ServerParts = {
    config,
    database,
    secrets,
    log,
    metrics,
    now,
    conformance,
    authorContext,
    certificates,
    closing,
    facts: audit.facts,
  };
  const opened = plan.open(parts);
  const terms = openTerms(parts);
  const features = inOrder<B>([administration(parts, plan.towns), terms, ...opened.features]);
  const backend = await opened.backend(features);
  const people = new People({
    entries: () => peopleFile?.current ?? [],
    accounts: opened.accounts(backend),
  });
  contextOf = authorContexts({ table: plan.access, people, program: admission.program, now });
  const isAnybodyListed = (): boolean => config.demoLogin || (peopleFile?.current ?? []).length > 0;
  const joining = opened.joining?.(isAnybodyListed);
  const login = openLogin(parts, {
    people,
    peopleFile,
    server: plan.name,
    table: plan.access,
    joining,
    terms: terms.gate,
  });
  const securityLog = openSecurityLog(log, config.securityLog);
  const overload = { ...liveLimits(config), databaseWaitMs: () => database.health().connections.waitMs };
  const turns = openTurns(config, plan.name, metrics);
  const options: HttpOptions = {
    limits: { ...limitsOf(config), ...plan.limits?.(config) },
    log,
    metrics,
    overload,
    turns,
    siblings: siblings(),
    frontDoor: frontDoorOf(config),
    admit: admission.admit,
    person: (request: FastifyRequest) => login.sessions.caller(request),
    https: admission.https,
    now,
    reading: (work, hasLeft) => database.reading(work, hasLeft),
    publicUrl: config.publicUrl,
    idempotency: new IdempotentRequests(database, secrets),
    faults: () => readiness.faults(),
    audit: audit.spool,
    securityLog: securityLog.log,
    tracer: telemetry?.tracer,
  };
  const all: readonly Feature<B>[] = [...features, admission, login, webPages(plan.name, config.lrmOrigins)];
  for (const feature of all) closing.add(feature.name, () => feature.close?.());
  const app = buildServer(options);
  const stopping = prepareStop(app);
  const deadlineMs = config.stopDeadlineSeconds * 1000;
  closing.add('http', () => stopping.close(deadlineMs));
  readiness.ask(() => audit.spool.fault());
  readiness.ask(() => (stopping.isDraining() ? 'the server is stopping' : undefined));
  for (const feature of all) readiness.ask(() => feature.fault?.());
  const service: FhirService = {
    backend: conformance.around(backend, audit.resources),
    limits: options.limits,
    version: VERSION,
    security: () => admission.security(),
  };
  mount(app, '/fhir', service, options);
  const page: Mounting<B>['page'] = (path, content) => login.mountPage(app, path, content);
  for (const feature of all) await feature.mount?.(app, { backend, service, options, page });
  const { maxConnections: asked, databaseConnections } = config;
  limitConnections(app.server, { asked, databaseConnections }, { log, metrics, now: () => performance.now() });
  const url = await listen(app, config, admission.https !== undefined);
  if (database.kind === 'embedded' && config.data !== 'memory:') announce(config.data, `${url}/fhir`);
  for (const feature of all) await feature.start?.({ backend, url: config.publicUrl ?? url });
  await audit.start(now);
  log.info({ url, database: database.kind }, 'serving');
  const close = (): Promise<void> => closing.close(deadlineMs + CLOSING_MS);
  const stop = async (): Promise<void> => {
    stopping.drain();
    if (config.stopDelaySeconds > 0) await setTimeout(config.stopDelaySeconds * 1000);
    await close();
  };
  const isSetUpNeeded = async (): Promise<boolean> => (await joining?.isSetUpNeeded()) ?? false;
  const inForce = { ...config };
  const reloadNow = (reread: () => Config): Promise<void> =>
    reload(inForce, reread, { log, securityLog, overload, features: all });
  return {
    ...opened.exposed,
    ...{ app, backend, database, audit, people, isSetUpNeeded, log, url },
    ...{ reload: reloadNow, stop, close },
  };
}
