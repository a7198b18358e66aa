/**
 * `creneau config check`: tries what the settings name, as a start would, and changes nothing. Each line says what was
 * tried and what came of it. Exit status 0: everything that is set works; 1: something does not. `config check local`
 * tries this machine's files only: for the start of a service, which waits for a database or a broker that is away.
 */
import { access, constants, readFile } from 'node:fs/promises';
import { readCallers, readTokenCallers } from '../../rest/access/callers-file.ts';
import { Provider } from '../../rest/access/oidc.ts';
import { readPeople } from '../../rest/access/person.ts';
import { CERTIFICATE_PAIRS, type Config } from '../../runtime/config.ts';
import { openLog } from '../../runtime/log.ts';
import { certificateDates } from '../../runtime/tls/certificate-dates.ts';
import { readIdentity } from '../../runtime/tls/server-tls.ts';
import { doubts, readTrust } from '../../runtime/tls/trust.ts';
import { openBroker } from '../../sas/hub/amqp.ts';
import { readSamuSettings } from '../../sas/hub/samu.ts';
import { readPartners } from '../../sas/platform/partners/partners-file.ts';
import { CERTIFICATE_OPTIONS } from '../../server/administration.ts';
import { databaseVersion, isStandby, schemaState } from '../../store/engine/health.ts';
import { openServer } from '../../store/engine/server.ts';
import { MailTransport } from '../../sync/mail/transport.ts';

const WAIT_MS = 10_000;
const SOON_MS = 30 * 86_400_000;

interface Trial {
  name: string;
  /** Says what it found; throws when the setting does not work. */
  run(): Promise<string>;
}

export async function checkConfig(config: Config, files: readonly string[]): Promise<void> {
  const isLocal = files.join(' ') === 'check local';
  if (!isLocal && files.join(' ') !== 'check') throw new Error('creneau config check [local]');
  let failures = 0;
  for (const { name, run } of [...fileTrials(config), ...(isLocal ? [] : remoteTrials(config))]) {
    try {
      process.stdout.write(`  ok      ${name} : ${await inTime(run())}\n`);
    } catch (error) {
      failures++;
      process.stdout.write(`  ÉCHEC   ${name} : ${reasonOf(error)}\n`);
    }
  }
  process.stdout.write(
    failures === 0
      ? 'Les réglages conviennent. / The settings work.\n'
      : `${failures} réglages ne conviennent pas. / ${failures} settings do not work.\n`,
  );
  // Connections that were opened for a trial may still try again in the background.
  process.exit(failures === 0 ? 0 : 1);
}

function fileTrials(config: Config): Trial[] {
  const { callers, people, partners, samu } = config;
  const readCallersOf = config.auth === 'mtls' ? readCallers : readTokenCallers;
  return [
    ...certificateTrials(config),
    ...pairTrials(config),
    ...trustTrial(config),
    ...fileTrial('callers', callers, (file) => count(readCallersOf(file), 'appelants / callers')),
    ...fileTrial('people', people, (file) => count(readPeople(file), 'personnes / people')),
    ...fileTrial('partners', partners, (file) => count(readPartners(file, partners!), 'éditeurs / partners')),
    ...fileTrial('samu', samu, (file) => `${Object.keys(readSamuSettings(file).territories).length} territoires`),
    ...(config.databaseUrl === undefined ? [{ name: 'data', run: () => tryFolder(config.data) }] : []),
  ];
}

function remoteTrials(config: Config): Trial[] {
  const { databaseUrl, oidcIssuer, amqpUrl, smtpUrl, otlpUrl, otlpHeaders = {} } = config;
  return [
    ...(databaseUrl === undefined ? [] : [{ name: 'database', run: () => tryDatabase(databaseUrl) }]),
    ...config.databaseReplicas.map((url) => ({ name: 'database-replicas', run: () => tryReplica(url) })),
    ...(oidcIssuer === undefined ? [] : [{ name: 'oidc-issuer', run: () => tryProvider(config) }]),
    ...(amqpUrl === undefined ? [] : [{ name: 'amqp-url', run: () => tryBroker(config, amqpUrl) }]),
    ...(smtpUrl === undefined ? [] : [{ name: 'smtp-url', run: () => tryMail(smtpUrl) }]),
    ...(otlpUrl === undefined ? [] : [{ name: 'otlp-url', run: () => tryCollector(otlpUrl, otlpHeaders) }]),
  ];
}

