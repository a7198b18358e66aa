/**
 * Brings a database to the level of this program (ADR 0016), while programs of the level before go on working: expand
 * (numbered SQL files, new tables and columns), replace the functions, fill the columns from the bodies, build the
 * indexes, and drop what no program uses any more. It may be killed at any moment, and goes on at the next start. A
 * schema of a higher level is left as it is.
 */
import { FhirError } from '../../fhir/issue.ts';
import type { Log } from '../../runtime/log.ts';
import { putScript } from '../resources/schema.ts';
import { alter, type MigrationContext, pause } from './alter.ts';
import { type Database, type Queries, sqlState } from './database.ts';
import { checksumOf, digest, functionScript, type Level, migrationFiles, ownLevel, readSql } from './level.ts';
import { refillTables, refillWritten } from './refill.ts';
import { buildIndexes, contract, expand, putTables } from './shape.ts';

/** Held by a session during the whole migration. */
const LOCK = 1296646735;
const INDEX_MS = 5_000;
const BACKGROUND_INDEX_MS = 600_000;

export interface MigrationOptions {
  log?: Log | undefined;
  /** How long to wait for tables that others hold, in ms. */
  waitMs?: number;
  /** A later attempt to do what had to be left. */
  isBackground?: boolean;
  /** Addresses of the FHIR interface of this server, for references that were stored by them. */
  ownBases?: readonly string[];
}

export interface Migration {
  applied: string[];
  refilled: string[];
  /** False: what is left makes searches faster or frees space, and is to be tried again. */
  complete: boolean;
}

const NOTHING: Migration = { applied: [], refilled: [], complete: true };

export async function migrate(database: Database, options: MigrationOptions = {}): Promise<Migration> {
  const own = ownLevel();
  if (isDone(await readLevel(database), own, options.log)) return NOTHING;
  return database.session(async (session) => {
    await takeLock(session, options.log);
    if (isDone(await readLevel(session), own, options.log)) return NOTHING;
    const until = performance.now() + (options.waitMs ?? 60_000);
    return run({ session, isServer: database.kind === 'server', until, log: options.log }, own, options);
  });
}

async function run(context: MigrationContext, own: Level, options: MigrationOptions): Promise<Migration> {
  const { isBackground, ownBases = [] } = options;
  const { session, log } = context;
  await begin(context, own);
  const applied = [];
  for (const name of migrationFiles()) if (await applyFile(context, name)) applied.push(name);
  await expand(context, own);
  await alter(context, putScript(await putTables(context, own)) + functionScript());
  await formerCommitsEnd(context);
  const refilled = await refillTables(session, ownBases);
  while (await refillWritten(session, ownBases));
  const isWhole = await tidyUp(context, own, isBackground === true ? BACKGROUND_INDEX_MS : INDEX_MS);
  await session.query('UPDATE schema_level SET complete = $1', [isWhole]);
  if (refilled.length > 0 || applied.length > 0)
    log?.info({ level: own.level, applied, refilled, complete: isWhole }, 'the database is at this level');
  return { applied, refilled, complete: isWhole };
}

/** The steps that may be left for later: true when none was. */
async function tidyUp(context: MigrationContext, own: Level, indexMs: number): Promise<boolean> {
  const hasIndexes = await buildIndexes(context, indexMs);
  try {
    await contract({ ...context, until: performance.now() + 2_000 }, own);
    return hasIndexes;
  } catch (error) {
    if (!(error instanceof FhirError) || error.code !== 'transient' || sqlState(error) !== undefined) throw error;
    return false;
  }
}

interface StoredLevel extends Level {
  complete: boolean;
}

async function readLevel(session: Queries): Promise<StoredLevel | undefined> {
  const [table] = await session.query(`SELECT FROM pg_class WHERE oid = to_regclass('schema_level')`);
  if (table === undefined) return undefined;
  const [row] = await session.query<StoredLevel & Record<string, unknown>>(
    'SELECT level, oldest, print, complete FROM schema_level',
  );
  return row;
}

/** Nothing is to be done here, or may be. Throws when this program cannot work on the schema. */
function isDone(stored: StoredLevel | undefined, own: Level, log: Log | undefined): boolean {
  if (stored === undefined) return false;
  if (stored.level > own.level) {
    if (own.level < stored.oldest) throw tooOld(stored, own);
    log?.warn({ schema: stored.level, own: own.level }, 'the schema is of a newer version: it is left as it is');
    return true;
  }
  return stored.level === own.level && stored.print === own.print && stored.complete;
}

function tooOld(stored: Level, own: Level): FhirError {
  return new FhirError(
    'not-supported',
    `The schema has level ${stored.level} and wants programs from level ${stored.oldest} on, not level ${own.level}`,
    {
      text:
        `La base est au niveau ${stored.level} et demande au moins le niveau ${stored.oldest} ; ` +
        `cette version est au niveau ${own.level}. Rien n'a été modifié : installez une version plus récente.`,
    },
  );
}

/** One migration at a time; whoever waits says so. */
async function takeLock(session: Queries, log: Log | undefined): Promise<void> {
  for (let tries = 0; ; tries++) {
    const [row] = await session.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [LOCK]);
    if (row!.taken) return;
    if (tries % 50 === 1) log?.info('another process is migrating the database: waiting for it');
    await pause(200);
  }
}

/**
 * Says that a migration is under way before anything is altered: from here on an older program that starts finds a
 * newer level. Checksums are kept in a form that programs from before the levels refuse, without touching anything.
 */
async function begin(context: MigrationContext, { level, oldest, print }: Level): Promise<void> {
  await alter(
    context,
    `${readSql('level.sql')}
    INSERT INTO schema_level (level, oldest, print, complete) VALUES (${level}, ${oldest}, '${print}', false)
      ON CONFLICT (one) DO UPDATE SET level = excluded.level, oldest = excluded.oldest,
        print = excluded.print, complete = false, at = now();`,
  );
  for (const name of migrationFiles())
    await context.session.query('UPDATE migration SET checksum = $2 WHERE name = $1 AND checksum = $3', [
      name,
      checksumOf(readSql(name)),
      digest(readSql(name)),
    ]);
}

async function applyFile(context: MigrationContext, name: string): Promise<boolean> {
  const sql = readSql(name);
  const checksum = checksumOf(sql);
  const [done] = await context.session.query<{ checksum: string }>('SELECT checksum FROM migration WHERE name = $1', [
    name,
  ]);
  if (done?.checksum === checksum) return false;
  if (done !== undefined) {
    throw new FhirError('exception', `The migration ${name} differs from the one applied to this database`, {
      text: `La migration ${name} a changé depuis son application : utilisez la version qui correspond à cette base.`,
    });
  }
  await alter(context, `INSERT INTO migration (name, checksum) VALUES ('${name}', '${checksum}');\n${sql}`);
  return true;
}

/**
 * Commits that began before the functions were replaced write by the former ones. The refill begins after them, so
 * that it sees what they have written. They end by themselves: a statement is cancelled after half a minute.
 */
async function formerCommitsEnd({ session, isServer }: MigrationContext): Promise<void> {
  if (!isServer) return;
  const [now] = await session.query<{ at: string }>('SELECT clock_timestamp()::text AS at');
  for (;;) {
    const [row] = await session.query<{ n: number }>(
      `SELECT count(*) AS n FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND state = 'active' AND xact_start < $1::timestamptz
         AND (query LIKE '%commit_unit%' OR query LIKE '<insufficient%')`,
      [now!.at],
    );
    if (row!.n === 0) return;
    await pause(50);
  }
}
