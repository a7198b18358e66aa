/** Running other programs, and where the repository is. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

export const read = (path) => readFileSync(join(ROOT, path), 'utf8');

/** Returns what it printed. Throws when it fails. */
export function run(command, args, options = {}) {
  const { status, error, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  });
  if (status !== 0) throw new Error(`${command} ${args[0]}: ${error?.message ?? `code ${status}`}`);
  return stdout;
}

/** Seconds since 1970 of the commit: the time of every file, so that a commit always gives the same archive. */
export function commitTime() {
  const given = process.env.SOURCE_DATE_EPOCH;
  return given ?? run('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}
