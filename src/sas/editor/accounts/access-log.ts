/**
 * Who at the SAS saw which agenda: an AuditEvent per search that returned slots, found by
 * `AuditEvent?entity=Schedule/x`. Kept in memory
 * for a moment and written together, beside the searches: a search itself never writes.
 */
import type { Context } from '../../../fhir/interaction.ts';
import { randomUUID } from 'node:crypto';
import { auditEvent } from '../../../agenda/rules/audit.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Database } from '../../../store/engine/database.ts';
import { Unit } from '../../../store/write/unit.ts';
import type { Door } from '../codes.ts';

const EVERY_MS = 1000;
/** Waiting events at most, while the database is away: the oldest are told to the log and dropped. */
const MAX_WAITING = 10_000;
const PER_COMMIT = 200;

export class AccessLog {
  private readonly database: Database;
  private readonly log: Log;
  private readonly waiting: Resource[] = [];
  private readonly timer: NodeJS.Timeout;
  private writing: Promise<void> = Promise.resolve();

  constructor(database: Database, log: Log) {
    this.database = database;
    this.log = log;
    this.timer = setInterval(() => void this.flush(), EVERY_MS);
    this.timer.unref();
  }

  /** `shown`: how many slots left, by `Schedule/id`. */
  note(context: Context, door: Door, shown: ReadonlyMap<string, number>): void {
    const event = auditEvent(context, randomUUID(), `sas-search-${door}`, 'R', [...shown.keys()]);
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

  /** Writes what waits; one writer at a time, what fails waits on. */
  flush(): Promise<void> {
    this.writing = this.writing.then(async () => {
      while (this.waiting.length > 0) {
        const events = this.waiting.slice(0, PER_COMMIT);
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
