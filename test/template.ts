/**
 * A PostgreSQL database of this version that fresh ones are copied from: bringing each of a hundred databases to this
 * version would cost the suite a minute.
 */
import pg from 'pg';
import { ownLevel } from '../src/store/engine/level.ts';
import { openDatabase } from '../src/store/engine/open.ts';

/** One process makes it, the others wait. */
const LOCK = 1296646799;
const PREFIX = 'creneau_template_';
/** Those of other versions that are worked on beside this one. */
const KEPT = 5;

const known = new Map<string, Promise<string>>();

/** The name of the template on the server of `admin`; made if it is not there. */
export function templateOn(admin: string): Promise<string> {
  const name = known.get(admin) ?? make(admin);
  known.set(admin, name);
  return name;
}

async function make(admin: string): Promise<string> {
  const name = `${PREFIX}${ownLevel().print.slice(0, 16)}`;
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const { rows } = await client.query(
      `SELECT datname FROM pg_database WHERE datname LIKE '${PREFIX}%' ORDER BY oid DESC`,
    );
    const names = rows.map(({ datname }) => String(datname));
    if (names.includes(name)) return name;
    for (const old of names.slice(KEPT)) await client.query(`DROP DATABASE IF EXISTS ${old}`);
    // Half of one, if its maker was killed.
    const half = `${name}_half`;
    await client.query(`DROP DATABASE IF EXISTS ${half} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${half}`);
    const database = await openDatabase({ url: databaseUrl(admin, half), data: '', connections: 1, ownBases: [] });
    await database.close();
    await client.query(`ALTER DATABASE ${half} WITH ALLOW_CONNECTIONS false`);
    await client.query(`ALTER DATABASE ${half} RENAME TO ${name}`);
    return name;
  } finally {
    await client.end();
  }
}

export function databaseUrl(admin: string, name: string): string {
  return admin.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
}
