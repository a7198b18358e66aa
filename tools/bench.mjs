/**
 * `npm run bench [-- --agendas 1000,10000,50000] [-- --postgres URL]`: what things cost, as ratios within one run.
 * `--only find|fan-out|moods|in-step|sas|embedded|postgres` measures one part. Prints a table and writes
 * `bench/results.json`; `docs/benchmarks.md` keeps what was seen.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setUp } from './setup.mjs';

setUp();
const { measure } = await import('../bench/load.mjs');
const { sasSearches } = await import('../bench/sas.mjs');
const { fill, MEASURED, RPPS, rppsOf } = await import('../bench/territory.mjs');
const { findCommonTime } = await import('../bench/find.mjs');
const { bookings } = await import('../bench/bookings.mjs');
const { feedCost } = await import('../bench/feed-cost.mjs');
const { inStep } = await import('../bench/in-step.mjs');
const { fanOut } = await import('../bench/fan-out.mjs');
const { anyMoods, oneDead } = await import('../bench/moods.mjs');
const { memoryOf, round, startServer, stopServer } = await import('../bench/server.mjs');
const { openDatabase } = await import('../dist/store/engine/open.js');
const { default: pg } = await import('pg');

const { values } = parseArgs({
  options: {
    agendas: { type: 'string', default: '1000,10000,50000' },
    postgres: { type: 'string' },
    seconds: { type: 'string', default: '8' },
    only: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
const SETS = MEASURED / 25;
const results = {
  at: new Date().toISOString(),
  machine: { cores: cpus().length, node: process.version },
  slot25: [],
  bookings: [],
  sas: [],
  fanOut: [],
  oneDead: [],
};
const postgres = values.postgres ?? process.env.TEST_DATABASE_URL;

for (const kind of postgres ? ['embedded', 'postgres'] : ['embedded']) {
  if (!values.only || values.only === kind)
    for (const agendas of values.agendas.split(',').map(Number)) await bench(kind, agendas);
  if (!values.only || values.only === kind || values.only === 'sas') await benchSas(kind);
}
if (!values.only || values.only === 'fan-out') {
  results.fanOut = await fanOut([1, 10, 50], seconds);
}
if (!values.only || values.only === 'moods') {
  results.oneDead = await oneDead(seconds);
  results.anyMoods = await anyMoods();
}
if (!values.only || values.only === 'find') results.find = await findCommonTime(undefined, seconds);
if (!values.only || values.only === 'in-step') await benchInStep();
writeFileSync('bench/results.json', `${JSON.stringify(results, undefined, 1)}\n`);
for (const [title, rows] of Object.entries({
  'A slot search for 25 practitioners': results.slot25,
  Bookings: results.bookings,
  'INT_R01, mutual TLS': results.sas,
  'Aggregated search, partners that answer at once': results.fanOut,
  'One dead partner among ten': results.oneDead,
  'Thirty partners of any mood': results.anyMoods,
  'Common time': results.find,
})) {
  if (!rows?.length) continue;
  console.log(`\n${title}`);
  console.table(rows);
}

/** On a PostgreSQL server where one is given, else embedded. */
async function benchInStep() {
  const { url, drop } = postgres ? await createDatabase() : { url: undefined, drop: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'creneau-bench-'));
  try {
    const database = await openDatabase({ url, data: folder, connections: 20, ownBases: [] });
    await fill(database, 1000, today);
    await database.close();
    const server = await start(folder, url);
    try {
      results.inStep = await inStep(server.url, { today });
    } finally {
      const ended = new Promise((resolve) => server.child.once('exit', resolve));
      await stopServer(server);
      await ended;
    }
    // Last: it leaves thousands of appointments behind.
    const again = await openDatabase({ url, data: folder, connections: 20, ownBases: [] });
    results.feedCost = await feedCost(again);
    await again.close();
  } finally {
    await drop();
    rmSync(folder, { recursive: true, force: true });
  }
  console.table(results.feedCost);
  console.table(results.inStep);
}

