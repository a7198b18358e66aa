/**
 * `node bench/audit-cost.mjs POSTGRES-URL`: what the audit trail adds to the processor time of a slot search for 25
 * practitioners over three days. One process, one database: short batches with the trail and without it by turns, so
 * that both see the same machine; the share is that of each pair, and the median of all pairs is told. A batch with the
 * trail also brings its facts into the database.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startAgenda } from '../dist/cli/servers/agenda.js';
import { Trail } from '../dist/rest/audit/trail.js';
import { readConfig } from '../dist/runtime/config.js';
import { openDatabase } from '../dist/store/engine/open.js';
import { fill, MEASURED, RPPS, rppsOf } from './territory.mjs';

const AGENDAS = 1_000;
const PAIRS = 60;
const REQUESTS = 15;
const [admin] = process.argv.slice(2);
const name = `creneau_audit_cost_${process.pid}`;
const today = Date.parse(`${new Date().toISOString().slice(0, 10)}T00:00:00Z`);
const client = new pg.Client({ connectionString: admin });
await client.connect();
await client.query(`CREATE DATABASE ${name}`);
const databaseUrl = admin.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
const data = mkdtempSync(join(tmpdir(), 'creneau-audit-cost-'));
const own = { databaseUrl, data, port: 0, logLevel: 'silent', programRate: 1e9 };
const database = await openDatabase({ url: databaseUrl, data, connections: 4, ownBases: [] });
await fill(database, AGENDAS, today);
await database.close();
const server = await startAgenda({ ...readConfig([], {}).config, ...own });
const { close: recorded } = Trail.prototype;
try {
  await batch(true);
  await batch(false);
  const pairs = [];
  for (let i = 0; i < PAIRS; i++) {
    // Each goes first as often as the other.
    const first = await batch(i % 2 === 0);
    const second = await batch(i % 2 !== 0);
    pairs.push(i % 2 === 0 ? { on: first, off: second } : { on: second, off: first });
  }
  const [on, off] = ['on', 'off'].map((side) => median(pairs.map((pair) => pair[side])));
  const shares = pairs.map((pair) => (pair.on / pair.off - 1) * 100);
  const quarters = [0.25, 0.75].map((part) => quantile(shares, part).toFixed(1));
  console.log(`without ${off.toFixed(2)} ms, with ${on.toFixed(2)} ms a search`);
  console.log(`the trail adds ${median(shares).toFixed(1)} % (half of the pairs: ${quarters.join(' to ')} %)`);
} finally {
  await server.close();
  await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await client.end();
  rmSync(data, { recursive: true, force: true });
}

/** Processor milliseconds of a search. */
async function batch(isOn) {
  Trail.prototype.close = isOn ? recorded : () => {};
  const before = process.cpuUsage();
  for (let i = 0; i < REQUESTS; i++) {
    const { statusCode } = await server.app.inject({ url: path(i), headers: { host: '127.0.0.1' } });
    if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  }
  if (isOn) await server.audit.spool.flush();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / REQUESTS;
}

function path(set) {
  const day = (n) => new Date(today + n * 86_400_000).toISOString().slice(0, 10);
  const who = Array.from({ length: 25 }, (_, i) => `${RPPS}%7C${rppsOf((set * 25 + i) % MEASURED)}`).join(',');
  const includes = '_include=Slot:schedule&_include:iterate=Schedule:actor&_count=1000';
  const times = `status=free&start=ge${day(1)}&start=lt${day(4)}`;
  return `/fhir/Slot?${includes}&${times}&schedule.actor:Practitioner.identifier=${who}`;
}

function median(values) {
  return quantile(values, 0.5);
}

function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * part)];
}
