/**
 * Everything that a fresh clone lacks: packages, generated definitions, the build. Does nothing where nothing is
 * missing.
 * Runs on Node alone, before any package is there.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const LOCK = join(ROOT, 'node_modules.lock');
const GENERATORS = ['tools/definitions.mjs', 'tools/places.mjs'];

export function setUp() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) fail(`Node 20 ou plus est nécessaire (ici ${process.version}). / Node 20 or newer is needed.`);
  if (isReady()) return;
  withLock(() => {
    if (!hasPackages()) {
      say('Installation des paquets / installing packages…');
      run(npm(), ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
      writeFileSync(join(ROOT, 'node_modules/.creneau-lock'), lockHash());
    }
    if (!isBuilt()) {
      say('Construction / building…');
      for (const generator of GENERATORS) run(process.execPath, [join(ROOT, generator)]);
      run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', ROOT]);
      // A file that was renamed must not stay under its old name: the database would run both.
      rmSync(join(ROOT, 'dist/store/sql'), { recursive: true, force: true });
      cpSync(join(ROOT, 'src/store/sql'), join(ROOT, 'dist/store/sql'), { recursive: true });
      run(process.execPath, ['--import', join(ROOT, 'tools/still.mjs'), join(ROOT, 'tools/empty-database.mjs')]);
      writeFileSync(join(ROOT, 'dist/.built'), sourceHash());
    }
    if (!hasPages()) {
      say('Construction des pages / building the pages…');
      const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
      // Tests start this too: with their value, React's own checks would be in the pages.
      const env = { NODE_ENV: 'production' };
      run(process.execPath, [vite, 'build', '--config', join(ROOT, 'web/vite.config.ts'), '--logLevel', 'warn'], env);
      writeFileSync(join(ROOT, 'dist/web/.built'), pagesHash());
    }
  });
}

const isReady = () => hasPackages() && isBuilt() && hasPages();
const lockHash = () => hash(readFileSync(join(ROOT, 'package-lock.json')));

function hasPackages() {
  const stamp = join(ROOT, 'node_modules/.creneau-lock');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash();
}

function isBuilt() {
  const stamp = join(ROOT, 'dist/.built');
  return (
    existsSync(stamp) &&
    existsSync(join(ROOT, 'generated/r4.js')) &&
    existsSync(join(ROOT, 'generated/places.json')) &&
    readFileSync(stamp, 'utf8') === sourceHash()
  );
}

/** Apart from the server: whoever changes one does not wait for the other. */
function hasPages() {
  const stamp = join(ROOT, 'dist/web/.built');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === pagesHash();
}

const sourceHash = () =>
  stampOf(
    ['package.json', 'tsconfig.json', ...GENERATORS, 'tools/setup.mjs', 'tools/empty-database.mjs', 'tools/still.mjs'],
    ['src', 'tools/definitions'],
  );
const pagesHash = () => stampOf(['package-lock.json', 'tools/places.mjs'], ['web', 'src/fhir']);

/** Names, sizes and times of the sources: cheaper than their contents, and enough. */
function stampOf(files, folders) {
  const walk = (folder) => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (!/\.test(-data)?\.ts$/.test(path)) files.push(path);
    }
  };
  for (const folder of folders) walk(folder);
  return hash(
    files
      .sort()
      .map((file) => `${file} ${statSync(join(ROOT, file)).size} ${statSync(join(ROOT, file)).mtimeMs}`)
      .join('\n'),
  );
}

const hash = (data) => createHash('sha256').update(data).digest('hex');

/** Two commands that start at once on a fresh clone: the second waits for the first. */
function withLock(work) {
  for (let waited = 0; ; waited++) {
    try {
      mkdirSync(LOCK);
      break;
    } catch {
      if (isReady()) return;
      if (waited > 600) fail(`Le verrou ${LOCK} reste pris : supprimez-le. / Remove this stale lock.`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    }
  }
  try {
    if (!isReady()) work();
  } finally {
    rmdirSync(LOCK);
  }
}

function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}

function run(command, args, env = {}) {
  const options = { cwd: ROOT, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } };
  const { status, error } = spawnSync(command, args, options);
  if (status !== 0) {
    rmdirSync(LOCK);
    fail(`${command} ${args[0]} : ${error?.message ?? `code ${status}`}`);
  }
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
