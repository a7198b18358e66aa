/**
 * `npm run licences`: writes docs/licences.md, the licences of everything that a server runs or sends to browsers, from
 * the lock file. A test compares the page with the lock file, and the licences with those that are allowed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = join(ROOT, 'docs/licences.md');

/** The packages that a server runs or that are a part of the pages: name, version and licence (SPDX), sorted. */
export function distributedPackages() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const production = Object.keys(packages).filter(
    (path) => path !== '' && !packages[path].dev && !packages[path].devOptional,
  );
  const found = new Map();
  for (const path of [...production, ...pagePackages(packages)]) {
    const { version, license } = packages[path];
    const name = path.replace(/^.*node_modules\//, '');
    found.set(`${name} ${version}`, { name, version, licence: license ?? installedLicence(path) });
  }
  return [...found.values()].sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

/** The places in the lock file of what the pages import, and of what that needs. */
function pagePackages(packages) {
  const waiting = [...importedBy('web')].map((name) => `node_modules/${name}`).filter((path) => packages[path]);
  const seen = new Set();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const { dependencies = {} } = packages[path];
    for (const name of Object.keys(dependencies))
      waiting.push(
        ...[`${path}/node_modules/${name}`, `node_modules/${name}`].filter((at) => packages[at]).slice(0, 1),
      );
  }
  return seen;
}

/** Names of the packages that the files of a folder import. */
function importedBy(folder) {
  const names = new Set();
  for (const file of readdirSync(join(ROOT, folder), { recursive: true })) {
    if (!/\.(tsx?|css)$/.test(file) || /\.test\.ts$|vite\.config/.test(file)) continue;
    const text = readFileSync(join(ROOT, folder, file), 'utf8');
    for (const [, name] of text.matchAll(/(?:from|import)\s*\(?\s*['"]((?:@[\w.-]+\/)?[\w.-]+)/g))
      if (!name.startsWith('.') && !name.startsWith('node:')) names.add(name);
  }
  return names;
}

/** Some packages tell their licence in a form that the lock file leaves out. */
function installedLicence(path) {
  try {
    const { license, licenses } = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'));
    const told = license ?? licenses;
    return (
      [told]
        .flat()
        .map((item) => (typeof item === 'string' ? item : item?.type))
        .join(' AND ') || 'none'
    );
  } catch {
    return 'none';
  }
}

export function licencePage() {
  const all = distributedPackages();
  const counts = new Map();
  for (const { licence } of all) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  const summary = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return [
    '# Licences',
    '',
    'Of everything that a server runs and of what its pages hold, from the lock file. `npm run licences` writes this',
    'page; a test compares it, and refuses a licence that nobody has allowed ([dependencies](dependances.md)). Créneau',
    'itself is under Apache-2.0.',
    '',
    '| licence | packages |',
    '|---|---|',
    ...summary.map(([licence, count]) => `| ${licence} | ${count} |`),
    '',
    '| package | version | licence |',
    '|---|---|---|',
    ...all.map(({ name, version, licence }) => `| \`${name}\` | ${version} | ${licence} |`),
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, licencePage());
