/**
 * A PostgreSQL cluster under Patroni on loopback ports: two nodes with synchronous replication, etcd, and HAProxy in
 * front, with the configurations that are shipped. Everything that reaches a node from outside, and its way to etcd,
 * passes proxies that can be cut.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { hasPostgres, POSTGRES_PROGRAMS, POSTGRES_USER } from '../own-postgres.ts';
import { ROOT } from '../process.ts';
import { freePort } from '../rabbitmq.ts';
import { openTcpProxy, type TcpProxy } from '../tcp-proxy.ts';

const isInstalled = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;

export const hasPatroni =
  hasPostgres &&
  isInstalled('patroni', '--version') &&
  isInstalled('etcd', '--version') &&
  isInstalled('haproxy', '-v');

/** How long a cluster may take to be whole again, in ms. */
const WHOLE_MS = 180_000;

export interface Node {
  name: string;
  /** Kills the whole machine, as far as a process can. */
  kill(): Promise<void>;
  start(): void;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Nothing reaches it any more, and it does not reach etcd. */
  isolate(): void;
  rejoin(): void;
  stop(): Promise<void>;
}

export interface PatroniCluster {
  nodes: readonly Node[];
  /** All nodes in one address, in libpq's syntax. */
  url: string;
  /** The primary through HAProxy. */
  balancedUrl: string;
  /** The one that the cluster calls its leader. */
  leader(): Promise<Node>;
  /** The node that accepts writes, as HAProxy finds it; `undefined`: none does. */
  primary(): Promise<Node | undefined>;
  /** Waits until a primary and a synchronous standby run. */
  whole(): Promise<void>;
  close(): Promise<void>;
}

interface Ports {
  postgres: TcpProxy;
  rest: TcpProxy;
  etcd: TcpProxy;
}

/** `ttlSeconds`: after how long a primary that says nothing is replaced. */
export async function openPatroni(ttlSeconds: number): Promise<PatroniCluster> {
  const home = mkdtempSync(join(tmpdir(), 'creneau-ha-'));
  if (POSTGRES_USER !== undefined) chownSync(home, POSTGRES_USER, -1);
  const closing: (() => unknown)[] = [() => rmSync(home, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const etcdPort = await startEtcd(home, closing);
    const nodes: { node: Node; ports: Ports }[] = [];
    for (const name of ['a', 'b']) {
      const opened = await openNode(home, name, etcdPort, ttlSeconds);
      closing.push(() => opened.node.stop());
      nodes.push(opened);
    }
    const balanced = await startHaproxy(
      home,
      nodes.map(({ ports }) => ports),
      closing,
    );
    const members = async (): Promise<Member[]> => {
      const answers = await Promise.allSettled(nodes.map(({ ports }) => readMembers(ports.rest.port)));
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))[0] ?? [];
    };
    const cluster: PatroniCluster = {
      ...{ nodes: nodes.map(({ node }) => node), close },
      url:
        `postgres://postgres@${nodes.map(({ ports }) => `127.0.0.1:${ports.postgres.port}`).join(',')}` +
        '/postgres?target_session_attrs=read-write',
      balancedUrl: `postgres://postgres@127.0.0.1:${balanced}/postgres`,
      async leader() {
        const name = (await members()).find(({ role }) => role === 'leader')?.name;
        return nodes.find(({ node }) => node.name === name)!.node;
      },
      async primary() {
        for (const { node, ports } of nodes) if (await isPrimary(ports.rest.port)) return node;
        return undefined;
      },
      async whole() {
        const until = Date.now() + WHOLE_MS;
        for (;;) {
          const roles = (await members()).filter(({ state }) => state === 'running').map(({ role }) => role);
          if (roles.sort().join() === 'leader,sync_standby') return;
          if (Date.now() > until)
            throw new Error(`it does not heal: ${JSON.stringify(await members())}${logsOf(home)}`);
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      },
    };
    for (const { node } of nodes) node.start();
    await cluster.whole();
    return cluster;
  } catch (error) {
    await close();
    throw error;
  }
}

interface Member {
  name: string;
  role: string;
  state: string;
}

async function readMembers(port: number): Promise<Member[]> {
  const reply = await request(`http://127.0.0.1:${port}/cluster`, { signal: AbortSignal.timeout(2000), reset: true });
  return ((await reply.body.json()) as { members: Member[] }).members;
}

/** The ends of the nodes' logs. */
function logsOf(home: string): string {
  return ['a', 'b']
    .map(
      (name) =>
        `\n${name}:\n${readFileSync(join(home, name, 'log'), 'utf8')
          .split('\n')
          .slice(-40)
          .join('\n')}`,
    )
    .join('');
}

async function isPrimary(port: number): Promise<boolean> {
  return request(`http://127.0.0.1:${port}/primary`, { signal: AbortSignal.timeout(2000), reset: true }).then(
    async ({ statusCode, body }) => {
      await body.dump();
      return statusCode === 200;
    },
    () => false,
  );
}

