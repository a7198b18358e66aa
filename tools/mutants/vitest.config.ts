import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const { instrumented } = JSON.parse(readFileSync(process.env['CRENEAU_MUTANTS']!, 'utf8')) as {
  /** The text with all mutants, by file. */
  instrumented: Record<string, string>;
};

/** One process tries all mutants of a subject (`run.test.ts`). */
export default defineConfig({
  plugins: [
    {
      name: 'mutants',
      enforce: 'pre',
      transform(code, id) {
        if (instrumented[id] !== undefined) return instrumented[id];
        // The tests of the subject are written down, not run.
        if (id.endsWith('.test.ts') && !id.endsWith('/run.test.ts')) {
          const collect = new URL('./collect.ts', import.meta.url).pathname;
          return code.replace(/from 'vitest'/, `from '${collect}'`);
        }
        return undefined;
      },
    },
  ],
  test: {
    include: ['tools/mutants/run.test.ts'],
    pool: 'forks',
    isolate: false,
    maxWorkers: 1,
    testTimeout: 24 * 3_600_000,
    env: { CRENEAU_TEST_DATABASE: 'embedded' },
  },
});
