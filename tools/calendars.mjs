/**
 * `npm run calendars [-- COUNT [SEED]]`: the import of mutated calendars, more of them and from another seed than the
 * tests try, beside ical.js and, where Debian's python3-recurring-ical-events is installed, beside that third reader.
 * `CRENEAU_REQUIRE_ICAL=1` makes its absence a failure.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUp } from './setup.mjs';

setUp();
const [count = '20000', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
console.log(`${count} calendars, seed ${seed}`);
const folder = mkdtempSync(join(tmpdir(), 'creneau-calendars-'));
const out = join(folder, 'calendars.json');
const run = (command, args, env = {}) =>
  spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;
try {
  const test = ['run', '--project', 'pure', 'src/sync/ical/import-mutants.test.ts', '--testTimeout=36000000'];
  const tried = run(process.execPath, ['node_modules/vitest/vitest.mjs', ...test], {
    CALENDAR_RUNS: count,
    CALENDAR_SEED: seed,
    CALENDAR_OUT: out,
  });
  // Debian's own Python has Debian's packages.
  const python = ['/usr/bin/python3', 'python3'].find(
    (name) => spawnSync(name, ['-c', 'import recurring_ical_events']).status === 0,
  );
  if (python === undefined) console.log('calendars: python3-recurring-ical-events is not installed: no third reader');
  const third =
    python === undefined
      ? Number(process.env.CRENEAU_REQUIRE_ICAL === '1')
      : run(python, ['tools/calendars/third-reader.py', out]);
  process.exitCode = tried || third;
} finally {
  rmSync(folder, { recursive: true });
}
