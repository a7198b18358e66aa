/**
 * Tries the mutants of a subject, one after the other, in this process: each is switched on, the tests that reach it
 * run until one fails, it is switched off. Writes each fate to a file as soon as it is known (`mutants.mjs` reads it, and
 * starts this again behind a mutant that never ends).
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { it, vi } from 'vitest';
import type { Test } from './collect.ts';

interface Mutant {
  id: string;
  isStatic?: boolean;
}

/** How a mutant ended; `static` mutants act while a module is loaded. */
type Fate = 'killed' | 'timeout' | 'survived' | 'not reached';

const {
  mutants,
  tests: files,
  fates: fatesFile,
} = JSON.parse(readFileSync(process.env['CRENEAU_MUTANTS']!, 'utf8')) as {
  mutants: Mutant[];
  tests: string[];
  fates: string;
};

/** A test that takes so much longer than without a mutant will not end. */
const MIN_TIMEOUT_MS = 10_000;
const TIMEOUT_FACTOR = 20;
/** How many times more often than without the mutant its place may be reached before it counts as a loop. */
const HIT_FACTOR = 100;

/** The variables by which instrumented code knows the mutant that is on. */
interface Switch {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}
const switches: Switch = {};
Object.assign(globalThis, { __stryker__: switches });

interface Known {
  test: Test;
  ms: number;
  hits: Record<string, number>;
}

it('tries every mutant', async () => {
  let world = await load();
  const known = await dryRun(world.tests);
  note({ tests: world.tests.length, repeatable: known.length });
  const static_: Mutant[] = [];
  const judged = new Set(fates().map(({ id }) => id));
  for (const mutant of mutants) {
    if (judged.has(mutant.id)) continue;
    const reaching = known.filter(({ hits }) => hits[mutant.id]).sort((a, b) => a.ms - b.ms);
    if (reaching.length === 0) {
      if (switches.mutantCoverage?.static[mutant.id]) static_.push(mutant);
      else note({ id: mutant.id, fate: 'not reached' });
      continue;
    }
    note({ id: mutant.id });
    let found = await tryMutant(mutant, reaching);
    if (found.by !== undefined && !(await isWell(found.by))) {
      // The mutant, or one before it, left something behind: begin anew, and ask again.
      await world.end().catch(() => {});
      found = await tryMutant(mutant, [found.by, ...reaching]);
      await world.end().catch(() => {});
    }
    note({ id: mutant.id, fate: found.fate, by: found.by?.test.title });
  }
  await world.end();
  for (const mutant of static_) {
    note({ id: mutant.id });
    vi.resetModules();
    switches.activeMutant = mutant.id;
    let fate: Fate = 'survived';
    try {
      world = await load();
      const order = world.tests.filter(({ title }) => known.some(({ test }) => test.title === title));
      for (const test of order) await within(120_000, test.run());
    } catch {
      fate = 'killed';
    }
    switches.activeMutant = undefined;
    await world.end().catch(() => {});
    note({ id: mutant.id, fate, by: 'loading' });
  }
  note({ done: true });
});

async function load(): Promise<{ tests: Test[]; end(): Promise<void> }> {
  const { collectTests } = await import('./collect.ts');
  return collectTests(files);
}

/** Which test reaches which mutant. A test that cannot be run twice tells nothing here. */
async function dryRun(tests: readonly Test[]): Promise<Known[]> {
  const known: Known[] = [];
  const isDone = async (test: Test): Promise<boolean> => {
    note({ tries: test.title });
    return test.run().then(
      () => true,
      (error) => {
        note({ notRepeatable: test.title, because: String(error).slice(0, 200) });
        return false;
      },
    );
  };
  for (const test of tests) {
    switches.currentTestId = test.title;
    const isFine = await isDone(test);
    switches.currentTestId = undefined;
    if (isFine) known.push({ test, ms: 0, hits: switches.mutantCoverage?.perTest[test.title] ?? {} });
  }
  const again: Known[] = [];
  for (const { test, hits } of known) {
    const start = performance.now();
    if (await isDone(test)) again.push({ test, hits, ms: performance.now() - start });
  }
  return again;
}

async function tryMutant(mutant: Mutant, reaching: readonly Known[]): Promise<{ fate: Fate; by?: Known }> {
  switches.activeMutant = mutant.id;
  try {
    for (const known of reaching) {
      switches.hitCount = 0;
      switches.hitLimit = HIT_FACTOR * (known.hits[mutant.id] ?? 1) + 1000;
      const fate = await runOnce(known);
      if (fate !== 'survived') return { fate, by: known };
    }
  } finally {
    switches.activeMutant = undefined;
  }
  return { fate: 'survived' };
}

async function runOnce({ test, ms }: Known): Promise<Fate> {
  try {
    await within(Math.max(MIN_TIMEOUT_MS, ms * TIMEOUT_FACTOR), test.run());
    return 'survived';
  } catch (error) {
    return error === LATE ? 'timeout' : 'killed';
  }
}

const isWell = async (known: Known): Promise<boolean> => (await runOnce(known)) === 'survived';

const LATE = new Error('late');

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(LATE), timeoutMs);
  });
  work.catch(() => {});
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Those that are known already: of a run that was stopped. */
function fates(): { id: string }[] {
  const lines = readFileSync(fatesFile, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).filter(({ fate }) => fate !== undefined);
}

function note(line: object): void {
  appendFileSync(fatesFile, `${JSON.stringify(line)}\n`);
}
