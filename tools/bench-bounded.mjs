/**
 * `npm run bench:bounded -- POSTGRES-URL`: a few ratios of processor time, each within one run, against those that are
 * committed in `bench/ratios.json`. Fails when one of them is lost by more than a third three times in a row; the third
 * run leaves a profile of the server. `--write` commits what was seen. docs/benchmarks.md
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { sasSearches } from '../bench/sas.mjs';

const COMMITTED = 'bench/ratios.json';
const MAX_LOSS = 4 / 3;
const TRIES = 3;
const [admin = process.env.CRENEAU_TEST_POSTGRES, mode] = process.argv.slice(2);
if (admin === undefined) throw new Error('bench:bounded needs the URL of a PostgreSQL server');

if (mode === '--write') {
  writeFileSync(COMMITTED, `${JSON.stringify(await measure(), undefined, 2)}\n`);
} else {
  process.exitCode = (await isKept()) ? 0 : 1;
}

async function isKept() {
  const committed = JSON.parse(readFileSync(COMMITTED, 'utf8'));
  for (let turn = 1; turn <= TRIES; turn++) {
    const folder = turn < TRIES ? undefined : mkdtempSync(join(tmpdir(), 'creneau-profile-'));
    if (folder !== undefined) process.env.NODE_OPTIONS = `--cpu-prof --cpu-prof-dir=${folder}`;
    const seen = await measure();
    const rows = Object.entries(committed).map(([name, ratio]) => ({
      ...{ name, committed: ratio, seen: seen[name], lost: seen[name] > ratio * MAX_LOSS },
    }));
    console.table(rows);
    if (rows.every(({ lost }) => !lost)) return true;
    if (folder !== undefined) console.log(`profiles of the third run: ${folder}`);
  }
  console.log('bench:bounded: lost more than a third, three times in a row');
  return false;
}

async function measure() {
  const [booking, sas] = [bookingCost(), await sasCost()];
  return {
    'booking: database / INSERT and COMMIT of one row': round(booking.database / booking.floor),
    'booking: server / INSERT and COMMIT of one row': round(booking.server / booking.floor),
    'INT_R01 over mutual TLS, 25 practitioners: server / plain search': sas,
  };
}

function bookingCost() {
  const { stdout, stderr } = spawnSync(process.execPath, ['bench/booking-cost.mjs', admin], {
    ...{ encoding: 'utf8', env: { ...process.env, BENCH_ROUNDS: '3' } },
  });
  const [, server, database] = /server ([\d.]+) ms, database ([\d.]+) ms/.exec(stdout) ?? [];
  const [, floor] = /floor: database ([\d.]+) ms/.exec(stdout) ?? [];
  if (floor === undefined) throw new Error(`booking-cost: ${stderr}`);
  return { server: Number(server), database: Number(database), floor: Number(floor) };
}

/** On a database of its own. */
async function sasCost() {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  const name = `creneau_bounded_${process.pid}`;
  await client.query(`CREATE DATABASE ${name}`);
  try {
    const url = admin.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
    const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
    const rows = await sasSearches({ url, today, seconds: 0 });
    return rows.find(({ practitioners }) => practitioners === 25)['CPU ratio'];
  } finally {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await client.end();
  }
}

function round(value) {
  return Number(value.toPrecision(3));
}
