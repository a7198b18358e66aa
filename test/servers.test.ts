/**
 * How servers start and end: a list of features in any order, one closing stack, and a process that ends when its
 * server cannot start or was closed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AGENDA, startAgenda } from '../src/cli/servers/agenda.ts';
import { PLATFORM } from '../src/cli/servers/platform.ts';
import type { Backend } from '../src/rest/backend.ts';
import type { Feature } from '../src/server/feature.ts';
import { type ServerPlan, startServer } from '../src/server/start.ts';
import { call, freshDatabase, isEmbedded, testConfig } from './harness.ts';
import { ROOT, run } from './process.ts';

/** From the first line of a process to its end. */
const LIMIT_MS = 20_000;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let folder: string;
let holder: Server;
beforeAll(async () => {
  database = await freshDatabase();
  folder = mkdtempSync(join(tmpdir(), 'creneau-servers-'));
  holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
});
afterAll(async () => {
  holder.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a port that is taken', () => {
  it.each([
    ['agenda', '--port'],
    ['platform', '--port'],
    // The simulated editors of the demonstration are open by then.
    ['demo', '--platform-port'],
  ])('ends creneau %s with a reason and status 2', async (command, option) => {
    const { port } = holder.address() as AddressInfo;
    const settings = { CRENEAU_DATA: 'memory:', ...(database.url === undefined ? {} : { DATABASE_URL: database.url }) };
    const { code, err } = await run([command, option, String(port), '--log-level', 'error'], settings);
    expect([code, err]).toEqual([2, expect.stringContaining(`port ${port} is taken by another program`)]);
  });
});

describe.skipIf(isEmbedded)('servers that start at once on an empty database', () => {
  it('all succeed, three times', async () => {
    for (let round = 0; round < 3; round++) {
      const empty = await freshDatabase(undefined, true);
      const servers = await Promise.all(Array.from({ length: 3 }, () => startAgenda(testConfig(empty.url))));
      for (const { url } of servers) expect((await call(`${url}/health/ready`, 'GET')).status).toBe(200);
      await Promise.all(servers.map((server) => server.close()));
      await empty.drop();
    }
  });

  it('all succeed as commands too', async () => {
    const empty = await freshDatabase(undefined, true);
    const runs = await Promise.all(Array.from({ length: 2 }, () => run(['migrate'], { DATABASE_URL: empty.url! })));
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    await empty.drop();
  });
});

describe('a server that was closed', () => {
  it.each(['agenda', 'platform'])('lets its process end by itself: %s', async (name) => {
    // Every part that runs by itself is on; none of the addresses answers.
    const samu = join(folder, 'samu.json');
    writeFileSync(samu, JSON.stringify({ default: 'fr.health.samu330' }));
    const changes = {
      ...{ smtpUrl: 'smtp://127.0.0.1:1', sasPlatformUrl: 'http://127.0.0.1:1/fhir', editorSystem: 'urn:oid:1.2.3' },
      ...{ feedDays: 30, amqpUrl: 'amqp://127.0.0.1:1', samu },
    };
    const config = testConfig(database.url, changes);
    const module = pathToFileURL(join(ROOT, `dist/cli/servers/${name}.js`)).href;
    const start = name === 'agenda' ? 'startAgenda' : 'startPlatform';
    const script = join(folder, `${name}.mjs`);
    const text = `
      import { ${start} } from '${module}';
      const server = await ${start}(${JSON.stringify(config)});
      await fetch(server.url + '/fhir/metadata').then((reply) => reply.text());
      await server.close();
      console.log('closed');`;
    writeFileSync(script, text);
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let timer: NodeJS.Timeout | undefined;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
        timer ??= setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
      });
    const [code, signal] = await once(child, 'close');
    clearTimeout(timer);
    expect([output, code, signal]).toEqual(['closed\n', 0, null]);
  });
});

describe('features', () => {
  it('that fail to start leave nothing open', async () => {
    const events: string[] = [];
    const parts: Feature[] = [
      { name: 'a', start: () => void events.push('a starts'), close: () => void events.push('a closes') },
      {
        name: 'b',
        start: () => Promise.reject(new Error('b cannot start')),
        close: () => void events.push('b closes'),
      },
      { name: 'c', start: () => void events.push('c starts'), close: () => void events.push('c closes') },
    ];
    const more = (): Feature[] => parts.map((part) => ({ ...part, name: `0 ${part.name}` }));
    const config = testConfig(database.url);
    await expect(startAgenda(config, Date.now, more)).rejects.toThrow('b cannot start');
    expect(events).toEqual(['a starts', 'c closes', 'b closes', 'a closes']);
  });

  it.each([
    ['agenda', AGENDA],
    ['platform', PLATFORM],
  ])('in any order make the same server: %s', async (_name, plan) => {
    const statement = await statementOf(plan as ServerPlan<Backend, object>, (features) => features);
    expect(statement).toContain('"operation"');
    for (const seed of [1, 2])
      expect(await statementOf(plan as ServerPlan<Backend, object>, (features) => shuffled(features, seed))).toBe(
        statement,
      );
  });
});

/** The capability statement of a server whose features stand in another order; without its address. */
async function statementOf(
  plan: ServerPlan<Backend, object>,
  arrange: (features: readonly Feature[]) => readonly Feature[],
): Promise<string> {
  const open: typeof plan.open = (parts) => {
    const opened = plan.open(parts);
    return { ...opened, features: arrange(opened.features) };
  };
  const server = await startServer(testConfig(database.url), Date.now, { ...plan, open });
  try {
    const { status, text } = await call(`${server.url}/fhir/metadata`, 'GET');
    expect(status).toBe(200);
    return text.replaceAll(server.url, '');
  } finally {
    await server.close();
  }
}

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const result = [...list];
  let state = seed;
  for (let i = result.length - 1; i > 0; i--) {
    state = (state * 48_271) % 2_147_483_647;
    const j = state % (i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
