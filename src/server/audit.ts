/** The audit trail from the settings: its queue, its months, their retention, and AuditEvent as a resource. */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AuditResources, type FactReader } from '../rest/audit/audit-resources.ts';
import type { Config } from '../runtime/config.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { AuditSpool } from '../store/delivery/audit-spool.ts';
import type { Database } from '../store/engine/database.ts';
import { AuditTrail } from '../store/records/audit-trail.ts';

export interface Audit {
  spool: AuditSpool;
  trail: AuditTrail;
  facts: FactReader;
  resources: AuditResources;
  /** Takes over what ended processes left, and keeps the months. */
  start(now: () => number): Promise<void>;
  close(): Promise<void>;
}

const MEGABYTE = 1024 * 1024;
const UPKEEP_MS = 3_600_000;
const ADOPT_MS = 60_000;

export function openAudit(config: Config, database: Database, log: Log, metrics: Metrics): Audit {
  const trail = new AuditTrail(database);
  const spool = new AuditSpool({
    root: spoolFolder(config),
    maxBytes: config.auditSpoolMegabytes * MEGABYTE,
    log,
    write: (lines) => trail.append(lines),
  });
  const waiting = 'Audit trail: bytes that wait for the database';
  metrics.gauge('creneau_audit_waiting_bytes', waiting, () => spool.waiting(), 'sum');
  const facts: FactReader = {
    read: (id) => trail.read(id),
    async search(query) {
      // A reader sees what this process has noted up to now.
      await spool.flush();
      return trail.search(query);
    },
  };
  const timers: NodeJS.Timeout[] = [];
  const quietly = (work: () => Promise<unknown>): void => {
    work().catch((cause) => log.warn({ cause: (cause as Error).message }, 'audit trail: upkeep is tried again'));
  };
  const every = (ms: number, work: () => Promise<unknown>): void => {
    const timer = setInterval(() => quietly(work), ms);
    timer.unref();
    timers.push(timer);
  };
  return {
    spool,
    trail,
    facts,
    resources: new AuditResources(facts),
    async start(now) {
      const upkeep = async (): Promise<void> => {
        await trail.prepareMonths(now());
        const dropped = await trail.forget(monthsBefore(now(), config.auditMonths));
        if (dropped > 0) log.info({ months: dropped }, 'audit trail: months beyond the retention are dropped');
      };
      await upkeep();
      quietly(() => spool.adopt());
      every(UPKEEP_MS, upkeep);
      every(ADOPT_MS, () => spool.adopt());
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      await spool.close();
    },
  };
}

/** The beginning of the month, so many months ago. */
function monthsBefore(now: number, months: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months, 1);
}

/** Facts belong to their database: servers of another one, beside or later, must not take them over. */
function spoolFolder({ auditSpool, data, databaseUrl }: Config): string {
  const isKept = databaseUrl !== undefined || data !== 'memory:';
  const root = auditSpool ?? (data === 'memory:' ? join(tmpdir(), 'creneau-audit') : join(data, 'audit'));
  const name = isKept
    ? (databaseUrl?.replace(/\/\/[^@/]*@/, '//').replace(/\?.*/, '') ?? resolve(data))
    : `memory ${process.pid} ${performance.now()}`;
  return join(root, createHash('sha256').update(name).digest('hex').slice(0, 16));
}
