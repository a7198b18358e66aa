/** `npm run fuzz [-- COUNT [SEED]]`: the fuzzing of the tests, longer and from another seed (100,000 requests). */
import { spawnSync } from 'node:child_process';
import { setUp } from './setup.mjs';

setUp();
const [count = '100000', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
console.log(`${count} requests, seed ${seed}`);
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--project', 'embedded', 'test/fuzz.test.ts', '--testTimeout=36000000'],
  { stdio: 'inherit', env: { ...process.env, FUZZ_REQUESTS: count, FUZZ_SEED: seed } },
);
process.exit(status ?? 1);
