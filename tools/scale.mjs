/**
 * `npm run scale [-- AGENDAS PATIENTS APPOINTMENTS]`: `test/plans.test.ts` on a database of the size of a country, in
 * the PostgreSQL cluster of `CRENEAU_TEST_POSTGRES`. A million appointments take about ten minutes and 7 GB.
 */
import { spawnSync } from 'node:child_process';

const [agendas = 300_000, patients = 1_000_000, appointments = 1_000_000] = process.argv.slice(2).map(Number);
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'postgres', 'test/plans.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, CRENEAU_SCALE: JSON.stringify({ agendas, patients, appointments }) },
});
process.exit(status ?? 1);
