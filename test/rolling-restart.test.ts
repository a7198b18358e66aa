/**
 * Two servers behind nginx or HAProxy, with the configurations that are shipped, are restarted one after the other
 * under load: no request fails. `CRENEAU_RESTARTS` is the long form.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadFixture } from './fixture.ts';
import { freshDatabase, isEmbedded } from './harness.ts';
import { type CommandProcess, ROOT, startCommand } from './process.ts';
import { freePort } from './rabbitmq.ts';

const RESTARTS = Number(process.env['CRENEAU_RESTARTS'] ?? 2);
const CALLERS = 8;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A proxy as it is shipped: its file, and how it is started. */
interface Proxy {
  name: string;
  isInstalled: boolean;
  config(folder: string, port: number, servers: readonly number[]): string;
  command(folder: string): string[];
}

const PROXIES: readonly Proxy[] = [
  {
    ...{ name: 'nginx', isInstalled: spawnSync('nginx', ['-v']).status === 0, config: nginxConfig },
    command: (folder) => ['nginx', '-p', folder, '-c', join(folder, 'config'), '-e', join(folder, 'error.log')],
  },
  {
    ...{ name: 'HAProxy', isInstalled: spawnSync('haproxy', ['-v']).status === 0, config: haproxyConfig },
    command: (folder) => ['haproxy', '-db', '-f', join(folder, 'config')],
  },
];

const isUseless = ({ isInstalled }: Proxy): boolean => isEmbedded || !isInstalled;

/** On other ports. */
function haproxyConfig(_folder: string, port: number, servers: readonly number[]): string {
  return readFileSync(join(ROOT, 'packaging/proxy/haproxy.cfg'), 'utf8')
    .replace('127.0.0.1:8000', `127.0.0.1:${port}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${servers[0]}`)
    .replace('127.0.0.1:8082', `127.0.0.1:${servers[1]}`);
}

/** Without TLS and on other ports. */
function nginxConfig(folder: string, port: number, servers: readonly number[]): string {
  const shipped = readFileSync(join(ROOT, 'packaging/proxy/nginx.conf'), 'utf8')
    .replace(/^\s*(ssl_|proxy_set_header Client-Cert).*$/gm, '')
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)
    .replace('127.0.0.1:8080', `127.0.0.1:${servers[0]}`)
    .replace('127.0.0.1:8082', `127.0.0.1:${servers[1]}`);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder};`);
  return `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 256; }
    http { access_log off; ${paths.join(' ')} ${shipped} }`;
}

describe.each(PROXIES)('a rolling restart behind $name', (proxy) => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let folder: string;
  let child: ChildProcess;
  let ports: number[];
  let base: string;
  const servers: CommandProcess[] = [];
  const start = (i: number): Promise<CommandProcess> =>
    startCommand(['agenda', '--port', String(ports[i]), '--log-level', 'error', '--stop-delay', '2'], /health\/ready/, {
      DATABASE_URL: database.url!,
    });
  beforeAll(async () => {
    if (isUseless(proxy)) return;
    database = await freshDatabase();
    folder = mkdtempSync(join(tmpdir(), 'creneau-rolling-'));
    ports = [await freePort(), await freePort()];
    servers.length = 0;
    for (const i of [0, 1]) servers.push(await start(i));
    const port = await freePort();
    writeFileSync(join(folder, 'config'), proxy.config(folder, port, ports));
    const [program, ...args] = proxy.command(folder);
    child = spawn(program!, args, { stdio: 'ignore' });
    base = `http://127.0.0.1:${port}/fhir`;
    const isServing = (): Promise<boolean> =>
      fetch(`${base}/metadata`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await isServing())) await pause(50);
    await loadFixture(base);
  });
  afterAll(async () => {
    if (isUseless(proxy)) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    await Promise.all(servers.map((server) => server.kill('SIGKILL')));
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(isUseless(proxy))(
    `${RESTARTS} times fails no request`,
    { timeout: 60_000 + RESTARTS * 30_000 },
    async () => {
      const failures: string[] = [];
      let answered = 0;
      let isOver = false;
      const agent = new Agent({ connections: CALLERS, pipelining: 1 });
      const ask = async (i: number): Promise<void> => {
        const [method, path, body] = [
          ['GET', 'Slot?status=free&schedule=vasseur-paris&_count=3', undefined],
          ['POST', 'Patient', { resourceType: 'Patient', active: true }],
          ['PUT', `Patient/p${i % 50}`, { resourceType: 'Patient', id: `p${i % 50}`, active: true }],
          ['GET', 'Schedule/vasseur-paris', undefined],
        ][i % 4] as ['GET' | 'POST' | 'PUT', string, object | undefined];
        const reply = await request(`${base}/${path}`, {
          ...{ method, dispatcher: agent, headers: { 'content-type': 'application/fhir+json' } },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await reply.body.text();
        answered++;
        if (reply.statusCode >= 300) failures.push(`${method} ${path}: ${reply.statusCode} ${text.slice(0, 200)}`);
      };
      const load = Array.from({ length: CALLERS }, async (_, caller) => {
        for (let i = caller; !isOver; i += CALLERS) await ask(i).catch((error: Error) => failures.push(error.message));
      });
      for (let restart = 0; restart < RESTARTS; restart++) {
        const i = restart % 2;
        const ended = once(servers[i]!.child, 'exit');
        servers[i]!.child.kill('SIGTERM');
        expect((await ended)[0]).toBe(0);
        servers[i] = await start(i);
        // The proxy asks a server again five seconds after it was away.
        await pause(6500);
      }
      isOver = true;
      await Promise.all(load);
      const told = failures.length > 0 && existsSync(join(folder, 'error.log'));
      expect([...failures, ...(told ? [readFileSync(join(folder, 'error.log'), 'utf8')] : [])]).toEqual([]);
      expect(answered).toBeGreaterThan(100);
      process.stdout.write(`${proxy.name}: ${answered} requests, ${RESTARTS} restarts, ${failures.length} failures\n`);
    },
  );
});
