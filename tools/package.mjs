/**
 * `npm run package`: makes what a server gets, in `release/`: a tarball that holds Node, the production packages and
 * the built pages, and a Debian package of the same. Nothing is installed or compiled where it runs. The same commit
 * gives the same bytes; SHA256SUMS and a bill of materials (CycloneDX) lie beside. `--only tarball` leaves the rest
 * out; `--try` installs the Debian package in a fresh Debian and starts it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { debianPackage } from './package/debian.mjs';
import { commitTime, ROOT, read, run } from './package/run.mjs';
import { stage } from './package/stage.mjs';
import { tarball } from './package/tarball.mjs';
import { tryPackage } from './package/try.mjs';
import { setUp } from './setup.mjs';

const { values } = parseArgs({
  options: {
    to: { type: 'string', default: join(ROOT, 'release') },
    only: { type: 'string' },
    try: { type: 'boolean' },
  },
});

const IMAGE_TRIES = 5;

setUp();
checkImage();
const { version } = JSON.parse(read('package.json'));
const name = `creneau-${version}-linux-${process.arch}`;
const work = join(tmpdir(), `creneau-package-${process.pid}`);
const tree = join(work, name);
rmSync(values.to, { recursive: true, force: true });
mkdirSync(values.to, { recursive: true });
try {
  stage(tree);
  tarball(tree, join(values.to, `${name}.tar.gz`));
  if (values.only !== 'tarball') {
    debianPackage({ tree, work, version, to: values.to });
    writeFileSync(join(values.to, 'sbom.cdx.json'), billOfMaterials());
  }
  const sums = readdirSync(values.to)
    .sort()
    .map((file) => `${sha256(join(values.to, file))}  ${file}`);
  writeFileSync(join(values.to, 'SHA256SUMS'), `${sums.join('\n')}\n`);
  console.log(sums.join('\n'));
  if (values.try) await tryPackage(values.to);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/**
 * Of all that is built only the empty database knows clock and chance. Seldom, on a machine that is busy, it comes out
 * otherwise: it is made again until two in a row are the same.
 */
function checkImage() {
  const image = join(ROOT, 'dist/empty-database.tar');
  let sum = sha256(image);
  for (let i = 0; i < IMAGE_TRIES; i++) {
    const before = sum;
    run(process.execPath, ['--import', join(ROOT, 'tools/still.mjs'), join(ROOT, 'tools/empty-database.mjs')]);
    sum = sha256(image);
    if (sum === before) return;
  }
  throw new Error('dist/empty-database.tar differs each time that it is made');
}

function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/**
 * Of what the server runs: the production packages of the lock file. Its name is that of the project, its date that of
 * the commit, and its serial number follows from its content, where npm takes the folder, the clock and chance.
 */
function billOfMaterials() {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'];
  const bill = JSON.parse(run('npm', args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] }));
  bill.metadata.component.name = 'creneau';
  bill.metadata.timestamp = new Date(Number(commitTime()) * 1000).toISOString();
  delete bill.serialNumber;
  const digest = createHash('sha256').update(JSON.stringify(bill)).digest('hex');
  // The form of a UUID of version 8 (RFC 9562, 5.8): its other bits are the digest's.
  const parts = [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`, `8${digest.slice(17, 20)}`];
  bill.serialNumber = `urn:uuid:${[...parts, digest.slice(20, 32)].join('-')}`;
  return `${JSON.stringify(bill, null, 2)}\n`;
}
