/**
 * `npm run check`: the form of the code (Biome formats and lints) and its types (src and test, then web).
 * `npm test` runs the same checks first, so that continuous integration refuses what a reader would stumble over. As a
 * command it also runs the tests that judge the tree itself, in a minute: what `npm test` would refuse after twenty.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.mjs';

const CHECKS = [
  {
    name: 'format and lint',
    args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
    remedy: 'npm run format',
  },
  { name: 'types of src and test', args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.test.json'] },
  { name: 'types of web', args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'web'] },
];

/** The tests that judge files and their words, not what the program does. */
const HOUSE_RULES = ['tidy', 'tidy-web', 'citations', 'docs', 'schema-level'].map((name) => `test/${name}.test.ts`);

/** Runs every check, also after a failure, and returns the names of those that failed. */
export function check(checks = CHECKS) {
  const failed = [];
  for (const { name, args, remedy } of checks) {
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status === 0) continue;
    failed.push(name);
    console.error(`\n>>> check failed: ${name}${remedy ? ` (most of it is repaired by \`${remedy}\`)` : ''}\n`);
  }
  return failed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setUp();
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'once', ...HOUSE_RULES];
  process.exit(check([...CHECKS, { name: 'house rules', args }]).length === 0 ? 0 : 1);
}
