/**
 * `creneau audit export [SINCE [UNTIL]]`: the audit trail as NDJSON of AuditEvents on standard output, the oldest
 * first. Asks a running server (`--to`, or the one that the data folder names) with the role `audit`, or reads the
 * database.
 */
import { once } from 'node:events';
import { auditEventOf } from '../../fhir/audit/balp.ts';
import { FRANCE } from '../../fhir/date.ts';
import type { Json } from '../../fhir/resource.ts';
import { parseDate } from '../../fhir/search/value.ts';
import type { Config } from '../../runtime/config.ts';
import { runningServer } from '../../store/engine/lock-file.ts';
import { AuditTrail } from '../../store/records/audit-trail.ts';
import { openCommandDatabase } from './command-database.ts';
import { openRemote } from './remote.ts';

const PAGE = 1_000;

export async function audit(config: Config, [action, since, until]: readonly string[]): Promise<void> {
  if (action !== 'export') throw new Error('audit export [SINCE [UNTIL]]');
  const from = since === undefined ? 0 : parseDate(since, FRANCE).start;
  const to = until === undefined ? Date.parse('9999-01-01') : parseDate(until, FRANCE).start;
  const server = config.to ?? (config.databaseUrl === undefined ? runningServer(config.data) : undefined);
  const count =
    server === undefined ? await fromDatabase(config, from, to) : await fromServer(config, server, from, to);
  process.stderr.write(`${count} AuditEvent\n`);
}

async function fromDatabase(config: Config, from: number, to: number): Promise<number> {
  const database = await openCommandDatabase(config, 1);
  let count = 0;
  try {
    for await (const facts of new AuditTrail(database).pages(from, to, PAGE)) {
      for (const fact of facts) await write(auditEventOf(fact));
      count += facts.length;
    }
  } finally {
    await database.close();
  }
  return count;
}

async function fromServer(config: Config, server: string, from: number, to: number): Promise<number> {
  const remote = openRemote(server, config);
  const instants = [`date=ge${new Date(from).toISOString()}`, `date=lt${new Date(to).toISOString()}`];
  let path: string | undefined = `AuditEvent?${instants.join('&')}&_sort=date&_total=none&_count=${PAGE}`;
  let count = 0;
  try {
    while (path !== undefined) {
      const bundle: Json = await remote.ask('GET', path);
      const events = ((bundle.entry ?? []) as Json[]).filter(({ resource }) => resource.resourceType === 'AuditEvent');
      for (const { resource } of events) await write(resource);
      count += events.length;
      const next = (bundle.link as Json[]).find(({ relation }) => relation === 'next')?.url as string | undefined;
      path = next?.slice(next.indexOf('AuditEvent?'));
    }
  } finally {
    await remote.close();
  }
  return count;
}

async function write(event: Json): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(event)}\n`)) await once(process.stdout, 'drain');
}
