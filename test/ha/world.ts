/**
 * The victims of a run against high availability: a cluster under Patroni, and two servers, of which the first names
 * both databases and the second reaches the primary through HAProxy.
 */
import { callersFile, populate, type World } from '../chaos/world.ts';
import type { Fault } from '../chaos/faults.ts';
import { openConnections } from '../../src/store/engine/connections.ts';
import { type ServerProcess, startProcess } from '../process.ts';
import { type Node, openPatroni, type PatroniCluster } from './patroni.ts';

export interface HaWorld extends World {
  cluster: PatroniCluster;
}

export async function openHaWorld(ttlSeconds: number): Promise<HaWorld> {
  const cluster = await openPatroni(ttlSeconds);
  const servers: ServerProcess[] = [];
  const callers = callersFile();
  const finder = openConnections(cluster.url, { max: 2, statementTimeoutMs: 30_000, log: undefined });
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.kill('SIGKILL')));
    await finder.close();
    await cluster.close();
    callers.remove();
  };
  try {
    for (const url of [cluster.url, cluster.balancedUrl])
      servers.push(
        await startProcess(
          [
            ...['agenda', '--log-level', 'error', '--database-connections', '6'],
            ...['--allow-private-endpoints', 'true', '--subscription-attempts', '1000'],
            ...callers.args,
          ],
          { DATABASE_URL: url },
        ),
      );
    await populate(`${servers[0]!.url}/fhir`);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...{ cluster, close, url: cluster.url },
    bases: () => servers.map(({ url }) => `${url}/fhir`),
    sql: (text) => withPatience(() => finder.use(async (client) => (await client.query(text)).rows)),
  };
}

/** The proof is made from whichever primary there is, and waits for one. */
async function withPatience<T>(ask: () => Promise<T>): Promise<T> {
  const until = Date.now() + 60_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

/** The primary suffers, another one takes over, and the fault ends when the cluster is whole again. */
function onPrimary(
  name: string,
  french: string,
  begin: (node: Node) => unknown,
  finish: (node: Node) => unknown,
): Fault<HaWorld> {
  return {
    ...{ name, french },
    async run({ cluster }) {
      const victim = await cluster.leader();
      await begin(victim);
      const until = Date.now() + 120_000;
      while ((await cluster.primary())?.name === victim.name || (await cluster.primary()) === undefined) {
        if (Date.now() > until) throw new Error(`nobody takes over from ${victim.name}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      await finish(victim);
      await cluster.whole();
    },
  };
}

export const HA_FAULTS: readonly Fault<HaWorld>[] = [
  onPrimary(
    'primary killed',
    'primaire tué (kill -9, Patroni et PostgreSQL)',
    (node) => node.kill(),
    (node) => node.start(),
  ),
  onPrimary(
    'primary frozen',
    'primaire figé (SIGSTOP) jusqu’à la bascule',
    (node) => node.signal('SIGSTOP'),
    (node) => node.signal('SIGCONT'),
  ),
  onPrimary(
    'primary cut off',
    'primaire coupé du réseau jusqu’à la bascule',
    (node) => node.isolate(),
    (node) => node.rejoin(),
  ),
];
