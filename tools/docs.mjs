/**
 * `npm run docs`: builds the documentation site into `dist/docs` and checks its links. `npm run docs -- --serve` shows
 * it at http://127.0.0.1:4173 afterwards. Needs the packages of `npm ci`, and nothing from the network.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { siteFaults, sizeOf } from './docs/check.mjs';
import { ROOT } from './docs/pages.mjs';
import { setUp } from './setup.mjs';

const { values } = parseArgs({ options: { serve: { type: 'boolean', default: false } } });
setUp();
const { build, serve } = await import('vitepress');
const folder = join(ROOT, 'dist/docs');
await build(join(ROOT, 'docs'));
const faults = siteFaults(folder);
if (faults.length > 0) {
  console.error(faults.join('\n'));
  console.error(`\n>>> ${faults.length} faults in the documentation site`);
  process.exit(1);
}
console.log(`${folder}: ${(sizeOf(folder) / 1e6).toFixed(1)} MB, all links lead somewhere`);
if (values.serve) await serve({ root: join(ROOT, 'docs'), port: 4173 });
