/**
 * A RabbitMQ of one's own, over TLS with client certificates, for tests that stop and start it: a process on a spare
 * port with its own name, folders and
 * configuration. `undefined` where the program is not installed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { TestPki } from './tls.ts';

/** The program itself: Debian's wrapper in /usr/sbin runs it as another user, who cannot read our folders. */
const PROGRAM = [
  '/usr/lib/rabbitmq/bin/rabbitmq-server',
  '/usr/local/sbin/rabbitmq-server',
  '/opt/rabbitmq/sbin/rabbitmq-server',
].find(existsSync);

export const hasRabbitmq = PROGRAM !== undefined;

export interface OwnRabbitmq {
  /** `amqps://guest:guest@localhost:41234` */
  url: string;
  start(): Promise<void>;
  /** Confirmed messages stay. */
  stop(): Promise<void>;
}

export async function ownRabbitmq(pki: TestPki): Promise<OwnRabbitmq> {
  const [port, distribution] = [await freePort(), await freePort()];
  const folder = join(pki.folder, 'rabbitmq');
  mkdirSync(folder);
  const config = [
    'listeners.tcp = none',
    `listeners.ssl.1 = 127.0.0.1:${port}`,
    `ssl_options.cacertfile = ${pki.at('ca.pem')}`,
    `ssl_options.certfile = ${pki.at('server.pem')}`,
    `ssl_options.keyfile = ${pki.at('server.key')}`,
    'ssl_options.verify = verify_peer',
    'ssl_options.fail_if_no_peer_cert = true',
    'ssl_options.versions.1 = tlsv1.2',
    'log.console = true',
    'log.console.level = error',
    'log.file = false',
  ];
  writeFileSync(join(folder, 'rabbitmq.conf'), `${config.join('\n')}\n`);
  writeFileSync(join(folder, 'plugins'), '[].\n');
  const environment = {
    PATH: `${process.env['PATH']}:/usr/sbin:/sbin`,
    HOME: folder,
    RABBITMQ_NODENAME: `creneau-${randomBytes(4).toString('hex')}@localhost`,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_GENERATED_CONFIG_DIR: folder,
  };
  let child: ChildProcess | undefined;
  let output = '';
  return {
    url: `amqps://guest:guest@localhost:${port}`,
    async start() {
      child = spawn(PROGRAM!, [], { env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
      for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (output += chunk));
      const end = Date.now() + 90_000;
      while (!(await answers(port, pki))) {
        if (child.exitCode !== null || Date.now() > end)
          throw new Error(`RabbitMQ does not start: ${output.slice(-2000)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    async stop() {
      if (child === undefined || child.exitCode !== null) return;
      const ended = once(child, 'exit');
      // The script and the virtual machine under it: a group of their own.
      process.kill(-child.pid!, 'SIGTERM');
      await ended;
    },
  };
}

function answers(port: number, pki: TestPki): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(
      { host: 'localhost', port, ca: pki.root.certificate, cert: pki.read('good.pem'), key: pki.read('good.key') },
      () => {
        socket.destroy();
        resolve(true);
      },
    );
    socket.once('error', () => resolve(false));
  });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