function certificateTrials(config: Config): Trial[] {
  return certificateDates(CERTIFICATE_OPTIONS.map((option) => [option, config[option]] as const)).map(
    ({ option, subject, until, problem }) => ({
      name: `${option} (${subject})`,
      async run() {
        if (problem !== undefined) throw new Error(problem);
        const end = new Date(until!).toISOString().slice(0, 10);
        if (until! < Date.now()) throw new Error(`expiré le ${end} / expired`);
        return until! < Date.now() + SOON_MS ? `EXPIRE BIENTÔT / expires soon: ${end}` : `jusqu’au / until ${end}`;
      },
    }),
  );
}

function fileTrial(name: string, path: string | undefined, read: (file: Buffer) => string): Trial[] {
  return path === undefined ? [] : [{ name, run: async () => read(await readFile(path)) }];
}

/** Keys belong to their certificates. */
function pairTrials(config: Config): Trial[] {
  return CERTIFICATE_PAIRS.flatMap(([certificate, key]) => {
    const [certificatePath, keyPath] = [config[certificate], config[key]];
    if (certificatePath === undefined || keyPath === undefined) return [];
    const run = async (): Promise<string> => {
      readIdentity(await readFile(certificatePath), await readFile(keyPath));
      return 'est celle du certificat / belongs to the certificate';
    };
    return [{ name: key, run }];
  });
}

/** Authorities and revocation lists, with what is doubtful about them. */
function trustTrial({ tlsClientCa, tlsCrl }: Config): Trial[] {
  if (tlsClientCa === undefined) return [];
  const run = async (): Promise<string> => {
    const lists = await Promise.all(tlsCrl.map((path) => readFile(path)));
    const trust = readTrust([await readFile(tlsClientCa)], lists);
    const found = `${count(trust.authorities, 'autorités / authorities')}, ${count(trust.lists, 'listes / lists')}`;
    return [found, ...doubts(trust, Date.now())].join(' ; ');
  };
  return [{ name: 'tlsClientCa, tlsCrl', run }];
}

async function tryDatabase(databaseUrl: string): Promise<string> {
  const database = openServer(databaseUrl, { connections: 1, log: openLog('silent') });
  try {
    await database.arrive(WAIT_MS / 2);
    return [await databaseVersion(database), await schemaState(database)].join(', ');
  } finally {
    await database.close();
  }
}

/** Its address, which holds no password. */
async function tryReplica(url: string): Promise<string> {
  const replica = openServer(url, { connections: 1, log: openLog('silent') });
  try {
    if (!(await isStandby(replica))) throw new Error('n’est pas un secondaire / is not a standby');
    return `${new URL(url).host} : secondaire / standby`;
  } finally {
    await replica.close();
  }
}

async function tryFolder(data: string): Promise<string> {
  if (data === 'memory:') return 'en mémoire : rien n’est gardé / in memory: nothing is kept';
  try {
    await access(data, constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return `${data} : sera créé / will be made`;
  }
  return `${data} : accessible en écriture / writable`;
}

async function tryProvider({ oidcIssuer, oidcClientId, oidcClientSecret, oidcScope }: Config): Promise<string> {
  const settings = { issuer: oidcIssuer!, clientId: oidcClientId!, clientSecret: oidcClientSecret!, scope: oidcScope };
  await new Provider({ ...settings, acrValues: undefined, trustEmail: false }).discover();
  return oidcIssuer!;
}

async function tryBroker({ amqpCa, amqpCert, amqpKey }: Config, url: string): Promise<string> {
  const files = { ca: amqpCa, cert: amqpCert, key: amqpKey };
  const broker = openBroker({ url, ...files, name: 'creneau config check' }, openLog('silent'));
  await broker.ready();
  return new URL(url).host;
}

async function tryMail(url: string): Promise<string> {
  await new MailTransport(url).verify();
  return new URL(url).host;
}

/** Sends nothing, in the form of a trace: a collector takes it, anything else refuses. */
async function tryCollector(url: string, headers: Record<string, string>): Promise<string> {
  const { status } = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{"resourceSpans":[]}',
  });
  if (status !== 200) throw new Error(`${status} pour / for /v1/traces`);
  return new URL(url).host;
}

const count = (list: readonly unknown[], noun: string): string => `${list.length} ${noun}`;

async function inTime(trial: Promise<string>): Promise<string> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    limit = setTimeout(() => reject(new Error(`aucune réponse en ${WAIT_MS / 1000} s / no answer`)), WAIT_MS);
  });
  try {
    return await Promise.race([trial, late]);
  } finally {
    clearTimeout(limit);
  }
}

/** The reason of the system behind ours, where there is one; a URL with its password is never in it. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  return [message, cause?.code, cause?.message].filter((part) => part !== undefined && part !== '').join(' — ');
}
