/**
 * `npm run chaos [-- --times 10] [-- --only "frozen server"] [-- --seed 7] [-- --write]`: the long form of
 * `test/chaos.test.ts`. Two servers and a PostgreSQL cluster of their own are killed, frozen and cut off while clients
 * write; after each fault it is proved that nothing is lost, nothing double and everything delivered. Prints the table;
 * `--write` puts it into docs/fiabilite.md.
 */
import { runLong } from './chaos/long-run.mjs';

runLong('chaos');
