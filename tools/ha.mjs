/**
 * `npm run ha [-- --times 10] [-- --only "primary frozen"] [-- --write]`: the long form of `test/ha.test.ts`. The
 * primary of a cluster under Patroni, with a synchronous standby, is killed, frozen and cut off under load. Needs
 * Debian's `patroni`, `etcd-server` and `haproxy`. Prints the table; `--write` puts it into docs/fiabilite.md.
 */
import { runLong } from './chaos/long-run.mjs';

runLong('ha');
