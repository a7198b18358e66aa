/**
 * Takes the place of `vitest` in the test files of a subject: it writes their tests down instead of running them, so
 * that `run.test.ts` can run each of them once for every mutant, with the same server.
 */
export { expect, vi } from 'vitest';

type Step = () => unknown;

/** What a file or a `describe` holds. */
interface Suite {
  parent: Suite | undefined;
  title: string;
  beforeAll: Step[];
  afterAll: Step[];
  beforeEach: Step[];
  afterEach: Step[];
  hasBegun: boolean;
}

interface Collected {
  title: string;
  suite: Suite;
  body: Step;
}

let current: Suite | undefined;
let suites: Suite[] = [];
let tests: Collected[] = [];

/** A test as `run.test.ts` runs it. */
export interface Test {
  title: string;
  run(): Promise<void>;
}

/** Imports test files and returns their tests, with what ends everything that they have begun. */
export async function collectTests(files: readonly string[]): Promise<{ tests: Test[]; end(): Promise<void> }> {
  suites = [];
  tests = [];
  for (const file of files) {
    current = newSuite(undefined, file);
    await import(/* @vite-ignore */ file);
  }
  current = undefined;
  const [allSuites, allTests] = [suites, tests];
  return {
    tests: allTests.map((collected) => ({ title: collected.title, run: () => runTest(collected) })),
    async end() {
      for (const suite of [...allSuites].reverse()) {
        if (!suite.hasBegun) continue;
        suite.hasBegun = false;
        for (const step of suite.afterAll) await step();
      }
    },
  };
}

function newSuite(parent: Suite | undefined, title: string): Suite {
  const suite = { parent, title, beforeAll: [], afterAll: [], beforeEach: [], afterEach: [], hasBegun: false };
  suites.push(suite);
  return suite;
}

async function runTest({ suite, body }: Collected): Promise<void> {
  const path: Suite[] = [];
  for (let at: Suite | undefined = suite; at !== undefined; at = at.parent) path.unshift(at);
  for (const at of path) {
    if (at.hasBegun) continue;
    at.hasBegun = true;
    for (const step of at.beforeAll) await step();
  }
  for (const at of path) for (const step of at.beforeEach) await step();
  try {
    await body();
  } finally {
    for (const at of [...path].reverse()) for (const step of at.afterEach) await step();
  }
}

export const beforeAll = (step: Step): unknown => current!.beforeAll.push(step);
export const afterAll = (step: Step): unknown => current!.afterAll.push(step);
export const beforeEach = (step: Step): unknown => current!.beforeEach.push(step);
export const afterEach = (step: Step): unknown => current!.afterEach.push(step);

type Body<T extends unknown[]> = (...row: T) => unknown;
type Declare = (title: string, body: Body<[]>) => void;

/** `it` and `describe` have the same forms: `each`, `skipIf`, `runIf`, `skip`. */
function forms(declare: Declare): Declare & Record<'each' | 'skipIf' | 'runIf' | 'skip', unknown> {
  const never: Declare = () => {};
  return Object.assign((title: string, ...rest: unknown[]) => declare(title, bodyOf(rest)), {
    each:
      (rows: readonly unknown[]) =>
      (title: string, ...rest: unknown[]) => {
        for (const [i, row] of rows.entries()) {
          const body = bodyOf(rest) as Body<unknown[]>;
          declare(`${title} #${i}`, () => body(...(Array.isArray(row) ? row : [row])));
        }
      },
    skipIf: (isSkipped: unknown) => (isSkipped ? forms(never) : forms(declare)),
    runIf: (isRun: unknown) => (isRun ? forms(declare) : forms(never)),
    skip: never,
  });
}

const bodyOf = (rest: readonly unknown[]): Body<[]> => rest.find((part) => typeof part === 'function') as Body<[]>;

export const it = forms((title, body) => {
  const titles = [title];
  for (let suite = current; suite !== undefined; suite = suite.parent) titles.unshift(suite.title);
  tests.push({ title: titles.join(' > '), suite: current!, body });
});
export const test = it;

export const describe = forms((title, body) => {
  const outer = current!;
  current = newSuite(outer, title);
  body();
  current = outer;
});
