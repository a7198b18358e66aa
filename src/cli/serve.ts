/** `creneau agenda` and `creneau demo`: start, say what is served, stop cleanly on a signal. */
import type { Config } from '../runtime/config.ts';
import { type AgendaServer, startAgenda } from './agenda.ts';
import { loadDemo } from './demo.ts';

export async function serveAgenda(config: Config): Promise<void> {
  const server = await startAgenda(config);
  process.stdout.write(`${address(server)}\n`);
  stopOnSignal(server);
}

export async function serveDemo(config: Config): Promise<void> {
  const server = await startAgenda(config);
  stopOnSignal(server);
  const examples = await loadDemo(server, config.seed);
  process.stdout.write(`\n${address(server)}\n\n${examples}\n`);
}

function address({ url }: AgendaServer): string {
  return `Créneau sert / serves:
  ${url}/fhir            FHIR R4, GAP
  ${url}/fhir/metadata   ce que le serveur sait faire / capability statement
  ${url}/docs            OpenAPI
  ${url}/health/ready    état / health      ${url}/metrics  mesures / metrics`;
}

function stopOnSignal(server: AgendaServer): void {
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
