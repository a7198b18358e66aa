/**
 * The log: one JSON line per event on standard error, through pino (its only door). It never holds the name of a
 * patient, a query or a body.
 */
import pino from 'pino';

export type Log = pino.Logger;

export interface SecurityLog {
  log: Log;
  /** Writes to the file that has its name now (`logrotate`), or follows the level of the others. */
  reload(level: string): void;
}

/**
 * The security log: who logged in and out, and who was refused. Lines with `"log":"security"` among the others, or a
 * file of its own, whatever the level of the others.
 */
export function openSecurityLog(log: Log, file: string | undefined): SecurityLog {
  if (file === undefined) {
    const child = log.child({ log: 'security' });
    return {
      log: child,
      reload(level) {
        child.level = level;
      },
    };
  }
  const destination = pino.destination({ dest: file, sync: true, mkdir: true, mode: 0o600 });
  const own = pino({ level: 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return { log: own.child({ log: 'security' }), reload: () => destination.reopen() };
}

export function openLog(level: string): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
