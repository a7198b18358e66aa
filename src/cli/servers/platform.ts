/** `creneau platform`: wires the SAS platform together, in one place. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PLATFORM_ACCESS } from '../../rest/access/table.ts';
import { mountDocs } from '../../rest/html/docs.ts';
import { mountPages } from '../../rest/html/pages.ts';
import { buildServer, mount, mountPlain } from '../../rest/server.ts';
import type { Place } from '../../towns/town.ts';
import type { Config } from '../../runtime/config.ts';
import { type Log, openLog } from '../../runtime/log.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { activity } from '../../sas/platform/reports/activity.ts';
import { hubOperations } from '../../sas/hub/hub-operations.ts';
import { PlatformBackend } from '../../sas/platform/platform-backend.ts';
import { openPartnersFile } from '../../sas/platform/partners/registry.ts';
import { RegulatorLogin } from '../../sas/platform/reports/regulator-login.ts';
import type { Database } from '../../store/engine/database.ts';
import { announce } from '../../store/engine/lock-file.ts';
import { openDatabase } from '../../store/engine/open.ts';
import { countWaiting } from '../../store/delivery/outbox.ts';
import { openHubLink } from './broker.ts';
import { openConforming } from './conformant.ts';
import { commonOperations } from './common-operations.ts';
import { openDoor } from './door.ts';
import { limitsOf, listen, VERSION } from './listening.ts';
import { openPeople, type People, readPeopleFile } from './people.ts';

export interface PlatformServer {
  app: FastifyInstance;
  backend: PlatformBackend;
  database: Database;
  people: People;
  log: Log;
  /** Where it listens: `http://127.0.0.1:8081`. */
  url: string;
  close(): Promise<void>;
}

/** Practitioners of one search: as many as anybody asks for. */
const MAX_OR_VALUES = 20_000;

/** Opens the database, builds the server and listens. `towns`: found beside those of the official list. */
export async function startPlatform(
  config: Config,
  now: () => number = Date.now,
  towns: readonly Place[] = [],
): Promise<PlatformServer> {
  const log = openLog(config.logLevel);
  const metrics = openMetrics();
  const door = openDoor(config, PLATFORM_ACCESS, log, metrics);
  const file = readPeopleFile(config);
  const partners = openPartnersFile(config.partners);
  const database = await openDatabase({
    url: config.databaseUrl,
    data: config.data,
    connections: config.databaseConnections,
  });
  const closing: (() => unknown)[] = [() => database.close(), () => door.close()];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  try {
    const { partnerCert: cert, partnerKey: key, partnerCa: ca } = config;
    const settings = {
      partners,
      identity: { cert, key, ca },
      defaultPage: config.defaultPage,
      maxPage: config.maxPage,
    };
    const backend = new PlatformBackend(database, settings, log, now);
    closing.push(() => backend.close());
    backend.operations.push(...commonOperations(config, database, towns));
    await backend.start();
    const announcing = backend.announcer.start(log);
    closing.push(() => announcing.close());
    const hub = openHubLink(config, database, log, metrics);
    if (hub !== undefined) closing.push(() => hub.close());
    backend.operations.push(...hubOperations(database));
    metrics.gauge('creneau_outbox_waiting', 'Messages to deliver', () => countWaiting(database));
    metrics.gauge(
      'creneau_partners_resting',
      'Partners left alone after repeated failures',
      () => backend.registry.all.filter((one) => one.breaker.isOpen).length,
    );
    metrics.gauge('creneau_partners_file_wrong', '1 when the partners file as it is now is not in force', () =>
      backend.registry.failure === undefined ? 0 : 1,
    );
    const regulators = new RegulatorLogin(backend.repository, backend.announcer, log);
    const people = openPeople(config, {
      database,
      file,
      server: 'platform',
      table: PLATFORM_ACCESS,
      log,
      now,
      accounts: (identity) => regulators.of(identity),
    });
    closing.push(() => people.close());
    const options = {
      limits: { ...limitsOf(config), orValues: Math.max(config.maxOrValues, MAX_OR_VALUES) },
      ...{
        log,
        metrics,
        admit: door.admit,
        person: (request: FastifyRequest) => people.sessions.caller(request),
        https: door.https,
        now,
        publicUrl: config.publicUrl,
      },
      ready: async () => {
        await database.query('SELECT 1');
      },
    };
    const app = buildServer(options);
    closing.push(() => app.close());
    door.attach(app.server);
    const service = { backend: openConforming(config, log).around(backend), limits: options.limits, version: VERSION };
    mount(app, '/fhir', service, options);
    mountPlain(app, '/activity', options, (request) => activity(database, backend.registry, request));
    people.mount(app);
    await mountDocs(app, '/fhir', service);
    await mountPages(app, 'platform');
    const url = await listen(app, config, door.https !== undefined);
    if (database.kind === 'embedded' && config.data !== 'memory:') announce(config.data, `${url}/fhir`);
    log.info({ url, database: database.kind }, 'serving');
    return { app, backend, database, people, log, url, close };
  } catch (error) {
    await close();
    throw error;
  }
}
