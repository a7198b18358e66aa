/** House rule: the subject of a commit fits in the 72 columns of a log. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, textOf } from './sources.ts';

const MAX_COLUMNS = 72;

/** Subjects before the formatting commit are as they are: history is not rewritten. */
const FORMATTED = /^[0-9a-f]{40}$/m.exec(textOf('.git-blame-ignore-revs'))![0];

/** The commits that `.git-blame-ignore-revs` and a clone leave to check, as `hash subject`. */
function commits(): string[] {
  // A source archive has no history, so there is nothing to check.
  if (!existsSync(join(ROOT, '.git'))) return [];
  // In a container the user of the tests may not own the checkout.
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'safe.directory=*', ...args], { cwd: ROOT, encoding: 'utf8' });
  // A shallow clone may end above the formatting commit: then all that it has is newer.
  const isKnown = git('cat-file', '-e', `${FORMATTED}^{commit}`).status === 0;
  const log = git('log', '--format=%h %s', isKnown ? `${FORMATTED}..HEAD` : 'HEAD');
  if (log.status !== 0) throw new Error(`git log: ${log.error?.message ?? log.stderr}`);
  return log.stdout.split('\n').filter((line) => line !== '');
}

const subjectOf = (line: string): string => line.slice(line.indexOf(' ') + 1);

describe('commits', () => {
  it(`have subjects of at most ${MAX_COLUMNS} characters`, () => {
    expect(commits().filter((line) => [...subjectOf(line)].length > MAX_COLUMNS)).toEqual([]);
  });
});
