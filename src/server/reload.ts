/**
 * A reload (SIGHUP, `systemctl reload`): the files that settings name are read again at once, and a few settings take
 * the value that they have now. The rest of them need a restart, and the log says which.
 */
import type { InFlightSettings } from '../rest/in-flight.ts';
import type { OverloadSettings } from '../rest/overload.ts';
import type { Config } from '../runtime/config.ts';
import type { Log, SecurityLog } from '../runtime/log.ts';
import { OPTIONS } from '../runtime/options/table.ts';
import type { Feature } from './feature.ts';

/** Settings that take another value while the server runs. */
const LIVE = ['logLevel', 'programRate', 'personRate', 'programPoints', 'personPoints', 'maxDelayMs'] as const;

/** The settings that bound what callers ask for. */
export type LiveLimits = Omit<OverloadSettings, 'databaseWaitMs'> & InFlightSettings;

export function liveLimits(config: Config): LiveLimits {
  const { programRate, personRate, programPoints, personPoints, maxDelayMs } = config;
  return { programRate, personRate, programPoints, personPoints, maxDelayMs };
}

export interface Reloading {
  log: Log;
  securityLog: SecurityLog;
  /** In force where it is: the server reads it at each request. */
  overload: LiveLimits;
  features: readonly Feature[];
}

/** `inForce`: the settings in force. Never throws: what is wrong is logged, and stays as it was. */
export async function reload(inForce: Config, reread: () => Config, server: Reloading): Promise<void> {
  const { log, securityLog, overload, features } = server;
  const next = readNext(reread, log);
  if (next !== undefined) {
    const waiting = changed(inForce, next).filter((key) => !LIVE.some((live) => live === key));
    for (const key of LIVE) Object.assign(inForce, { [key]: next[key] });
    log.level = inForce.logLevel;
    if (waiting.length > 0) log.warn({ settings: waiting.map(flagOf) }, 'these settings change at the next start only');
    Object.assign(overload, liveLimits(inForce));
  }
  securityLog.reload(inForce.logLevel);
  for (const feature of features) {
    try {
      await feature.reload?.();
    } catch (error) {
      log.error({ feature: feature.name, reason: (error as Error).message }, 'cannot be reloaded');
    }
  }
  log.info('reloaded: files and settings are those of now');
}

function readNext(reread: () => Config, log: Log): Config | undefined {
  try {
    return reread();
  } catch (error) {
    log.error({ reason: (error as Error).message }, 'the settings cannot be read: the former ones stay in force');
    return undefined;
  }
}

function changed(before: Config, after: Config): (keyof Config)[] {
  return (Object.keys(OPTIONS) as (keyof Config)[]).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
}

const flagOf = (key: keyof Config): string => `--${OPTIONS[key].flag}`;
