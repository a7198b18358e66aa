/** Figures of the database and of what waits in it. */
import type { Metrics } from '../runtime/metrics.ts';
import { countUnnumbered } from '../store/delivery/feed.ts';
import { countWaiting, secondsLate } from '../store/delivery/outbox.ts';
import type { Database } from '../store/engine/database.ts';
import { countUnfilled } from '../store/engine/refill.ts';

export function databaseMetrics(database: Database, metrics: Metrics): void {
  const counts = () => database.health().connections;
  metrics.gauge('creneau_database_connections_open', 'Connections to the database', () => counts().open, 'sum');
  metrics.gauge('creneau_database_connections_idle', 'Of these, unused', () => counts().idle, 'sum');
  metrics.gauge('creneau_database_connections_waiting', 'Callers that wait for one', () => counts().waiting, 'sum');
  metrics.gauge('creneau_database_connections_lost', 'Connections lost since the start', () => counts().lost, 'sum');
  if (database.health().replicas !== undefined) {
    const replicas = () => database.health().replicas!;
    metrics.gauge('creneau_replicas_usable', 'Replicas that take searches', () => replicas().usable, 'min');
    metrics.gauge('creneau_replica_searches', 'Searches that replicas took', () => replicas().taken, 'sum');
    const left = 'Searches that the primary took, because no replica was as fresh';
    metrics.gauge('creneau_replica_searches_left', left, () => replicas().left, 'sum');
  }
  const up = '1 when the database answers and accepts writes';
  metrics.gauge('creneau_database_up', up, () => Number(database.health().isWritable), 'min');
  const skew = "Clock of the database minus this process's";
  metrics.gauge('creneau_clock_skew_seconds', skew, () => database.health().skewMs / 1000);
  metrics.gauge('creneau_outbox_waiting', 'Messages to deliver', () => countWaiting(database));
  const late = 'How long the message that is due the longest has been due';
  metrics.gauge('creneau_outbox_late_seconds', late, () => secondsLate(database));
  metrics.gauge('creneau_feed_unnumbered', 'Versions that have no number yet', () => countUnnumbered(database));
  const unfilled = 'Versions written by another version of the program, whose search columns are to be filled in';
  metrics.gauge('creneau_unfilled_versions', unfilled, () => countUnfilled(database));
}
