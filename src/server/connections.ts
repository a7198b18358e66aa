/**
 * The connections that callers may open: fewer than there are file descriptors, so that the database, the files and the
 * log keep theirs. One too many is closed, and the log and `/metrics` say so.
 */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';

/** File descriptors that everything else may need. */
const OTHERS = 200;
/** With fewer, a busy server runs out of them. */
const FEW = 1_024;
const TELL_EVERY_MS = 10_000;

/** `asked` 0: what the file descriptors allow. */
export function limitConnections(
  server: Server,
  { asked, databaseConnections }: { asked: number; databaseConnections: number },
  { log, metrics, now }: { log: Log; metrics: Metrics; now: () => number },
): void {
  const files = fileLimit();
  const room = Math.max(1, files - OTHERS - databaseConnections);
  const most = asked === 0 ? room : Math.min(asked, room);
  if (most < FEW)
    log.warn({ connections: most, openFiles: files }, 'few connections are possible: ulimit -n, LimitNOFILE');
  if (Number.isFinite(most)) server.maxConnections = most;
  let dropped = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  server.on('drop', () => {
    dropped++;
    if (now() - toldAt < TELL_EVERY_MS) return;
    toldAt = now();
    log.error(
      { connections: most, dropped },
      'too many connections: further ones are closed (--max-connections, ulimit -n)',
    );
  });
  metrics.gauge('creneau_connections_dropped', 'Connections closed because there were too many', () => dropped, 'sum');
}

/** Of this process, where the system tells it. */
function fileLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