async function benchSas(kind) {
  const { url, drop } = kind === 'postgres' ? await createDatabase() : { url: undefined, drop: async () => {} };
  try {
    results.sas.push(...(await sasSearches({ url, today, seconds })).map((search) => ({ database: kind, ...search })));
  } finally {
    await drop();
  }
}

async function bench(kind, agendas) {
  const folder = mkdtempSync(join(tmpdir(), 'creneau-bench-'));
  const { url, drop } = kind === 'postgres' ? await createDatabase() : { url: undefined, drop: async () => {} };
  try {
    const started = Date.now();
    const database = await openDatabase({ url, data: folder, connections: 4, ownBases: [] });
    await fill(database, agendas, today);
    await database.close();
    console.log(`${kind}: ${agendas} agendas written in ${((Date.now() - started) / 1000).toFixed(0)} s`);
    const server = await start(folder, url);
    try {
      results.slot25.push({ database: kind, agendas, ...(await slot25(server)) });
      console.table(results.slot25.slice(-1));
      if (agendas === Number(values.agendas.split(',')[0])) {
        results.bookings.push({ database: kind, agendas, ...(await bookings(server, url, { today, seconds })) });
        console.table(results.bookings.slice(-1));
      }
    } finally {
      await stopServer(server);
    }
  } finally {
    await drop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** 25 practitioners over 3 days, with their schedules, roles and practitioners; another 25 each time. */
function slot25Path(set) {
  const day = (n) => new Date(today + n * 86_400_000).toISOString().slice(0, 10);
  const who = Array.from({ length: 25 }, (_, i) => `${RPPS}%7C${rppsOf((set * 25 + i) % MEASURED)}`).join(',');
  return `/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor&status=free&start=ge${day(1)}&start=lt${day(4)}&schedule.actor:Practitioner.identifier=${who}&_count=1000`;
}

async function slot25(server) {
  const paths = Array.from({ length: SETS }, (_, set) => slot25Path(set));
  const first = await (await fetch(server.url + paths[0])).json();
  const memory = fork(new URL('../bench/memory-server.mjs', import.meta.url), { stdio: 'inherit' });
  const base = await new Promise((resolve) => memory.once('message', ({ url }) => resolve(url)));
  for (const path of paths) {
    await new Promise((resolve) => {
      memory.once('message', resolve);
      memory.send({ url: path, source: server.url + path });
    });
  }
  const options = { connections: 8, seconds };
  await measure(server.url, paths, { ...options, seconds: 3 });
  // Interleaved, so that both see the same machine.
  const rounds = [];
  for (let i = 0; i < 3; i++)
    rounds.push([await measure(server.url, paths, options), await measure(base, paths, { ...options, seconds: 3 })]);
  memory.kill();
  const median = (pick) => rounds.map(pick).sort((a, b) => a - b)[1];
  const alone = await measure(server.url, paths, { connections: 1, seconds: 4 });
  const [own, floor] = [median(([a]) => a.perSecond), median(([, b]) => b.perSecond)];
  return {
    entries: first.entry.length,
    'req/s': round(own),
    'memory req/s': round(floor),
    ratio: round(own / floor, 3),
    'p50 ms': median(([a]) => a.p50),
    'p99 ms': median(([a]) => a.p99),
    'alone p50': alone.p50,
    'alone p99': alone.p99,
    'RSS MB': memoryOf(server),
  };
}

async function createDatabase() {
  const name = `creneau_bench_${process.pid}`;
  const admin = async (sql) => {
    const client = new pg.Client({ connectionString: postgres });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await admin(`CREATE DATABASE ${name}`);
  return {
    url: postgres.replace(/\/[^/?]*(\?|$)/, `/${name}$1`),
    drop: () => admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

function start(folder, url) {
  return startServer(
    'agenda',
    ['--data', folder, '--max-url', '60000', '--allow-private-endpoints', 'true'],
    url ? { DATABASE_URL: url } : {},
  );
}
