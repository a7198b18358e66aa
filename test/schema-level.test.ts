/**
 * A changed schema has a new level, and a numbered SQL file leaves what programs of the level before use: without
 * them no upgrade could run beside the old version (ADR 0016).
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { migrationFiles, readLevels, readSql, schemaPrint } from '../src/store/engine/level.ts';
import { ROOT } from './process.ts';

describe('the levels of the schema', () => {
  it('the last one describes the schema of today; UPDATE_LEVEL=1 adds it', () => {
    const last = readLevels().at(-1) ?? { level: 0, print: '', oldest: 0 };
    const print = schemaPrint();
    if (process.env['UPDATE_LEVEL'] === '1' && last.print !== print)
      appendFileSync(join(ROOT, 'src/store/sql/levels.txt'), `${last.level + 1} ${print} ${last.oldest}\n`);
    expect(readLevels().at(-1)!.print).toBe(print);
  });

  it('grow by one, and never exclude themselves', () => {
    const levels = readLevels();
    expect(levels.map(({ level }) => level)).toEqual(levels.map((_, i) => i + 1));
    levels.forEach(({ level, oldest }, i) => {
      expect(oldest).toBeLessThanOrEqual(level);
      expect(oldest).toBeGreaterThanOrEqual(levels[i - 1]?.oldest ?? 0);
    });
  });
});

/** Files from before the rule. */
const FIRST_CHECKED = '0013';

/**
 * Statements that a program of the level before cannot bear, or that keep its writers waiting while a large table is
 * read.
 */
const FORBIDDEN: readonly [RegExp, string][] = [
  [/\bDROP (TABLE|COLUMN|CONSTRAINT|VIEW|FUNCTION|SEQUENCE|TYPE)\b/i, 'drops what an older program may use'],
  [/\bRENAME\b/i, 'renames what an older program uses'],
  [/\bALTER COLUMN \w+ (SET DATA )?TYPE\b/i, 'rewrites a table'],
  [/\bSET NOT NULL\b/i, 'refuses rows of an older program'],
  [/\bADD COLUMN \S+ \S+ NOT NULL(?! DEFAULT)/i, 'refuses rows of an older program'],
  [/\bADD COLUMN [^,;]*DEFAULT [^,;]*\b(clock_timestamp|random|nextval|gen_random_uuid)\b/i, 'rewrites a table'],
  [/\bADD CONSTRAINT\b(?![^;]*NOT VALID)/i, 'reads a whole table under a lock'],
];

function faultsOf(sql: string): string[] {
  const code = sql.replaceAll(/--[^\n]*/g, '');
  const own = [...code.matchAll(/\bCREATE TABLE (?:IF NOT EXISTS )?(\w+)/gi)].map((match) => match[1]);
  const indexed = [...code.matchAll(/\bCREATE (?:UNIQUE )?INDEX\b[^;]*?\bON (\w+)/gi)].map((match) => match[1]);
  return [
    ...FORBIDDEN.filter(([pattern]) => pattern.test(code)).map(([, why]) => why),
    ...indexed.filter((table) => !own.includes(table)).map((table) => `keeps the writers of ${table} waiting`),
  ];
}

describe('numbered SQL files', () => {
  it('keep every column and table that programs of the level before use', () => {
    const faults = migrationFiles()
      .filter((name) => name >= FIRST_CHECKED)
      .flatMap((name) => faultsOf(readSql(name)).map((fault) => `${name}: ${fault}`));
    expect(faults).toEqual([]);
  });

  it.each([
    ['ALTER TABLE busy DROP COLUMN lane;', 1],
    ['ALTER TABLE busy RENAME lane TO place;', 1],
    ['ALTER TABLE history ADD COLUMN a text NOT NULL;', 1],
    ["ALTER TABLE history ADD COLUMN a text NOT NULL DEFAULT '';", 0],
    ['ALTER TABLE history ADD COLUMN a uuid;', 0],
    ['ALTER TABLE busy ADD CONSTRAINT x CHECK (lane > 0);', 1],
    ['ALTER TABLE busy ADD CONSTRAINT x CHECK (lane > 0) NOT VALID;', 0],
    ['CREATE INDEX x ON busy (lane);', 1],
    ['CREATE TABLE fresh (a text); CREATE INDEX x ON fresh (a);', 0],
    ['-- DROP TABLE busy\nCREATE TABLE fresh (a text);', 0],
  ])('%s: %i faults', (sql, faults) => {
    expect(faultsOf(sql)).toHaveLength(faults);
  });
});
