/**
 * The commands that serve: `creneau agenda`, `platform`, `partner`, `demo`. They start, print the addresses, and stop
 * cleanly on a signal.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OWN } from '../../demo/shapes.ts';
import type { CommandLine, Config } from '../../runtime/config.ts';
import { siblings } from '../../runtime/siblings.ts';
import { isLoopback } from '../../runtime/options/values.ts';
import { type AgendaServer, startAgenda } from '../servers/agenda.ts';
import { loadDemo } from '../demo/demo.ts';
import { startDemoPlatform } from '../demo/platform.ts';
import { startPartner } from '../../sas/simulator/simulated-partner.ts';
import { startPlatform } from '../servers/platform.ts';
import { onHangup } from './signal.ts';
import { setUpText, showSetUpCode } from './set-up.ts';

export async function serveAgenda({ config, reread }: CommandLine): Promise<void> {
  if (config.setUpCode) return showSetUpCode(config);
  const others = siblings();
  if (config.workers > 1 && others === undefined) {
    const { startWorkers } = await import('../workers.ts');
    const url = await startWorkers(config, reread);
    process.stdout.write(`${agendaAddress({ url })}\n`);
    return;
  }
  const follow = reloadOnSignal(reread);
  const server = await startAgenda(config);
  stopOnSignal(server);
  follow(server);
  // Many processes would each show a code, and end those of the others: `--setup-code` shows one for all.
  if (others !== undefined) return others.serving(server.url);
  process.stdout.write(`${agendaAddress(server)}\n`);
  const setUp = await setUpText(config, server);
  if (setUp !== undefined) process.stdout.write(`\n${setUp}\n`);
}

export async function servePlatform({ config, reread }: CommandLine): Promise<void> {
  const follow = reloadOnSignal(reread);
  const server = await startPlatform(config);
  stopOnSignal(server);
  follow(server);
  process.stdout.write(`${platformAddress(server.url)}\n`);
}

export async function servePartner(config: Config): Promise<void> {
  const partner = await startPartner(config, Date.now);
  stopOnSignal(partner);
  process.stdout.write(
    `Éditeur simulé / simulated editor (${config.mood})\n  ${partner.url}            Slot, Schedule, Practitioner\n`,
  );
}

/** An agenda server with a fictional territory, and a platform that asks it and two editors that misbehave. */
export async function serveDemo(config: Config): Promise<void> {
  // On a server that only this machine can reach, fictional people replace the login.
  const demo = {
    ...config,
    demoLogin:
      config.demoLogin ||
      (config.oidcIssuer === undefined && config.publicUrl === undefined && isLoopback(config.host)),
  };
  // The telephones of the territory do not exist: codes for patients who book go into a file.
  const folder = config.data === 'memory:' ? mkdtempSync(join(tmpdir(), 'creneau-')) : config.data;
  const messages = join(folder, 'sms.ndjson');
  const running: Stoppable[] = [];
  const close = async (): Promise<void> => void (await Promise.all(running.map(stopOf)));
  stopOnSignal({ close });
  try {
    const platform = await startDemoPlatform(demo);
    running.push(platform);
    // The agenda server reports the bookings of regulators to this platform.
    const server = await startAgenda({
      ...demo,
      publicPages: true,
      smsUrl: demo.smsUrl ?? pathToFileURL(messages).href,
      sasPlatformUrl: demo.sasPlatformUrl ?? `${platform.url}/fhir`,
      editorSystem: demo.editorSystem ?? OWN,
    });
    running.push(server);
    const examples = await loadDemo(server, config.seed);
    const more = await platform.admit(server);
    const codes = demo.smsUrl === undefined ? smsAddress(messages) : '';
    const addresses = [agendaAddress(server) + codes, platformAddress(platform.url)];
    process.stdout.write(`\n${[...addresses, examples, more].join('\n\n')}\n`);
  } catch (error) {
    await close();
    throw error;
  }
}

function agendaAddress({ url }: Pick<AgendaServer, 'url'>): string {
  return `Créneau sert / serves:
  ${url}                 les pages / the pages
  ${url}/fhir            FHIR R4, GAP
  ${url}/fhir/metadata   ce que le serveur sait faire / capability statement
  ${url}/sas             SAS : créneaux, comptes régulateurs / slots, regulator accounts
  ${url}/docs            OpenAPI
  ${url}/health/ready    état / health      ${url}/metrics  mesures / metrics
  ${url}/trouver         les pages des patients / the pages for patients`;
}

function smsAddress(file: string): string {
  return `
                                        leurs codes / their codes: ${file}`;
}

function platformAddress(url: string): string {
  return `Plateforme SAS / SAS platform:
  ${url}                 les pages / the pages
  ${url}/fhir            recherche agrégée, rendez-vous déclarés / aggregated search, reported appointments
  ${url}/fhir/$partners  état des éditeurs / state of the editors
  ${url}/activity        activité / activity`;
}

interface Stoppable {
  /** Ends what it serves first, where there is such a difference. */
  stop?(): Promise<void>;
  close(): Promise<void>;
}

const stopOf = (server: Stoppable): Promise<void> => server.stop?.() ?? server.close();

/** The first signal ends the server within its deadlines, the second one at once. */
function stopOnSignal(server: Stoppable): void {
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    stopOf(server).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  const others = siblings();
  others?.onStop(stop);
  // A terminal sends its signal to all processes: the one that started them passes it on.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, others === undefined ? stop : () => {});
}

interface Reloadable {
  reload(reread: () => Config): void;
}

/** From now on SIGHUP ends nothing; a server that is still starting reads its files anyway. */
function reloadOnSignal(reread: () => Config): (server: Reloadable) => void {
  let running: Reloadable | undefined;
  const reload = (): void => running?.reload(reread);
  const others = siblings();
  others?.onReload(reload);
  onHangup(others === undefined ? reload : () => {});
  return (server) => {
    running = server;
  };
}
