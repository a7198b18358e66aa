/**
 * `npm test`: the set-up, the checks of form and types (tools/check.mjs), then every test, on the embedded database
 * and, where one answers, on a PostgreSQL server. With an argument (a file, a project) only the tests: the quick way.
 * A check that fails counts as one failure.
 * CRENEAU_REQUIRE_POSTGRES=1 makes its absence a failure; CRENEAU_REQUIRE_AMQP=1 that of an AMQP broker (RabbitMQ).
 * Ends with a line `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './check.mjs';
import { setUp } from './setup.mjs';

setUp();
const failedChecks = process.argv.length > 2 ? [] : check();
const url = await findPostgres();
const isRequired = process.env.CRENEAU_REQUIRE_POSTGRES === '1';
if (url === undefined) {
  console.log(
    `\n>>> PostgreSQL : aucun serveur ne répond, ${isRequired ? 'ÉCHEC' : 'la moitié des essais est SAUTÉE'} ` +
      `/ no server answers, that half of the suite is ${isRequired ? 'REQUIRED' : 'SKIPPED'} ` +
      '(TEST_DATABASE_URL)\n',
  );
  if (isRequired) finish(0, 1, 0, 1);
}
const broker = await findBroker();
if (broker === undefined) {
  const isBrokerRequired = process.env.CRENEAU_REQUIRE_AMQP === '1';
  console.log(
    '\n>>> RabbitMQ : aucun courtier ne répond, les essais du Hub Santé sont ' +
      `${isBrokerRequired ? 'EXIGÉS : ÉCHEC' : 'SAUTÉS'} / no broker answers, the tests of the Hub are ` +
      `${isBrokerRequired ? 'REQUIRED' : 'SKIPPED'} (AMQP_URL)\n`,
  );
  if (isBrokerRequired) finish(0, 1, 0, 1);
}
const report = join(tmpdir(), `creneau-test-${process.pid}.json`);
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      ...(url ? { CRENEAU_TEST_POSTGRES: url } : {}),
      ...(broker ? { CRENEAU_TEST_AMQP: broker } : {}),
      NODE_NO_WARNINGS: '1',
    },
  },
);
let results = { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, success: false };
try {
  results = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(report);
} catch {
  // vitest did not get as far as a report: one failure.
}
finish(
  results.numPassedTests,
  Math.max(results.numFailedTests, status === 0 ? 0 : 1),
  results.numPendingTests,
  status ?? 1,
);

function finish(passed, failed, skipped, code) {
  for (const name of failedChecks) console.log(`>>> check failed: ${name} (npm run check)`);
  const allFailed = failed + failedChecks.length;
  console.log(`${passed} passed, ${allFailed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exit(failedChecks.length > 0 && code === 0 ? 1 : code);
}

/** The first that answers: TEST_DATABASE_URL, the local socket, 127.0.0.1:5432. */
async function findPostgres() {
  const { default: pg } = await import('pg');
  const user = process.env.PGUSER ?? process.env.USER ?? 'postgres';
  const given = process.env.TEST_DATABASE_URL;
  const candidates = given
    ? [given]
    : ['test', user, 'postgres'].flatMap((name) => [
        `postgres://${user}@%2Fvar%2Frun%2Fpostgresql/${name}`,
        `postgres://${user}@127.0.0.1:5432/${name}`,
        `postgres://postgres@127.0.0.1:5432/${name}`,
      ]);
  for (const candidate of candidates) {
    const client = new pg.Client({ connectionString: candidate, connectionTimeoutMillis: 1500 });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query(
        'SELECT rolcreatedb OR rolsuper AS can FROM pg_roles WHERE rolname = current_user',
      );
      await client.end();
      if (rows[0]?.can) return candidate;
    } catch {
      await client.end().catch(() => {});
    }
  }
  return undefined;
}

/** AMQP_URL, else the local one. */
async function findBroker() {
  const { Connection } = await import('rabbitmq-client');
  const url = process.env.AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672';
  const connection = new Connection({ url, retryLow: 60_000, retryHigh: 60_000 });
  connection.on('error', () => {});
  try {
    await connection.onConnect(3000, true);
    return url;
  } catch {
    return undefined;
  } finally {
    connection.unsafeDestroy();
  }
}
