/** The faults of a run. Each fault ends with everything in place again, and leaves recovery to the servers. */
import { execFileSync } from 'node:child_process';
import type { Fate } from '../tcp-proxy.ts';
import type { ChaosServer, ChaosWorld } from './world.ts';

/** `World`: the victims. */
export interface Fault<World = ChaosWorld> {
  name: string;
  /** For the table of docs/fiabilite.md. */
  french: string;
  run(world: World, random: () => number): Promise<void>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const anyOf = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)]!;

/** Cuts commits of one server for a while; everything else passes. */
async function cutCommits(server: ChaosServer, fate: () => Fate, ms: number): Promise<void> {
  server.proxy.onRequest((bytes) => (bytes.includes('"request"') ? fate() : 'pass'));
  await pause(ms);
  server.proxy.onRequest(undefined);
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'kill -9 of a server',
    french: 'serveur tué (kill -9)',
    async run({ servers }, random) {
      const server = anyOf(servers, random);
      await server.process.kill('SIGKILL');
      await server.start();
    },
  },
  {
    name: 'frozen server',
    french: 'serveur figé (SIGSTOP)',
    async run({ servers }, random) {
      const { child } = anyOf(servers, random).process;
      child.kill('SIGSTOP');
      await pause(2000);
      child.kill('SIGCONT');
    },
  },
  {
    name: 'commits cut before they arrive',
    french: 'connexion coupée avant COMMIT',
    run: ({ servers }, random) =>
      cutCommits(anyOf(servers, random), () => (random() < 0.5 ? 'cut-before' : 'pass'), 1500),
  },
  {
    name: 'answers of commits lost',
    french: 'réponse de COMMIT perdue',
    run: ({ servers }, random) =>
      cutCommits(anyOf(servers, random), () => (random() < 0.5 ? 'cut-after' : 'pass'), 1500),
  },
  {
    name: 'commits that arrive late',
    french: 'COMMIT arrivé une seconde trop tard',
    run: ({ servers }, random) => cutCommits(anyOf(servers, random), () => (random() < 0.5 ? 'late' : 'pass'), 1500),
  },
  {
    name: 'half-open connections',
    french: 'connexions mortes sans un mot',
    async run({ servers }, random) {
      anyOf(servers, random).proxy.freeze(5000);
      await pause(2000);
    },
  },
  {
    name: 'kill -9 of database backends',
    french: 'processus de PostgreSQL tué (kill -9)',
    async run({ sql }) {
      const [row] = await sql(`SELECT pid FROM pg_stat_activity WHERE application_name = 'creneau' LIMIT 1`);
      if (row !== undefined) execFileSync('kill', ['-9', String(row.pid)]);
      await pause(1000);
    },
  },
  {
    name: 'database killed and started again',
    french: 'PostgreSQL arrêté net, puis relancé',
    async run({ postgres }) {
      postgres.stop('immediate');
      await pause(500);
      postgres.start();
    },
  },
  {
    name: 'frozen database',
    french: 'PostgreSQL figé (SIGSTOP)',
    async run({ postgres }) {
      postgres.signal('SIGSTOP');
      await pause(2000);
      postgres.signal('SIGCONT');
    },
  },
  {
    name: 'failover',
    french: 'bascule vers le serveur de secours',
    run: (world) => world.failOver(),
  },
];

/** Servers go one after the other to another version of the program, and stay there. */
export function rollingUpgrade(root: string): Fault {
  return {
    name: 'rolling upgrade',
    french: 'mise à niveau, serveur après serveur',
    async run({ servers }) {
      for (const server of servers) {
        await server.process.kill('SIGTERM');
        await server.start(root);
        await pause(500);
      }
    },
  };
}
