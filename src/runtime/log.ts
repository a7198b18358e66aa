/**
 * The log: one JSON line per event on standard error, through pino (its only door). It never holds the name of a
 * patient, a query or a body.
 */
import pino from 'pino';

export type Log = pino.Logger;

export function openLog(level: string): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
