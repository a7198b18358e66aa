/**
 * `creneau check`: does what the database holds agree with itself? Each check is one statement, so it may run beside
 * the servers. `repair` mends what follows from something else (the history, the appointments, the bodies) and says
 * what is left.
 */
import type { Database } from '../engine/database.ts';
import type { Check } from './check.ts';
import { LEFT_CONTENTS, LOST_CONTENTS } from './content-checks.ts';
import { CURRENT_ROWS } from './current-rows.ts';
import { FORBIDDEN_TEXT } from './forbidden-text.ts';
import { FEED, SUBSCRIPTION_EVENTS, VERSIONS } from './feed-checks.ts';
import { BUSINESS_KEYS } from './key-checks.ts';
import { SEARCH_COLUMNS } from './search-columns.ts';
import { AGENDAS, KEYS, LOST_TIME, OVERLAPS } from './time-checks.ts';

export interface Finding {
  check: Check;
  found: string[];
  /** The faults that remain after the repair; without a repair, the same as `found`. */
  left: string[];
}

/** Texts come first, which the other checks read, then the current rows, which the others are computed from. */
const CHECKS: readonly Check[] = [
  FORBIDDEN_TEXT,
  CURRENT_ROWS,
  VERSIONS,
  AGENDAS,
  KEYS,
  LOST_TIME,
  OVERLAPS,
  BUSINESS_KEYS,
  FEED,
  SUBSCRIPTION_EVENTS,
  SEARCH_COLUMNS,
  LEFT_CONTENTS,
  LOST_CONTENTS,
];

/** Findings of the checks that found something. */
export async function checkDatabase(database: Database, { repair = false } = {}): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of CHECKS) {
    const found = await check.find(database);
    if (found.length === 0) continue;
    const isMended = repair && check.repair !== undefined;
    if (isMended) await check.repair!(database, found);
    findings.push({ check, found, left: isMended ? await check.find(database) : found });
  }
  return findings;
}