async function startEtcd(home: string, closing: (() => unknown)[]): Promise<number> {
  const [port, peer] = [await freePort(), await freePort()];
  const urls = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peer}`];
  const child = spawn(
    'etcd',
    [
      ...['--data-dir', join(home, 'etcd'), '--listen-client-urls', urls[0]!, '--advertise-client-urls', urls[0]!],
      ...['--listen-peer-urls', urls[1]!, '--log-level', 'error', '--enable-v2'],
    ],
    { stdio: 'ignore' },
  );
  closing.push(() => end(child, 'SIGKILL'));
  return port;
}

async function startHaproxy(home: string, nodes: readonly Ports[], closing: (() => unknown)[]): Promise<number> {
  const port = await freePort();
  let config = shipped('ha/haproxy-postgresql.cfg').replace('127.0.0.1:5000', `127.0.0.1:${port}`);
  for (const [i, { postgres, rest }] of nodes.entries())
    config = config.replace(
      `10.0.0.${i + 1}:5432 check port 8008`,
      `127.0.0.1:${postgres.port} check port ${rest.port}`,
    );
  const file = join(home, 'haproxy.cfg');
  writeFileSync(file, config);
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  closing.push(() => end(child, 'SIGKILL'));
  return port;
}

async function openNode(
  home: string,
  name: string,
  etcdPort: number,
  ttlSeconds: number,
): Promise<{ node: Node; ports: Ports }> {
  const [postgres, rest] = [await freePort(), await freePort()];
  const behind = (port: number): Promise<TcpProxy> => openTcpProxy(`tcp://127.0.0.1:${port}`);
  const ports: Ports = { postgres: await behind(postgres), rest: await behind(rest), etcd: await behind(etcdPort) };
  const folder = join(home, name);
  mkdirSync(folder);
  if (POSTGRES_USER !== undefined) chownSync(folder, POSTGRES_USER, -1);
  const step = Math.floor(ttlSeconds / 4);
  const config = shipped('ha/patroni.yml')
    .replace('name: db-a', `name: ${name}`)
    .replace(/listen: \S+:8008/, `listen: 127.0.0.1:${rest}`)
    .replace(/connect_address: \S+:8008/, `connect_address: 127.0.0.1:${ports.rest.port}`)
    .replace(/listen: \S+:5432/, `listen: 127.0.0.1:${postgres}`)
    .replace(/connect_address: \S+:5432/, `connect_address: 127.0.0.1:${ports.postgres.port}`)
    // Without a discovery of the other ways to etcd.
    .replace(/hosts: .*/, `hosts: 127.0.0.1:${ports.etcd.port}\n  use_proxies: true`)
    .replace('ttl: 20', `ttl: ${ttlSeconds}`)
    .replace('loop_wait: 5', `loop_wait: ${step}`)
    .replace('retry_timeout: 5', `retry_timeout: ${step}`)
    .replace('wal_keep_size: 512MB', 'wal_keep_size: 512MB\n        fsync: "off"\n        shared_buffers: 32MB')
    .replace('auth-host: scram-sha-256', 'auth-host: trust')
    .replace(/10\.0\.0\.0\/24 scram-sha-256/g, '127.0.0.1/32 trust')
    .replace(/data_dir: .*/, `data_dir: ${folder}/data`)
    .replace(/bin_dir: .*/, `bin_dir: ${POSTGRES_PROGRAMS}`)
    .replace(/pgpass: .*/, `pgpass: ${folder}/pgpass\n  parameters: {unix_socket_directories: ${folder}}`);
  writeFileSync(join(folder, 'patroni.yml'), config);
  return { node: nodeOf(folder, name, ports), ports };
}

function nodeOf(folder: string, name: string, ports: Ports): Node {
  let patroni: ChildProcess | undefined;
  /** Patroni first, so that it starts nothing again. */
  const processes = (): number[] => {
    const file = join(folder, 'data/postmaster.pid');
    const main = existsSync(file) ? [readFileSync(file, 'utf8').split('\n')[0]!] : [];
    const children = main.flatMap((pid) =>
      spawnSync('ps', ['-o', 'pid=', '--ppid', pid]).stdout.toString().split('\n'),
    );
    return [patroni?.pid, ...main, ...children.filter(Boolean)].map(Number).filter((pid) => pid > 0);
  };
  const signal = (which: NodeJS.Signals): void => {
    for (const pid of processes())
      try {
        process.kill(pid, which);
      } catch {
        // It has ended meanwhile.
      }
  };
  const node: Node = {
    ...{ name, signal },
    async kill() {
      const ended = patroni && patroni.exitCode === null ? once(patroni, 'exit') : undefined;
      signal('SIGKILL');
      await ended;
    },
    start() {
      const log = openSync(join(folder, 'log'), 'a');
      patroni = spawn('patroni', [join(folder, 'patroni.yml')], {
        ...{ cwd: '/', stdio: ['ignore', log, log], env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' } },
        ...(POSTGRES_USER === undefined ? {} : { uid: POSTGRES_USER }),
      });
    },
    isolate() {
      for (const proxy of Object.values(ports)) proxy.isolate();
    },
    rejoin() {
      for (const proxy of Object.values(ports)) proxy.rejoin();
    },
    async stop() {
      signal('SIGCONT');
      await node.kill();
      for (const proxy of Object.values(ports)) await proxy.close();
    },
  };
  return node;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

const shipped = (file: string): string => readFileSync(join(ROOT, 'packaging', file), 'utf8');
