/** The tree that is shipped: the program as built, production packages only, and the Node that it was tested with. */
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, read, run } from './run.mjs';

const COPIED = ['bin', 'generated', 'LICENSE', 'README.md', 'CHANGELOG.md', 'GLOSSARY.md', 'packaging'];
/** Files that only a build needs, or that say where it ran. */
const LEFT_OUT = /(\.built|\.map|\.d\.ts)$/;

export function stage(tree) {
  mkdirSync(tree, { recursive: true });
  for (const path of COPIED) cpSync(join(ROOT, path), join(tree, path), { recursive: true });
  cpSync(join(ROOT, 'docs'), join(tree, 'docs'), { recursive: true, filter: (path) => !path.includes('/adr') });
  cpSync(join(ROOT, 'dist'), join(tree, 'dist'), { recursive: true, filter: (path) => !LEFT_OUT.test(path) });
  installPackages(tree);
  installNode(tree);
}

/** From the lock file, without scripts, as the checkout gets them. */
function installPackages(tree) {
  for (const file of ['package-lock.json', '.npmrc']) cpSync(join(ROOT, file), join(tree, file));
  writeFileSync(join(tree, 'package.json'), read('package.json'));
  run('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'], { cwd: tree });
  rmSync(join(tree, '.npmrc'));
  rmSync(join(tree, 'node_modules/.package-lock.json'), { force: true });
  const { name, version, license, type, engines, imports, dependencies } = JSON.parse(read('package.json'));
  const shipped = { name, version, license, private: true, type, engines, imports, dependencies };
  writeFileSync(join(tree, 'package.json'), `${JSON.stringify(shipped, null, 2)}\n`);
  rmSync(join(tree, 'package-lock.json'));
}

/** `bin/creneau` runs on the Node beside it: the machine needs none. */
function installNode(tree) {
  mkdirSync(join(tree, 'node/bin'), { recursive: true });
  cpSync(process.execPath, join(tree, 'node/bin/node'), { dereference: true });
  chmodSync(join(tree, 'node/bin/node'), 0o755);
  cpSync(join(tree, 'bin/creneau'), join(tree, 'bin/creneau.mjs'));
  const start = [
    '#!/bin/sh',
    '# Runs the program on the Node that it was tested with.',
    'root=$(dirname "$(dirname "$(readlink -f "$0")")")',
    'exec "$root/node/bin/node" --max-semi-space-size=64 "$root/bin/creneau.mjs" "$@"',
  ];
  writeFileSync(join(tree, 'bin/creneau'), `${start.join('\n')}\n`);
  chmodSync(join(tree, 'bin/creneau'), 0o755);
  for (const entry of readdirSync(join(tree, 'bin'))) if (entry.endsWith('.built')) rmSync(join(tree, 'bin', entry));
}
