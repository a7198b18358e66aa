/**
 * Who at the SAS saw which agenda: an AuditEvent for each search that returned slots, found by
 * `AuditEvent?entity=Schedule/x`. Events wait in memory for a moment and are written together: a search never writes.
 */
import { randomUUID } from 'node:crypto';
import { auditEvent } from '../../../agenda/rules/audit.ts';
import type { Context } from '../../../fhir/interaction.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Database } from '../../../store/engine/database.ts';
import { Unit } from '../../../store/write/unit.ts';
import type { SearchKind } from '../../contract/contract.ts';

const FLUSH_MS = 1000;
/** While the database is away. Beyond this the oldest events are dropped, and the log says how many. */
const MAX_WAITING = 10_000;
const MAX_PER_COMMIT = 200;

export class AccessLog {
  private readonly database: Database;
  private readonly log: Log;
  private readonly waiting: Resource[] = [];
  private readonly timer: NodeJS.Timeout;
  private writing: Promise<void> = Promise.resolve();

  constructor(database: Database, log: Log) {
    this.database = database;
    this.log = log;
    this.timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.timer.unref();
  }

  /** `shown`: the number of slots in the answer, by `Schedule/id`. */
  note(context: Context, kind: SearchKind, shown: ReadonlyMap<string, number>): void {
    const event = auditEvent(context, randomUUID(), `sas-search-${kind}`, 'R', [...shown.keys()]);
    for (const [i, count] of [...shown.values()].entries())
      event['entity'][i].detail = [{ type: 'slots', valueString: String(count) }];
    this.waiting.push(event);
    if (this.waiting.length > MAX_WAITING) {
      this.log.error(
        { dropped: this.waiting.length - MAX_WAITING },
        'access log: the database is away, events are lost',
      );
      this.waiting.splice(0, this.waiting.length - MAX_WAITING);
    }
  }

  /** Writes the waiting events. One writer at a time; after a failure they keep waiting. */
  flush(): Promise<void> {
    this.writing = this.writing.then(async () => {
      while (this.waiting.length > 0) {
        const events = this.waiting.slice(0, MAX_PER_COMMIT);
        const unit = new Unit();
        for (const event of events) unit.put(event, 'POST');
        try {
          await unit.commit(this.database);
        } catch (cause) {
          this.log.warn({ waiting: this.waiting.length, cause: (cause as Error).message }, 'access log not written');
          return;
        }
        this.waiting.splice(0, events.length);
      }
    });
    return this.writing;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }
}
