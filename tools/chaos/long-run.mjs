/**
 * The long form of a test that breaks things under load (`test/chaos.test.ts`, `test/ha.test.ts`): runs it so many
 * times, prints the table of what was found, and with `--write` puts it into docs/fiabilite.md.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUp } from '../setup.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const PAGE = join(ROOT, 'docs/fiabilite.md');

/** `name`: of the test, of its variable and of its place in the page. */
export function runLong(name) {
  const { values } = parseArgs({
    options: {
      times: { type: 'string', default: '10' },
      only: { type: 'string' },
      seed: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  setUp();
  const folder = mkdtempSync(join(tmpdir(), `creneau-${name}-`));
  const results = join(folder, 'results.json');
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--project', 'postgres', `test/${name}.test.ts`],
    {
      cwd: ROOT,
      stdio: 'inherit',
      env: {
        ...process.env,
        // The run makes a cluster of its own; the project only has to exist.
        CRENEAU_TEST_POSTGRES: process.env.CRENEAU_TEST_POSTGRES ?? 'postgres://127.0.0.1/postgres',
        [`CRENEAU_${name.toUpperCase()}_TIMES`]: values.times,
        CRENEAU_CHAOS_RESULTS: results,
        ...(values.only === undefined ? {} : { CRENEAU_CHAOS_ONLY: values.only }),
        ...(values.seed === undefined ? {} : { CRENEAU_CHAOS_SEED: values.seed }),
      },
    },
  );
  const { seed, findings } = JSON.parse(readFileSync(results, 'utf8'));
  rmSync(folder, { recursive: true });
  const table = tableOf(findings, seed);
  console.log(`\n${table}`);
  if (values.write) {
    const [before, , after] = readFileSync(PAGE, 'utf8').split(new RegExp(`<!-- /?${name} -->\n`));
    writeFileSync(PAGE, `${before}<!-- ${name} -->\n${table}<!-- /${name} -->\n${after}`);
  }
  process.exitCode = status ?? 1;
}

function tableOf(rows, number) {
  const count = (value) => value.toLocaleString('fr-FR').replace(/[\u202f\u00a0]/g, ' ');
  const seconds = (ms) => `${(ms / 1000).toFixed(1).replace('.', ',')} s`;
  const heads = ['Panne', 'Fois', 'Acquittés', 'Refusés', 'Sans réponse', 'Perdus, doublés', 'Plus longue attente'];
  const lines = rows.map(({ french, times, acknowledged, refused, unknown, faults, longestGapMs }) => [
    ...[french, times, count(acknowledged), count(refused), count(unknown)],
    ...[faults.length === 0 ? '0' : `**${faults.length}**`, seconds(longestGapMs)],
  ]);
  const date = new Date().toLocaleDateString('fr-FR', { day: 'numeric', month: 'long', year: 'numeric' });
  const total = rows.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    ...[line(heads), line(heads.map((_head, i) => (i === 0 ? '---' : '---:'))), ...lines.map(line), ''],
    `Mesuré le ${date} sur ${cpus().length} cœurs, Node ${process.version}, graine ${number} : ` +
      `${count(total)} écritures acquittées.`,
    '',
  ].join('\n');
}
