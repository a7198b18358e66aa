/**
 * The commands that serve: `creneau agenda`, `platform`, `partner`, `demo`. They start, print the addresses, and stop
 * cleanly on a signal.
 */
import { OWN } from '../../demo/shapes.ts';
import type { Config } from '../../runtime/config.ts';
import { isLoopback } from '../../runtime/options/values.ts';
import { type AgendaServer, startAgenda } from '../servers/agenda.ts';
import { loadDemo } from '../demo/demo.ts';
import { startDemoPlatform } from '../demo/platform.ts';
import { startPartner } from '../../sas/simulator/simulated-partner.ts';
import { startPlatform } from '../servers/platform.ts';

export async function serveAgenda(config: Config): Promise<void> {
  const server = await startAgenda(config);
  process.stdout.write(`${agendaAddress(server)}\n`);
  stopOnSignal(server);
}

export async function servePlatform(config: Config): Promise<void> {
  const server = await startPlatform(config);
  process.stdout.write(`${platformAddress(server.url)}\n`);
  stopOnSignal(server);
}

export async function servePartner(config: Config): Promise<void> {
  const partner = await startPartner(config, Date.now);
  process.stdout.write(
    `Éditeur simulé / simulated editor (${config.mood})\n  ${partner.url}            Slot, Schedule, Practitioner\n`,
  );
  stopOnSignal(partner);
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
  const running: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => void (await Promise.all(running.map((server) => server.close())));
  stopOnSignal({ close });
  try {
    const platform = await startDemoPlatform(demo);
    running.push(platform);
    // The agenda server reports the bookings of regulators to this platform.
    const server = await startAgenda({
      ...demo,
      sasPlatformUrl: demo.sasPlatformUrl ?? `${platform.url}/fhir`,
      editorSystem: demo.editorSystem ?? OWN,
    });
    running.push(server);
    const examples = await loadDemo(server, config.seed);
    const more = await platform.admit(server);
    process.stdout.write(`\n${agendaAddress(server)}\n\n${platformAddress(platform.url)}\n\n${examples}\n\n${more}\n`);
  } catch (error) {
    await close();
    throw error;
  }
}

function agendaAddress({ url }: AgendaServer): string {
  return `Créneau sert / serves:
  ${url}                 les pages / the pages
  ${url}/fhir            FHIR R4, GAP
  ${url}/fhir/metadata   ce que le serveur sait faire / capability statement
  ${url}/sas             SAS : créneaux, comptes régulateurs / slots, regulator accounts
  ${url}/docs            OpenAPI
  ${url}/health/ready    état / health      ${url}/metrics  mesures / metrics`;
}

function platformAddress(url: string): string {
  return `Plateforme SAS / SAS platform:
  ${url}                 les pages / the pages
  ${url}/fhir            recherche agrégée, rendez-vous déclarés / aggregated search, reported appointments
  ${url}/fhir/$partners  état des éditeurs / state of the editors
  ${url}/activity        activité / activity`;
}

function stopOnSignal(server: { close(): Promise<void> }): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      server.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}
