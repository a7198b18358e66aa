/**
 * The level of the schema that this program makes, and the oldest level whose programs still work on it: the last
 * line of `sql/levels.txt`. A schema of a higher level is never altered by this program (`migrate.ts`).
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fingerprint, LATER_INDEXES, putScript, STORED_TYPES } from '../resources/schema.ts';

const FOLDER = new URL('../sql/', import.meta.url);
/** Replaced whenever the schema changes; `level.sql` makes what the migration itself needs. */
const FUNCTIONS = [
  'incarnation.sql',
  'audit.sql',
  'members.sql',
  'erase.sql',
  'commit.sql',
  'number.sql',
  'subscription.sql',
  'repair.sql',
  'request.sql',
];

export interface Level {
  level: number;
  /** Programs from this level on work on the schema. */
  oldest: number;
  /** Of everything that makes the schema: two programs with one print make the same. */
  print: string;
}

/** Every level so far, the present one last: its number, its print, the oldest level that works with it. */
export function readLevels(): Level[] {
  return readSql('levels.txt')
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => {
      const [level, print = '', oldest] = line.split(' ');
      return { level: Number(level), print, oldest: Number(oldest) };
    });
}

export function ownLevel(): Level {
  const { level, oldest } = readLevels().at(-1)!;
  return { level, oldest, print: schemaPrint() };
}

/** Comments and layout do not count. */
export function schemaPrint(): string {
  const parts = [
    ...migrationFiles().map((name) => [name, checksumOf(readSql(name))]),
    ...FUNCTIONS.map((name) => [name, checksumOf(readSql(name))]),
    ...STORED_TYPES.map((type) => [type, fingerprint(type)]),
    ...LATER_INDEXES.map(({ sql }) => sql),
    checksumOf(putScript(STORED_TYPES.map((type) => ({ type, unused: [] })))),
  ];
  return digest(JSON.stringify(parts));
}

/** The numbered files, in their order. */
export function migrationFiles(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .sort();
}

export function readSql(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

/** The functions, as one script. */
export function functionScript(): string {
  return FUNCTIONS.map(readSql).join('\n');
}

export function checksumOf(sql: string): string {
  return digest(
    sql
      .replaceAll(/--[^\n]*/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
