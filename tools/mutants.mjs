/**
 * `npm run mutants [-- NAME...]`: changes the code of a subject in hundreds of small ways (the instrumenter of Stryker)
 * and runs its tests on each: a mutant that no test notices survives. Prints a table; survivors with their reasons are
 * in docs/mutants.md. All mutants of a subject are tried in one process, so that tests over HTTP keep their server
 * (tools/mutants/run.test.ts). The instrumenter is installed when it is first wanted, and is not a dependency of the
 * project.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.mjs';
import { SUBJECTS } from './mutants/subjects.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The last one that runs on Node 20. */
const STRYKER = '9.6.1';
/** A mutant that is not done then has stopped the process. */
const MAX_SILENCE_MS = 60_000;

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SUBJECTS);
for (const name of chosen) if (SUBJECTS[name] === undefined) fail(`No such subject: ${name}`);
setUp();
installInstrumenter();
const { Instrumenter } = await import('@stryker-mutator/instrumenter');
const folder = mkdtempSync(join(tmpdir(), 'creneau-mutants-'));
const rows = [];
for (const name of chosen) rows.push([name, await mutate(name, SUBJECTS[name])]);
rmSync(folder, { recursive: true, force: true });
console.log('\nsubject          mutants  killed  survived  score');
for (const [name, { total, killed, survivors }] of rows) {
  const score = total === 0 ? '-' : `${Math.round((100 * killed) / total)} %`;
  console.log(
    `${name.padEnd(16)} ${String(total).padStart(7)} ${String(killed).padStart(7)}` +
      ` ${String(survivors.length).padStart(9)}  ${score}`,
  );
}
for (const [name, { survivors }] of rows) for (const survivor of survivors) console.log(`${name}: ${survivor}`);

function installInstrumenter() {
  if (existsSync(join(ROOT, 'node_modules/@stryker-mutator/instrumenter'))) return;
  const args = ['install', '--no-save', '--no-audit', '--no-fund', `@stryker-mutator/instrumenter@${STRYKER}`];
  const { status } = spawnSync('npm', args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

/** `killed` of `total`; `survivors`: where and how. */
async function mutate(name, { files, tests }) {
  const plan = join(folder, `${name}.json`);
  const fates = join(folder, `${name}.ndjson`);
  const { mutants, instrumented } = await instrument(files);
  writeFileSync(fates, '');
  writeFileSync(plan, JSON.stringify({ mutants, instrumented, tests: tests.map((test) => join(ROOT, test)), fates }));
  while (!(await runOn(plan, fates))) {
    // The mutant on which it stopped never ends: go on with the others.
    const { id } = linesOf(fates).at(-1) ?? {};
    if (id === undefined) fail(`${name}: the tests do not run`);
    writeFileSync(fates, `${JSON.stringify({ id, fate: 'timeout' })}\n`, { flag: 'a' });
  }
  const lines = linesOf(fates);
  for (const line of lines.filter((line) => line.notRepeatable))
    console.log(`${name}: not used: ${line.notRepeatable} (${line.because})`);
  const fateOf = new Map(lines.filter(({ fate }) => fate).map(({ id, fate }) => [id, fate]));
  const survivors = mutants.filter(({ id }) => !['killed', 'timeout'].includes(fateOf.get(id)));
  return {
    total: mutants.length,
    killed: mutants.length - survivors.length,
    survivors: survivors.map(
      ({ id, file, line, mutatorName, replacement }) =>
        `${file}:${line} ${mutatorName} ${JSON.stringify(replacement.slice(0, 80))} ${fateOf.get(id)}`,
    ),
  };
}

async function instrument(files) {
  const quiet = { isDebugEnabled: () => false, debug() {}, info() {}, warn() {} };
  const read = files.map((file) => ({
    name: join(ROOT, file),
    mutate: true,
    content: readFileSync(join(ROOT, file), 'utf8'),
  }));
  // The words of a text are judged by people; other tests see that it is there.
  const options = { plugins: null, ignorers: [], excludedMutations: ['StringLiteral'] };
  const { files: written, mutants } = await new Instrumenter(quiet).instrument(read, options);
  return {
    instrumented: Object.fromEntries(written.map(({ name, content }) => [name, content])),
    // An excluded one is listed, but not in the text.
    mutants: mutants
      .filter(({ status }) => status !== 'Ignored')
      .map(({ id, fileName, location, mutatorName, replacement }) => ({
        // The instrumenter counts lines from 0.
        ...{ id, mutatorName, replacement, line: location.start.line + 1 },
        file: fileName.slice(ROOT.length + 1),
      })),
  };
}

/** True: all mutants were tried. False: the process was stopped because nothing came any more. */
async function runOn(plan, fates) {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'tools/mutants/vitest.config.ts', '--silent'];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, CRENEAU_MUTANTS: plan },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let isRunning = true;
  ended.then(() => {
    isRunning = false;
  });
  while (isRunning) {
    await Promise.race([ended, sleep(1000)]);
    const silence = Date.now() - statSync(fates).mtimeMs;
    if (isRunning && silence > MAX_SILENCE_MS) process.kill(-child.pid, 'SIGKILL');
  }
  return linesOf(fates).at(-1)?.done === true;
}

function linesOf(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
